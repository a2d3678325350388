"""`hub policy`, the life of agreements.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides, and no one may decide on what they drafted; every step keeps its `--reason`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from hub.agreements import history as past
from hub.agreements import proceedings
from hub.agreements.applying import stand_on
from hub.agreements.bringing import Compared, Difference, bring, compare
from hub.agreements.in_force import id_in_force, read_in_force
from hub.agreements.life import remark, state_at
from hub.agreements.types import Step, Version, VersionKey
from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.policy.findings import PolicyFault
from hub.policy.folder import read_baseline, read_folder
from hub.settings import Settings
from hub.store.database import writing_pool

app = typer.Typer()

ClientOption = Annotated[
    str, typer.Option("--client", help="The client you speak for, such as `kr-mfds`.")
]
Author = Annotated[
    str | None, typer.Option("--author", help="Who decides, as the record shall say.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the step.")]
WhichVersion = Annotated[
    str, typer.Argument(help="Such as `kr-supply@2`; without a number the newest version.")
]
WhichVersions = Annotated[
    list[str], typer.Argument(help="Such as `kr-supply@2`; without a number the newest version.")
]
Which = Annotated[str, typer.Argument(help="Such as `kr-supply`.")]

_COMMAND_LINE = "command line"
"""Issuer of what is decided here: the operator's word, not a token's."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """One transaction, and whom the operator speaks for in it."""

    connection: AsyncConnection
    caller: Caller


@app.command()
def apply(
    folder: Annotated[Path | None, typer.Argument(help="The hub's own when none.")] = None,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what differs.")] = False,
    state: State = None,
) -> None:
    """Say how a folder's agreements differ from those kept, and propose what is new or changed."""
    settings = settings_for(state)
    chosen = folder or settings.policies_dir
    found = read_folder(chosen)
    if found.findings:
        raise PolicyFault(found.findings)

    async def work() -> list[Version]:
        async with _open(settings, client, author) as desk:
            if found.baseline != (await read_in_force(desk.connection)).baseline:
                print("changed  baseline: a hub takes it up when it starts with this folder")
            compared = await compare(desk.connection, desk.caller, found.agreements)
            for each in compared:
                print(_difference(each))
            if dry_run:
                return []
            return await bring(desk.connection, desk.caller, chosen, compared, reason)

    for version in asyncio.run(work()):
        print(_line(version))


@app.command(name="list")
def list_agreements(client: ClientOption, state: State = None) -> None:
    """List the agreements that a client may read, and where their versions stand."""

    async def read() -> list[tuple[Version, ...]]:
        async with _open(settings_for(state), client) as desk:
            return await past.agreements(desk.connection, desk.caller)

    table = Table("version", "owner", "state", "since", "title")
    for versions in asyncio.run(read()):
        for each in versions:
            since = f"{each.events[-1].at:%Y-%m-%d %H:%M}"
            title = each.agreement.title
            table.add_row(str(each.key), each.owner, each.state.lower(), since, title)
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
def show(version: WhichVersion, client: ClientOption, state: State = None) -> None:
    """Print a version's text and all that happened to it."""

    async def read() -> Version:
        async with _open(settings_for(state), client) as desk:
            return await past.version(desk.connection, desk.caller, await _key(desk, version))

    found = asyncio.run(read())
    print(found.text)
    print(f"# {_line(found)}")
    for line in _events(found):
        print(f"# {line}")


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(help="The agreement's YAML.")],
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Keep a file as the draft of its agreement's next version."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"can't read `{file}`: name a UTF-8 file", detail=str(error)) from error

    async def keep() -> Version:
        async with _open(settings_for(state), client, author) as desk:
            return await proceedings.draft(desk.connection, desk.caller, text, reason)

    print(_line(asyncio.run(keep())))


@app.command()
def approve(
    versions: WhichVersions,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    state: State = None,
) -> None:
    """Approve ratified versions in one decision; they take effect together."""

    async def keep() -> tuple[Version, ...]:
        async with _open(settings_for(state), client, author) as desk:
            keys = [await _key(desk, each) for each in versions]
            return await proceedings.approve(desk.connection, desk.caller, keys, reason)

    for version in asyncio.run(keep()):
        print(f"{_line(version)}; {remark(version)}")


@app.command()
def history(
    agreement: Annotated[str | None, typer.Argument(help="Of this agreement alone.")] = None,
    *,
    client: ClientOption,
    at: Annotated[
        str | None, typer.Option("--at", help="How it stood then: 2026-03-01T12:00Z.")
    ] = None,
    state: State = None,
) -> None:
    """Say what happened to agreements, or which set was in force at an instant."""
    instant = _instant(at) if at else None

    async def read() -> list[str]:
        async with _open(settings_for(state), client) as desk:
            found = await past.agreements(desk.connection, desk.caller)
            known = [
                version
                for versions in found
                for version in versions
                if agreement in {None, version.key.agreement}
            ]
            if instant is None:
                return [f"{each.key}: {line}" for each in known for line in _events(each)]
            kept = await past.set_at(desk.connection, instant)
        stood = [(each.key, then) for each in known if (then := state_at(each, instant))]
        named = f"policy set {kept.id}, {kept.digest[:12]}" if kept else "no policy set"
        return [f"{named} was in force", *(f"{key} was {then.lower()}" for key, then in stood)]

    for line in asyncio.run(read()):
        print(line)


_OnVersion = Callable[[AsyncConnection, Caller, VersionKey, str], Awaitable[Version]]
_OnAgreement = Callable[[AsyncConnection, Caller, str, str], Awaitable[Version]]


def _on_version(step: _OnVersion, name: str, description: str) -> None:
    def command(
        version: WhichVersion,
        *,
        client: ClientOption,
        reason: Reason,
        author: Author = None,
        state: State = None,
    ) -> None:
        async def keep() -> Version:
            async with _open(settings_for(state), client, author) as desk:
                key = await _key(desk, version)
                return await step(desk.connection, desk.caller, key, reason)

        print(_line(asyncio.run(keep())))

    app.command(name=name, help=description)(command)


def _on_agreement(step: _OnAgreement, name: str, description: str) -> None:
    def command(
        agreement: Which,
        *,
        client: ClientOption,
        reason: Reason,
        author: Author = None,
        state: State = None,
    ) -> None:
        async def keep() -> Version:
            async with _open(settings_for(state), client, author) as desk:
                return await step(desk.connection, desk.caller, agreement, reason)

        print(_line(asyncio.run(keep())))

    app.command(name=name, help=description)(command)


_on_version(proceedings.propose, "propose", "Put a draft to its owner.")
_on_version(proceedings.ratify, "ratify", "Agree to a proposal as its owner.")
_on_version(proceedings.reject, "reject", "Refuse a proposal.")
_on_version(proceedings.withdraw, "withdraw", "Take back what is not approved yet.")
_on_agreement(proceedings.suspend, "suspend", "Close what an agreement opens until it is resumed.")
_on_agreement(proceedings.resume, "resume", "Lift a suspension, as the side that suspended.")
_on_agreement(proceedings.end, "end", "End an agreement for good.")


@asynccontextmanager
async def _open(settings: Settings, client: str, author: str | None = None) -> AsyncIterator[_Desk]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        known = await find(connection, client)
        if await id_in_force(connection) is None:
            await stand_on(connection, read_baseline(settings.policies_dir))
        yield _Desk(
            connection,
            Caller(
                issuer=_COMMAND_LINE,
                subject=author or known.client_id,
                client=known.client_id,
                member=known.member,
                organisation=known.organisation,
                roles=known.roles,
                purpose=Purpose.SUPPLY_MAPPING,
                sender_constrained=False,
                token_id="",
            ),
        )


async def _key(desk: _Desk, text: str) -> VersionKey:
    agreement, _, number = text.partition("@")
    if number.isdecimal():
        return VersionKey(agreement, int(number))
    if number:
        raise InvalidInput(f"`{text}` is no version: write it as `kr-supply@2`")
    return (await past.agreement(desk.connection, desk.caller, agreement))[-1].key


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"`{text}` is no instant: write it as 2026-03-01T12:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _difference(compared: Compared) -> str:
    match compared.difference, compared.kept:
        case Difference.MISSING, Version() as kept:
            advice = f"end it with `hub policy end {compared.agreement_id}` if it shall go"
            return f"missing  {kept.key} is {kept.state.lower()} and not in the folder: {advice}"
        case difference, Version() as kept:
            return (
                f"{difference:8} {compared.agreement_id} against {kept.key}, {kept.state.lower()}"
            )
        case difference, _:
            return f"{difference:8} {compared.agreement_id}"


def _line(version: Version) -> str:
    return f"{version.key} of {version.owner} is {version.state.lower()}"


def _events(version: Version) -> list[str]:
    return [
        f"{event.at:%Y-%m-%d %H:%M:%S} {event.step.lower()} by {event.actor.subject} "
        f"({event.actor.client}): {event.reason}"
        + (f" [from {event.effective_at:%Y-%m-%d %H:%M}]" if event.step is Step.APPROVED else "")
        for event in version.events
    ]
