"""`hub policy`, the life of agreements.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides, and no one may decide on what they drafted; every step keeps its `--reason`.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from psycopg import AsyncConnection

from hub.agreements import history as past
from hub.agreements import proceedings
from hub.agreements.applying import stand_on
from hub.agreements.bringing import Compared, Difference, bring, compare
from hub.agreements.in_force import id_in_force, read_in_force
from hub.agreements.life import remark, state_at
from hub.agreements.types import KeptSet, Step, Version, VersionKey
from hub.cli.desk import as_client
from hub.cli.options import Author, ClientOption, Json, Reason, State, settings_for, text_of
from hub.cli.printing import print_json, print_lines, print_table, table, whole
from hub.errors import InvalidInput
from hub.identity.types import Caller
from hub.policy.findings import PolicyFault
from hub.policy.folder import read_baseline, read_folder

app = typer.Typer()

WhichVersion = Annotated[
    str, typer.Argument(help="Such as `kr-supply@2`; without a number the newest version.")
]
WhichVersions = Annotated[
    list[str], typer.Argument(help="Such as `kr-supply@2`; without a number the newest version.")
]
Which = Annotated[str, typer.Argument(help="Such as `kr-supply`.")]

Answer = TypeVar("Answer")

_BRINGING = "Try and bring in"
_LOOKING = "Look"
_STEPS = "Steps of an agreement's life"


@app.command(rich_help_panel=_BRINGING)
def apply(
    folder: Annotated[Path | None, typer.Argument(help="The hub's own when none.")] = None,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what differs.")] = False,
    json: Json = False,
    state: State = None,
) -> None:
    """Propose what is new or changed in a folder of agreements.

    Example: hub policy apply policies --dry-run --client secretariat --reason "as agreed"
    """
    chosen = folder or settings_for(state).policies_dir
    found = read_folder(chosen)
    if found.findings:
        raise PolicyFault(found.findings)

    async def work(
        connection: AsyncConnection, caller: Caller
    ) -> tuple[bool, list[Compared], list[Version]]:
        is_other = found.baseline != (await read_in_force(connection)).baseline
        compared = await compare(connection, caller, found.agreements)
        due = [] if dry_run else await bring(connection, caller, chosen, compared, reason)
        return is_other, compared, due

    is_other, compared, brought = _run(state, client, author, work)
    if json:
        differences = {each.agreement_id: each.difference for each in compared}
        versions = list(map(_document, brought))
        print_json({"is_baseline_other": is_other, "found": differences, "proposed": versions})
        return
    if is_other:
        print("changed  baseline: a hub takes it up when it starts with this folder")
    print_lines(
        (*map(_difference, compared), *map(_line, brought)),
        none=f"there is no agreement in `{chosen}`, and none is kept",
    )


@app.command(name="list", rich_help_panel=_LOOKING)
def list_agreements(client: ClientOption, *, json: Json = False, state: State = None) -> None:
    """List the agreements that a client may read.

    Example: hub policy list --client secretariat
    """
    agreements = _run(state, client, None, past.agreements)
    versions = [each for versions in agreements for each in versions]
    if json:
        print_json(*map(_document, versions))
        return
    shown = table(whole("version"), "owner", "state", "since (UTC)", "title")
    for each in versions:
        since = f"{each.events[-1].at:%Y-%m-%d %H:%M}"
        shown.add_row(str(each.key), each.owner, each.state.lower(), since, each.agreement.title)
    print_table(
        shown,
        none=f"there is no agreement that `{client}` may read: `hub policy apply` proposes those "
        "of a folder, `hub policy draft` keeps one file",
    )


@app.command(rich_help_panel=_LOOKING)
def show(
    version: WhichVersion, client: ClientOption, *, json: Json = False, state: State = None
) -> None:
    """Print a version's text and all that happened to it.

    Example: hub policy show kr-supply --client kr-mfds
    """

    async def read(connection: AsyncConnection, caller: Caller) -> Version:
        return await past.version(connection, caller, await _key(connection, caller, version))

    found = _run(state, client, None, read)
    if json:
        print_json(_document(found) | {"text": found.text})
        return
    print(found.text)
    print(f"# {_line(found)}")
    for line in _events(found):
        print(f"# {line}")


@app.command(rich_help_panel=_STEPS)
def draft(
    file: Annotated[Path, typer.Argument(help="The agreement's YAML.")],
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Keep a file as the draft of its agreement's next version.

    Example: hub policy draft jp-lists.yaml --client secretariat --reason "as agreed"
    """
    text = text_of(file)

    async def keep(connection: AsyncConnection, caller: Caller) -> Version:
        return await proceedings.draft(connection, caller, text, reason)

    _tell(_run(state, client, author, keep), as_json=json)


@app.command(rich_help_panel=_STEPS)
def approve(
    versions: WhichVersions,
    *,
    client: ClientOption,
    reason: Reason,
    author: Author = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Approve ratified versions in one decision; they take effect together.

    Example: hub policy approve jp-lists@2 --client secretariat --reason "ratified by Japan"
    """

    async def keep(connection: AsyncConnection, caller: Caller) -> tuple[Version, ...]:
        keys = [await _key(connection, caller, each) for each in versions]
        return await proceedings.approve(connection, caller, keys, reason)

    for version in _run(state, client, author, keep):
        _tell(version, f"; {remark(version)}", as_json=json)


@app.command(rich_help_panel=_LOOKING)
def history(
    agreement: Annotated[str | None, typer.Argument(help="Of this agreement alone.")] = None,
    *,
    client: ClientOption,
    at: Annotated[
        str | None, typer.Option("--at", help="How it stood then: 2026-03-01T12:00Z.")
    ] = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Say what happened to agreements, or what was in force at an instant.

    Example: hub policy history kr-supply --client kr-mfds
    """
    instant = _instant(at) if at else None

    async def read(
        connection: AsyncConnection, caller: Caller
    ) -> tuple[list[Version], KeptSet | None]:
        found = await past.agreements(connection, caller)
        kept = await past.set_at(connection, instant) if instant else None
        return [each for versions in found for each in versions], kept

    every, kept = _run(state, client, None, read)
    known = [each for each in every if agreement in {None, each.key.agreement}]
    if instant is None:
        _tell_events(known, agreement, as_json=json)
    else:
        _tell_stood(known, kept, instant, as_json=json)


def _tell_events(known: list[Version], agreement: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json(*map(_document, known))
        return
    print_lines(
        (f"{each.key}: {line}" for each in known for line in _events(each)),
        none=f"nothing happened yet to {f'`{agreement}`' if agreement else 'any agreement'} that "
        "this client may read: `hub policy list` shows those",
    )


def _tell_stood(known: list[Version], kept: KeptSet | None, at: datetime, *, as_json: bool) -> None:
    stood = {str(each.key): then for each in known if (then := state_at(each, at))}
    if as_json:
        in_force = kept and {"id": kept.id, "digest": kept.digest}
        print_json({"at": at, "policy_set": in_force, "states": stood})
        return
    named = f"policy set {kept.id}, {kept.digest[:12]}" if kept else "no policy set"
    print(f"{named} was in force")
    for key, then in stood.items():
        print(f"{key} was {then.lower()}")


_OnVersion = Callable[[AsyncConnection, Caller, VersionKey, str], Awaitable[Version]]
_OnAgreement = Callable[[AsyncConnection, Caller, str, str], Awaitable[Version]]


def _on_version(step: _OnVersion, name: str, description: str) -> None:
    def command(
        version: WhichVersion,
        *,
        client: ClientOption,
        reason: Reason,
        author: Author = None,
        json: Json = False,
        state: State = None,
    ) -> None:
        async def keep(connection: AsyncConnection, caller: Caller) -> Version:
            key = await _key(connection, caller, version)
            return await step(connection, caller, key, reason)

        _tell(_run(state, client, author, keep), as_json=json)

    _add(command, name, description)


def _on_agreement(step: _OnAgreement, name: str, description: str) -> None:
    def command(
        agreement: Which,
        *,
        client: ClientOption,
        reason: Reason,
        author: Author = None,
        json: Json = False,
        state: State = None,
    ) -> None:
        async def keep(connection: AsyncConnection, caller: Caller) -> Version:
            return await step(connection, caller, agreement, reason)

        _tell(_run(state, client, author, keep), as_json=json)

    _add(command, name, description)


def _add(command: Callable[..., None], name: str, description: str) -> None:
    example = f'hub policy {name} kr-supply --client kr-mfds --reason "as agreed"'
    text = f"{description}\n\nExample: {example}"
    app.command(name=name, help=text, rich_help_panel=_STEPS)(command)


_on_version(proceedings.propose, "propose", "Put a draft to its owner.")
_on_version(proceedings.ratify, "ratify", "Agree to a proposal as its owner.")
_on_version(proceedings.reject, "reject", "Refuse a proposal.")
_on_version(proceedings.withdraw, "withdraw", "Take back what is not approved yet.")
_on_agreement(proceedings.suspend, "suspend", "Close what an agreement opens until it is resumed.")
_on_agreement(proceedings.resume, "resume", "Lift a suspension, as the side that suspended.")
_on_agreement(proceedings.end, "end", "End an agreement for good.")


def _run(
    state: State,
    client: str,
    author: str | None,
    work: Callable[[AsyncConnection, Caller], Awaitable[Answer]],
) -> Answer:
    """Do a command's work as a client, in a hub that has at least its baseline in force."""

    async def run(connection: AsyncConnection, caller: Caller) -> Answer:
        if await id_in_force(connection) is None:
            await stand_on(connection, read_baseline(settings_for(state).policies_dir))
        return await work(connection, caller)

    return as_client(state, client, author, run)


async def _key(connection: AsyncConnection, caller: Caller, text: str) -> VersionKey:
    agreement, _, number = text.partition("@")
    if number.isdecimal():
        return VersionKey(agreement, int(number))
    if number:
        raise InvalidInput(f"`{text}` is no version: write it as `kr-supply@2`")
    return (await past.agreement(connection, caller, agreement))[-1].key


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
        case Difference.REJECTED, Version() as kept:
            last = kept.events[-1]
            return (
                f"rejected {kept.key} says the same, and was rejected on {last.at:%Y-%m-%d} by "
                f"{last.actor.client} ({last.reason}): change the text, or bring it back with "
                "`hub policy draft`"
            )
        case difference, Version() as kept:
            return (
                f"{difference:8} {compared.agreement_id} against {kept.key}, {kept.state.lower()}"
            )
        case difference, _:
            return f"{difference:8} {compared.agreement_id}"


def _tell(version: Version, more: str = "", *, as_json: bool) -> None:
    if as_json:
        print_json(_document(version))
    else:
        print(f"{_line(version)}{more}")


def _document(version: Version) -> dict[str, Any]:
    return {
        "version": str(version.key),
        "agreement": version.key.agreement,
        "number": version.key.number,
        "owner": version.owner,
        "state": version.state,
        "title": version.agreement.title,
        "digest": version.digest,
        "superseded_at": version.superseded_at,
        "events": version.events,
    }


def _line(version: Version) -> str:
    return f"{version.key} of {version.owner} is {version.state.lower()}"


def _events(version: Version) -> list[str]:
    return [
        f"{event.at:%Y-%m-%d %H:%M:%S} {event.step.lower()} by {event.actor.subject} "
        f"({event.actor.client}): {event.reason}"
        + (f" [from {event.effective_at:%Y-%m-%d %H:%M}]" if event.step is Step.APPROVED else "")
        for event in version.events
    ]
