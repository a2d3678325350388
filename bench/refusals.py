"""`python -m bench.refusals`: what it costs the gateway to refuse a question that means harm.

CPU of the gateway's process a request, over HTTP. Every document is a new one, so that nothing kept
of the last helps to refuse the next.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import orjson
import psutil
from rich.console import Console
from rich.table import Table

from bench.load import ask, post
from bench.questions import body
from bench.servers import started, token_of
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres

ROUNDS = 3
REQUESTS = 25
"""A round: processes tell their CPU by the hundredth of a second."""

PORT = 18420
BAR = 20.0
"""Milliseconds of CPU a request, less than."""

Row = dict[str, Any]


def _aliases(n: int, many: int) -> bytes:
    fields = " ".join(f"a{n}_{place}: me {{ member }}" for place in range(many))
    return body(f"{{ {fields} }}")


def _overlaps(n: int, many: int) -> bytes:
    """Write fields of one name, which validation compares each with each."""
    return body(f"query Q{n} {{ supplyNotices {{ nodes {{ {'key: title ' * many} }} }} }}")


def _brackets(n: int, many: int) -> bytes:
    opened = "product{supplyNotices{" * (many // 2)
    return body(f"query Q{n} {{{opened}key{'}' * (many // 2 * 2)}}}")


def _unfolding(n: int, many: int) -> bytes:
    """Write fragments that each spread the next one twice: 2 to the power of so many fields."""
    chain = [
        f"fragment F{place} on SupplyNotice {{ ...F{after} product {{ key }} ...F{after} }}"
        for place, after in pairwise(range(many + 1))
    ]
    last = f"fragment F{many} on SupplyNotice {{ key }}"
    start = f"query Q{n} {{ supplyNotices {{ nodes {{ ...F0 }} }} }}"
    return body(" ".join([start, *chain, last]))


def _cycle(n: int, many: int) -> bytes:
    fragments = [
        f"fragment F{place} on SupplyNotice {{ key ...F{(place + 1) % many} }}"
        for place in range(many)
    ]
    return body(f"query Q{n} {{ supplyNotices {{ nodes {{ ...F0 }} }} }} {' '.join(fragments)}")


def _representations(n: int, many: int) -> bytes:
    found = [{"__typename": "Substance", "key": f"S{n}.{place}"} for place in range(many)]
    text = "query Q($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    return orjson.dumps({"query": text, "variables": {"r": found}})


def _directives(n: int, many: int) -> bytes:
    return body(f"query Q{n} {{ me {{ member {'@include(if: true) ' * many} }} }}")


CASES: dict[str, Callable[[int], bytes]] = {
    "1,000 aliases": partial(_aliases, many=1_000),
    "100 aliases": partial(_aliases, many=100),
    "10 kB of one field": partial(_overlaps, many=900),
    "one field 200 times": partial(_overlaps, many=200),
    "10 kB of brackets": partial(_brackets, many=900),
    "100 brackets deep": partial(_brackets, many=100),
    "60 fragments that unfold": partial(_unfolding, many=60),
    "40 fragments that unfold": partial(_unfolding, many=40),
    "a cycle of 100 fragments": partial(_cycle, many=100),
    "a cycle of 50 fragments": partial(_cycle, many=50),
    "100,000 _entities": partial(_representations, many=100_000),
    "2,000 _entities": partial(_representations, many=2_000),
    "60 directives on a field": partial(_directives, many=60),
}
"""Those named in hundreds are well over a limit; the smaller ones get further before they stop."""


def run() -> list[Row]:
    """Print the table and give its rows."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        state = Path(folder)
        with embedded_postgres(state) as url:
            asyncio.run(migrate(url))
            with started("hub", PORT, url, state) as process:
                rows = asyncio.run(_measured(process, token_of(state)))
    show(rows)
    return rows


async def _measured(process: psutil.Process, token: str) -> list[Row]:
    rows = []
    for case, write in CASES.items():
        requests = (post("/graphql", write(number), token) for number in count())
        first = next(requests)
        status, answer = await ask(PORT, first)
        found = statistics.median(
            [await _cpu_ms(process, list(islice(requests, REQUESTS))) for _ in range(ROUNDS)]
        )
        code = _code(answer)
        rows.append(
            {"case": case, "bytes": len(first), "status": status, "code": code}
            | {"cpu_ms": found, "bar": BAR, "holds": found < BAR and code is not None}
        )
    return rows


async def _cpu_ms(process: psutil.Process, requests: Sequence[bytes]) -> float:
    before = process.cpu_times()
    for request in requests:
        await ask(PORT, request)
    after = process.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return cpu / len(requests) * 1000


def _code(answer: bytes) -> str | None:
    """Find why a question was refused; None if it was not."""
    found = orjson.loads(answer)
    if found.get("data") is not None or not found.get("errors"):
        return None
    return found["errors"][0].get("extensions", {}).get("code", "GRAPHQL_VALIDATION")


def show(rows: list[Row]) -> None:
    """Print the figures beside their bar."""
    table = Table("question", "bytes", "status", "code", "CPU ms", "bar", "holds", title="refusals")
    for each in rows:
        figures = f"{each['bytes']:,}", str(each["status"]), str(each["code"])
        holds = "yes" if each["holds"] else "NO"
        table.add_row(each["case"], *figures, f"{each['cpu_ms']:.1f}", f"{each['bar']:.0f}", holds)
    Console(width=120).print(table)


if __name__ == "__main__":
    run()
