"""The stand-ins as a process of their own, for as long as an `async with` block lasts.

The process is started with this interpreter, is asked to end by closing its input, and is ended by
its own id if it does not. If this process dies first, the input closes and the stand-ins follow.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.faults import CONTROL_PATH
from hub.errors import InvalidInput, Timeout, Unavailable

START_S = 20
STOP_S = 5
BAD_INPUT_STATUS = 2


@dataclass(frozen=True, slots=True)
class StandIns:
    """Running stand-ins: the base URL of each feed, and the address that sets faults.

    A feed's fault is set at `<control_url>/<feed id>`.
    """

    base_urls: dict[str, str]
    control_url: str


@asynccontextmanager
async def start_standins(
    manifest: Path, *, service_key: str = DEMO_SERVICE_KEY, daily_quota: int | None = None
) -> AsyncIterator[StandIns]:
    """Serve the manifest's feeds on loopback until the block ends.

    Raises:
        InvalidInput: the manifest or a file it names is not usable.
        Unavailable: the process died for another reason.
        Timeout: it was not ready within `START_S` seconds.
    """
    command = [
        "-m",
        "hub.demo.standins",
        "--manifest",
        str(manifest),
        f"--service-key={service_key}",
    ]
    if daily_quota is not None:
        command.append(f"--daily-quota={daily_quota}")
    # A file, not a pipe: nobody reads it while the stand-ins run, and a full pipe would stop them.
    with tempfile.TemporaryFile() as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=PIPE, stdout=PIPE, stderr=stderr
        )
        try:
            yield await _ready(process, stderr)
        finally:
            await _end(process)


async def _ready(process: Process, stderr: IO[bytes]) -> StandIns:
    assert process.stdout is not None  # noqa: S101 - for the type checker: it was asked for as a pipe
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
    except TimeoutError:
        raise Timeout(f"the stand-in members were not ready within {START_S} seconds") from None
    if not line:
        status = await process.wait()
        stderr.seek(0)
        reason = stderr.read().decode("utf-8", "replace").strip()
        error = InvalidInput if status == BAD_INPUT_STATUS else Unavailable
        raise error(f"the stand-in members did not start: {reason}")
    ready = orjson.loads(line)
    return StandIns(ready["feeds"], f"http://127.0.0.1:{ready['port']}{CONTROL_PATH}")


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
