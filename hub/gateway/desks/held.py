"""Where held pulls are decided on, handed in by the composition root.

The decisions themselves are `hub/sync/releasing.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from federation.gate import GateMode
from hub.errors import Unavailable
from hub.identity.types import Caller
from hub.sync import releasing
from hub.sync.comparison import Difference
from hub.sync.held.pulls import ModeInForce
from hub.sync.pull import PullTools
from hub.sync.releasing import Decided


@dataclass(frozen=True, slots=True)
class HeldDesk:
    """Decides by `hub.sync.releasing`, whose `Raises:` are its own.

    `looking` is held while a pull is compared with what is served: each maps all its rows again.
    """

    tools: PullTools
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def release(self, caller: Caller, pull_id: int, reason: str) -> Decided:
        """Propose a release, or agree to it."""
        async with _answering():
            return await releasing.release(self.tools, caller, pull_id, reason)

    async def reject(self, caller: Caller, pull_id: int, reason: str) -> Decided:
        """Propose a rejection, or agree to it."""
        async with _answering():
            return await releasing.reject(self.tools.pool, caller, pull_id, reason)

    async def set_mode(
        self, caller: Caller, feed: str, mode: GateMode | None, reason: str
    ) -> ModeInForce:
        """Set a gate's mode."""
        async with _answering():
            return await releasing.set_mode(self.tools.pool, caller, feed, mode, reason)

    async def difference(self, caller: Caller, pull_id: int) -> Difference | str:
        """Say what a release would change."""
        async with self.looking, _answering():
            return await releasing.difference(self.tools, caller, pull_id)


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise Unavailable(
            "the database does not answer now: look at the pull again shortly, then go on",
            detail=str(error),
        ) from error
