"""`python -m bench.kills`: how long a gateway that was killed takes to be ready again.

One `hub serve` process on a PostgreSQL that outlives it. In each turn it answers clients, is killed
with SIGKILL and started anew; the clock runs from the start of the process to the first `ready` of
`/readyz`. That no answer is without its record is `tests/e2e/test_killed_gateway.py`'s matter.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.load import fetch, post
from bench.questions import body
from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.settings import Settings
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres

TURNS = 20
PORT = 18441
ADDRESS = "http://bench"
BAR_S = 3.0
START_SECONDS = 120.0
LOOK_SECONDS = 0.01
ANSWERS = 50

READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
QUESTION = body("{ supplyNotices(first: 50) { nodes { key } } }")

Results = dict[str, float]


def run() -> Results:
    """Print the table and give its figures, in seconds."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        results = _run(Path(folder))
    show(results)
    return results


def _run(state: Path) -> Results:
    settings = Settings(state_dir=state, public_url=ADDRESS)
    client = next(each for each in DEMO_CLIENTS if each.client_id == "us-fda")
    token = embedded_issuer(settings).mint(client, Purpose.EXERCISE, 3600)
    with embedded_postgres(state / "database") as url:
        asyncio.run(migrate(url))
        # The first start signs the policies of the folder, and compiles Python's files.
        taken = [_turn(state, url, token) for _ in range(TURNS + 1)][1:]
    return {"median_s": statistics.median(taken), "longest_s": max(taken)}


def _turn(state: Path, url: str, token: str) -> float:
    started = time.perf_counter()
    with _gateway(state, url):
        asyncio.run(until_ready(PORT))
        ready = time.perf_counter()
        asyncio.run(_asked(token))
    return ready - started


@contextmanager
def _gateway(state: Path, url: str) -> Iterator[None]:
    """Run a gateway for a block, and kill it."""
    command = [sys.executable, "-m", "hub", "serve", "--state", str(state), "--port", str(PORT)]
    environment = os.environ | {"HUB_DATABASE_URL": url, "HUB_PUBLIC_URL": ADDRESS}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a hub at home compiles once
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def until_ready(port: int) -> None:
    """Wait until the gateway at a port says that it is ready."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(OSError, RuntimeError, asyncio.IncompleteReadError):
                await fetch(port, READY)
                return
            await asyncio.sleep(LOOK_SECONDS)


async def _asked(token: str) -> None:
    question = post("/graphql", QUESTION, token)
    await asyncio.gather(*(fetch(PORT, question) for _ in range(ANSWERS)))


def show(results: Results) -> None:
    """Print the figures."""
    table = Table("restart to ready", "seconds", "bar")
    table.add_row("median", f"{results['median_s']:.2f}", "")
    table.add_row("longest", f"{results['longest_s']:.2f}", f"{BAR_S:.1f}")
    Console().print(table)


if __name__ == "__main__":
    run()
