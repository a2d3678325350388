"""A worker as an operator runs it tells a member's address what became of its feed."""

import asyncio
import os
import sys
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from hub.entrance import own_secret
from hub.settings import Settings
from hub.webhooks.models import DeliveryState
from tests.hub.webhooks.scene import ADDRESS, FEED, is_signed, open_scene, receiving

BOUND_SECONDS = 40


@asynccontextmanager
async def worker_process(state, database_url):
    """Run `hub worker` until the block ends; it stops when it is asked to, and logs no trace."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    environment |= {
        "HUB_DATABASE_URL": database_url,
        "HUB_PUBLIC_URL": ADDRESS,
        "HUB_ALLOW_LOOPBACK_SOURCES": "true",
    }
    command = ("-m", "hub", "worker", "--jobs", "0", "--state", str(state))
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            async with asyncio.timeout(BOUND_SECONDS):
                status = await process.wait()
            log.seek(0)
            told = log.read().decode()
        assert "Traceback" not in told, told
        assert status == 0, told


async def test_a_worker_process_delivers_a_signed_event_once(database_url, tmp_path):
    secret = own_secret(Settings(state_dir=tmp_path))
    async with open_scene(database_url, secret) as scene, receiving() as receiver:
        webhook, shown = await scene.add(receiver.url)
        held_at = datetime.now(UTC)
        await scene.hold(await scene.pulled("HELD", held_at), held_at)
        async with worker_process(tmp_path, scene.pool.conninfo):
            await _delivered(scene, webhook)
        [post] = [each for each in receiver.posts if each.content["type"] == "feed.held"]
        assert is_signed(post, shown)
        assert post.content["data"]["feed"] == FEED
        ids = [each.headers["webhook-id"] for each in receiver.posts]
        assert len(ids) == len(set(ids))


async def _delivered(scene, webhook):
    """Wait until something was sent to the webhook, and nothing waits."""
    async with asyncio.timeout(BOUND_SECONDS):
        while await _states(scene, webhook) != {DeliveryState.DELIVERED}:  # noqa: ASYNC110 - another process delivers
            await asyncio.sleep(0.1)


async def _states(scene, webhook):
    return {tried.state for tried in await scene.log(webhook)}
