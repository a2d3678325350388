"""`hub review`, from the queue to the undo, as an operator types it."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Forbidden
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from tests.hub.curation.world import LEFT_OPEN, open_hub, row
from tests.hub.store.databases import migrated_database

SIGNED = ("--author", "the curator", "--reason", "as on the pack")


@pytest.fixture
async def review(database_url, tmp_path, monkeypatch):
    """Run a command for a client over a database that holds a text left open."""
    async with migrated_database(database_url) as url, open_hub(url, tmp_path) as hub:
        await hub.publish(row("1", LEFT_OPEN), row("2", LEFT_OPEN))
        async with hub.pool.connection() as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        monkeypatch.setenv("HUB_DATABASE_URL", url)

        async def run(*typed, client="kr-mfds"):
            words = ["review", *typed, "--client", client, "--state", str(tmp_path)]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception:
                raise result.exception
            return result.stdout

        yield run


async def test_operator_goes_from_the_queue_to_a_decision_and_back(review):
    assert LEFT_OPEN in await review("list")
    assert json.loads(await review("list", "--json"))["text"] == LEFT_OPEN
    assert json.loads(await review("candidates", LEFT_OPEN, "--json"))["text"] == LEFT_OPEN
    assert "is not in the register" in await review("candidates", LEFT_OPEN)
    said = await review("decide", LEFT_OPEN, "--inn", "amoxicillin", *SIGNED)
    assert said.startswith(f"1: KR `{LEFT_OPEN}` is amoxicillin, 2 records; the curator of ")
    assert LEFT_OPEN not in await review("list")
    assert "is undone, 2 records" in await review("undo", "1", *SIGNED)
    newest, oldest = (await review("history", LEFT_OPEN)).splitlines()
    assert newest.startswith("2: ")
    assert oldest.startswith("1: ")
    assert "until" in oldest


async def test_client_that_is_no_agency_of_the_member_is_refused(review):
    for client in ("us-fda", "secretariat"):
        with pytest.raises(Forbidden):
            await review(
                "decide", LEFT_OPEN, "--no-substance", "--origin", "KR", *SIGNED, client=client
            )
