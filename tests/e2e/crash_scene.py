"""A hub that may crash: its store, copied for each case, its source, and what is compared of it.

Stores are compared in full, without what is drawn anew each time; start at `Scene.hold`.
"""

import asyncio
import json
import multiprocessing
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from federation.records.registry import RECORD_TYPES
from hub.gateway.changes.feed import Asked, ChangeFeed
from hub.gateway.changes.places import Seal
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from hub.settings import Settings
from hub.store.landing import open_landing
from tests.e2e import crashing_pull
from tests.e2e.crashing_pull import FEED, Crash, Deed
from tests.hub.gateway.notices import reader
from tests.hub.gateway.serving import OPEN, caller_of, write_policies
from tests.hub.store import databases

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.e2e.preloaded_pull"])

KILLED = -9
RUN_S = 60

# By these a row is told from one of another run, and not by what it says.
OWN = {
    *("id", "version_id", "pull_id", "change_seq", "removed_seq", "seq", "last_pull_id"),
    "as_of_seq",
    *("good_pull_id", "first_pull_id", "closed_pull_id", "released_as", "submission_id", "cover"),
}
NOT_COMPARED = re.compile(r"procrastinate_.*|alembic_version|pull")
SUBMISSION = re.compile(r"S-[0-9a-f]{32}")

TABLES = """
SELECT relname AS name FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""

# What is filed has a cover, which has the submission's own number.
GOOD_PULLS = """
SELECT feed, outcome, CASE feed WHEN %s THEN documents[:1] ELSE documents END, rows, records,
       quarantined, added, changed, absent
FROM pull WHERE outcome IN ('PUBLISHED', 'HELD')
"""

LISTED = "SELECT national_id FROM product WHERE superseded_at IS NULL AND listing = 'LISTED'"

LOCKS = """
SELECT l.* FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory'
"""


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

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Callable[..., Awaitable[list[dict[str, Any]]]]]:
        """Give what reads rows, over one connection."""
        async with await psycopg.AsyncConnection.connect(self.url, row_factory=dict_row) as opened:

            async def read(sql: str | Composed, *values: Any) -> list[dict[str, Any]]:
                return await (await opened.execute(sql, values)).fetchall()

            yield read

    async def served(self) -> dict[str, list[str]]:
        """What is served: the current versions, whichever entity they are said to be."""
        found = {}
        async with self.reading() as read:
            for record_type in RECORD_TYPES.values():
                sql = f"SELECT * FROM {record_type.table} WHERE superseded_at IS NULL"
                rows = [row | {"entity_key": None} for row in await read(sql)]
                found[record_type.name] = as_said(rows)
        return found

    async def listed(self) -> list[str]:
        """Name the products that are on the member's list."""
        async with self.reading() as read:
            return sorted(row["national_id"] for row in await read(LISTED))

    async def whole(self) -> dict[str, list[str]]:
        """All rows of all tables but for the log of pulls, as they would be in any other run."""
        async with self.reading() as read:
            tables = [row["name"] for row in await read(TABLES)]
            found = {
                name: as_said(await read(SQL("SELECT * FROM {}").format(Identifier(name))))
                for name in tables
                if not NOT_COMPARED.fullmatch(name)
            }
            return found | {"good pulls": as_said(await read(GOOD_PULLS, crashing_pull.FILED))}

    async def check_log(self) -> None:
        """Nothing seems to run still, and what was landed is there under its digest."""
        landing = open_landing(None, self.settings.state_dir)
        async with self.reading() as read:
            pulls, locks = await read("SELECT * FROM pull"), await read(LOCKS)
        assert not locks
        for one in pulls:
            if one["outcome"] == "FAILED":
                assert one["reason_code"] == "CUT_OFF"
            # One of landed bytes is told of as cut off once it can't be under way any more.
            assert one["outcome"] != "RUNNING" or one["of_pull_id"] or one["feed"] != FEED
            for digest in one["documents"]:
                assert await landing.damage(digest) is None


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


def different(
    one: dict[str, list[str]], other: dict[str, list[str]]
) -> dict[str, tuple[list[str], list[str]]]:
    """Give by table the rows that only one of two stores has."""
    found = {}
    for table in one.keys() | other.keys():
        mine, theirs = Counter(one.get(table)), Counter(other.get(table))
        if mine != theirs:
            found[table] = sorted((mine - theirs).elements()), sorted((theirs - mine).elements())
    return found


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

    `last` are the changes after `place`, where a reader stood before; `listed` are the products.
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
    listed: list[str]


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
                listed=await store.listed(),
            )

    async def hold(self, story: Story, crash: Crash) -> None:
        """Have it crash at a place, and done again."""
        self.listed.write_bytes(story.content)
        async with self.store(story.begun) as store:
            assert await store.run(story.deed, crash) == KILLED, "the place was not come by"
            assert await store.served() in (story.before, story.after)
            assert await store.run(story.deed) == 0
            assert await store.served() == story.after
            assert different(await store.whole(), story.whole) == {}
            assert (await self.reader.read(store.url))[0] == story.changes
            assert (await self.reader.read(store.url, story.place))[0] == story.last
            await store.check_log()
