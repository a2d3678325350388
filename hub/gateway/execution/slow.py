"""The log of operations that took long: their stages and cost, and how PostgreSQL reads their rows.

A plan is asked for afterwards, one at a time, without running anything; of it the log keeps which
tables and indexes are read in what order. No value of a question is logged, nor its text.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import prometheus_client
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from hub.store.database import Pool

MAX_PLAN_NODES = 60
"""Most nodes of a plan that are logged."""

PATIENCE_SECONDS = 2.0
"""How long to wait for a connection to ask for a plan with."""

_log = structlog.get_logger()
_slow = prometheus_client.Counter(
    "hub_slow_operations", "Operations that took longer than `HUB_SLOW_SECONDS`.", ["tier"]
)


@dataclass(slots=True)
class Ran:
    """A statement that was run, with numbered placeholders, and what they stood for.

    Either may be as PostgreSQL is sent it, in bytes.
    """

    sql: str | bytes
    parameters: Sequence[object]
    nanoseconds: int


class Slow(Protocol):
    """What is told of an operation that was slow."""

    tier: str
    kind: str
    operation: str | None
    document: str
    member: str
    code: str
    cost: int
    slowest: Ran | None


class SlowLog:
    """Logs operations that took longer than a limit."""

    def __init__(self, pool: Pool, limit_s: float) -> None:
        """Keep what to ask for plans with, and the limit."""
        self.limit_ns = limit_s * 1e9
        self._pool = pool
        self._explaining: asyncio.Task[None] | None = None

    def tell(self, slow: Slow, spent: Mapping[str, int]) -> None:
        """Log an operation, and have its slowest statement explained unless another one is.

        Args:
            slow: the operation.
            spent: nanoseconds by stage.
        """
        _slow.labels(slow.tier).inc()
        told = {
            "kind": slow.kind,
            "tier": slow.tier,
            "document": hashlib.sha256(slow.document.encode()).hexdigest(),
            "operation": slow.operation,
            "member": slow.member,
            "code": slow.code,
            "cost": slow.cost,
            "milliseconds": {name: round(each / 1e6, 1) for name, each in spent.items()},
        }
        if slow.slowest is None:
            _log.warning("slow_operation", **told)
            return
        statement = hashlib.sha256(_text(slow.slowest.sql).encode()).hexdigest()
        _log.warning("slow_operation", **told, statement=statement)
        if self._explaining is None or self._explaining.done():
            # The task takes over what ties this line to the request.
            self._explaining = asyncio.create_task(self._explain(slow.slowest, statement))

    async def close(self) -> None:
        """Give up what is being explained."""
        if self._explaining:
            self._explaining.cancel()
            await asyncio.gather(self._explaining, return_exceptions=True)

    async def _explain(self, ran: Ran, statement: str) -> None:
        try:
            async with self._pool.connection(PATIENCE_SECONDS) as connection:
                explain = f"EXPLAIN (FORMAT JSON) {_text(ran.sql)}"
                cursor = await connection.execute(explain, [*map(_text, ran.parameters)])
                row = await cursor.fetchone()
        except (psycopg.Error, PoolTimeout) as error:
            # Its text may hold a value of the question.
            _log.warning("slow_plan_not_found", statement=statement, error=type(error).__name__)
            return
        if row:
            plan = list(_lines(row[0][0]["Plan"]))[:MAX_PLAN_NODES]
            _log.warning("slow_plan", statement=statement, plan=plan)


def _text(sent: Any) -> Any:
    return sent.decode() if isinstance(sent, bytes) else sent


def _lines(node: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Write the nodes of a plan, without their conditions: those hold values."""
    places = (node[name] for name in ("Index Name", "Relation Name", "CTE Name") if name in node)
    what = " ".join([node["Node Type"], *places])
    yield f"{'  ' * depth}{what} (cost {node['Total Cost']:.0f}, rows {node['Plan Rows']})"
    for below in node.get("Plans", ()):
        yield from _lines(below, depth + 1)


@asynccontextmanager
async def open_slow_log(pool: Pool, limit_s: float) -> AsyncIterator[SlowLog]:
    """Log what is slow for the life of the process.

    Args:
        pool: a reading one.
        limit_s: what takes longer is slow.
    """
    log = SlowLog(pool, limit_s)
    try:
        yield log
    finally:
        await log.close()
