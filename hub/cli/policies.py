"""`hub policy`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from federation.records.declaration import Group
from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.cli.tokens import purpose_named
from hub.errors import InvalidInput
from hub.identity.clients import find
from hub.identity.types import Caller, Client, Purpose
from hub.policy.check import Explanation, Reason
from hub.policy.check import check as check_folder
from hub.policy.check import explain as explain_access
from hub.policy.engine import load_policies
from hub.settings import Settings
from hub.store.database import writing_pool

app = typer.Typer(help="Data-sharing policies.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Argument(help="The policy folder; the hub's own when none.")]


@app.command()
def check(folder: Folder = None) -> None:
    """Check the baseline, the agreements and their examples."""
    findings = check_folder(folder or settings_for(None).policies_dir)
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        sys.exit(1)
    print("the policies hold")


@app.command()
def explain(
    field: Annotated[str, typer.Argument(help="A record type and group: `SupplyNotice.public`.")],
    client: Annotated[str, typer.Option("--client", help="Client id, such as `kr-mfds`.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What it asks for.")],
    state: State = None,
) -> None:
    """Say which agreements open a group of fields to a client, and for which rows."""
    record_type, _, group = field.partition(".")
    if group not in list(Group):
        raise InvalidInput(f"`{field}` is no record type and group: write `SupplyNotice.public`")
    settings = settings_for(state)
    found = asyncio.run(_client(settings, client))
    caller = _caller(found, purpose_named(purpose))
    policy_set = load_policies(settings.policies_dir)
    print(worded(explain_access(policy_set, caller, record_type, Group(group))))


def worded(explanation: Explanation) -> str:
    """Write an explanation as text, one policy a line."""
    lines = [_line("opened by", reason) for reason in explanation.opened_by]
    lines += [_line("forbidden by", reason) for reason in explanation.forbidden_by]
    return "\n".join([*lines, f"in the end: {explanation.condition}"])


def _line(verb: str, reason: Reason) -> str:
    basis = f" ({reason.owner}, {reason.legal_basis})" if reason.owner else ""
    return f"{verb} {reason.policy_id}{basis}: {reason.condition}"


async def _client(settings: Settings, client_id: str) -> Client:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        return await find(connection, client_id)


def _caller(client: Client, purpose: Purpose) -> Caller:
    return Caller(
        issuer="",
        subject=client.client_id,
        client=client.client_id,
        member=client.member,
        organisation=client.organisation,
        roles=client.roles,
        purpose=purpose,
        sender_constrained=False,
        token_id="",
    )
