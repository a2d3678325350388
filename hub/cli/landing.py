"""`hub landing`: the native bytes that are kept, why, and what may go.

What is needed, by what and for how long, is `hub/sync/retention.py`'s matter. Nothing is dropped
unless `--drop` says so.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer

from federation.members.submitted import TEMPLATE_OF
from hub.cli.options import Json, State, settings_for
from hub.cli.printing import figure, print_json, print_table, table
from hub.cli.pull_desk import pulling
from hub.store.landing import path_of
from hub.sync import retention
from hub.sync.pull import PullTools
from hub.sync.retention import Fault, Need, Survey, Weight

app = typer.Typer()

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
def landing(context: typer.Context, *, json: Json = False, state: State = None) -> None:
    """Show which native bytes are kept, why, and what may go.

    Example: hub landing
    """
    if context.invoked_subcommand is None:
        _survey(state, as_json=json)


@app.command()
def prune(
    *,
    drop: Annotated[bool, typer.Option("--drop", help="Do it; else it is only shown.")] = False,
    json: Json = False,
    state: State = None,
) -> None:
    """Set aside what may go, and drop what has lain aside for two days.

    Example: hub landing prune --drop
    """
    if not drop:
        _survey(state, as_json=json)
        if not json:
            print("nothing was dropped: add --drop")
        return
    done = _asked(state, retention.prune)
    if json:
        print_json(done)
        return
    print(
        f"set aside {_told(done.set_aside)}; dropped {_told(done.dropped)}; "
        f"brought back {_told(done.brought_back)}"
    )


@app.command()
def check(*, json: Json = False, state: State = None) -> None:
    """Check every document that is needed, and say how to mend it.

    Example: hub landing check
    """
    found = _asked(state, _faults)
    if json:
        print_json(*(asdict(fault) | {"mend": mend(fault)} for fault in found))
    else:
        for fault in found:
            print(mend(fault))
    if found:
        sys.exit(1)
    if not json:
        print("all documents that are needed are whole")


def _survey(state: State, *, as_json: bool) -> None:
    rows = _rows(_asked(state, retention.survey), settings_for(state).landing_days)
    if as_json:
        print_json(*({"kind": kind, **asdict(one), "because": why} for kind, one, why in rows))
        return
    shown = table("documents", figure("count"), figure("compressed"), "because")
    for name, weight, why in rows:
        shown.add_row(name, f"{weight.documents:,}", _size(weight.size), why)
    print_table(shown)


def _rows(found: Survey, days: int) -> list[tuple[str, Weight, str]]:
    return [
        *(("kept", weight, _WHY[need]) for need, weight in found.kept.items()),
        ("may go", found.may_go, f"nothing needs them, and they are older than {days} days"),
        ("set aside", found.aside, "nothing needed them; dropped after two days"),
    ]


async def _faults(tools: PullTools) -> list[Fault]:
    return [fault async for fault in retention.faults(tools)]


def _asked(state: State, query: Callable[[PullTools], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with pulling(settings_for(state)) as tools:
            return await query(tools)

    return asyncio.run(run())


def mend(fault: Fault) -> str:
    """Say what is wrong with a document, and how to mend it."""
    damage = f"{path_of(fault.digest)} of {', '.join(fault.feeds)} is {fault.damage}"
    first = "remove it and " if fault.damage == "damaged" else ""
    anew = (
        f"have the agency file the same file again by `hub submit {fault.feeds[0]}`"
        if fault.feeds[0] in TEMPLATE_OF
        else f"run `hub pull {' '.join(fault.feeds)} --full`, which helps where the source still "
        "serves the same bytes"
    )
    return f"{damage}: restore it from a copy, or {first}{anew}"


def _told(weight: Weight) -> str:
    return f"{weight.documents:,} documents ({_size(weight.size)})"


def _size(size: int) -> str:
    return f"{size / 1024**2:,.1f} MiB"
