"""`hub demo`, and what it tells: what was pulled, who sees what, and what to try next.

The demo itself is `hub/demo/run.py`. Here it is kept running with a worker beside it, and what it
came to is printed, or given as one JSON object.
"""

import asyncio
import logging
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from federation.members.submitted import EVERY_FEED
from federation.records.declaration import Origin
from federation.records.registry import RECORD_TYPES
from hub.cli.members import MEMBER_NAMES
from hub.cli.options import State, settings_for
from hub.cli.printing import print_json, print_remark, print_table, table
from hub.cli.progress import watching
from hub.cli.tokens import purpose_named
from hub.cli.working import worker_environment
from hub.demo.run import BUNDLED, REGULATORS, Demo, run_demo
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.errors import InvalidInput
from hub.identity.types import Purpose
from hub.settings import Settings
from hub.sync.history import FeedStatus
from hub.sync.scheduling.process import worker_beside
from hub.telemetry import log_to_stderr

WHERE_ELSE = """{
  products(first: 1, filter: {name: {eq: "Warfarin Tablets IP 5 mg"}}) {
    nodes { name equivalents { origin name supplyNotices { status } } }
  }
}"""
"""A question to paste, of a medicine that four members authorise and one is short of."""

_FIGURES = ("rows", "records", "quarantined", "merged")

_NEXT = """
GraphQL at {url}/graphql, until you press Ctrl-C.

A token of {client}, good for an hour:

{token}

Three things to try, from another shell in this folder:

1  Ask what is short, as the regulator of the United States:

   {hub} ask --client us-fda --purpose {purpose}{state} \\
     "{{ supplyNotices(first: 3) {{ nodes {{ origin title status }} }} }}"

2  Open {url}/graphql in a browser, write the token above into
   Headers in place of PASTE_YOUR_TOKEN_HERE, and ask where else a medicine is
   authorised, and whether it is short there:

{question}

3  See how fresh each feed is, and what to do where one is not:

   {hub} status{state}
"""


def demo(
    *,
    data: Annotated[
        Path | None, typer.Option(help="Folder whose manifest.toml names other native files.")
    ] = None,
    state: State = None,
    once: Annotated[bool, typer.Option("--once", help="Pull, count, and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    purpose: Annotated[
        str, typer.Option(help="What the regulators say they ask for.")
    ] = "shortage-response",
) -> None:
    """Run a whole hub with five stand-in members and sample data.

    Example: hub demo --port 8001 --state .hub-demo
    """
    manifest = data / "manifest.toml" if data else BUNDLED
    if not manifest.is_file():
        raise InvalidInput(f"there is no `{manifest}`: name a folder that holds a manifest.toml")
    os.environ.setdefault("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
    log_to_stderr(logging.WARNING)
    wanted = _Wanted(manifest, host, 0 if once else port, purpose_named(purpose))
    with tempfile.TemporaryDirectory(prefix="hub-demo-") as folder:
        # A demo that only counts leaves nothing behind unless it is told where.
        settings = settings_for(state or (Path(folder) if once else None))
        summed = asyncio.run(_run(settings, wanted, state, is_once=once))
    if json:
        print_json(summed)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to show, where, and what for."""

    manifest: Path
    host: str
    port: int
    purpose: Purpose


async def _run(
    settings: Settings, wanted: _Wanted, state: State, *, is_once: bool
) -> dict[str, object]:
    """Run a demo until it is stopped, or only once, and sum it up."""
    where = (wanted.manifest, wanted.host, wanted.port, wanted.purpose)
    async with AsyncExitStack() as running:
        with watching("pulling", lines=not Console().is_terminal) as ended:
            demo = await running.enter_async_context(run_demo(settings, *where, told=ended))
        _print(demo)
        if not is_once:
            async with worker_beside(worker_environment(demo.settings, demo.database)):
                await _stay(demo, state)
        return summary(demo)


def summary(running: Demo) -> dict[str, object]:
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
    print_table(_pulled(running.feeds.values()))
    print_remark(
        "rows = records + quarantined + merged. quarantined: could not become a record, as "
        "`hub quarantine` explains. merged: told more of a record that another row had made."
    )
    for result in running.pulls:
        if result.reason:
            print_remark(f"{result.feed}: {result.reason}")
    print()
    print_table(_seen(running))
    print_remark("They see different numbers because the owners agreed to different things.")


def _pulled(feeds: Iterable[FeedStatus]) -> Table:
    """Lay out the balance of what is served, by member."""
    shown = table("member", figures=("feeds", *_FIGURES), title="What was pulled")
    known = list(feeds)
    for member, name in MEMBER_NAMES.items():
        if own := [each for each in known if EVERY_FEED[each.feed].member is member]:
            shown.add_row(name, *_sums(own))
    shown.add_row("In all", *_sums(known), style="bold")
    return shown


def _sums(feeds: list[FeedStatus]) -> list[str]:
    sums = (sum(getattr(each, name) or 0 for each in feeds) for name in _FIGURES)
    return [str(len(feeds)), *(f"{figure:,}" for figure in sums)]


def _seen(running: Demo) -> Table:
    """Lay out how many records of each type each regulator sees; none sees those left out."""
    names = (f"{MEMBER_NAMES[Origin(one.member)]}\n{one.client_id}" for one in REGULATORS)
    title = f"What each member's regulator sees, for {running.purpose}"
    shown = table("records of type", figures=names, title=title)
    for name, record_type in RECORD_TYPES.items():
        counts = [running.visible[client.client_id][name] for client in REGULATORS]
        if any(counts):
            shown.add_row(record_type.plural.replace("_", " "), *(f"{each:,}" for each in counts))
    return shown


async def _stay(running: Demo, state: State) -> None:
    client = REGULATORS[0]
    # As it was typed: nothing says that it is on the path.
    hub = sys.argv[0] if Path(sys.argv[0]).name == "hub" else "hub"
    print(
        _NEXT.format(
            url=running.url,
            client=client.client_id,
            purpose=running.purpose,
            token=running.token(client),
            hub=shlex.quote(hub),
            state=f" --state {shlex.quote(str(state))}" if state else "",
            question=indent(WHERE_ELSE, "   "),
        ),
        flush=True,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    await stopped.wait()
