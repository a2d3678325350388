"""The hub beside programs that others wrote: a demo, and node scripts that are told its address.

A script reads one JSON object, what it is given, and writes one, what it saw; the tests judge that.
What the scripts need is installed by `make test-peers`, so they are collected only where named.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.demo.run import Demo
from hub.identity.own_issuer.clients import DEMO_CLIENTS

HERE = Path(__file__).parent
PEER_SECONDS = 60.0

Peer = Callable[..., Awaitable[dict[str, Any]]]


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Collect nothing here, unless the command line names this folder or a part of it."""
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(path.resolve().is_relative_to(HERE) for path in named) else True


@pytest.fixture(scope="session")
def token(demo: Demo) -> str:
    """A token of the United States' regulator."""
    return demo.token(next(client for client in DEMO_CLIENTS if client.client_id == "us-fda"))


@pytest.fixture(scope="session")
def questions() -> list[str]:
    """The questions of the README, in its order."""
    readme = (HERE.parents[1] / "README.md").read_text()
    return re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL)


@pytest.fixture(scope="session")
def peer(demo: Demo) -> Peer:
    """Run a script of this folder beside the demo, and give what it saw."""

    async def run(script: str, **given: Any) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            "node",
            HERE / script,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PEER_SECONDS):
                seen, complaint = await process.communicate(
                    orjson.dumps({"url": demo.url, **given})
                )
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if process.returncode:
            pytest.fail(complaint.decode(), pytrace=False)
        return orjson.loads(seen)

    return run
