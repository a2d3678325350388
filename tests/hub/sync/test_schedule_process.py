"""A worker beside the gateway: started again when it dies, and ended with whoever started it."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from hub.sync.scheduling import process as schedule_process
from hub.sync.scheduling.process import worker_beside
from tests.hub.store.databases import migrated_database

BOUND_SECONDS = 60


@pytest.fixture
async def url(database_url):
    async with migrated_database(database_url) as opened:
        yield opened


@asynccontextmanager
async def beside(url, state):
    environment = {"HUB_DATABASE_URL": url, "HUB_STATE_DIR": str(state)}
    async with worker_beside(environment):
        yield


async def planned(url):
    """Wait until a worker has planned the feeds; forget it, so that the next can be waited for."""
    async with (
        asyncio.timeout(BOUND_SECONDS),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
    ):
        while not (await connection.execute("DELETE FROM feed_schedule")).rowcount:  # noqa: ASYNC110 - another process' deed has no event
            await asyncio.sleep(0.1)


async def gone(pid):
    async with asyncio.timeout(BOUND_SECONDS):
        while is_alive(pid):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.1)


def is_alive(pid):
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def workers(parent):
    """The ids of a process' children that are workers."""
    files = Path(f"/proc/{parent}/task").glob("*/children")
    pids = [int(pid) for file in files for pid in file.read_text().split()]
    return [pid for pid in pids if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_it_keeps_the_time_is_started_again_and_ends_with_its_starter(
    url, tmp_path, monkeypatch
):
    monkeypatch.setattr(schedule_process, "FIRST_RESTART_S", 0.1)
    async with beside(url, tmp_path):
        await planned(url)
        [first] = workers(os.getpid())
        os.kill(first, signal.SIGKILL)
        await planned(url)
        [second] = workers(os.getpid())
        assert second != first
    assert workers(os.getpid()) == []
    await gone(second)


async def test_it_waits_until_the_gateway_answers(url, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule_process, "HEAD_START_S", 0.0)
    answers = asyncio.Event()
    environment = {"HUB_DATABASE_URL": url, "HUB_STATE_DIR": str(tmp_path)}
    async with worker_beside(environment, answers):
        await asyncio.sleep(0.1)
        assert workers(os.getpid()) == []
        answers.set()
        await planned(url)
        assert len(workers(os.getpid())) == 1


STARTER = """
import asyncio, sys
from hub.sync.scheduling.process import worker_beside
async def main():
    async with worker_beside({"HUB_DATABASE_URL": sys.argv[1], "HUB_STATE_DIR": sys.argv[2]}):
        await asyncio.sleep(600)
asyncio.run(main())
"""


async def test_it_ends_when_its_starter_is_killed(url, tmp_path):
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, url, str(tmp_path)
    )
    await planned(url)
    [child] = workers(starter.pid)
    starter.kill()
    await starter.wait()
    await gone(child)
