"""Crash at every step: a process dies at one place of a pull, and the next one makes up for it.

Each case starts from a copy of the same store, and is compared in full with one that never crashed.
"""

import asyncio
import json
import multiprocessing
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from federation.records.registry import RECORD_TYPES
from hub.demo.run import BUNDLED
from hub.demo.standins.manifest import read_manifest
from hub.demo.standins.process import start_standins
from hub.gateway.changes import Asked, ChangeFeed
from hub.gateway.places import Seal
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from hub.settings import Settings
from hub.store.landing import open_landing
from tests.e2e import crashing_pull
from tests.e2e.crashing_pull import FEED, Crash, Deed
from tests.hub.gateway.notices import reader
from tests.hub.gateway.serving import OPEN, caller_of, write_policies
from tests.hub.store import databases
from tests.hub.sync.members import copy_samples

ROWS = 230
"""Three pages of the service."""

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.e2e.preloaded_pull"])

KILLED = -9
RUN_S = 60

# By these a row is told from one of another run, and not by what it says.
OWN = {
    *("id", "version_id", "pull_id", "change_seq", "removed_seq", "seq", "last_pull_id"),
    *("good_pull_id", "first_pull_id", "closed_pull_id", "released_as", "submission_id"),
}
NOT_COMPARED = re.compile(r"procrastinate_.*|alembic_version|pull")
SUBMISSION = re.compile(r"S-[0-9a-f]{32}")


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
    after("hub.sync.coverage:advance"),
    after("hub.sync.history:finish"),
    after("hub.sync.quarantine:settle"),
    after("hub.sync.pull:_Run._commit"),
)
"""From the evidence to the last statement before COMMIT, and right after it."""

PULL = (
    before("hub.sync.history:begin"),
    after("hub.sync.pull:_begin"),
    after("hub.sync.downloading:_Parts.take"),
    after("hub.sync.fetching:_answer"),
    after("hub.sync.fetching:_answer", 2),
    after("hub.sync.pull:fetch"),
    before("hub.store.landing:obstore.put_async"),
    after("hub.store.landing:Landing.put"),
    before("hub.sync.history:note"),
    after("hub.sync.pull:land"),
    before("hub.sync.pull:harmonize"),
    after("hub.sync.pull:harmonize"),
    after("hub.sync.pull:judge_pull"),
    *PUBLISHING,
    before("hub.sync.entities:link_entities"),
    after("hub.sync.entities:_move"),
    before("hub.cli.pulls:bring_up_to_date"),
    after("hub.search.index:_replace"),
)

RELEASE = (
    after("hub.sync.pull:_begin"),
    after("hub.sync.pull:land"),
    after("hub.sync.held:keep_event"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.quarantine:settle"),
    after("hub.sync.pull:_Run._commit"),
    before("hub.sync.held_decisions:bring_up_to_date"),
)

REPLAY = (
    after("hub.sync.pull:_begin"),
    after("hub.sync.pull:land"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.quarantine:settle"),
    after("hub.sync.pull:_Run._commit"),
    before("hub.cli.replay:bring_up_to_date"),
)

SUBMISSION_PLACES = (
    after("hub.store.landing:Landing.put"),
    after("hub.submissions.kept:keep"),
    before("hub.submissions.filing:pull"),
    after("hub.sync.pull:land"),
    after("hub.sync.publishing:merge"),
    after("hub.sync.pull:_Run._commit"),
    after("hub.submissions.kept:settle"),
    before("hub.submissions.filing:bring_up_to_date"),
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
    """Rows of it gone, changed and new, a holder renamed and one new, and another without number."""
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
        company = {"ENTP_SEQ": f"2099{number % 2:04}", "BIZRNO": f"109900000{number % 2}"}
        added.append(rows[number] | company | {"ITEM_SEQ": own, "PRDLST_STDR_CODE": own})
    return [*rows, *added, rows[3] | {"ITEM_SEQ": "", "ITEM_NAME": "without a number"}]


def short_list() -> list[dict[str, Any]]:
    """So few rows that the gate holds the pull."""
    return old_list()[:60]


@dataclass(frozen=True)
class Store:
    """A database and a landing of its own, and the source that a hub over them pulls."""

    settings: Settings

    @property
    def url(self) -> str:
        return self.settings.database_url

    @property
    def name(self) -> str:
        return urlsplit(self.url).path[1:]

    async def run(self, deed: Deed, crash: Crash | None = None) -> int | None:
        """Do something in a process of its own; gives how that ended."""
        process = FORKS.Process(target=crashing_pull.run, args=(self.settings, deed, crash))
        process.start()
        try:
            await asyncio.to_thread(process.join, RUN_S)
            return process.exitcode
        finally:
            process.kill()
            await asyncio.to_thread(process.join)
            process.close()

    async def read(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        async with await psycopg.AsyncConnection.connect(
            self.url, row_factory=dict_row
        ) as connection:
            return await (await connection.execute(sql, values)).fetchall()

    async def served(self) -> dict[str, list[str]]:
        """What is served: the current versions, whichever entity they are said to be."""
        found = {}
        for record_type in RECORD_TYPES.values():
            sql = f"SELECT * FROM {record_type.table} WHERE superseded_at IS NULL"
            rows = [row | {"entity_key": None} for row in await self.read(sql)]
            found[record_type.name] = as_said(rows)
        return found

    async def whole(self) -> dict[str, list[str]]:
        """All rows of all tables but for the log of pulls, as they would be in any other run."""
        tables = await self.read(
            "SELECT relname AS name FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        found = {}
        for table in tables:
            if not NOT_COMPARED.fullmatch(table["name"]):
                sql = SQL("SELECT * FROM {}").format(Identifier(table["name"]))
                found[table["name"]] = as_said(await self.read(sql))
        found["good pulls"] = as_said(
            await self.read(
                "SELECT p.feed, p.outcome, p.documents, p.rows, p.records, p.quarantined, p.added, "
                "p.changed, p.absent FROM pull p WHERE p.outcome IN ('PUBLISHED', 'HELD')"
            )
        )
        return found

    async def check_log(self) -> None:
        """Nothing seems to run still, and what was landed is there under its digest."""
        landing = open_landing(None, self.settings.state_dir)
        for one in await self.read("SELECT * FROM pull ORDER BY id"):
            if one["outcome"] == "FAILED":
                assert one["reason_code"] == "CUT_OFF"
            # One of landed bytes is told of as cut off once it can't be under way any more.
            assert one["outcome"] != "RUNNING" or one["of_pull_id"] or one["feed"] != FEED
            for digest in one["documents"]:
                assert await landing.damage(digest) is None
        held = await self.read(
            "SELECT l.* FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE d.datname = current_database() AND l.locktype = 'advisory'"
        )
        assert not held


def as_said(rows: list[dict[str, Any]]) -> list[str]:
    """Give rows without what is drawn anew each time: numbers, instants and entities' keys."""
    entities: dict[str, str] = {}
    for row in rows:
        if entity := row.get("entity_key"):
            entities[entity] = min(entities.get(entity, row["key"]), row["key"])
    return sorted(
        SUBMISSION.sub(
            "S", str({name: _said(name, value, entities) for name, value in row.items()})
        )
        for row in rows
    )


def _said(name: str, value: Any, entities: dict[str, str]) -> Any:
    if name in OWN or hasattr(value, "tzinfo"):
        return value is not None
    return entities[value] if name == "entity_key" and value else value


class Reader:
    """Somebody who sees everything and follows the change feed."""

    def __init__(self, folder: Path) -> None:
        self.caller = caller_of("us-fda", Purpose.SHORTAGE_RESPONSE)
        policies = load_policies(write_policies(folder / "open", OPEN, {}))
        self.decisions = PolicyEngine(policies).decide(self.caller)
        self.feed = ChangeFeed(Seal("a secret"))

    async def read(self, url: str, since: str | None = None) -> tuple[list[tuple], str]:
        """Read on from a place to the end; gives all changes, and the place."""
        found = []
        async with reader(url) as connection:
            while True:
                page = await self.feed.page(
                    connection, self.caller, self.decisions, Asked.of(None, None), since=since,
                    first=100,
                )  # fmt: skip
                found += [(one.record_type, one.key, one.kind.value) for one in page.nodes]
                since = page.end_cursor
                if not page.has_next_page:
                    break
        added = [change for change in found if change[2] == "ADDED"]
        assert len(set(added)) == len(added)
        return sorted(found), since


@dataclass(frozen=True)
class Story:
    """What a process dies of: from which store on, what it does, and what all comes to in the end.

    `last` are the changes after `place`, where a reader stood before.
    """

    begun: Store
    content: bytes
    deed: Deed
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    whole: dict[str, list[str]]
    place: str
    changes: list[tuple]
    last: list[tuple]


@dataclass(frozen=True)
class Scene:
    """The hub's database server, the member's server, and a reader of the change feed."""

    server_url: str
    folder: Path
    base_urls: dict[str, str]
    listed: Path
    reader: Reader

    @asynccontextmanager
    async def store(self, copied: Store | None = None) -> AsyncIterator[Store]:
        """Make a store, empty or as another one is."""
        if copied is None:
            made = databases.migrated_database(self.server_url)
        else:
            made = databases._made(self.server_url, copied.name)
        async with made as url:
            state = self.folder / urlsplit(url).path[1:]
            if copied:
                shutil.copytree(copied.settings.state_dir, state)
            settings = Settings(
                state_dir=state,
                database_url=url,
                source_base_urls=self.base_urls,
                allow_loopback_sources=True,
            )
            yield Store(settings)

    def list(self, rows: list[dict[str, Any]]) -> bytes:
        """Let the member publish a list."""
        content = json.dumps(rows, ensure_ascii=False).encode()
        self.listed.write_bytes(content)
        return content

    async def tell(self, begun: Store, deed: Deed) -> Story:
        """Do it without a crash."""
        _, place = await self.reader.read(begun.url)
        async with self.store(begun) as store:
            assert await store.run(deed) == 0
            await store.check_log()
            return Story(
                begun=begun,
                content=self.listed.read_bytes(),
                deed=deed,
                before=await begun.served(),
                after=await store.served(),
                whole=await store.whole(),
                place=place,
                changes=(await self.reader.read(store.url))[0],
                last=(await self.reader.read(store.url, place))[0],
            )

    async def hold(self, story: Story, crash: Crash) -> None:
        """Have it crash at a place, and done again."""
        self.listed.write_bytes(story.content)
        async with self.store(story.begun) as store:
            assert await store.run(story.deed, crash) == KILLED, "the place was not come by"
            assert await store.served() in (story.before, story.after)
            assert await store.run(story.deed) == 0
            assert await store.served() == story.after
            assert await store.whole() == story.whole
            assert (await self.reader.read(store.url))[0] == story.changes
            assert (await self.reader.read(store.url, story.place))[0] == story.last
            await store.check_log()


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


@pytest.mark.parametrize("crash", SUBMISSION_PLACES, ids=str)
async def test_submission_that_crashed_is_filed_once(scene, submitted, crash):
    await scene.hold(submitted, crash)
