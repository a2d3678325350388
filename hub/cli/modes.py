"""`hub policy mode`: the alliance's mode, and its members' votes.

A vote speaks for a registered client, which must be a regulator of a member.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from psycopg import AsyncConnection

from hub.agreements.mode_models import ModeStep
from hub.agreements.modes import (
    Ballot,
    InForceMode,
    ModeHappening,
    VotingRules,
    mode_in_force,
    standing_votes,
)
from hub.agreements.modes import history as read_history
from hub.agreements.modes import vote as cast_vote
from hub.agreements.modes import withdraw as withdraw_vote
from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.gateway.access.explaining import caller_of
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.policy.principals import Mode
from hub.settings import Settings
from hub.store.database import writing_pool

app = typer.Typer(help="The alliance's mode, by its members' vote.", no_args_is_help=True)

Instant = Annotated[datetime | None, typer.Option("--at", help="At that time in UTC; now if none.")]
Author = Annotated[str | None, typer.Option("--author", help="Who votes, as the record shall say.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the vote.")]
ClientOption = Annotated[
    str, typer.Option("--client", help="The client you speak for, such as `kr-mfds`.")
]

_COMMAND_LINE = "command line"


@app.command()
def show(at: Instant = None, state: State = None) -> None:
    """Say which mode is in force, and which votes stand."""
    settings = settings_for(state)
    rules = _rules(settings)

    async def read() -> tuple[InForceMode, tuple[ModeHappening, ...]]:
        async with _open(settings) as connection:
            found = await mode_in_force(connection, at.replace(tzinfo=UTC) if at else None)
            return found, () if at else await standing_votes(connection, rules)

    found, votes = asyncio.run(read())
    print(_mode(found))
    for each in votes:
        print(_line(each))
    if votes:
        print(f"{rules.quorum} votes for one mode within {rules.window_days} days change it")


@app.command()
def vote(
    mode: Annotated[Mode, typer.Argument(help="`routine` ends another one early.")],
    *,
    client: ClientOption,
    reason: Reason,
    until: Annotated[
        datetime | None, typer.Option("--until", help="When it shall end at the latest, in UTC.")
    ] = None,
    author: Author = None,
    state: State = None,
) -> None:
    """Vote for a mode, in place of the member's vote that stood."""
    ballot = Ballot(mode, until.replace(tzinfo=UTC) if until else None, reason)

    settings = settings_for(state)

    async def cast() -> InForceMode:
        async with _open(settings) as connection:
            voter = await _voter(connection, client, author)
            return await cast_vote(connection, voter, ballot, _rules(settings))

    print(_mode(asyncio.run(cast())))


@app.command()
def withdraw(
    client: ClientOption, reason: Reason, author: Author = None, state: State = None
) -> None:
    """Take the member's standing vote back."""
    settings = settings_for(state)

    async def take_back() -> None:
        async with _open(settings) as connection:
            voter = await _voter(connection, client, author)
            await withdraw_vote(connection, voter, reason, _rules(settings))

    asyncio.run(take_back())
    print("the vote is withdrawn")


@app.command()
def history(
    first: Annotated[int, typer.Option("--first", help="How many, the newest first.")] = 50,
    state: State = None,
) -> None:
    """List votes, withdrawals and changes."""

    async def read() -> list[ModeHappening]:
        async with _open(settings_for(state)) as connection:
            return await read_history(connection, first=first)

    for event in asyncio.run(read()):
        print(_line(event))


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[AsyncConnection]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        yield connection


async def _voter(connection: AsyncConnection, client: str, author: str | None) -> Caller:
    caller = caller_of(await find(connection, client), Purpose.SHORTAGE_RESPONSE)
    return replace(caller, issuer=_COMMAND_LINE, subject=author or client)


def _rules(settings: Settings) -> VotingRules:
    return VotingRules(quorum=settings.mode_quorum)


def _mode(found: InForceMode) -> str:
    since = f" since {found.since:%Y-%m-%d %H:%M}" if found.since else ""
    until = f", until {found.until:%Y-%m-%d %H:%M}" if found.until else ""
    return f"the alliance is in {found.mode} mode{since}{until}"


def _line(event: ModeHappening) -> str:
    return f"{event.at:%Y-%m-%d %H:%M} {' '.join(_words(event))}: {event.reason}"


def _words(event: ModeHappening) -> Iterator[str]:
    match event.step:
        case ModeStep.VOTED:
            yield f"{event.member} votes for {event.mode}"
        case ModeStep.WITHDREW:
            yield f"{event.member} withdraws its vote"
        case _:
            yield f"{event.mode} is in force"
    if event.until:
        yield f"until {event.until:%Y-%m-%d %H:%M}"
    if event.counted:
        yield f"by the votes of {', '.join(event.counted)}"
    if event.actor:
        yield f"({event.actor.subject}, {event.actor.client})"
