"""Two workers and a scheduler, killed at random again and again: no pull is lost, twice or doubled.

The log of pulls, the source's own log of requests and the records at the end all say so.
"""

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest

from hub.demo.run import BUNDLED
from hub.demo.standins.manifest import read_manifest
from tests.e2e import scheduled_worker
from tests.hub.store.databases import migrated_database

PRODUCTS = "eu.fr_products"
PULLED = (PRODUCTS, "eu.fr_shortages", "eu.fr_packages")
PROCESSES = {"first worker": 2, "second worker": 2, "scheduler": 0}
"""Pulls each runs side by side; the scheduler only keeps the time."""

MOST_REST_S = 5.0
"""How long the next kill is waited for, at most; a process that still starts is spared."""

SETTLE_S = 240
GOOD = {"PUBLISHED", "UNCHANGED"}


@dataclass
class Source:
    """A member's server: no answer is like the one before, and says which it is.

    The lines of a list turn round, and the products' first one has the answer's number in its name.
    `asked` is the server's own log: which feed was asked for, and when.
    """

    lines: dict[str, list[bytes]]
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    served: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    @classmethod
    def of(cls, feeds: tuple[str, ...]) -> "Source":
        files = read_manifest(BUNDLED, set(feeds))
        return cls({feed: files[feed][0].read_bytes().splitlines(keepends=True) for feed in feeds})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            feed = request.split(b" ")[1].decode().split("/")[1]
            self.asked.append((feed, datetime.now(UTC)))
            number = len(self.asked)
            await asyncio.sleep(0.2 + 0.3 * (number % 3))
            self.served[feed] = body = self._list(feed, number)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _list(self, feed: str, number: int) -> bytes:
        first, *others = self.lines[feed]
        if feed == PRODUCTS:
            code, name, rest = first.split(b"\t", 2)
            first = b"\t".join([code, b"%s %d" % (name, number), rest])
        turned = number % len(others)
        return b"".join([*others[turned:], first, *others[:turned]])


@asynccontextmanager
async def serving(source: Source) -> AsyncIterator[None]:
    server = await asyncio.start_server(source.answer, "127.0.0.1", 0)
    source.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield


@dataclass
class Crew:
    """The processes, one of which is killed now and then and started again."""

    command: tuple[str, ...]
    log: IO[bytes]
    running: dict[str, Process] = field(default_factory=dict)
    starting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)
    kills: int = 0

    async def start(self, name: str) -> None:
        self.up.discard(name)
        self.running[name] = process = await asyncio.create_subprocess_exec(
            sys.executable, *self.command, str(PROCESSES[name]), stdout=PIPE, stderr=self.log
        )
        self.starting[name] = asyncio.create_task(self._hear(name, process))

    async def _hear(self, name: str, process: Process) -> None:
        """Wait for the line that a process writes once it is up."""
        if process.stdout and await process.stdout.readline():
            self.up.add(name)

    async def kill(self, name: str) -> None:
        process = self.running[name]
        if process.returncode is None:
            process.kill()
        await process.wait()
        await self.starting[name]

    async def die_at_random(self, chance: random.Random, seconds: float) -> None:
        await asyncio.gather(*self.starting.values())
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(chance.uniform(0, MOST_REST_S))
            ended = [name for name, each in self.running.items() if each.returncode is not None]
            assert not ended, "who was not killed ended"
            if self.up:
                name = chance.choice(sorted(self.up))
                await self.kill(name)
                await self.start(name)
                self.kills += 1


@asynccontextmanager
async def crew(url: str, folder: Path, source: Source) -> AsyncIterator[Crew]:
    base_urls = json.dumps({feed: f"{source.url}/{feed}" for feed in PULLED})
    script = str(Path(scheduled_worker.__file__))
    with (folder / "log").open("wb") as log:
        opened = Crew((script, url, str(folder), base_urls), log)
        try:
            for name in PROCESSES:
                await opened.start(name)
            yield opened
        finally:
            for name in opened.running:
                await opened.kill(name)


async def read(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return await (await connection.execute(sql, values)).fetchall()


async def settle(url: str) -> None:
    """Wait until each feed was pulled for every slot there was, then until nothing is under way."""
    async with asyncio.timeout(SETTLE_S):
        [(now,)] = await read(url, "SELECT clock_timestamp()")
        while await read(  # noqa: ASYNC110 - another process' deed has no event
            url,
            "SELECT FROM unnest(%s::text[]) AS each(feed) WHERE NOT EXISTS ("
            "SELECT FROM pull p WHERE p.feed = each.feed AND p.outcome = ANY(%s) "
            "AND p.started_at >= %s)",
            list(PULLED), sorted(GOOD), now,
        ):  # fmt: skip
            await asyncio.sleep(0.2)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("UPDATE feed_schedule SET paused_at = now()")
        while await read(url, "SELECT FROM feed_run WHERE ended_at IS NULL"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def check_runs(url: str) -> Counter[str]:
    """No run is lost, and none pulled twice."""
    ends = Counter[str]()
    runs = await read(
        url,
        "SELECT r.id, r.feed, r.slot, r.run_end, array_agg(p.outcome ORDER BY p.id), "
        "array_agg(p.reason_code ORDER BY p.id) FROM feed_run r LEFT JOIN pull p "
        "ON p.run_id = r.id GROUP BY r.id ORDER BY r.id",
    )
    for number, feed, slot, end, outcomes, codes in runs:
        ends[end] += 1
        good = [outcome for outcome in outcomes if outcome in GOOD]
        broken = {
            code for outcome, code in zip(outcomes, codes, strict=True) if outcome == "FAILED"
        }
        assert broken <= {"CUT_OFF"}, (feed, slot, codes)
        assert len(good) <= 1, f"{feed} was pulled twice for {slot}: {outcomes}"
        if end == "PULLED":
            assert len(good) == 1, f"{feed} was not pulled for {slot}: {outcomes}"
        else:
            later = [r for r in runs if r[1] == feed and r[0] > number and r[3] == "PULLED"]
            assert end == "CANCELLED" or later, f"{feed} at {slot} joined nothing"
    return ends


async def check_pulls(url: str, source: Source) -> int:
    """No pull overlaps another of its feed; the source was asked once in each, never between."""
    cut = 0
    for feed in PULLED:
        pulls = await read(
            url,
            "SELECT started_at, finished_at, outcome FROM pull WHERE feed = %s ORDER BY id",
            feed,
        )
        cut += sum(outcome == "FAILED" for *_, outcome in pulls)
        for (_, ended, _), (begun, *_) in pairwise(pulls):
            assert ended <= begun, f"two pulls of {feed} overlap"
        asked = [at for name, at in source.asked if name == feed]
        held = [sum(begun <= at <= ended for at in asked) for begun, ended, _ in pulls]
        assert sum(held) == len(asked), f"{feed} was asked for outside of any pull"
        for (*_, outcome), count in zip(pulls, held, strict=True):
            assert count == 1 or (count == 0 and outcome == "FAILED"), (feed, outcome, count)
    return cut


async def check_records(url: str, source: Source) -> None:
    """The hub holds what the source served last."""
    rows = [line.split("\t") for line in source.served[PRODUCTS].decode("cp1252").splitlines()]
    listed = await read(
        url,
        "SELECT national_id, name FROM product WHERE feed = %s "
        "AND superseded_at IS NULL AND listing = 'LISTED'",
        PRODUCTS,
    )
    # What the list has twice is one record, and what it has without a code is none.
    assert sorted(listed) == sorted({(code, name.strip()) for code, name, *_ in rows if code})


async def hold(database_url: str, folder: Path, seconds: float) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - by which a failing run can be held again
    source = Source.of(PULLED)
    async with migrated_database(database_url) as url, serving(source):
        async with crew(url, folder, source) as processes:
            await processes.die_at_random(random.Random(seed), seconds)
            await settle(url)
        ends = await check_runs(url)
        cut = await check_pulls(url, source)
        await check_records(url, source)
    told = f"{processes.kills} kills, {ends}, {cut} pulls cut off, {len(source.asked)} requests"
    print(told)  # noqa: T201 - what the watch came to
    assert processes.kills


async def test_short_watch_with_processes_killed_at_random(database_url, tmp_path):
    await hold(database_url, tmp_path, 20)


@pytest.mark.deep
@pytest.mark.timeout(900)
async def test_five_minutes_with_processes_killed_at_random(database_url, tmp_path):
    await hold(database_url, tmp_path, 300)
