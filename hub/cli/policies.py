"""`hub policy`: whether policies hold, and why a client sees what it sees.

The other commands of the group are written in `plans.py`, `agreements.py` and `modes.py`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from psycopg import AsyncConnection

from federation.records.declaration import Group
from hub.agreements.in_force import read_in_force
from hub.agreements.modes import mode_in_force
from hub.cli import agreements, modes, plans
from hub.cli.options import ClientOption, Json, PurposeOption, State, settings_for
from hub.cli.printing import print_json
from hub.cli.tokens import purpose_named
from hub.errors import InvalidInput
from hub.gateway.access.explaining import Target, explain_access
from hub.gateway.access.types import AccessExplanation, AccessRule
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.opening import open_database
from hub.policy.check import report as report_on
from hub.policy.engine import PolicyEngine
from hub.policy.explanation import Explanation, Reason
from hub.policy.explanation import explain as explain_group
from hub.policy.principals import Mode
from hub.settings import Settings
from hub.store.database import reading_pool

app = typer.Typer(help="Who shares what with whom: check, plan, agree, end.", no_args_is_help=True)

Checked = Annotated[
    Path | None,
    typer.Argument(help="A policy folder, or a draft among the hub's own; the hub's when none."),
]


@app.command(rich_help_panel="Look")
def check(checked: Checked = None, *, json: Json = False) -> None:
    """Check the baseline, the agreements and their examples.

    Example: hub policy check policies
    """
    own = settings_for(None).policies_dir
    is_draft = checked is not None and checked.is_file()
    report = report_on(own, checked) if is_draft else report_on(checked or own)
    if json:
        faults, remarks = list(map(str, report.faults)), list(map(str, report.remarks))
        print_json({"holds": not faults, "faults": faults, "remarks": remarks})
    for fault in () if json else report.faults:
        print(fault, file=sys.stderr)
    for remark in () if json else report.remarks:
        print(f"note: {remark}")
    if report.faults:
        sys.exit(1)
    if not json:
        print("the policies hold")


@app.command(rich_help_panel="Look")
def explain(
    group: Annotated[
        str | None, typer.Argument(help="A record type and group: `SupplyNotice.public`.")
    ] = None,
    *,
    client: ClientOption,
    purpose: PurposeOption,
    key: Annotated[str | None, typer.Option("--key", help="A record's key.")] = None,
    field: Annotated[str | None, typer.Option("--field", help="A field of the record.")] = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Say why a client sees, or does not see, a group of fields or one field.

    Example: hub policy explain SupplyNotice.commercial --client jp-mhlw --purpose exercise
    """
    settings, stated = settings_for(state), purpose_named(purpose)
    if key and field and not group:
        target = Target.of(key, field)
        of_field = asyncio.run(_of_field(settings, client, stated, target))
        _tell(of_field, told(of_field), as_json=json)
    elif group and not (key or field):
        of_group = asyncio.run(_of_group(settings, client, stated, group))
        _tell(of_group, worded(of_group), as_json=json)
    else:
        raise InvalidInput("name a group, such as `SupplyNotice.public`, or --key and --field")


def _tell(explanation: Explanation | AccessExplanation, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(explanation)
    else:
        print(text)


def worded(explanation: Explanation) -> str:
    """Write an explanation as text, one policy a line."""
    lines = [_line("opened by", reason) for reason in explanation.opened_by]
    lines += [_line("forbidden by", reason) for reason in explanation.forbidden_by]
    return "\n".join([*lines, f"in the end: {explanation.condition}"])


def _line(verb: str, reason: Reason) -> str:
    basis = f" ({reason.owner}, {reason.legal_basis})" if reason.owner else ""
    return f"{verb} {reason.policy_id}{basis}: {reason.condition}"


def told(explanation: AccessExplanation) -> str:
    """Write an explanation of one field as text, one policy a line."""
    return "\n".join(
        [
            explanation.summary,
            *(_rule("opened by", rule) for rule in explanation.opened_by),
            *(_rule("closed by", rule) for rule in explanation.closed_by),
            *(_rule("would be opened by", rule) for rule in explanation.would_open),
        ]
    )


def _rule(verb: str, rule: AccessRule) -> str:
    basis = f" ({rule.owner}, {rule.legal_basis})" if rule.owner else ""
    lacking = f"; but {', and '.join(rule.lacking)}" if rule.lacking else ""
    return f"{verb} {rule.policy}{basis}: {rule.opens} where {rule.condition}{lacking}"


async def _of_group(settings: Settings, client: str, purpose: Purpose, group: str) -> Explanation:
    record_type, _, name = group.partition(".")
    if name not in list(Group):
        raise InvalidInput(f"`{group}` is no record type and group: write `SupplyNotice.public`")
    async with _open(settings, client, purpose) as (_, engine, caller):
        mode = engine.decide(caller).class_key.mode
        return explain_group(engine.policy_set, caller, record_type, Group(name), mode=Mode(mode))


async def _of_field(
    settings: Settings, client: str, purpose: Purpose, target: Target
) -> AccessExplanation:
    async with _open(settings, client, purpose) as (connection, engine, caller):
        return await explain_access(connection, engine, target, caller, caller)


@asynccontextmanager
async def _open(
    settings: Settings, client: str, purpose: Purpose
) -> AsyncIterator[tuple[AsyncConnection, PolicyEngine, Caller]]:
    """Give a connection, the policies in force, and the caller that a client would be."""
    async with (
        open_database(settings) as url,
        reading_pool(url) as pool,
        pool.connection() as connection,
    ):
        caller = (await find(connection, client)).asking(purpose)
        policy_set = (await read_in_force(connection)).policy_set
        mode = (await mode_in_force(connection)).mode
        yield connection, PolicyEngine(policy_set, mode=mode), caller


app.add_typer(agreements.app)
app.command(rich_help_panel="Try and bring in")(plans.plan)
app.add_typer(modes.app, name="mode", rich_help_panel="Look")
