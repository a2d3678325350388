"""`python -m bench.gateway`: the hub beside its peers and its floor, over HTTP.

The same rows of one PostgreSQL, one process each; the hub with tokens, policies and disclosure, the
others without. The variables change from request to request, but where it says `again`. Servers,
PostgreSQL and the load share this machine: see `cores` before reading of two workers.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import psutil
import psycopg
from uvicorn.loops.auto import auto_loop_factory

from bench.load import fetch
from bench.notices import fill
from bench.questions import FIELDS
from bench.rounds import (
    RATE,
    ROUNDS,
    SECONDS,
    Asked,
    Row,
    in_turns,
    one_round,
    ratio,
    row,
    show,
    warm,
)
from bench.servers import PEERS, started, token_of
from bench.walks import asked_of, asked_of_floor, places, requests
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres

NOTICES = 200_000
MANY = 200
"""Open connections for the latencies."""

KINDS = ("hub", "floor", "mercurius", "postgraphile", "plain")
PORTS = dict(zip((*KINDS, "second hub"), itertools.count(18400)))
BARS = {
    ("floor", "flat"): 0.75,
    ("mercurius", "flat"): 0.85,
    ("postgraphile", "flat"): 1.8,
    ("plain", "flat"): 12.0,
    ("floor", "nested"): 0.85,
    ("postgraphile", "nested"): 1.0,
    ("plain", "nested"): 15.0,
}
"""The hub's requests per second in those of the other, at least."""

GOALS = {("floor", "flat"): 0.9, ("mercurius", "flat"): 1.2}
TAIL_BAR = 5.0
"""p99 in p50, less than."""

WORKERS_BAR = 1.7
"""Two workers in one, at least, where PostgreSQL has a core of its own."""

CORES_FOR_WORKERS = 4
"""One for each worker, for PostgreSQL and for the load."""

Question = tuple[str, str]
"""Of a server: its kind, and the question's name."""


def run() -> list[Row]:
    """Print the table and give its rows."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-bench-") as folder,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
        embedded_postgres(Path(folder)) as url,
    ):
        runner.run(migrate(url))
        fill(url, NOTICES)
        with psycopg.connect(url) as connection:
            connection.execute((PEERS / "tables.sql").read_text("utf-8"))
        rows = runner.run(_run(Path(folder), url))
    show(rows, "GraphQL over HTTP; ratio: the hub in it")
    return rows


async def _run(state: Path, url: str) -> list[Row]:
    async with _asked(state, url) as asked:
        await _check_same(asked)
        await warm(asked)
        hub = asked["hub", "flat"]
        return [
            *await _beside(asked),
            await _again(hub),
            await _tail(hub),
            await _workers(hub, state, url),
        ]


@asynccontextmanager
async def _asked(state: Path, url: str) -> AsyncIterator[dict[Question, Asked]]:
    """Start all servers, and find what each is asked."""
    token, starts = token_of(state), places(url)
    asked = {}
    with ExitStack() as stack:
        for kind in KINDS:
            if kind == "floor":
                writers = await asked_of_floor(PORTS["hub"], token, state)
            process = stack.enter_context(started(kind, PORTS[kind], url, state))
            if kind != "floor":
                writers = await asked_of(kind, PORTS[kind], token)
            for name, write in writers.items():
                walk = requests(kind, name, write, starts, token)
                asked[kind, name] = Asked([PORTS[kind]], process, walk)
        yield asked


async def _check_same(asked: Mapping[Question, Asked]) -> None:
    """Make sure that all answer the same, before any is timed.

    Raises:
        RuntimeError: one does not.
    """
    for _, name in itertools.product(range(3), FIELDS):
        answers = {kind: await _answer(asked[kind, name]) for kind in KINDS}
        for kind, answer in answers.items():
            if answer != answers["hub"] or len(answer["data"]["supplyNotices"]["nodes"]) != 50:
                raise RuntimeError(f"{kind} and hub differ on {name}: {answer}")


async def _answer(asked: Asked) -> dict[str, Any]:
    answer = orjson.loads(await fetch(asked.ports[0], next(asked.requests)))
    return {name: part for name, part in answer.items() if name != "extensions"}


async def _beside(asked: Mapping[Question, Asked]) -> list[Row]:
    """Compare the hub with each in the same rounds."""
    figures = await in_turns(asked)
    rows = []
    for (kind, name), rounds in figures.items():
        found, bar = ratio(figures["hub", name], rounds), BARS.get((kind, name))
        holds = None if bar is None else found >= bar
        goal = GOALS.get((kind, name))
        rows.append(row(name, kind, rounds, ratio=found, bar=bar, goal=goal, holds=holds))
    return sorted(rows, key=lambda row: (row["question"], -row[RATE]))


async def _again(hub: Asked) -> Row:
    """Ask the same question again and again, beside one that changes."""
    same = replace(hub, requests=itertools.repeat(next(hub.requests)))
    rounds = await in_turns({"same": same, "changing": hub})
    return row("flat, again", "hub", rounds["same"], ratio=ratio(*rounds.values()))


async def _tail(hub: Asked) -> Row:
    """Take the latencies of many open connections."""
    rounds = [await one_round(hub, 2 * SECONDS, MANY) for _ in range(ROUNDS)]
    found = ratio(rounds, rounds, "p99_ms", "p50_ms")
    name = f"flat, {MANY} connections: p99 in p50"
    return row(name, "hub", rounds, ratio=found, bar=TAIL_BAR, holds=found < TAIL_BAR)


async def _workers(hub: Asked, state: Path, url: str) -> Row:
    """Spread the same load over two workers, beside one."""
    port = PORTS["second hub"]
    with started("hub", port, url, state):
        two = replace(hub, ports=[*hub.ports, port])
        await warm({"two": two})
        rounds = await in_turns({"two": two, "one": hub})
    found, cores = ratio(*rounds.values()), psutil.cpu_count()
    # With fewer there is nothing to judge: one worker and PostgreSQL take them all.
    holds = found >= WORKERS_BAR if cores >= CORES_FOR_WORKERS else None
    name = f"flat, two workers, PostgreSQL and the load on {cores} cores"
    return row(name, "hub", rounds["two"], ratio=found, bar=WORKERS_BAR, holds=holds, cores=cores)


if __name__ == "__main__":
    run()
