"""Gateways as operators run them: processes of `hub serve` over one database and state folder."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

START_SECONDS = 120
STOP_SECONDS = 20


@dataclass(frozen=True)
class Gateway:
    """A running gateway: its process, its host and port, and its log in a file."""

    process: asyncio.subprocess.Process
    address: str
    log: IO[bytes]

    def told(self) -> str:
        """What it has logged by now."""
        self.log.flush()
        return os.pread(self.log.fileno(), 100_000_000, 0).decode()


@asynccontextmanager
async def gateway(
    state: Path, database_url: str, public_url: str, *options: str, **settings: str
) -> AsyncIterator[str]:
    """Run a gateway; give its host and port."""
    async with gateway_process(state, database_url, public_url, *options, **settings) as running:
        yield running.address


@asynccontextmanager
async def gateway_process(
    state: Path, database_url: str, public_url: str, *options: str, **settings: str
) -> AsyncIterator[Gateway]:
    """Run a gateway. Its log holds no stack trace when it stops."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    environment |= {"HUB_DATABASE_URL": database_url, "HUB_PUBLIC_URL": public_url}
    environment |= {"HUB_WORKER": "false", **settings}
    command = ("-m", "hub", "serve", "--state", str(state), "--port", str(port), *options)
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stdout=log, stderr=log
        )
        running = Gateway(process, f"127.0.0.1:{port}", log)
        try:
            await _started(process, port)
            yield running
        finally:
            if process.returncode is None:
                process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
            text = running.told()
        assert "Traceback" not in text, text


async def _started(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            await writer.wait_closed()
            return
    pytest.fail("the gateway did not start")
