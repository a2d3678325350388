"""`python -m bench.growth`: the same page of the hub on few notices, on many and on very many.

One PostgreSQL with a database of each size; the same pages, which hold the same rows in all.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from uvicorn.loops.auto import auto_loop_factory

from bench.load import fetch
from bench.notices import fill
from bench.rounds import Asked, Row, in_turns, ratio, row, show, warm
from bench.servers import started, token_of
from bench.walks import asked_of, places, requests
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres

SIZES = (10_000, 1_000_000, 5_000_000)
PORTS = dict(zip(SIZES, count(18410)))
BAR = 1.5
"""The fastest size in the slowest, at most."""


def run() -> list[Row]:
    """Print the table and give its rows."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-bench-") as folder,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
        embedded_postgres(Path(folder)) as url,
    ):
        urls = {size: _database(url, size) for size in SIZES}
        for each in urls.values():
            runner.run(migrate(each))
        with ThreadPoolExecutor(len(SIZES)) as threads:
            list(threads.map(fill, urls.values(), SIZES))
        rows = runner.run(_run(Path(folder), urls))
    show(rows, "the same pages on more notices; ratio: the fewest in it")
    return rows


def _database(url: str, size: int) -> str:
    """Make a database for so many notices, and give its URL."""
    name = f"notices{size}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def _run(state: Path, urls: dict[int, str]) -> list[Row]:
    async with _asked(state, urls) as asked:
        await _check_same(asked)
        await warm(asked)
        figures = await in_turns(asked)
    rows = []
    for size, rounds in figures.items():
        found = ratio(figures[SIZES[0]], rounds)
        holds = max(found, 1 / found) <= BAR
        rows.append(row(f"{size:,} notices", "hub", rounds, ratio=found, bar=BAR, holds=holds))
    return rows


@asynccontextmanager
async def _asked(state: Path, urls: dict[int, str]) -> AsyncIterator[dict[int, Asked]]:
    token, starts = token_of(state), places(urls[SIZES[0]])
    with ExitStack() as stack:
        asked = {}
        for size, url in urls.items():
            process = stack.enter_context(started("hub", PORTS[size], url, state))
            write = (await asked_of("hub", PORTS[size], token))["flat"]
            walk = requests("hub", "flat", write, starts, token)
            asked[size] = Asked([PORTS[size]], process, walk)
        yield asked


async def _check_same(asked: dict[int, Asked]) -> None:
    """Make sure that the pages hold the same rows.

    Raises:
        RuntimeError: they do not.
    """
    for _ in range(3):
        pages = [await fetch(each.ports[0], next(each.requests)) for each in asked.values()]
        if len({page.partition(b',"extensions"')[0] for page in pages}) > 1:
            raise RuntimeError("the pages differ")


if __name__ == "__main__":
    run()
