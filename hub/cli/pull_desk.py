"""How a command gets at what pulls need."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from hub.cli.desk import Answer, speaking_for
from hub.cli.options import settings_for
from hub.identity.types import Caller
from hub.opening import open_database
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.pull import PullTools


@asynccontextmanager
async def pulling(settings: Settings) -> AsyncIterator[PullTools]:
    """Open all that a pull needs."""
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        yield tools


def with_pulls(
    state: Path | None,
    client: str,
    author: str | None,
    work: Callable[[PullTools, Caller], Awaitable[Answer]],
) -> Answer:
    """Do a command's work with all that a pull needs, as the client it speaks for."""

    async def run() -> Answer:
        async with pulling(settings_for(state)) as tools:
            async with tools.pool.connection() as connection:
                caller = await speaking_for(connection, client, author)
            return await work(tools, caller)

    return asyncio.run(run())
