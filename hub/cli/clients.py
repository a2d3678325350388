"""`hub client`: who may have tokens of the embedded issuer, and by which public key.

The hub keeps no secret of a client. Disabling one bites at once, on every gateway.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from federation.records.declaration import Origin
from hub.app import open_database
from hub.cli.agreements import Author
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput, NotFound
from hub.identity.keys.public_keys import read_public_keys
from hub.identity.own_issuer import clients
from hub.identity.own_issuer.clients import RegisteredClient
from hub.identity.types import Client, Purpose, Role
from hub.settings import Settings
from hub.store.database import writing_pool

app = typer.Typer(help="Register clients of the embedded issuer, disable and enable them.")

ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="Its id, such as `kr-mfds`.")]

Result = TypeVar("Result")

_COMMAND_LINE = "command line"
"""Who changes a client where nobody is named."""


@app.command()
def add(
    client: ClientId,
    *,
    member: Annotated[Origin, typer.Option(help="For whom it asks.")],
    organisation: Annotated[str, typer.Option(help="Whose it is, as the records shall say.")],
    role: Annotated[list[Role], typer.Option(help="What it is; may be given again.")],
    purpose: Annotated[list[Purpose], typer.Option(help="What it may ask for; again for more.")],
    public_key: Annotated[
        Path | None, typer.Option(help="File of its public key: JWK, JWK set or PEM.")
    ] = None,
    jwks_uri: Annotated[
        str | None, typer.Option(help="Where it publishes its JWK set, over https.")
    ] = None,
    require_dpop: Annotated[
        bool, typer.Option("--require-dpop", help="Give it only tokens bound to a key.")
    ] = False,
    may_act: Annotated[
        bool, typer.Option("--may-act", help="Let it act for officers of its member.")
    ] = False,
    author: Author = None,
    state: State = None,
) -> None:
    """Register a client, or register it anew."""
    if (public_key is None) == (jwks_uri is None):
        raise InvalidInput("name its key by either `--public-key` or `--jwks-uri`")
    registered = RegisteredClient(
        Client(client, member.value, organisation, frozenset(role), frozenset(purpose)),
        keys=read_public_keys(_text(public_key)) if public_key else None,
        jwks_uri=jwks_uri,
        requires_sender_constraint=require_dpop,
        may_act=may_act,
    )
    by = author or _COMMAND_LINE
    _run(settings_for(state), lambda connection: clients.add(connection, registered, by))
    print(f"registered `{client}`, which signs with {_keys(registered)}")


@app.command(name="list")
def list_clients(state: State = None) -> None:
    """List all clients."""
    table = Table("client", "member", "organisation", "roles", "keys", "state")
    for each in _run(settings_for(state), clients.read_all):
        client = each.client
        roles = ", ".join(sorted(client.roles))
        table.add_row(
            client.client_id, client.member, client.organisation, roles, _keys(each), _state(each)
        )
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
def show(client: ClientId, state: State = None) -> None:
    """Say what is registered of a client."""
    found = _run(settings_for(state), lambda connection: clients.read_one(connection, client))
    if found is None:
        raise NotFound(f"no client `{client}`: `hub client list` shows all")
    known = found.client
    lines = {
        "client": known.client_id,
        "member": known.member,
        "organisation": known.organisation,
        "roles": ", ".join(sorted(known.roles)),
        "purposes": ", ".join(sorted(known.purposes)),
        "keys": _keys(found),
        "tokens": "bound to a key" if found.requires_sender_constraint else "bound or not",
        "acts for officers": "yes" if found.may_act else "no",
        "state": _state(found),
        "registered": f"{found.registered_at:%Y-%m-%d %H:%M}",
        "changed": f"{found.changed_at:%Y-%m-%d %H:%M} by {found.changed_by}"
        if found.changed_at
        else "never",
    }
    for name, text in lines.items():
        print(f"{name:18} {text}")


@app.command()
def disable(client: ClientId, author: Author = None, state: State = None) -> None:
    """Give a client no token any more, and refuse those it has."""
    by = author or _COMMAND_LINE
    _run(settings_for(state), lambda connection: clients.disable(connection, client, by))
    print(f"disabled `{client}`: its tokens are refused")


@app.command()
def enable(client: ClientId, author: Author = None, state: State = None) -> None:
    """Let a client have tokens again."""
    by = author or _COMMAND_LINE
    _run(settings_for(state), lambda connection: clients.enable(connection, client, by))
    print(f"enabled `{client}`")


def _run(settings: Settings, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with _connection(settings) as connection:
            return await work(connection)

    return asyncio.run(run())


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        yield connection


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"can't read `{file}`: name a UTF-8 file", detail=str(error)) from error


def _keys(registered: RegisteredClient) -> str:
    return ", ".join(registered.verification_keys()) or registered.jwks_uri or "none"


def _state(registered: RegisteredClient) -> str:
    disabled_at = registered.disabled_at
    return f"disabled since {disabled_at:%Y-%m-%d %H:%M}" if disabled_at else "active"
