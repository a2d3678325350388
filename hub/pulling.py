"""What pulls work with, opened as the settings say: a part of the composition root."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.outbound import open_outbound
from hub.settings import Settings
from hub.store.database import Pool
from hub.store.landing import open_landing
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullTools


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
