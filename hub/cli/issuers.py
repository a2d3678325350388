"""`hub issuer`: whom the hub trusts to say who calls, and `hub keys distrust`.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides; one side proposes and another approves. Distrust takes one person and bites
within a second on every gateway; lifting it takes two.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import AsyncConnection

from hub.cli.desk import as_client
from hub.cli.options import (
    Author,
    ClientOption,
    Json,
    Reason,
    State,
    settings_for,
    text_of,
)
from hub.cli.printing import print_json, print_lines, print_table, table
from hub.errors import InvalidInput, NotFound
from hub.identity.keys.jwks_cache import fetch_keys
from hub.identity.trust import distrust as emergency
from hub.identity.trust import issuers
from hub.identity.trust.distrust import Distrust
from hub.identity.trust.issuers import KnownIssuer, Version, VersionState
from hub.identity.trust.log import Deed, Subject
from hub.identity.trust.registration import Registration
from hub.identity.types import Caller
from hub.outbound import open_outbound
from hub.settings import Settings

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


@app.command(name="list")
def list_issuers(client: ClientOption, *, json: Json = False, state: State = None) -> None:
    """List the issuers that a client may read of, and what is distrusted.

    Example: hub issuer list --client kr-mfds
    """

    async def read(
        connection: AsyncConnection, caller: Caller
    ) -> tuple[list[KnownIssuer], list[Distrust]]:
        distrusted = await emergency.readable(connection, caller)
        return await issuers.readable(connection, caller), distrusted

    known, distrusted = as_client(state, client, None, read)
    versions = [version for issuer in known for version in issuer.versions]
    if json:
        print_json(*map(_document, versions), *({"distrusted": one} for one in distrusted))
        return
    shown = table("issuer", "version", "for", "state", "tier", "key set")
    for each in versions:
        stated = each.registration
        told = (", ".join(stated.members), _said(each.state), _said(stated.tier), stated.jwks_uri)
        shown.add_row(each.issuer, str(each.number), *told)
    print_table(
        shown,
        none=f"there is no issuer that `{client}` may read of: `hub issuer propose` proposes one",
    )
    for found in distrusted:
        print(f"{found.subject} is distrusted")


@app.command()
def show(issuer: Issuer, client: ClientOption, *, json: Json = False, state: State = None) -> None:
    """Print an issuer's newest registration, and what was done to it.

    Example: hub issuer show https://id.kr.example --client kr-mfds
    """
    newest = _newest(state, client, issuer)
    if json:
        print_json(_document(newest))
        return
    print(newest.registration.model_dump_json(indent=2))
    print(f"# {_line(newest)}")
    for each in newest.deeds:
        print(f"# {_deed(each)}")


@app.command()
def keys(issuer: Issuer, client: ClientOption, *, json: Json = False, state: State = None) -> None:
    """Fetch an issuer's key set as a gateway does, and print its keys.

    Example: hub issuer keys https://id.kr.example --client kr-mfds
    """
    newest = _newest(state, client, issuer)
    found = asyncio.run(_keys(settings_for(state), newest.registration.jwks_uri))
    if json:
        print_json(*found)
        return
    print_lines(
        (f"{each['kid']}  {each['thumbprint']}  {', '.join(each['algorithms'])}" for each in found),
        none="its key set has no key that a gateway takes: ask whoever publishes it",
    )


async def _keys(settings: Settings, jwks_uri: str) -> list[dict[str, Any]]:
    async with open_outbound(allow_loopback=settings.allow_loopback_sources) as outbound:
        try:
            found = await fetch_keys(outbound, jwks_uri)
        except ValueError as error:
            raise InvalidInput(
                f"the key set is no strict JSON, {error}: publish it anew"
            ) from error
    return [
        {"kid": kid, "thumbprint": each.thumbprint, "algorithms": sorted(each.algorithms)}
        for kid, each in found.items()
    ]


@app.command()
def propose(
    file: Annotated[Path, typer.Argument(help="The registration, as JSON.")],
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Propose a new issuer, or a change of one.

    Example: hub issuer propose registration.json --client kr-mfds --reason agreed
    """
    settings = settings_for(state)
    registration = Registration.read(text_of(file))

    async def keep(connection: AsyncConnection, caller: Caller) -> Version:
        return await issuers.propose(
            connection,
            caller,
            registration,
            reason,
            allow_loopback=settings.allow_loopback_sources,
        )

    print(_line(as_client(state, client, author, keep)))


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
    """Agree to a proposal: the newest version, where none is named.

    Example: hub issuer approve https://id.kr.example --client kr-mfds --reason agreed
    """

    async def keep(connection: AsyncConnection, caller: Caller) -> Version:
        chosen = number or len(await issuers.read_one(connection, issuer))
        return await issuers.approve(connection, caller, issuer, chosen, reason)

    print(_line(as_client(state, client, author, keep)))


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
    """Withdraw an issuer at once, or one version of it: a proposal, say.

    Example: hub issuer withdraw https://id.kr.example --version 2 --client kr-mfds --reason agreed
    """

    async def keep(connection: AsyncConnection, caller: Caller) -> tuple[Version, ...]:
        return await issuers.withdraw(connection, caller, issuer, number, reason)

    for version in as_client(state, client, author, keep):
        print(_line(version))


@app.command()
def history(
    issuer: Annotated[str | None, typer.Argument(help="Of this issuer alone.")] = None,
    *,
    client: ClientOption,
    json: Json = False,
    state: State = None,
) -> None:
    """Say what was done to issuers, and to the trust in them.

    Example: hub issuer history --client auditor
    """
    every = as_client(state, client, None, issuers.readable)
    known = [each for each in every if issuer in {None, each.name}]
    if json:
        print_json(*({"issuer": each.name, "deed": deed} for each in known for deed in each.deeds))
        return
    print_lines(
        (f"{deed.subject}: {_deed(deed)}" for each in known for deed in each.deeds),
        none=f"nothing was done yet to {f'`{issuer}`' if issuer else 'any issuer'} that `{client}` "
        "may read of: `hub issuer list` shows those",
    )


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
    """Distrust an issuer or a key at once, on every gateway.

    Example: hub issuer distrust https://id.kr.example --kid k1 --client kr-mfds --reason agreed
    """
    subject = emergency.distrusted(issuer, kid, thumbprint)
    _distrust(state, client, author, subject, reason)


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
    """Ask to lift a distrust, or agree to what another person asked.

    Example: hub issuer lift https://id.kr.example --kid k1 --client kr-mfds --reason agreed
    """
    subject = emergency.distrusted(issuer, kid, thumbprint)

    async def keep(connection: AsyncConnection, caller: Caller) -> bool:
        return await emergency.lift(connection, caller, subject, reason)

    if as_client(state, client, author, keep):
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
    """Distrust a key of an issuer, or of the hub, at once on every gateway.

    Example: hub keys distrust --kid k1 --client kr-mfds --reason "as agreed"
    """
    subject = emergency.distrusted(issuer, kid, thumbprint, is_key=True)
    _distrust(state, client, author, subject, reason)


def _distrust(state: State, client: str, author: str | None, subject: Subject, reason: str) -> None:
    async def keep(connection: AsyncConnection, caller: Caller) -> None:
        await emergency.distrust(connection, caller, subject, reason)

    as_client(state, client, author, keep)
    print(f"{subject} is distrusted from now on")


def _newest(state: State, client: str, issuer: str) -> Version:
    for known in as_client(state, client, None, issuers.readable):
        if known.name == issuer:
            return known.versions[-1]
    raise NotFound(f"no issuer `{issuer}` that you may read of: list those you may")


def _document(version: Version) -> dict[str, Any]:
    return {
        "issuer": version.issuer,
        "version": version.number,
        "state": version.state,
        "missing": sorted(version.missing),
        "registration": version.registration,
        "deeds": version.deeds,
    }


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
