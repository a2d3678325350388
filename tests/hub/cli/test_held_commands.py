"""`hub held`, from the list to a rejection by two, as operators type it."""

import asyncio
import json

import psycopg
import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Conflict, Forbidden, InvalidInput, NotFound
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from tests.hub.store.databases import migrated_database
from tests.hub.sync.held_scene import FEED, write_held

ANNA = ("--client", "kr-mfds", "--author", "anna", "--reason", "the export broke off")
BORA = ("--client", "kr-mfds", "--author", "bora", "--reason", "so it did")


@pytest.fixture
async def held(database_url, tmp_path, monkeypatch):
    """Run a command over a database that has one held pull."""
    async with migrated_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
            await write_held(connection)
        monkeypatch.setenv("HUB_DATABASE_URL", url)

        async def run(*typed, group="held"):
            words = [group, *typed, "--state", str(tmp_path)]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception:
                raise result.exception
            return result.stdout

        yield run


async def test_two_people_go_from_the_list_to_a_rejection(held):
    assert f"{FEED}" in await held("list", "--client", "kr-mfds")
    shown = (await held("show", "2", "--client", "kr-mfds")).splitlines()
    assert shown[:3] == [
        f"pull 2 of `{FEED}` is open: ROWS_LOST",
        "  ROWS_LOST: 20 rows",
        "    before 74, now 20, limit 52",
    ]
    assert shown[3].endswith("held by the hub: 20 rows")
    assert shown[4] == "the landing has no bytes `bb`: restore them from a copy"
    shown = json.loads(await held("show", "2", "--client", "kr-mfds", "--json"))
    assert shown["held_pull"]["pull_id"] == 2
    assert shown["difference"].startswith("the landing has no bytes `bb`")
    listed = json.loads(await held("list", "--client", "kr-mfds", "--json"))
    assert (listed["feed"], listed["reason_code"]) == (FEED, "ROWS_LOST")
    assert "another person has to agree" in await held("reject", "2", *ANNA)
    listed = await held("list", "--client", "secretariat")
    assert "open, rejection proposed" in listed
    with pytest.raises(Forbidden, match="you, `anna`, proposed this"):
        await held("reject", "2", *ANNA)
    assert "is rejected: its bytes stay landed" in await held("reject", "2", *BORA)
    assert FEED not in await held("list", "--client", "kr-mfds")
    assert "rejected" in await held("list", "--all", "--client", "kr-mfds")
    with pytest.raises(Conflict, match="release it if that was wrong"):
        await held("reject", "2", *BORA)


async def test_release_of_lost_bytes_ends_with_the_reason(held):
    await held("release", "2", *ANNA)
    with pytest.raises(Conflict, match="was not released: the landing has no bytes `bb`"):
        await held("release", "2", *BORA)


async def test_pull_of_another_member_is_refused(held):
    assert FEED not in await held("list", "--client", "us-fda")
    with pytest.raises(Forbidden, match="is KR's: ask with a client of theirs"):
        await held("show", "2", "--client", "us-fda")
    with pytest.raises(NotFound, match="pull 1 is none that was held"):
        await held("show", "1", "--client", "kr-mfds")


async def test_mode_is_set_and_taken_back(held):
    said = await held("mode", FEED, "evolve", *ANNA)
    assert said == f"the gate of {FEED} is EVOLVE, set by anna of KR: the export broke off\n"
    assert (
        await held("mode", FEED, "DECLARED", *BORA) == f"the gate of {FEED} is HOLD, as declared\n"
    )
    with pytest.raises(InvalidInput, match="`OPEN` is no mode of a gate: name one of EVOLVE, HOLD"):
        await held("mode", FEED, "OPEN", *ANNA)


async def test_status_says_what_is_held_and_how_old_the_served_data_is(held):
    said = await held(FEED, group="status")
    assert "pull 2 is held since 2026-03-02 00:01, see `hub held show 2`" in said
    assert "what is served is of 2026-03-01 00:01" in said
