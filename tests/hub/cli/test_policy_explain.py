"""`hub policy explain`, for a group of fields and for a field of one record."""

import asyncio
import json

import pytest
from psycopg import AsyncConnection
from typer.testing import CliRunner

from hub.agreements import proceedings
from hub.agreements.applying import stand_on
from hub.cli import app
from hub.errors import InvalidInput, Unavailable
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from tests.hub.agreements.parties import APPROVER, BASELINE, ratified
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.world import insert
from tests.hub.store.databases import migrated_database

NOTICE = next(row for row in WORLD.current("SupplyNotice") if row["origin"] == "KR")


@pytest.fixture
async def database(database_url, monkeypatch):
    async with migrated_database(database_url) as url:
        async with await AsyncConnection.connect(url) as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        monkeypatch.setenv("HUB_DATABASE_URL", url)
        yield url


@pytest.fixture
def run(tmp_path):
    async def explain(*typed, client="us-fda"):
        asked = ["--client", client, "--purpose", "exercise", "--state", str(tmp_path)]
        words = ["policy", "explain", *typed, *asked]
        # A command runs an event loop of its own, which wants a thread of its own.
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        if result.exception:
            raise result.exception
        return result.stdout.splitlines()

    return explain


@pytest.fixture
async def in_force(database):
    async with await AsyncConnection.connect(database) as connection:
        await stand_on(connection, BASELINE)
        key = await ratified(connection)
        await proceedings.approve(connection, APPROVER, [key], "in order")
        await insert(connection, {"SupplyNotice": [NOTICE]})


@pytest.mark.usefixtures("in_force")
async def test_a_group_and_a_field_are_explained_by_what_is_in_force(run):
    assert await run("SupplyNotice.public") == [
        "opened by baseline/owners: origin is US",
        "opened by kr-supply/1 (KR, a test): origin is KR",
        "in the end: origin is one of KR, US",
    ]
    assert await run("--key", NOTICE["key"], "--field", "status") == [
        "for you, `status` is shown as it is",
        "opened by kr-supply/1 (KR, a test): public fields where origin is KR",
    ]
    [group] = map(json.loads, await run("SupplyNotice.public", "--json"))
    assert [each["policy_id"] for each in group["opened_by"]] == ["baseline/owners", "kr-supply/1"]
    [field] = map(json.loads, await run("--key", NOTICE["key"], "--field", "status", "--json"))
    assert [each["policy"] for each in field["opened_by"]] == ["kr-supply/1"]
    assert await run("--key", NOTICE["key"], "--field", "planText") == [
        (
            "for you, `planText` is masked: nothing opens operational fields of this record to US "
            "for exercise"
        ),
    ]


@pytest.mark.usefixtures("in_force")
async def test_a_client_that_sees_no_record_is_told_the_same_as_of_none(run):
    found = await run("--key", NOTICE["key"], "--field", "status", client="auditor")
    assert found == [
        "you see no record under this key: there is none, or nothing opens it to you",
        (
            "would be opened by kr-supply/1 (KR, a test): public fields where origin is KR; "
            "but it is for the members US or EU, and it is for the roles regulator or agency"
        ),
    ]
    missing = "KR.SupplyNotice.no-such-record"
    assert await run("--key", missing, "--field", "status", client="auditor") == found


@pytest.mark.usefixtures("database")
async def test_a_hub_that_never_ran_says_so(run):
    with pytest.raises(Unavailable, match="start the hub"):
        await run("SupplyNotice.public")


@pytest.mark.parametrize(
    "typed",
    [(), ("SupplyNotice.public", "--key", "KR.SupplyNotice.1"), ("--key", "KR.SupplyNotice.1")],
)
async def test_half_a_question_is_refused(run, typed):
    with pytest.raises(InvalidInput, match="name a group"):
        await run(*typed)
