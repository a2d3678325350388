"""`hub keys`: the keys that the hub signs with, and their turning over.

A new key is published first and signs once every cache has it, so nobody's token is refused. The
keys of other issuers are theirs; `hub issuer` distrusts them.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub.cli.options import State, settings_for
from hub.entrance import signing_keys
from hub.identity.own_issuer.keys import Standing

app = typer.Typer(help="List, rotate and retire the keys that the hub signs with.")


@app.command(name="list")
def list_keys(state: State = None) -> None:
    """List the keys, the newest first."""
    keys = signing_keys(settings_for(state))
    table = Table("kid", "state", "signs from", "over at")
    for each in reversed(keys.all):
        over_at = keys.over_at(each)
        table.add_row(
            each.kid,
            keys.standing(each),
            _instant(each.signs_at) if each.signs_at else "the first day",
            _instant(over_at) if over_at else "",
        )
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
def rotate(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Sign with it at once: where the old one is not safe.")
    ] = False,
    state: State = None,
) -> None:
    """Publish a new key, which signs once all others have it."""
    key = signing_keys(settings_for(state)).rotate(at_once=now)
    print(f"`{key.kid}` is published and signs from {_instant(key.signs_at)}")


@app.command()
def retire(
    kid: Annotated[str | None, typer.Argument(help="All that are over when none.")] = None,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Though it is not over: all its tokens are refused.")
    ] = False,
    state: State = None,
) -> None:
    """Remove keys for good."""
    keys = signing_keys(settings_for(state))
    over = [each.kid for each in keys.all if keys.standing(each) is Standing.OVER]
    for each in [kid] if kid else over:
        keys.retire(each, at_once=now)
        print(f"`{each}` is removed")


def _instant(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
