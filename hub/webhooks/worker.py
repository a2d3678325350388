"""The worker's part: each minute, find out what there is to tell, and send what is due.

What there is to tell is found by `events.py`, and sent by `deliveries.py`. `hub worker` ticks as
long as it runs; any number of workers may.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
import structlog

from hub.outbound import Outbound
from hub.store.database import Pool
from hub.webhooks.deliveries import LIMITS, Sender, deliver
from hub.webhooks.events import tell
from hub.webhooks.signing import Sealer

TICK_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookTools:
    """What webhooks work with; `pool` commits."""

    pool: Pool
    sender: Sender


def sender_of(outbound: Outbound, secret: str, address: str) -> Sender:
    """Make what signs and sends.

    Args:
        outbound: carries requests out.
        secret: the same in all gateways and workers of one hub.
        address: where callers reach the hub.
    """
    return Sender(outbound.for_trust(LIMITS), Sealer(secret), f"{address}/graphql")


async def tick(tools: WebhookTools, now: datetime | None = None) -> None:
    """Tell what became of the feeds, and send what is due; any number of workers may.

    Args:
        tools: what with.
        now: the instant that this is; the database's own where none is given.
    """
    async with tools.pool.connection() as connection:
        await tell(connection, now)
        cursor = await connection.execute("SELECT clock_timestamp()")
        [(at,)] = await cursor.fetchall()
    await deliver(tools.pool, tools.sender, now or at)


@asynccontextmanager
async def telling(tools: WebhookTools) -> AsyncIterator[None]:
    """Tick each minute for the length of the block."""
    ticking = asyncio.create_task(_keep_telling(tools), name="webhooks")
    try:
        yield
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)


async def _keep_telling(tools: WebhookTools) -> None:
    while True:
        try:
            await tick(tools)
        except psycopg.OperationalError as error:
            _log.warning("events not told", detail=str(error))
        except Exception:  # noqa: BLE001 - a defect of ours must not end the telling for good
            _log.exception("events not told")
        await asyncio.sleep(TICK_SECONDS)
