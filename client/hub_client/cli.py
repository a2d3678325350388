"""The command `hub-client`, made for cron: a line of summary, and an exit code that says what next.

0 done; 75 run again later; 77 not admitted; 78 correct the call; 65 damaged on the way; 70 failed.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hub_client.errors import Refusal, SyncError
from hub_client.hub import Hub
from hub_client.sync import Summary, Tell, synchronise
from hub_client.targets import target_of
from hub_client.tokens import GivenToken, make_key, tokens_of

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@app.callback()
def _commands() -> None:
    """Keep an agency's own copy of what it may see at an alliance data-exchange hub."""


@app.command()
def sync(  # noqa: PLR0917 - typer reads them as options
    into: Annotated[str, typer.Option(help="postgres://…, duckdb:FILE or FOLDER/ of NDJSON.")],
    hub: Annotated[str, typer.Option(envvar="HUB_CLIENT_HUB", help="Address of the hub.")],
    types: Annotated[
        list[str] | None, typer.Option(help="A record type to keep, once each; all without it.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(envvar="HUB_CLIENT_ID", help="Id of the registered client.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(envvar="HUB_CLIENT_KEY", help="File of its private key.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File of an access token, instead; or HUB_CLIENT_TOKEN.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(envvar="HUB_CLIENT_PURPOSE", help="What the records are for.")
    ] = None,
    patience: Annotated[
        float, typer.Option(help="Seconds to wait for a hub that does not answer.")
    ] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Bring a target up to date with what the client may see."""
    tell = _progress()
    try:
        tokens = tokens_of(client, key, token_file, purpose)
        stated = purpose if isinstance(tokens, GivenToken) else None
        with Hub(hub.rstrip("/"), tokens, stated, patience) as asked:
            summary = synchronise(asked, target_of(into), _named(types), tell)
    except (SyncError, Refusal) as error:
        tell("")
        _fail(error.failure() if isinstance(error, Refusal) else error, as_json=as_json)
    tell("")
    typer.echo(json.dumps({"ok": True} | asdict(summary)) if as_json else _line(summary))


@app.command()
def key(
    name: Annotated[Path, typer.Argument(help="Of its files: NAME.pem and NAME.pub.pem.")],
) -> None:
    """Make a key: the private half for `sync --key`, the public half for the hub's operator."""
    try:
        private, public = make_key(name)
    except SyncError as error:
        _fail(error, as_json=False)
    typer.echo(f"`{private}` stays here; have `{public}` registered at the hub")


def _named(types: list[str] | None) -> list[str] | None:
    """Read the record types, which may be given with commas between them."""
    return [name for each in types for name in each.split(",") if name] if types else None


def _line(summary: Summary) -> str:
    anew = f"{summary.rows} rows read anew, " if summary.anew else ""
    return (
        f"up to date: {anew}{summary.changes} changes, {summary.put} records put, "
        f"{summary.deleted} deleted, in {summary.seconds:.1f} s"
    )


def _progress() -> Tell:
    """Show on a terminal how far a run is; cron wants to hear nothing."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda line: typer.echo(f"\r\x1b[K{line}", nl=False, err=True)


def _fail(error: SyncError, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"ok": False, "error": str(error), "exit": error.exit_code}))
    typer.echo(f"hub-client: {error}", err=True)
    raise typer.Exit(error.exit_code)


def main() -> None:
    """Run the command; what nobody foresaw ends it with 70."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - cron gets a line and a code, whatever failed
        typer.echo(f"hub-client: failed inside: {error!r}", err=True)
        sys.exit(os.EX_SOFTWARE)
