"""The order in which pulls side by side map and publish."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Turn:
    """A pull's place in a row of pulls: it maps, and later publishes, after the one before it.

    Two that map share one interpreter, and the first to publish would be ready later.
    """

    before: "Turn | None" = None
    mapped: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def to_map(self) -> None:
        """Wait until the pull before this one has mapped its rows, or has none to map."""
        if self.before:
            await self.before.mapped.wait()

    async def to_publish(self) -> None:
        """Wait until all pulls before this one have ended, however they did."""
        if self.before:
            await self.before.ended.wait()

    async def end(self) -> None:
        """Let the next pull go on, once those before this one have ended."""
        self.mapped.set()
        await self.to_publish()
        self.ended.set()
