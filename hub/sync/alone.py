"""One pull of a feed at a time, whoever starts it: workers, `hub pull`, a person's trigger.

The turn is a session lock of PostgreSQL on a connection of its own, so that a process that is
killed gives it back at once. Whoever loses that connection has lost its turn, and stops.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection

from hub.errors import Conflict, Unavailable
from hub.store.database import Pool
from hub.sync.types import END_CUT_OFF

Result = TypeVar("Result")

LOOK_S = 5.0
"""How often it is looked whether the turn is still held."""

_LOCKS = 7_214_006
"""The first half of these locks' keys; any fixed number of the hub's own."""

# A machine that vanishes says no goodbye: its server must ask within a minute.
_KEEPALIVE = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"


class FeedBusy(Conflict):
    """Another pull of the feed is under way, or its host is on trial by another feed's."""

    code = "FEED_BUSY"


class FeedTurn:
    """A feed's turn, while it is held."""

    def __init__(self, line: AsyncConnection) -> None:
        self._line = line

    async def also(self, name: str) -> bool:
        """Take another lock for as long as the turn lasts, if nobody has it."""
        return await _lock(self._line, name)


async def in_turn(pool: Pool, feed: str, work: Callable[[FeedTurn], Awaitable[Result]]) -> Result:
    """Do a feed's work while nobody else does, and log the pulls that broke off before as failed.

    Raises:
        FeedBusy: somebody else does it now.
        Unavailable: the database broke off, and with it the turn; the work was stopped.
    """
    async with await AsyncConnection.connect(
        str(pool.conninfo), autocommit=True, application_name="hub-turn", options=_KEEPALIVE
    ) as line:
        if not await _lock(line, f"feed {feed}"):
            raise FeedBusy(
                f"`{feed}` is being pulled already: see `hub status`, and pull again once it ended"
            )
        await _cut_off(line, feed)
        working = asyncio.ensure_future(work(FeedTurn(line)))
        watching = asyncio.create_task(_lost(line), name=f"turn {feed}")
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise Unavailable(
                    f"the database broke off while `{feed}` was pulled: it is pulled again later",
                    code="TURN_LOST",
                )
            return working.result()
        finally:
            for task in (working, watching):
                task.cancel()
            await asyncio.gather(working, watching, return_exceptions=True)


async def _lock(line: AsyncConnection, name: str) -> bool:
    cursor = await line.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCKS, name])
    row = await cursor.fetchone()
    return bool(row and row[0])


async def _cut_off(line: AsyncConnection, feed: str) -> None:
    """Whoever has the turn knows that no other pull of the feed lives."""
    await line.execute(f"{END_CUT_OFF} AND feed = %s AND of_pull_id IS NULL", [feed])


async def _lost(line: AsyncConnection) -> None:
    """Wait until the connection breaks."""
    with suppress(psycopg.OperationalError):
        while True:
            await asyncio.sleep(LOOK_S)
            await line.execute("SELECT")
