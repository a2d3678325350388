"""`hub landing`: the native bytes that are kept, why, and what may go."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from hub.app import open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.store.landing import path_of
from hub.sync import retention
from hub.sync.pull import PullTools
from hub.sync.retention import Fault, Need, Survey, Weight

app = typer.Typer(help="The native bytes of all pulls.")

Answer = TypeVar("Answer")

_WHY = {
    Need.SERVED: "their records are being served",
    Need.HELD: "a held pull is to be decided on",
    Need.QUARANTINED: "they hold rows in quarantine",
    Need.EVIDENCE: "record versions came of them",
    Need.FILED: "an agency filed them",
    Need.RECENT: "younger than the days to keep",
}


@app.callback(invoke_without_command=True)
def landing(context: typer.Context, state: State = None) -> None:
    """Show what is in the landing, why it is kept, and what may go."""
    if context.invoked_subcommand is None:
        _survey(settings_for(state))


@app.command()
def prune(
    drop: Annotated[bool, typer.Option("--drop", help="Do it; else it is only shown.")] = False,
    state: State = None,
) -> None:
    """Show what may go, or set it aside; what has lain aside for two days is dropped."""
    settings = settings_for(state)
    if not drop:
        _survey(settings)
        print("nothing was dropped: add --drop")
        return
    done = asyncio.run(_asked(settings, retention.prune))
    print(
        f"set aside {_told(done.set_aside)}; dropped {_told(done.dropped)}; "
        f"brought back {_told(done.brought_back)}"
    )


@app.command()
def check(state: State = None) -> None:
    """Check every document that is needed against its digest, and say how to mend it."""
    found = asyncio.run(_asked(settings_for(state), _faults))
    for fault in found:
        print(_mend(fault))
    if found:
        sys.exit(1)
    print("all documents that are needed are whole")


def _survey(settings: Settings) -> None:
    found = asyncio.run(_asked(settings, retention.survey))
    table = Table("documents", "count", "compressed", "because")
    for name, weight, why in _rows(found, settings.landing_days):
        table.add_row(name, f"{weight.documents:,}", _size(weight.size), why)
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


def _rows(found: Survey, days: int) -> list[tuple[str, Weight, str]]:
    return [
        *(("kept", weight, _WHY[need]) for need, weight in found.kept.items()),
        ("may go", found.may_go, f"nothing needs them, and they are older than {days} days"),
        ("set aside", found.aside, "nothing needed them; dropped after two days"),
    ]


async def _faults(tools: PullTools) -> list[Fault]:
    return [fault async for fault in retention.faults(tools)]


async def _asked(settings: Settings, query: Callable[[PullTools], Awaitable[Answer]]) -> Answer:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        return await query(tools)


def _mend(fault: Fault) -> str:
    feeds = ", ".join(fault.feeds)
    anew = f"or have it fetched anew by `hub pull {feeds.replace(', ', ' ')} --full`"
    if fault.damage == "damaged":
        anew = f"or remove it and run `hub pull {feeds.replace(', ', ' ')} --full`"
    return (
        f"{path_of(fault.digest)} of {feeds} is {fault.damage}: restore it from a copy, {anew}, "
        "which helps where the source still serves the same bytes"
    )


def _told(weight: Weight) -> str:
    return f"{weight.documents:,} documents ({_size(weight.size)})"


def _size(size: int) -> str:
    return f"{size / 1024**2:,.1f} MiB"
