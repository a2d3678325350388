"""`hub schedule`, `hub status` and `hub pull`, as an operator types them."""

import asyncio
import json

import psycopg
import pytest
from typer.testing import CliRunner

from federation.members.submitted import EVERY_FEED
from hub.cli import app
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.store.database import writing_pool
from tests.hub.store.databases import migrated_database

FEED = "kr.mfds_shortages"
KR = ("--client", "kr-mfds", "--reason", "the portal moves")


@pytest.fixture
async def url(database_url):
    """A database of the test's own that knows the demo's clients."""
    async with migrated_database(database_url) as opened:
        async with writing_pool(opened) as pool, pool.connection() as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        yield opened


@pytest.fixture
async def hub(url, tmp_path, monkeypatch):
    """Run a command over the database."""
    monkeypatch.setenv("HUB_DATABASE_URL", url)

    async def run(*typed, status=0):
        words = [*typed, "--state", str(tmp_path / "state")]
        # A command runs an event loop of its own, which wants a thread of its own.
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status
        return result.stdout

    return run


async def write(url, sql, *values):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(sql, values)


async def fail(url, times=1, code="SOURCE_TIMEOUT"):
    """Log pulls of a feed that failed, the last one now."""
    await write(
        url,
        "INSERT INTO pull (feed, host, started_at, finished_at, outcome, reason_code, reason, "
        "documents) SELECT %s, 'source.example', now(), now(), 'FAILED', %s, "
        "'`source.example` did not answer in time: pull again later', '{}' "
        "FROM generate_series(1, %s)",
        FEED, code, times,
    )  # fmt: skip
    await write(
        url,
        "INSERT INTO feed_state (feed, last_pull_id) SELECT %s, max(id) FROM pull "
        "ON CONFLICT (feed) DO UPDATE SET last_pull_id = excluded.last_pull_id",
        FEED,
    )


async def test_a_schedule_goes_from_its_own_line_to_another_paused_and_back(hub):
    assert await hub("schedule", "show", FEED) == (
        f"{FEED}: `30 13 * * *` in Asia/Seoul, not planned before a worker runs\n"
    )
    changed = await hub("schedule", "set", FEED, "15  6 * * 1-5", *KR)
    assert changed.startswith(f"{FEED}: `15 6 * * 1-5` in Asia/Seoul, next 20")
    paused = await hub("schedule", "pause", FEED, *KR, "--author", "first desk")
    assert paused.startswith(f"{FEED}: `15 6 * * 1-5` in Asia/Seoul, paused since 20")
    assert paused.endswith("UTC: the portal moves\n")
    await hub("schedule", "resume", FEED, "--client", "secretariat", "--reason", "it moved")
    back = await hub("schedule", "set", FEED, *KR)
    assert back.startswith(f"{FEED}: `30 13 * * *` in Asia/Seoul, next 20")
    triggered = await hub("schedule", "trigger", FEED, *KR)
    assert triggered.endswith("UTC, a run waits for a worker\n")
    _, *events = (await hub("schedule", "show", FEED)).splitlines()
    assert [event.split(" ", 2)[2] for event in events] == [
        "triggered, kr-mfds by kr-mfds: the portal moves",
        "rescheduled 30 13 * * *, kr-mfds by kr-mfds: the portal moves",
        "resumed, secretariat by secretariat: it moved",
        "paused, first desk by kr-mfds: the portal moves",
        "rescheduled 15 6 * * 1-5, kr-mfds by kr-mfds: the portal moves",
    ]


async def test_what_a_client_may_not_or_cannot_do_is_refused(hub):
    with pytest.raises(Forbidden, match="is KR's"):
        await hub("schedule", "pause", FEED, "--client", "us-fda", "--reason", "ours")
    with pytest.raises(InvalidInput, match="such as `30 4"):
        await hub("schedule", "set", FEED, "daily", *KR)
    with pytest.raises(Conflict, match="is not paused"):
        await hub("schedule", "resume", FEED, *KR)
    with pytest.raises(InvalidInput, match=r"no feed `kr\.nothing`"):
        await hub("schedule", "show", "kr.nothing")


async def test_status_is_a_table_of_every_feed_in_eighty_columns(hub, url):
    await fail(url, times=5)
    await hub("schedule", "pause", "jp.mhlw_supply", "--client", "jp-mhlw", "--reason", "holidays")
    told = await hub("status")
    table = told[: told.index("data of: ")].splitlines()
    assert max(map(len, table)) <= 80
    rows = {line.split()[0]: line.split() for line in told.splitlines() if line.strip()}
    assert set(EVERY_FEED) <= set(rows)
    assert rows[FEED][1] == "failed"
    assert rows["kr.filed_stock_reports"] == ["kr.filed_stock_reports", "never", "filed"]
    assert rows[FEED][-2:] == ["held", "back"]
    assert rows["jp.mhlw_supply"][-1] == "paused"
    assert f"{FEED}: failed: `source.example` did not answer in time: pull again later" in told
    assert f"{FEED}: its own breaker is open after 5 failures in a row: one pull may try" in told
    assert "jp.mhlw_supply: paused by jp-mhlw since 20" in told
    assert "holidays; `hub schedule resume jp.mhlw_supply` has it pulled again" in told
    assert "more were never pulled: `hub pull` pulls all" in told
    assert "more were never filed: `hub template FEED` writes the form" in told


async def test_status_of_one_feed_has_its_line_and_its_figures(hub, url):
    await fail(url)
    told = await hub("status", FEED)
    assert "30 13 * * * (Asia/Seoul)" in told
    assert "quarantined" in told


async def test_status_in_json_has_schedule_run_and_breakers_of_each_feed(hub, url):
    await fail(url, times=5)
    await hub("schedule", "trigger", FEED, *KR)
    lines = (await hub("status", "--json")).splitlines()
    found = {each["feed"]: each for each in map(json.loads, lines)}
    assert list(found) == list(EVERY_FEED)
    filed = found["kr.filed_stock_reports"]
    assert (filed["kind"], filed["schedule"]) == ("filed", None)
    one = found[FEED]
    assert one["outcome"] == "FAILED"
    assert one["schedule"]["cron"] == "30 13 * * *"
    assert one["schedule"]["time_zone"] == "Asia/Seoul"
    assert one["schedule"]["run"]["attempts"] == 0
    assert (one["breaker"]["state"], one["breaker"]["failures"]) == ("OPEN", 5)
    assert (one["host"]["name"], one["host"]["state"]) == ("source.example", "CLOSED")
    assert json.loads(await hub("status", FEED, "--json"))["feed"] == FEED


async def test_a_feed_that_is_being_pulled_is_not_pulled_by_hand_too(hub, url):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as somebody:
        await somebody.execute("SELECT pg_advisory_lock(7214006, hashtext(%s))", [f"feed {FEED}"])
        told = await hub("pull", FEED, status=1)
    assert told.startswith(f"{FEED}: FAILED, `{FEED}` is being pulled already: see `hub status`")
