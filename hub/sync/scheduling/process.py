"""A worker as a process of its own beside the gateway: mapping holds the interpreter.

It is started again when it dies, later each time it does so young. It is told to end by closing its
input, so that it ends with whoever started it, even if that one was killed.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog

from hub.sync.scheduling.worker import STOP_S

FIRST_RESTART_S = 1.0
MOST_RESTART_S = 60.0
"""How long to wait before a worker that died is started again: twice as long each time."""

HEAD_START_S = 1.0
"""How long the gateway has the machine for itself, for those who waited while it started."""

YOUNG_S = 60.0
"""A worker that lived longer is started again as if it were the first."""

MARGIN_S = 5.0
"""How long a worker may take to end beyond what it lets its pulls."""

FOLLOWING = "--until-input-ends"
"""The option of `hub worker` by which it ends with its starter."""

_log = structlog.get_logger()


@asynccontextmanager
async def worker_beside(
    environment: Mapping[str, str], after: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Keep a worker running for as long as the block lasts.

    Args:
        environment: the settings it does not share with this process.
        after: that the gateway answers, where it is still to start; the worker waits for it.
    """
    keeping = asyncio.create_task(_keep(os.environ | environment, after), name="worker")
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(environment: Mapping[str, str], after: asyncio.Event | None) -> None:
    if after:
        await after.wait()
        await asyncio.sleep(HEAD_START_S)
    clock = asyncio.get_running_loop().time
    pause = FIRST_RESTART_S
    while True:
        started = clock()
        status = await _run(environment)
        if clock() - started > YOUNG_S:
            pause = FIRST_RESTART_S
        _log.warning("the worker ended and is started again", status=status, in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, MOST_RESTART_S)


async def _run(environment: Mapping[str, str]) -> int:
    # A session of its own: Ctrl-C is for the gateway, which ends the worker as it ends.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "worker", FOLLOWING,
        stdin=PIPE, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        return await process.wait()
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S + MARGIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
