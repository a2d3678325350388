"""`hub held`: pulls that the gate holds, and the modes of feeds' gates.

A command speaks for a registered client: it may do what the client's roles allow. `--author` says
which person decides; a release or rejection takes two.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from federation.gate import GateMode
from hub.app import open_database, open_pulls
from hub.cli.agreements import ClientOption
from hub.cli.options import State, settings_for
from hub.cli.replay import difference_lines
from hub.errors import InvalidInput
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync import releasing
from hub.sync.held import pulls as held
from hub.sync.held.pulls import HeldPull, ModeInForce
from hub.sync.pull import PullTools

app = typer.Typer(help="Pulls that the gate holds, and gates' modes.", no_args_is_help=True)

PullId = Annotated[int, typer.Argument(help="The held pull, as `hub held list` numbers it.")]
Author = Annotated[str, typer.Option("--author", help="Who decides, as the record shall say.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]

DECLARED = "DECLARED"
"""Said in place of a mode to have the feed's declared one again."""

_COMMAND_LINE = "command line"
"""Issuer of what is decided here: the operator's word, not a token's."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What decisions are made with, and whom the operator speaks for."""

    tools: PullTools
    caller: Caller


@app.command(name="list")
def list_held(
    client: ClientOption,
    every: Annotated[
        bool, typer.Option("--all", help="Those that were decided on or superseded too.")
    ] = False,
    state: State = None,
) -> None:
    """List the pulls that are held of the feeds a client may read of."""

    async def read() -> list[HeldPull]:
        async with (
            _open(settings_for(state), client) as desk,
            desk.tools.pool.connection() as connection,
        ):
            return await held.readable(connection, desk.caller, is_open=not every)

    table = Table("pull", "feed", "state", "since", "code", "reason")
    for each in asyncio.run(read()):
        since = f"{each.since:%Y-%m-%d %H:%M}"
        where = _standing(each)
        table.add_row(str(each.pull_id), each.feed, where, since, each.reason_code, each.reason)
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
def show(pull: PullId, client: ClientOption, state: State = None) -> None:
    """Show why a pull is held, what happened to it, and what its release would change."""

    async def read() -> list[str]:
        async with _open(settings_for(state), client) as desk:
            async with desk.tools.pool.connection() as connection:
                case = await held.one(connection, desk.caller, pull)
            found = await releasing.difference(desk.tools, desk.caller, pull)
        lines = [found] if isinstance(found, str) else list(difference_lines(found))
        return [*_told(case), *lines]

    for line in asyncio.run(read()):
        print(line)


@app.command()
def release(
    pull: PullId, *, client: ClientOption, author: Author, reason: Reason, state: State = None
) -> None:
    """Propose to publish a held pull, or agree to it as another person: then it is published."""

    async def decide() -> str:
        async with _open(settings_for(state), client, author) as desk:
            decided = await releasing.release(desk.tools, desk.caller, pull, reason)
        return releasing.remark_on(decided)

    print(asyncio.run(decide()))


@app.command()
def reject(
    pull: PullId, *, client: ClientOption, author: Author, reason: Reason, state: State = None
) -> None:
    """Propose never to publish a held pull, or agree to it as another person."""

    async def decide() -> str:
        async with _open(settings_for(state), client, author) as desk:
            decided = await releasing.reject(desk.tools.pool, desk.caller, pull, reason)
        return releasing.remark_on(decided)

    print(asyncio.run(decide()))


@app.command()
def mode(
    feed: Annotated[str, typer.Argument(help="Feed id.")],
    mode: Annotated[str, typer.Argument(help="EVOLVE, HOLD, FREEZE, or DECLARED: the feed's own.")],
    *,
    client: ClientOption,
    author: Author,
    reason: Reason,
    state: State = None,
) -> None:
    """Set the mode of a feed's gate."""
    wanted = _mode(mode)

    async def decide() -> ModeInForce:
        async with _open(settings_for(state), client, author) as desk:
            pool, caller = desk.tools.pool, desk.caller
            return await releasing.set_mode(pool, caller, feed, wanted, reason)

    found = asyncio.run(decide())
    by = f", set by {found.set_by}: {found.reason}" if found.set_by else ", as declared"
    print(f"the gate of {found.feed} is {found.mode}{by}")


@asynccontextmanager
async def _open(settings: Settings, client: str, author: str | None = None) -> AsyncIterator[_Desk]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        async with pool.connection() as connection:
            known = await find(connection, client)
        caller = Caller(
            issuer=_COMMAND_LINE,
            subject=author or known.client_id,
            client=known.client_id,
            member=known.member,
            organisation=known.organisation,
            roles=known.roles,
            purpose=Purpose.SUPPLY_MAPPING,
            sender_constrained=False,
            token_id="",
        )
        yield _Desk(tools, caller)


def _mode(text: str) -> GateMode | None:
    if text.upper() == DECLARED:
        return None
    try:
        return GateMode(text.upper())
    except ValueError as error:
        known = ", ".join([*GateMode, DECLARED])
        raise InvalidInput(f"`{text}` is no mode of a gate: name one of {known}") from error


def _standing(case: HeldPull) -> str:
    if case.proposal is None:
        return case.state.lower()
    return f"{case.state.lower()}, {case.proposal.step.lower().replace('_', ' ')}"


def _told(case: HeldPull) -> Iterator[str]:
    yield f"{case.named} is {_standing(case)}: {case.reason_code}"
    for breach in case.breaches or [{"code": case.reason_code, "reason": case.reason}]:
        yield f"  {breach['code']}: {breach['reason']}"
        figures = [
            f"{name} {breach[name]}"
            for name in ("before", "now", "limit")
            if breach.get(name) is not None
        ]
        if figures:
            yield f"    {', '.join(figures)}"
    for event in case.events:
        who = f"{event.actor.subject} ({event.actor.client})" if event.actor else "the hub"
        step = event.step.lower().replace("_", " ")
        yield f"  {event.at:%Y-%m-%d %H:%M:%S} {step} by {who}: {event.reason}"
