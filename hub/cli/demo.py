"""`hub demo`."""

import asyncio
import logging
import os
import signal
import tempfile
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from federation.records.registry import RECORD_TYPES
from hub.cli.options import State, settings_for
from hub.cli.serving import worker_environment
from hub.cli.tokens import purpose_named
from hub.demo.run import BUNDLED, REGULATORS, Demo, run_demo
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.errors import InvalidInput
from hub.settings import Settings
from hub.sync.scheduling.process import worker_beside
from hub.telemetry import log_to_stderr

WHERE_ELSE = """{
  products(first: 1, filter: {name: {eq: "Warfarin Tablets IP 5 mg"}}) {
    nodes { name equivalents { origin name supplyNotices { status } } }
  }
}"""
"""A question to paste, of a medicine that four members authorise and one is short of."""


def demo(
    *,
    data: Annotated[
        Path | None, typer.Option(help="Folder whose manifest.toml names other native files.")
    ] = None,
    state: State = None,
    once: Annotated[bool, typer.Option("--once", help="Pull, count, and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8000,
    purpose: Annotated[
        str, typer.Option(help="What the regulators say they ask for.")
    ] = "shortage-response",
) -> None:
    """Run a hub with five stand-in members, on bundled sample data unless told otherwise."""
    manifest = data / "manifest.toml" if data else BUNDLED
    if not manifest.is_file():
        raise InvalidInput(f"there is no `{manifest}`: name a folder that holds a manifest.toml")
    os.environ.setdefault("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
    log_to_stderr(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="hub-demo-") as folder:
        # A demo that only counts leaves nothing behind unless it is told where.
        settings = settings_for(state or (Path(folder) if once else None))
        wanted = purpose_named(purpose)
        asyncio.run(
            _run(
                settings,
                manifest,
                (host, 0 if once else port),
                wanted,
                is_once=once,
                is_json=json,
            )
        )


async def _run(
    settings: Settings,
    manifest: Path,
    address: tuple[str, int],
    purpose: Any,
    *,
    is_once: bool,
    is_json: bool,
) -> None:
    async with run_demo(settings, manifest, *address, purpose) as running:
        _print(running)
        if not is_once:
            async with worker_beside(worker_environment(running.settings, running.database)):
                await _stay(running)
    if is_json:
        print(orjson.dumps(summary(running)).decode(), flush=True)


def summary(running: Demo) -> dict[str, Any]:
    """Sum a demo up: the balance of each feed, and what each regulator sees."""
    return {
        "feeds": {
            feed: {
                "rows": status.rows,
                "records": status.records,
                "quarantined": status.quarantined,
                "merged": status.merged,
                "seconds": status.seconds and round(status.seconds, 3),
                "outcome": status.outcome,
            }
            for feed, status in running.feeds.items()
        },
        "regulators": running.visible,
    }


def _print(running: Demo) -> None:
    console = Console(soft_wrap=True)
    figures_of = ("outcome", "rows", "records", "quarantined", "merged", "seconds")
    feed_column = Column("feed", min_width=max(map(len, running.feeds), default=4))
    pulled = Table(feed_column, *figures_of, title="What was pulled")
    for feed, status in running.feeds.items():
        figures = (status.rows, status.records, status.quarantined, status.merged)
        shown = ("–" if figure is None else f"{figure:,}" for figure in figures)
        seconds = f"{status.seconds:.1f}" if status.seconds else "–"
        pulled.add_row(feed, status.outcome, *shown, seconds)
    console.print(pulled)
    for result in running.pulls:
        if result.reason:
            console.print(f"{result.feed}: {result.reason}", markup=False)
    seen = Table(
        "record type", *running.visible, title=f"What each regulator sees, for {running.purpose}"
    )
    for record_type in RECORD_TYPES:
        counts = [f"{counts[record_type]:,}" for counts in running.visible.values()]
        seen.add_row(record_type, *counts)
    console.print(seen)


async def _stay(running: Demo) -> None:
    client = REGULATORS[0]
    print(f"\nGraphQL at {running.url}/graphql (open it in a browser for the query editor)")
    print(f"\nA token of {client.client_id} for {running.purpose}, good for an hour:\n")
    print(running.token(client))
    print(f"\nWhere else is this medicine authorised?\n\n{WHERE_ELSE}")
    print("\nStop with Ctrl-C.", flush=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    await stopped.wait()
