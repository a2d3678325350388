"""A hub that is told to stop leaves nothing running behind it."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

import pytest

STARTS_WITHIN_S = 90


@pytest.mark.parametrize(("told", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_hub_told_to_stop_stops_its_database_too(tmp_path, told, status):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "serve", "--port", "0", "--state", str(tmp_path), stdout=PIPE
    )  # fmt: skip
    lock = tmp_path / "postgres" / "postmaster.pid"
    async with asyncio.timeout(STARTS_WITHIN_S):
        assert b"GraphQL at " in await process.stdout.readline()
        assert lock.exists()
        process.send_signal(told)
        assert await process.wait() == status
    assert not lock.exists()
