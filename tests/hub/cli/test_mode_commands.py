"""`hub policy mode`, from the first vote to the end, as an operator types it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.store.database import writing_pool
from tests.hub.store.databases import migrated_database

UNTIL = f"{datetime.now(UTC) + timedelta(days=5):%Y-%m-%d}"


@pytest.fixture
async def mode(database_url, tmp_path, monkeypatch):
    """Run a command over a database of its own."""
    async with migrated_database(database_url) as url, writing_pool(url) as pool:
        async with pool.connection() as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        monkeypatch.setenv("HUB_DATABASE_URL", url)

        async def run(*typed):
            words = ["policy", "mode", *typed, "--state", str(tmp_path)]
            # A command runs an event loop of its own, which wants a thread of its own.
            result = await asyncio.to_thread(CliRunner().invoke, app, words)
            if result.exception:
                raise result.exception
            return result.stdout

        yield run


def vote(client, mode="crisis", *more):
    until = () if mode == "routine" else ("--until", UNTIL)
    return "vote", mode, "--client", client, *until, "--reason", "a flood", *more


async def test_operators_go_from_the_first_vote_to_an_early_end(mode):
    assert await mode("show") == "the alliance is in routine mode\n"
    assert "in routine mode" in await mode(*vote("kr-mfds", "crisis", "--author", "crisis desk"))
    await mode(*vote("us-fda"))
    shown = await mode("show")
    assert f"KR votes for crisis until {UNTIL} 00:00 (crisis desk, kr-mfds): a flood" in shown
    assert "3 votes for one mode within 7 days change it" in shown
    assert f"in crisis mode since {datetime.now(UTC):%Y}" in await mode(*vote("jp-mhlw"))
    assert f", until {UNTIL} 00:00" in await mode("show")
    for client in ("kr-mfds", "us-fda"):
        assert "crisis" in await mode(*vote(client, "routine"))
    assert "in routine mode since" in await mode(*vote("eu-ema", "routine"))
    past = await mode("history")
    assert "crisis is in force until" in past
    assert "by the votes of JP, KR, US (jp-mhlw, jp-mhlw): a flood" in past
    assert len((await mode("history", "--first", "2")).splitlines()) == 2
    assert "routine" in await mode("show", "--at", "2026-01-01")


async def test_vote_is_withdrawn_once(mode):
    await mode(*vote("in-cdsco"))
    typed = ("withdraw", "--client", "in-cdsco", "--reason", "too early")
    assert await mode(*typed) == "the vote is withdrawn\n"
    assert "IN withdraws its vote" in await mode("history")
    with pytest.raises(Conflict):
        await mode(*typed)


async def test_quorum_is_the_operators_setting(mode, monkeypatch):
    monkeypatch.setenv("HUB_MODE_QUORUM", "2")
    await mode(*vote("kr-mfds"))
    assert "in crisis mode" in await mode(*vote("us-fda"))


async def test_secretariat_does_not_vote(mode):
    with pytest.raises(Forbidden):
        await mode(*vote("secretariat"))


async def test_vote_without_an_end_is_refused(mode):
    with pytest.raises(InvalidInput, match="name an instant"):
        await mode("vote", "crisis", "--client", "kr-mfds", "--reason", "a flood")
