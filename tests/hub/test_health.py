"""What a gateway says of itself: that it lives, and whether it is ready."""

import json
from contextlib import asynccontextmanager

import psycopg
import pytest

from hub import health
from hub.errors import Unavailable
from hub.health import Health, trust_fault
from hub.store.database import reading_pool
from tests.hub.gateway.serving import new_database


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", -1.0)


@asynccontextmanager
async def healthy(url, **faults):
    async with reading_pool(url) as pool:
        yield Health(pool, {name: lambda fault=fault: fault for name, fault in faults.items()})


async def readiness(found):
    answer = await found.ready(None)
    return answer.status_code, json.loads(answer.body)


async def execute(url, sql):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(sql)


async def test_gateway_is_ready_where_all_parts_work(database_url):
    async with healthy(database_url, policies=None, trust=None) as found:
        assert await readiness(found) == (
            200,
            {
                "status": "ready",
                "checks": {
                    "serving": "ok",
                    "database": "ok",
                    "migrations": "ok",
                    "policies": "ok",
                    "trust": "ok",
                },
            },
        )


async def test_part_that_does_not_work_is_told_and_the_others_beside_it(database_url):
    async with healthy(database_url, policies="damaged", trust=None) as found:
        status, shown = await readiness(found)
    assert (status, shown["status"]) == (503, "not ready")
    assert shown["checks"]["policies"] == "damaged"
    assert shown["checks"]["trust"] == "ok"


async def test_gateway_that_stops_is_alive_and_not_ready(database_url):
    async with healthy(database_url) as found:
        found.is_stopping = True
        status, shown = await readiness(found)
        assert (status, shown["checks"]["serving"]) == (503, "the hub is stopping")
        assert (await found.alive(None)).status_code == 200


async def test_gateway_without_its_database_is_alive_and_not_ready(monkeypatch, tmp_path):
    monkeypatch.setattr(health, "READY_SECONDS", 0.2)
    async with healthy(f"postgresql:///hub?host={tmp_path}") as found:
        status, shown = await readiness(found)
        assert (await found.alive(None)).status_code == 200
    assert status == 503
    assert shown["checks"]["database"] == "the database does not answer"
    assert str(tmp_path) not in json.dumps(shown)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "at `0001`, which is not the newest"),
        ("DELETE FROM alembic_version", "at `None`, which is not the newest"),
        ("DROP TABLE alembic_version", "none was run"),
        ("UPDATE alembic_version SET version_num = '9999'", None),
    ],
    ids=["an older release's", "none", "no table", "a newer release's"],
)
async def test_gateway_is_not_ready_on_an_older_schema_alone(database_url, change, fault):
    async with new_database(database_url) as url:
        await execute(url, change)
        async with healthy(url) as found:
            status, shown = await readiness(found)
    assert status == (503 if fault else 200)
    assert (fault or "ok") in shown["checks"]["migrations"]


async def test_database_is_asked_once_for_many_who_ask_at_once(database_url, monkeypatch):
    monkeypatch.setattr(health, "KEPT_SECONDS", 60.0)
    async with new_database(database_url) as url, healthy(url) as found:
        assert (await readiness(found))[0] == 200
        await execute(url, "DROP TABLE alembic_version")
        assert (await readiness(found))[0] == 200


def test_trust_that_is_not_followed_is_a_fault():
    class Lost:
        def find(self, _):
            raise Unavailable("whom to trust can't be read")

    class Followed:
        def find(self, _):
            return None

    assert trust_fault(Lost())() == "whom to trust can't be read"
    assert trust_fault(Followed())() is None
