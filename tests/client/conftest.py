"""A running hub of each module's own over a copy of the world, and targets to sync into."""

from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from hub_client.hub import Hub
from hub_client.shapes import shapes_of
from hub_client.sync import synchronise
from hub_client.targets import target_of
from hub_client.tokens import GivenToken
from tests.client.holdings import held, shown
from tests.client.running import RunningHub
from tests.hub.gateway.serving import WORLD, new_database, policy_folders
from tests.hub.gateway.world import insert

__all__ = ["policy_folders"]

TYPES = ["StockReport", "SupplyNotice"]


@pytest.fixture(scope="session")
async def template(database_url):
    """A database with the world, which others are copies of."""
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
        yield url


@pytest.fixture(scope="module")
def databases(template):
    """Make databases: copies of the world, or empty ones; all are dropped at the end."""
    made = []

    def make(*, is_world=False):
        name, address = f"client_{uuid4().hex}", make_url(template)
        source = address.database if is_world else "template1"
        with psycopg.connect(template.replace(address.database, "postgres"), autocommit=True) as c:
            c.execute(
                SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(source))
            )
        made.append(name)
        return address.set(database=name).render_as_string(hide_password=False)

    yield make
    url = template.replace(make_url(template).database, "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        for name in made:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Have files on their way in a folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def hub(databases, tmp_path_factory, policy_folders):
    """A running hub whose masks vary by row."""
    state = tmp_path_factory.mktemp("hub")
    running = RunningHub(databases(is_world=True), state, policy_folders["by_row"])
    running.start()
    yield running
    running.stop()


@pytest.fixture(params=["postgres", "duckdb", "folder"])
def target(request):
    """The address of an empty target."""
    return request.getfixturevalue(f"{request.param}_target")


@pytest.fixture
def postgres_target(databases):
    """An empty database."""
    return databases()


@pytest.fixture
def duckdb_target(tmp_path):
    """A file yet to be made."""
    return f"duckdb:{tmp_path / 'copy.duckdb'}"


@pytest.fixture
def folder_target(tmp_path):
    """A folder yet to be made."""
    return f"{tmp_path / 'copy'}/"


@pytest.fixture
def sync(hub):
    """Run once, in this process."""

    def run(target, types=TYPES, patience=20.0):
        with Hub(hub.address, GivenToken(None, hub.token()), patience_s=patience) as client:
            return synchronise(client, target_of(target), types)

    return run


@pytest.fixture
def compare(hub):
    """Compare a target with the hub in full."""

    def check(target, types=TYPES):
        with Hub(hub.address, GivenToken(None, hub.token())) as client:
            shapes = shapes_of(client.text("/schema.graphql"), types)
        expected = shown(hub, types)
        assert held(target, shapes) == expected
        return expected

    return check
