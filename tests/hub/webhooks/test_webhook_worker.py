"""The worker goes on telling, whatever fails on the way."""

import asyncio

import psycopg
import pytest

from hub.webhooks import worker
from hub.webhooks.worker import telling


@pytest.mark.parametrize("error", [psycopg.OperationalError("gone"), RuntimeError("a defect")])
async def test_tick_that_fails_is_followed_by_the_next(scene, monkeypatch, error):
    monkeypatch.setattr(worker, "TICK_SECONDS", 0.01)
    ticks = asyncio.Queue()

    async def tick(tools):
        ticks.put_nowait(tools)
        if ticks.qsize() == 1:
            raise error

    monkeypatch.setattr(worker, "tick", tick)
    async with asyncio.timeout(5), telling(scene.tools):
        while ticks.qsize() < 3:  # noqa: ASYNC110 - it counts what came
            await asyncio.sleep(0.01)
    told = ticks.qsize()
    await asyncio.sleep(0.05)
    assert ticks.qsize() == told


async def test_worker_tells_by_the_databases_clock(scene):
    await scene.pulled()
    await worker.tick(scene.tools)
    [(kind, _, _)] = await scene.events()
    assert kind == "feed.stale"
