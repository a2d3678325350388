"""The members of the pull tests: stand-ins over small native files, and a hub that pulls them."""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.demo.run import BUNDLED
from hub.demo.standins.manifest import read_manifest
from hub.demo.standins.process import StandIns
from hub.outbound import Limits, Outbound, open_outbound
from hub.store.database import writing_pool
from hub.store.landing import open_landing
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullResult, PullTools, pull

LIMITS = Limits(seconds=10, silence_seconds=5, body_bytes=4 * 1024 * 1024)

SERVED = sorted(read_manifest(BUNDLED, set(FEEDS)))
"""Feeds that have a bundled sample."""


@dataclass(frozen=True)
class Members:
    """The stand-ins, and the folder of the files they serve."""

    folder: Path
    standins: StandIns
    control: Outbound

    @property
    def feeds(self) -> dict[str, Feed]:
        """The feeds that are served."""
        return {name: feed for name, feed in FEEDS.items() if name in self.standins.base_urls}

    def file(self, feed: str) -> Path:
        """The first native file of a feed."""
        return read_manifest(self.folder / "manifest.toml", {feed})[feed][0]

    @contextmanager
    def changed(self, feed: str, content: bytes) -> Iterator[None]:
        """Let the member publish other bytes for a while."""
        file = self.file(feed)
        before = file.read_bytes()
        file.write_bytes(content)
        try:
            yield
        finally:
            file.write_bytes(before)

    @asynccontextmanager
    async def faulty(self, feed: str, fault: str) -> AsyncIterator[None]:
        """Let a feed's answers go wrong for a while."""
        url = f"{self.standins.control_url}/{feed}"
        answer = await self.control.post(url, {}, orjson.dumps({"fault": fault}))
        assert answer.status == 200, answer.content
        try:
            yield
        finally:
            await self.control.send("DELETE", url, {})


def copy_samples(folder: Path) -> Path:
    """Copy the bundled native files where a test may change them; gives the manifest."""
    shutil.copytree(BUNDLED.parent, folder, dirs_exist_ok=True)
    return folder / "manifest.toml"


@dataclass(frozen=True)
class Hub:
    """A hub that pulls the members into a database of its own."""

    url: str
    tools: PullTools

    async def pull(self, feed: str | Feed, *, is_full: bool = False, **tools: Any) -> PullResult:
        """Pull a feed, with other tools where they are given."""
        feed = FEEDS[feed] if isinstance(feed, str) else feed
        return await pull(feed, replace(self.tools, **tools), is_full=is_full)

    async def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read rows."""
        async with self.tools.pool.connection() as connection:
            cursor = await connection.execute(sql, values)
            return await cursor.fetchall()

    async def last(self, feed: str, columns: str) -> tuple[Any, ...]:
        """Read columns of a feed's newest pull."""
        sql = f"SELECT {columns} FROM pull WHERE feed = %s ORDER BY id DESC LIMIT 1"
        return (await self.query(sql, feed))[0]

    async def current(self, feed: str) -> list[tuple[Any, ...]]:
        """All current versions of the records a feed brought, by record type."""
        found: list[tuple[Any, ...]] = []
        for mapping in FEEDS[feed].mappings:
            table = mapping.record_type.table
            sql = f"SELECT * FROM {table} WHERE feed = %s AND superseded_at IS NULL ORDER BY key"
            found += [(table, *map(str, row)) for row in await self.query(sql, feed)]
        return found

    async def written(self, tables: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Count what was ever written to the record tables, and the change feed's place."""
        tables = tables or sorted({m.record_type.table for f in FEEDS.values() for m in f.mappings})
        counts = [
            (
                table,
                *(await self.query(f"SELECT count(*), max(xmin::text::bigint) FROM {table}"))[0],
            )
            for table in tables
        ]
        return [*counts, *(await self.query("SELECT last_value, 1 FROM change_seq"))]


@asynccontextmanager
async def open_hub(
    url: str, base_urls: dict[str, str], state: Path, limits: Limits = LIMITS
) -> AsyncIterator[Hub]:
    """Open a hub over a migrated database."""
    async with (
        writing_pool(url) as pool,
        open_outbound(allow_loopback=True, limits=limits) as outbound,
    ):
        landing = open_landing(None, state)
        register = CurrentRegister(pool, landing)
        yield Hub(url, PullTools(pool, outbound, landing, register, base_urls))
