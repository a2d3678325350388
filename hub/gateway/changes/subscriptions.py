"""`subscription { changes }`: the change feed as it grows, one page an event.

The database is the queue: each page is read when the client has taken the last one, so a slow
client lags behind and loses nothing. Before each page the token is verified and the caller decided
for again. What carries the events is `edge/streams.py`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from psycopg import AsyncConnection

from hub.errors import RateLimited, Unavailable
from hub.gateway.changes.feed import Asked, ChangeFeed, Found, head, openers
from hub.gateway.changes.places import Place, Span
from hub.gateway.changes.types import ChangePage
from hub.gateway.changes.wakeups import Wakeups
from hub.gateway.limits import SUBSCRIPTIONS
from hub.gateway.planning.plan import Decisions
from hub.gateway.reading import reading
from hub.identity.types import Caller
from hub.store.database import Pool

MAX_SUBSCRIPTIONS = SUBSCRIPTIONS.most
"""Most subscriptions a client may have open on one process."""

LOOK_SECONDS = 0.25
"""How often to look whether the token, the policies or the hour have changed: without a query."""

MAX_EVENT_CHANGES = 100
"""Most changes of one event."""


@dataclass(frozen=True, slots=True)
class Event:
    """A page of a subscription, with what opened it."""

    page: ChangePage
    decisions: Decisions
    opened_by: set[str]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One caller's subscription. `check` raises once its token holds no longer."""

    caller: Caller
    check: Callable[[], Awaitable[object]]
    decide: Callable[[Caller], Awaitable[Decisions]]
    pool: Pool
    feed: ChangeFeed
    wakeups: Wakeups

    async def events(self, asked: Asked, since: str | None) -> AsyncGenerator[Event]:
        """Follow the feed from a cursor, or from now: then the first event is empty.

        Raises:
            InvalidInput: a cursor that is none.
            Conflict: the cursor's view is no longer known.
            Unauthenticated: the token holds no longer.
            Unavailable: the hub is stopping.
        """
        place = None if since is None else self.feed.seal.place(self.caller, since)
        silent = None
        while True:
            bell, hour = self.wakeups.bell, self.feed.hour()
            await self._check()
            decisions = await self.decide(self.caller)
            async with reading(self.pool) as connection:
                newest = await head(connection)
                found = await self._read(connection, decisions, asked, place, silent)
            if await self.decide(self.caller) is not decisions:
                continue  # A connection may have been long in coming.
            if place is None or found.nodes:
                page = self.feed.shown(self.caller, decisions, found)
                yield Event(page, decisions, openers(decisions, asked))
            place = found.place
            silent = None if found.has_more else replace(place[-1], upto=newest)
            while not (found.has_more or bell.is_set() or await self._is_due(decisions, hour)):
                await self._check()
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), LOOK_SECONDS)

    async def _read(
        self,
        connection: AsyncConnection,
        decisions: Decisions,
        asked: Asked,
        place: Place | None,
        silent: Span | None,
    ) -> Found:
        if place is None:
            start = await self.feed.newest(connection, self.caller, decisions, asked)
            return Found([], start, has_more=False)
        return await self.feed.read(
            connection,
            self.caller,
            decisions,
            asked,
            place=place,
            size=MAX_EVENT_CHANGES,
            silent=silent,
        )

    async def _check(self) -> None:
        await self.check()
        if self.wakeups.is_stopping:
            raise Unavailable("the hub is stopping: subscribe again with the last `endCursor`")

    async def _is_due(self, decisions: Decisions, hour: int) -> bool:
        """Tell whether a policy or the rows' age may have changed the view."""
        return await self.decide(self.caller) is not decisions or self.feed.hour() != hour


class OpenSubscriptions:
    """Counts the subscriptions of each client on this process."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, str]] = Counter()

    @property
    def count(self) -> int:
        """How many all clients have open."""
        return self._open.total()

    @contextmanager
    def one_more(self, caller: Caller) -> Iterator[None]:
        """Count one for as long as the block runs.

        Raises:
            RateLimited: the client has as many as it may.
        """
        client = caller.issuer, caller.client
        if self._open[client] >= MAX_SUBSCRIPTIONS:
            raise RateLimited(
                f"`{caller.client}` has {self._open[client]} subscriptions open, "
                f"{MAX_SUBSCRIPTIONS} at most: end one first",
                code="SUBSCRIPTION_LIMIT",
            )
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


@dataclass(frozen=True, slots=True)
class ChangeDesk:
    """The change feed of this process, what wakes those who follow it, and how many do."""

    feed: ChangeFeed
    wakeups: Wakeups
    open: OpenSubscriptions = field(default_factory=OpenSubscriptions)
