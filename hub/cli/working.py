"""`hub worker`: a process that pulls feeds and sends webhooks, without a gateway.

What it does is `hub/sync/scheduling/worker.py` and `hub/webhooks/worker.py`; here it is started and
stopped, and whoever runs one beside another process finds what to tell it.
"""

import asyncio
import signal
import sys
from contextlib import suppress
from typing import Annotated

import orjson
import typer

from hub.address import public_address
from hub.cli.options import State, settings_for
from hub.entrance import own_secret
from hub.opening import open_database
from hub.outbound import Outbound
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.scheduling.process import FOLLOWING
from hub.sync.scheduling.worker import JOBS_AT_ONCE, run_worker
from hub.webhooks.deliveries import Sender
from hub.webhooks.worker import WebhookTools, sender_of, telling


def worker(
    *,
    jobs: Annotated[
        int, typer.Option(min=0, max=16, help="Pulls side by side; 0: only keep the time.")
    ] = JOBS_AT_ONCE,
    until_input_ends: Annotated[bool, typer.Option(FOLLOWING, hidden=True)] = False,
    state: State = None,
) -> None:
    """Pull feeds on schedule until stopped; any number may run.

    Example: hub worker --jobs 4
    """
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(settings_for(state), jobs, is_following=until_input_ends))


async def _work(settings: Settings, jobs_at_once: int, *, is_following: bool) -> None:
    async with (
        open_database(settings) as url,
        writing_pool(url, max_size=2 * jobs_at_once + 2) as pool,
        open_pulls(settings, pool) as tools,
        telling(WebhookTools(pool, _sender(settings, tools.outbound))),
    ):
        working = asyncio.create_task(run_worker(url, tools, jobs_at_once=jobs_at_once))
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, working.cancel)
        ending = asyncio.create_task(_input_ends()) if is_following else None
        if ending:
            ending.add_done_callback(lambda _: working.cancel())
        await working


def _sender(settings: Settings, outbound: Outbound) -> Sender:
    address = public_address(settings.public_url, settings.state_dir)
    return sender_of(outbound, own_secret(settings), address)


async def _input_ends() -> None:
    """Wait until whoever started this process closes its input, or dies."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def worker_environment(settings: Settings, database_url: str) -> dict[str, str]:
    """Write down the settings that a worker beside this process can't read where it did."""
    return {
        "HUB_DATABASE_URL": database_url,
        "HUB_STATE_DIR": str(settings.state_dir),
        "HUB_SOURCE_BASE_URLS": orjson.dumps(settings.source_base_urls).decode(),
        "HUB_ALLOW_LOOPBACK_SOURCES": str(settings.allow_loopback_sources),
    }
