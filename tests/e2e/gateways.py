"""Gateways as operators run them: processes of `hub serve` over one database and state folder."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

START_SECONDS = 120
STOP_SECONDS = 20


@asynccontextmanager
async def gateway(
    state: Path, database_url: str, public_url: str, *options: str, **settings: str
) -> AsyncIterator[str]:
    """Run a gateway; give its host and port. Its log holds no stack trace when it stops."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    environment |= {"HUB_DATABASE_URL": database_url, "HUB_PUBLIC_URL": public_url, **settings}
    command = ("-m", "hub", "serve", "--state", str(state), "--port", str(port), *options)
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stdout=log, stderr=log
        )
        try:
            await _started(process, port)
            yield f"127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
            log.seek(0)
            text = log.read().decode()
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
