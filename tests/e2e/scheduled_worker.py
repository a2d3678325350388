"""A worker as `hub worker` is, but for its clock: feeds are due every few seconds.

Started as a process by `test_workers_killed.py`: `URL STATE BASE_URLS JOBS`.
"""

import asyncio
import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from federation.members.registry import FEEDS
from hub.outbound import open_outbound
from hub.store.database import writing_pool
from hub.store.landing import open_landing
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullTools
from hub.sync.scheduling.worker import Pace, run_worker
from hub.telemetry import log_to_stderr

EVERY_S = 3
CRON = f"* * * * * */{EVERY_S}"

PACE = Pace(
    tick_s=0.3,
    heartbeat_s=0.4,
    dead_s=3.0,
    busy_s=0.5,
    first_backoff=timedelta(seconds=0.5),
)


async def main(url: str, state: str, base_urls: dict[str, str], jobs_at_once: int) -> None:
    feeds = {name: replace(FEEDS[name], cron=CRON) for name in base_urls}
    async with writing_pool(url) as pool, open_outbound(allow_loopback=True) as outbound:
        landing = open_landing(None, Path(state))
        tools = PullTools(pool, outbound, landing, CurrentRegister(pool, landing), base_urls)
        print("up", flush=True)  # noqa: T201 - for who started it
        await run_worker(url, tools, jobs_at_once=jobs_at_once, pace=PACE, feeds=feeds)


if __name__ == "__main__":
    log_to_stderr()
    database, folder, sources, number = sys.argv[1:]
    asyncio.run(main(database, folder, json.loads(sources), int(number)))
