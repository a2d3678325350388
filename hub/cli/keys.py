"""`hub keys`: the keys that the hub signs with, and their turning over.

A new key is published first and signs once every cache has it, so nobody's token is refused. The
keys of other issuers are theirs; `hub issuer` distrusts them.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from hub.cli.issuers import distrust_key
from hub.cli.options import Json, State, settings_for
from hub.cli.printing import print_json, print_remark, print_table, table
from hub.entrance import signing_keys
from hub.identity.own_issuer.keys import Standing

app = typer.Typer(help="The keys that the hub signs with: rotate, retire, distrust.")


@app.command(name="list")
def list_keys(*, json: Json = False, state: State = None) -> None:
    """List the keys, the newest first.

    Example: hub keys list
    """
    keys = signing_keys(settings_for(state))
    newest_first = list(reversed(keys.all))
    if json:
        ends = ((each, keys.over_at(each)) for each in newest_first)
        print_json(
            *(
                {
                    "kid": each.kid,
                    "state": keys.standing(each),
                    "signs_at": _utc(each.signs_at) if each.signs_at else None,
                    "over_at": _utc(over_at) if over_at else None,
                }
                for each, over_at in ends
            )
        )
        return
    shown = table("kid", "state", "signs from", "over at")
    for each in newest_first:
        signs = _instant(each.signs_at) if each.signs_at else "the first day"
        over_at = keys.over_at(each)
        shown.add_row(each.kid, keys.standing(each), signs, _instant(over_at) if over_at else "")
    print_table(shown)


@app.command()
def rotate(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Sign with it at once: where the old one is not safe.")
    ] = False,
    state: State = None,
) -> None:
    """Publish a new key, which signs once all others have it.

    Example: hub keys rotate
    """
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
    """Remove keys for good.

    Example: hub keys retire
    """
    keys = signing_keys(settings_for(state))
    over = [each.kid for each in keys.all if keys.standing(each) is Standing.OVER]
    for each in [kid] if kid else over:
        keys.retire(each, at_once=now)
        print(f"`{each}` is removed")
    if not (kid or over):
        print_remark("no key is over: `hub keys list` says when")


app.command(name="distrust")(distrust_key)


def _instant(at: float) -> str:
    return f"{_utc(at):%Y-%m-%d %H:%M:%S} UTC"


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
