"""What every process of a hub opens first: its database, and what pulls work with.

A part of the composition root, which hands it the settings. It knows nothing of the gateway, so
that a command that only reads the database need not load it.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from hub.outbound import open_outbound
from hub.settings import Settings
from hub.store.database import Pool, migrate
from hub.store.embedded import embedded_postgres
from hub.store.landing import open_landing
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullTools


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of a database at the newest schema: the operator's, or the embedded one."""
    with ExitStack() as stack:
        url = settings.database_url or stack.enter_context(embedded_postgres(settings.state_dir))
        await migrate(url)
        yield url


@asynccontextmanager
async def open_pulls(settings: Settings, pool: Pool) -> AsyncIterator[PullTools]:
    """Open what pulls work with."""
    async with open_outbound(allow_loopback=settings.allow_loopback_sources) as outbound:
        landing = open_landing(settings.landing_url, settings.state_dir)
        yield PullTools(
            pool=pool,
            outbound=outbound,
            landing=landing,
            register=CurrentRegister(pool, landing),
            base_urls=settings.source_base_urls,
            limit_seconds=settings.pull_seconds,
            landing_days=settings.landing_days,
        )
