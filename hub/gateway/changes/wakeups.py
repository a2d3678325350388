"""What wakes a process: records were published, the policies changed, a feed turned stale or fresh.

One connection listens for all of them; it asks each second too, so that a notification that was
lost, or a connection that broke, costs a second and no change.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from hub.agreements.modes import CHANNEL
from hub.gateway.changes.feed import head
from hub.store.merge import PUBLISHED
from hub.sync.freshness import CHANNEL as FRESHNESS

POLL_SECONDS = 1.0

_log = structlog.get_logger()


class Wakeups:
    """A bell for all that wait in this process. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self.is_stopping = False

    @property
    def bell(self) -> asyncio.Event:
        """The next ring: take it before looking, wait on it after, and no ring is missed."""
        return self._bell

    def ring(self) -> None:
        """Wake all that wait."""
        self._bell.set()
        self._bell = asyncio.Event()

    def stop(self) -> None:
        """Have every subscription end."""
        self.is_stopping = True
        self.ring()

    async def listen(self, database_url: str) -> None:
        """Ring whenever there is something to see, until cancelled."""
        conninfo = make_conninfo(database_url, application_name="hub-wakeups")
        while True:
            try:
                async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
                    await self._follow(connection)
            except psycopg.OperationalError as error:
                _log.warning("can't listen for changes", detail=str(error))
            self.ring()
            await asyncio.sleep(POLL_SECONDS)

    async def _follow(self, connection: AsyncConnection) -> None:
        for channel in (PUBLISHED, CHANNEL, FRESHNESS):
            await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
        seen = -1
        while True:
            newest = await head(connection)
            if newest != seen:
                self.ring()
            seen = newest
            async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                self.ring()


@asynccontextmanager
async def open_wakeups(database_url: str) -> AsyncIterator[Wakeups]:
    """Listen for the life of the process."""
    wakeups = Wakeups()
    listening = asyncio.create_task(wakeups.listen(database_url), name="wakeups")
    try:
        yield wakeups
    finally:
        wakeups.stop()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
