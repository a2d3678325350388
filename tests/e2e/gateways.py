"""Gateways as operators run them: processes of `hub serve` over one database and state folder."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 20


@asynccontextmanager
async def gateway(
    state: Path, database_url: str, public_url: str, *options: str, **settings: str
) -> AsyncIterator[str]:
    """Run a gateway; give its host and port. Its log must be empty when it stops."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    environment |= {"HUB_DATABASE_URL": database_url, "HUB_PUBLIC_URL": public_url, **settings}
    command = ("-m", "hub", "serve", "--state", str(state), "--port", str(port), *options)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdout=pipe, stderr=pipe
    )
    try:
        await _started(process, port)
        yield f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            _, log = await process.communicate()
    assert not log, log.decode()


async def _started(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return
    log = await process.stderr.read()
    raise AssertionError(log.decode())
