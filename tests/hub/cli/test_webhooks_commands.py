"""`hub webhooks`, as an operator types it."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.store.database import writing_pool
from tests.hub.store.databases import migrated_database
from tests.hub.webhooks.scene import is_signed, receiving

OFFICE = ("--client", "secretariat")


@pytest.fixture
async def hub(database_url, tmp_path, monkeypatch):
    """Run a command over a database of its own; give what it printed and its exit code."""
    async with migrated_database(database_url) as url, writing_pool(url) as pool:
        async with pool.connection() as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        monkeypatch.setenv("HUB_DATABASE_URL", url)
        monkeypatch.setenv("HUB_ALLOW_LOOPBACK_SOURCES", "true")

        async def run(*typed, code=0):
            words = ["webhooks", *typed, "--state", str(tmp_path / "state")]
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            assert result.exit_code == code
            return result.stdout

        yield run


async def test_address_is_added_tested_listed_and_removed(hub):
    async with receiving(200, 503) as receiver:
        added = await hub("add", receiver.url, *OFFICE, "--event", "feed.held")
        first, secret = added.splitlines()
        webhook = first.partition(" ")[0]
        assert first == f"{webhook} is told of feed.held; keep its secret, shown this once:"
        assert (await hub("test", webhook, *OFFICE)).startswith("taken: status 200, after ")
        failed = await hub("test", webhook, *OFFICE, code=1)
        assert failed.startswith("not taken: status 503, after ")
        assert [is_signed(post, secret) for post in receiver.posts] == [True, True]
    listed = await hub("list", *OFFICE)
    assert webhook in listed
    assert "in use" in listed
    assert secret not in listed
    told = await hub("list", *OFFICE, "--json")
    assert json.loads(told)["id"] == webhook
    assert secret not in told
    assert "feed.stale" not in await hub("log", webhook, *OFFICE)
    assert await hub("remove", webhook, *OFFICE) == f"{webhook} is removed\n"
    with pytest.raises(NotFound):
        await hub("test", webhook, *OFFICE)


async def test_auditor_and_unknown_event_are_refused(hub):
    with pytest.raises(Forbidden):
        await hub("list", "--client", "auditor")
    with pytest.raises(InvalidInput):
        await hub("add", "https://agency.example/", *OFFICE, "--event", "feed.gone")
