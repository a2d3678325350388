"""How hard each host is asked by all pulls of this process together, and when it is left alone.

A host is a name and a port. What a source lets be done stands with the source (`Manners`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from federation.sources.exchange import Manners

Place = Callable[[], AbstractAsyncContextManager[None]]
"""Gives room for one request, when it is its turn."""


@dataclass(slots=True)
class _Host:
    """`free_at`: when the next request may start, on the monotonic clock."""

    free_at: float = 0.0
    places: dict[int, asyncio.Semaphore] = field(default_factory=dict)


class Hosts:
    """The hosts this process asks. One object a process; nothing of it outlives the process."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with no host known.

        Args:
            sleep: waits for so many seconds.
            clock: seconds that never go back.
        """
        self._sleep = sleep
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def place(self, url: str, manners: Manners) -> AsyncIterator[None]:
        """Wait for a place at a URL's host and keep it for the block's length.

        Sources of one host that differ in `at_once` are counted apart.
        """
        host = self._host(url)
        at_once = manners.at_once
        async with host.places.setdefault(at_once, asyncio.Semaphore(at_once)):
            while (wait_s := host.free_at - self._clock()) > 0:
                await self._sleep(wait_s)
            host.free_at = self._clock() + manners.gap_s
            yield

    def rest(self, url: str, seconds: float) -> None:
        """Leave a URL's host alone for a while, in all pulls."""
        host = self._host(url)
        host.free_at = max(host.free_at, self._clock() + seconds)

    def _host(self, url: str) -> _Host:
        return self._hosts.setdefault(urlsplit(url).netloc, _Host())
