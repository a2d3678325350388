"""`hub issuer`: whom the hub trusts to say who calls, and `hub keys distrust`.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides; one side proposes and another approves. Distrust takes one person and bites
within a second on every gateway; lifting it takes two.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from hub.app import open_database
from hub.cli.agreements import Author, ClientOption, Reason
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput, NotFound
from hub.gateway.access.explaining import caller_of
from hub.identity.keys.jwks_cache import fetch_keys
from hub.identity.own_issuer.clients import find
from hub.identity.trust import distrust as emergency
from hub.identity.trust import issuers
from hub.identity.trust.distrust import Distrust
from hub.identity.trust.issuers import KnownIssuer, Version, VersionState
from hub.identity.trust.log import Deed, Subject
from hub.identity.trust.registration import Registration
from hub.identity.types import Caller, Purpose
from hub.outbound import open_outbound
from hub.settings import Settings
from hub.store.database import writing_pool

app = typer.Typer(help="Whom the hub trusts to say who calls.", no_args_is_help=True)

Issuer = Annotated[str, typer.Argument(help="Its address, just as its tokens name it.")]
SomeIssuer = Annotated[str | None, typer.Argument(help="Its address; none: a key of any.")]
Number = Annotated[int | None, typer.Option("--version", help="Of its registration.")]
Kid = Annotated[
    str | None, typer.Option("--kid", help="Only its key of this `kid`, until it has another.")
]
Thumbprint = Annotated[
    str | None, typer.Option("--thumbprint", help="Only this key, whatever its `kid`.")
]

Result = TypeVar("Result")

_COMMAND_LINE = "command line"
"""Issuer of what is decided here: the operator's word, not a token's."""


@app.command(name="list")
def list_issuers(client: ClientOption, state: State = None) -> None:
    """List the issuers that a client may read of, and what is distrusted."""

    async def read(
        connection: AsyncConnection, caller: Caller
    ) -> tuple[list[KnownIssuer], list[Distrust]]:
        distrusted = await emergency.readable(connection, caller)
        return await issuers.readable(connection, caller), distrusted

    known, distrusted = _run(settings_for(state), client, None, read)
    table = Table("issuer", "version", "for", "state", "tier", "key set")
    for each in (version for issuer in known for version in issuer.versions):
        stated = each.registration
        members, number = ", ".join(stated.members), str(each.number)
        table.add_row(
            each.issuer, number, members, _said(each.state), _said(stated.tier), stated.jwks_uri
        )
    width = None if sys.stdout.isatty() else 200
    Console(soft_wrap=True, markup=False, width=width).print(table)
    for found in distrusted:
        print(f"{found.subject} is distrusted")


@app.command()
def show(issuer: Issuer, client: ClientOption, state: State = None) -> None:
    """Print what the newest version of a registration says, and what was done to it."""
    newest = _newest(settings_for(state), client, issuer)
    print(newest.registration.model_dump_json(indent=2))
    print(f"# {_line(newest)}")
    for each in newest.deeds:
        print(f"# {_deed(each)}")


@app.command()
def keys(issuer: Issuer, client: ClientOption, state: State = None) -> None:
    """Fetch an issuer's key set as a gateway does, and print its keys and their thumbprints."""
    settings = settings_for(state)
    newest = _newest(settings, client, issuer)

    async def fetch() -> Iterator[str]:
        async with open_outbound(allow_loopback=settings.allow_loopback_sources) as outbound:
            try:
                found = await fetch_keys(outbound, newest.registration.jwks_uri)
            except ValueError as error:
                raise InvalidInput(f"the key set is no strict JSON: {error}") from error
        return (
            f"{kid}  {each.thumbprint}  {', '.join(sorted(each.algorithms))}"
            for kid, each in found.items()
        )

    for line in asyncio.run(fetch()):
        print(line)


@app.command()
def propose(
    file: Annotated[Path, typer.Argument(help="The registration, as JSON.")],
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Propose a new issuer, or a change of one."""
    settings = settings_for(state)
    try:
        registration = Registration.read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"can't read `{file}`: name a UTF-8 file", detail=str(error)) from error

    async def keep(connection: AsyncConnection, caller: Caller) -> Version:
        return await issuers.propose(
            connection,
            caller,
            registration,
            reason,
            allow_loopback=settings.allow_loopback_sources,
        )

    print(_line(_run(settings, client, author, keep)))


@app.command()
def approve(
    issuer: Issuer,
    *,
    client: ClientOption,
    reason: Reason,
    number: Number = None,
    author: Author = None,
    state: State = None,
) -> None:
    """Agree to a proposal: the newest version, where none is named."""

    async def keep(connection: AsyncConnection, caller: Caller) -> Version:
        chosen = number or len(await issuers.read_one(connection, issuer))
        return await issuers.approve(connection, caller, issuer, chosen, reason)

    print(_line(_run(settings_for(state), client, author, keep)))


@app.command()
def withdraw(
    issuer: Issuer,
    *,
    client: ClientOption,
    reason: Reason,
    number: Number = None,
    author: Author = None,
    state: State = None,
) -> None:
    """Withdraw an issuer at once, or one version of it: a proposal, say."""

    async def keep(connection: AsyncConnection, caller: Caller) -> tuple[Version, ...]:
        return await issuers.withdraw(connection, caller, issuer, number, reason)

    for version in _run(settings_for(state), client, author, keep):
        print(_line(version))


@app.command()
def history(
    issuer: Annotated[str | None, typer.Argument(help="Of this issuer alone.")] = None,
    *,
    client: ClientOption,
    state: State = None,
) -> None:
    """Say what was done to the issuers that a client may read of, and to the trust in them."""
    for known in _run(settings_for(state), client, None, issuers.readable):
        if issuer in {None, known.name}:
            for each in known.deeds:
                print(f"{each.subject}: {_deed(each)}")


@app.command()
def distrust(
    issuer: SomeIssuer = None,
    *,
    client: ClientOption,
    reason: Reason,
    kid: Kid = None,
    thumbprint: Thumbprint = None,
    author: Author = None,
    state: State = None,
) -> None:
    """Distrust an issuer or a key at once, on every gateway."""
    subject = emergency.distrusted(issuer, kid, thumbprint)
    _distrust(settings_for(state), client, author, subject, reason)


@app.command()
def lift(
    issuer: SomeIssuer = None,
    *,
    client: ClientOption,
    reason: Reason,
    kid: Kid = None,
    thumbprint: Thumbprint = None,
    author: Author = None,
    state: State = None,
) -> None:
    """Ask to lift a distrust, or agree to what another person asked."""
    subject = emergency.distrusted(issuer, kid, thumbprint)

    async def keep(connection: AsyncConnection, caller: Caller) -> bool:
        return await emergency.lift(connection, caller, subject, reason)

    if _run(settings_for(state), client, author, keep):
        print(f"{subject} is trusted again, as far as it is registered")
    else:
        print(f"{subject} stays distrusted until another person lifts it too")


def distrust_key(
    *,
    issuer: Annotated[str | None, typer.Option("--issuer", help="Whose key; none: any's.")] = None,
    kid: Kid = None,
    thumbprint: Thumbprint = None,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Distrust a key of an issuer, the hub's own among them, at once on every gateway."""
    subject = emergency.distrusted(issuer, kid, thumbprint, is_key=True)
    _distrust(settings_for(state), client, author, subject, reason)


def _distrust(
    settings: Settings, client: str, author: str | None, subject: Subject, reason: str
) -> None:
    async def keep(connection: AsyncConnection, caller: Caller) -> None:
        await emergency.distrust(connection, caller, subject, reason)

    _run(settings, client, author, keep)
    print(f"{subject} is distrusted from now on")


def _run(
    settings: Settings,
    client: str,
    author: str | None,
    work: Callable[[AsyncConnection, Caller], Awaitable[Result]],
) -> Result:
    """Do a command's work in a transaction of its own, as the client it speaks for."""

    async def run() -> Result:
        async with _open(settings) as connection:
            known = await find(connection, client)
            caller = caller_of(known, Purpose.EXERCISE)
            spoken = replace(caller, issuer=_COMMAND_LINE, subject=author or client)
            return await work(connection, spoken)

    return asyncio.run(run())


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[AsyncConnection]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        yield connection


def _newest(settings: Settings, client: str, issuer: str) -> Version:
    for known in _run(settings, client, None, issuers.readable):
        if known.name == issuer:
            return known.versions[-1]
    raise NotFound(f"no issuer `{issuer}` that you may read of: list those you may")


def _line(version: Version) -> str:
    awaited = ", ".join(sorted(version.missing)) or "another person"
    waits = f", waits for {awaited}" if version.state is VersionState.PROPOSED else ""
    return f"version {version.number} of {version.issuer} is {_said(version.state)}{waits}"


def _said(word: str) -> str:
    return word.lower().replace("_", " ")


def _deed(deed: Deed) -> str:
    actor = deed.actor
    return (
        f"{deed.at:%Y-%m-%d %H:%M:%S} {_said(deed.step)} by {actor.subject} ({actor.client}, "
        f"{actor.member}): {deed.reason}"
    )
