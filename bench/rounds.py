"""Rounds of load on one server and another in turn, and the rows of figures they come to.

What counts is a ratio of two servers in one round, and of all rounds its median: others may use
this machine meanwhile.
"""

import statistics
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil
from rich.console import Console
from rich.table import Table

from bench.load import walk

ROUNDS = 9
SECONDS = 1.0
WARM_SECONDS = 1.5
CONNECTIONS = 50
"""Open connections of every server alike. Fewer would time how long the disk takes to make a record
durable, which only the hub waits for: with 16 this machine stood still for a sixth of the time.
"""

RATE = "requests_per_second"

Row = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Asked:
    """What a server is asked, one request after another."""

    ports: Sequence[int]
    process: psutil.Process
    requests: Iterator[bytes]


async def warm(asked: Mapping[Key, Asked]) -> None:
    """Let every server compile, prepare and keep what it will."""
    for each in asked.values():
        await one_round(each, WARM_SECONDS)


async def in_turns(asked: Mapping[Key, Asked]) -> dict[Key, list[Row]]:
    """Load every server once a round."""
    figures = defaultdict(list)
    for _ in range(ROUNDS):
        for key, each in asked.items():
            figures[key].append(await one_round(each))
    return figures


async def one_round(asked: Asked, seconds: float = SECONDS, connections: int = CONNECTIONS) -> Row:
    """Load a server. CPU is its process's own; `busy` is the whole machine."""
    psutil.cpu_percent()
    before = asked.process.cpu_times()
    done = await walk(asked.ports, asked.requests, connections=connections, seconds=seconds)
    after = asked.process.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return {
        RATE: done.requests / done.seconds,
        "cpu_ms": cpu / done.requests * 1000,
        "p50_ms": done.percentile(50) * 1000,
        "p99_ms": done.percentile(99) * 1000,
        "kilobytes": done.body_bytes / done.requests / 1000,
        "busy_percent": psutil.cpu_percent(),
    }


def ratio(ones: Sequence[Row], others: Sequence[Row], name: str = RATE, under: str = "") -> float:
    """Give the median of a figure of the ones in that of the others."""
    pairs = zip(ones, others, strict=True)
    return statistics.median(one[name] / other[under or name] for one, other in pairs)


def row(question: str, server: str, rounds: Sequence[Row], **found: Any) -> Row:
    """Bring rounds together in one row of medians, and what was found of them."""
    medians = {figure: statistics.median(each[figure] for each in rounds) for figure in rounds[0]}
    return {"question": question, "server": server} | medians | found


def show(rows: Sequence[Row], title: str) -> None:
    """Print the rows, each with its bar and whether it holds."""
    heads = ("req/s", "CPU ms", "p50 ms", "p99 ms", "kB", "busy %", "ratio", "bar", "holds")
    table = Table("question", "server", *heads, title=title)
    for each in rows:
        bar = str(each.get("bar") or "") + (f" ({each['goal']})" if each.get("goal") else "")
        holds = {True: "yes", False: "NO", None: ""}[each.get("holds")]
        numbers = (
            f"{each[RATE]:.0f}",
            *(f"{each[name]:.2f}" for name in ("cpu_ms", "p50_ms", "p99_ms")),
            *(f"{each[name]:.0f}" for name in ("kilobytes", "busy_percent")),
        )
        found = f"{each['ratio']:.2f}"
        table.add_row(each["question"], each["server"], *numbers, found, bar, holds)
    Console(width=140).print(table)
