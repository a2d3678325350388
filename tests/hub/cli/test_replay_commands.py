"""`hub replay`, `hub quarantine` and `hub landing`, as an operator types them."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

import hub.cli.replay as replay_command
import hub.sync.pull as hub_pull
from hub.cli import app
from hub.errors import Conflict, InvalidInput
from hub.store.landing import path_of
from tests.hub.store.databases import migrated_database
from tests.hub.store.lists import row
from tests.hub.sync.members import open_hub
from tests.hub.sync.native_lists import listing, refusing, ruled

FEED = "kr.mfds_shortages"
ROWS = [*(row(str(number)) for number in range(20)), row(None, "nameless")]
MENDED = listing(ROWS, id=FEED)
STRICT = ruled(MENDED, refuse=refusing("3", "4"))


@pytest.fixture
async def served(database_url, tmp_path):
    """A hub that serves a list with rows in quarantine."""
    async with migrated_database(database_url) as url, open_hub(url, {}, tmp_path) as hub:
        await hub.pull(STRICT)
        yield hub


@pytest.fixture
async def run(served, tmp_path, monkeypatch):
    """Run a command of a hub whose rules were mended since."""
    monkeypatch.setenv("HUB_DATABASE_URL", served.url)
    monkeypatch.setattr(hub_pull, "mapping_digest", lambda: "mended")
    monkeypatch.setattr(replay_command, "known_feeds", lambda _: [MENDED])

    async def run(*typed, code=0):
        words = [*typed, "--state", str(tmp_path)]
        # A command runs an event loop of its own, which wants a thread of its own.
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return run


async def test_operator_sees_what_a_replay_would_change_and_then_does_it(run):
    shown = (await run("replay", FEED)).splitlines()
    assert "quarantined: 3 → 1" in shown
    assert "SupplyNotice: 2 added, 0 changed, 0 no longer listed, 18 the same" in shown
    assert "  added: KR.SupplyNotice.3, KR.SupplyNotice.4" in shown
    assert shown[-1] == "nothing was written: add --publish"
    [difference] = json.loads(await run("replay", FEED, "--json"))["difference"]["types"]
    assert (difference["record_type"], difference["added"]) == ("SupplyNotice", 2)
    done = await run("replay", FEED, "--publish")
    assert done.splitlines()[-1] == f"{FEED}: PUBLISHED, 2 added, 0 changed, 0 no longer listed"
    again = await run("replay", FEED, "--publish")
    assert again.splitlines()[-1] == f"{FEED}: nothing to do, these records are being served"
    nothing = json.loads(await run("replay", FEED, "--publish", "--json"))
    assert nothing == {"feed": FEED, "published": None}
    shown = (await run("replay", FEED)).splitlines()
    assert shown[-1] == "nothing to publish: these records are being served"


async def test_older_pull_is_shown_and_not_published(run, served):
    first = await served.last(FEED, "id")
    await served.pull(listing([*ROWS, row("20")], id=FEED))
    shown = (await run("replay", FEED, "--pull", str(first[0]))).splitlines()
    assert "  no longer listed: KR.SupplyNotice.20" in shown
    with pytest.raises(Conflict, match="compare it without publishing"):
        await run("replay", FEED, "--pull", str(first[0]), "--publish")


async def test_quarantine_is_counted_and_shown(run):
    table = await run("quarantine")
    assert "NOT_YET" in table
    assert "holds no national identifier" in table
    assert "NO_IDENTITY" not in await run("quarantine", FEED, "--code", "NOT_YET")
    lines = (await run("quarantine", "--json")).splitlines()
    counts = {each["code"]: each["cases"] for each in map(json.loads, lines)}
    assert counts == {"NOT_YET": 2, "NO_IDENTITY": 1}
    shown = await run("quarantine", "show", FEED, "--code", "NO_IDENTITY")
    assert "row 21 NO_IDENTITY: the row holds no national identifier" in shown
    assert "    title: nameless" in shown
    first = (await run("quarantine", "show", FEED, "--json", "--first", "1")).splitlines()
    assert json.loads(first[0])["native"]["title"] == "title"
    with pytest.raises(InvalidInput, match=r"no feed `kr\.none`"):
        await run("quarantine", "kr.none")


async def test_landing_is_shown_pruned_and_checked(run, served, tmp_path):
    assert "record versions came of them" not in await run("landing")
    assert "nothing was dropped: add --drop" in await run("landing", "prune")
    told = json.loads((await run("landing", "prune", "--drop", "--json")).splitlines()[-1])
    assert told["dropped"]["documents"] == 0
    dropped = await run("landing", "prune", "--drop")
    assert "set aside 0 documents (0.0 MiB); dropped 0 documents" in dropped
    assert "all documents that are needed are whole" in await run("landing", "check")
    ((digest,),) = await served.last(FEED, "documents")
    (tmp_path / "landing" / path_of(digest)).unlink()
    faults = await run("landing", "check", code=1)
    assert f"{path_of(digest)} of {FEED} is lost: restore it from a copy" in faults
    assert f"hub pull {FEED} --full" in faults
