"""Crash at every step: a process dies at one place of a pull, and the next one makes up for it.

Each case starts from a copy of the same store, and is compared in full with one that never crashed.
"""

import json
from typing import Any

import pytest

from hub.demo.run import BUNDLED
from hub.demo.standins.manifest import read_manifest
from hub.demo.standins.process import start_standins
from tests.e2e import crashing_pull
from tests.e2e.crash_scene import Reader, Scene
from tests.e2e.crashing_pull import FEED, Crash
from tests.hub.sync.members import copy_samples

ROWS = 230
"""Three pages of the service."""


def before(place: str, nth: int = 1) -> Crash:
    return Crash(place, "before", nth)


def after(place: str, nth: int = 1) -> Crash:
    return Crash(place, "after", nth)


PUBLISHING = (
    after("hub.sync.history:keep_evidence"),
    after("hub.sync.pull:take_turn"),
    after("hub.store.merge:_insert_new"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.publishing:derive_equivalence"),
    after("hub.sync.publishing:derive_conditions"),
    after("hub.sync.fetching.coverage:advance"),
    after("hub.sync.history:finish"),
    after("hub.sync.quarantine.upkeep:settle"),
    after("hub.sync.pull:_Run._commit"),
)
"""From the evidence to the last statement before COMMIT, and right after it."""

PULL = (
    before("hub.sync.history:begin"),
    after("hub.sync.pull:_begin"),
    after("hub.sync.fetching.downloading:_Parts.take"),
    after("hub.sync.fetching.requests:_answer"),
    after("hub.sync.fetching.requests:_answer", 2),
    after("hub.sync.pull:fetch"),
    before("hub.store.landing:obstore.put_async"),
    after("hub.store.landing:Landing.put"),
    before("hub.sync.history:note"),
    after("hub.sync.pull:land"),
    before("hub.sync.pull:harmonize"),
    after("hub.sync.pull:harmonize"),
    after("hub.sync.pull:judge_pull"),
    *PUBLISHING,
    before("hub.sync.entities.linking:link_entities"),
    after("hub.sync.entities.linking:_move"),
    before("hub.sync.pipeline:bring_up_to_date"),
    after("hub.search.index:_replace"),
)

RELEASE = (
    after("hub.sync.pull:_begin"),
    after("hub.sync.pull:land"),
    after("hub.sync.held.pulls:keep_event"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.quarantine.upkeep:settle"),
    after("hub.sync.pull:_Run._commit"),
    before("hub.sync.pipeline:bring_up_to_date"),
)

REPLAY = (
    after("hub.sync.pull:_begin"),
    after("hub.sync.pull:land"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.quarantine.upkeep:settle"),
    after("hub.sync.pull:_Run._commit"),
    before("hub.sync.pipeline:bring_up_to_date"),
)

SUBMITTING = (
    after("hub.store.landing:Landing.put"),
    after("hub.submissions.kept:keep"),
    before("hub.submissions.filing:pull"),
    after("hub.sync.pull:land"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.pull:_Run._commit"),
    after("hub.submissions.kept:settle"),
    before("hub.sync.pipeline:bring_up_to_date"),
)


def old_list() -> list[dict[str, Any]]:
    """More permits than fit on two pages; one has no number, so that it can't be a record."""
    sample = json.loads(read_manifest(BUNDLED, {FEED})[FEED][0].read_bytes())
    known = [row for row in sample if row["ITEM_SEQ"]]
    rows = []
    for number in range(ROWS):
        row = known[number % len(known)]
        if number >= len(known):
            own = f"{int(row['ITEM_SEQ']) + number // len(known) * 7_000_000 + 1}"
            row = row | {"ITEM_SEQ": own, "PRDLST_STDR_CODE": own, "EDI_CODE": ""}
        rows.append(row)
    return [*rows[:100], rows[100] | {"ITEM_SEQ": None}, *rows[101:]]


def new_list() -> list[dict[str, Any]]:
    """Rows of it are gone, changed and new; holders have another name, or another number."""
    rows = old_list()[7:]
    holder = rows[0]["ENTP_SEQ"]
    for row in rows[:40:4]:
        row["ITEM_NAME"] = f"{row['ITEM_NAME']} N"
    for row in rows:
        if row["ENTP_SEQ"] == holder:
            row["ENTP_NAME"] = f"{row['ENTP_NAME']} 신"
    added = []
    for number in range(9):
        own = f"20990{number:04}"
        new = {"ITEM_SEQ": own, "PRDLST_STDR_CODE": own, "ENTP_SEQ": f"2099{number % 2:04}"}
        added.append(rows[number % 2] | new)
    return [*rows, *added, rows[3] | {"ITEM_SEQ": "", "ITEM_NAME": "without a number"}]


def short_list() -> list[dict[str, Any]]:
    """So few rows that the gate holds the pull."""
    return old_list()[:60]


@pytest.fixture(scope="module")
async def scene(database_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("crashes")
    manifest = copy_samples(folder / "members")
    listed = read_manifest(manifest, {FEED})[FEED][0]
    async with start_standins(manifest) as standins:
        yield Scene(
            server_url=database_url,
            folder=folder,
            base_urls=dict(standins.base_urls),
            listed=listed,
            reader=Reader(folder),
        )


@pytest.fixture(scope="module")
async def first(scene):
    """A store that has the old list."""
    async with scene.store() as store:
        scene.list(old_list())
        assert await store.run(crashing_pull.pull) == 0
        yield store


@pytest.fixture(scope="module")
async def pulled(scene, first):
    scene.list(new_list())
    return await scene.tell(first, crashing_pull.pull)


@pytest.fixture(scope="module")
async def released(scene, first):
    async with scene.store(first) as store:
        scene.list(short_list())
        assert await store.run(crashing_pull.pull) == 0
        assert await store.run(crashing_pull.propose) == 0
        yield await scene.tell(store, crashing_pull.release)


@pytest.fixture(scope="module")
async def replayed(scene, first):
    scene.list(old_list())
    return await scene.tell(first, crashing_pull.republish)


@pytest.fixture(scope="module")
async def submitted(scene, first):
    return await scene.tell(first, crashing_pull.submit)


def test_store_has_what_the_source_lists(pulled):
    assert pulled.listed == sorted({row["ITEM_SEQ"] for row in new_list() if row["ITEM_SEQ"]})


def test_cases_are_of_some_use(pulled, released, replayed, submitted):
    for story in (pulled, released, replayed, submitted):
        assert story.before != story.after
        assert {kind for *_, kind in story.last} <= {"ADDED", "CHANGED", "REMOVED"}
    assert {kind for *_, kind in pulled.last} >= {"ADDED", "CHANGED"}
    assert pulled.whole["quarantine_case"]


@pytest.mark.parametrize("crash", PULL, ids=str)
async def test_pull_that_crashed_is_made_up_for_by_the_next(scene, pulled, crash):
    await scene.hold(pulled, crash)


@pytest.mark.parametrize("crash", RELEASE, ids=str)
async def test_release_that_crashed_is_done_once(scene, released, crash):
    await scene.hold(released, crash)


@pytest.mark.parametrize("crash", REPLAY, ids=str)
async def test_replay_that_crashed_is_done_once(scene, replayed, crash):
    await scene.hold(replayed, crash)


@pytest.mark.parametrize("crash", SUBMITTING, ids=str)
async def test_submission_that_crashed_is_filed_once(scene, submitted, crash):
    await scene.hold(submitted, crash)
