"""`hub policy mode`: the alliance's mode, and its members' votes.

A vote speaks for a registered client, which must be a regulator of a member.
"""

from collections.abc import Iterator
from dataclasses import asdict
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
from hub.cli.desk import as_client, in_transaction
from hub.cli.options import Author, ClientOption, Json, Reason, State, settings_for
from hub.cli.printing import print_json, print_lines
from hub.identity.types import Caller
from hub.policy.principals import Mode

app = typer.Typer(help="The alliance's mode, by its members' vote.", no_args_is_help=True)

Instant = Annotated[datetime | None, typer.Option("--at", help="At that time in UTC; now if none.")]


@app.command()
def show(at: Instant = None, *, json: Json = False, state: State = None) -> None:
    """Say which mode is in force, and which votes stand.

    Example: hub policy mode show
    """
    rules = _rules(state)

    async def read(
        connection: AsyncConnection,
    ) -> tuple[InForceMode, tuple[ModeHappening, ...]]:
        found = await mode_in_force(connection, at.replace(tzinfo=UTC) if at else None)
        return found, () if at else await standing_votes(connection, rules)

    found, votes = in_transaction(state, read)
    if json:
        print_json(asdict(found) | {"votes": votes, "quorum": rules.quorum})
        return
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
    """Vote for a mode, in place of the member's vote that stood.

    Example: hub policy mode vote crisis --until 2026-12-31 --client kr-mfds --reason "a flood"
    """
    ballot = Ballot(mode, until.replace(tzinfo=UTC) if until else None, reason)

    async def cast(connection: AsyncConnection, voter: Caller) -> InForceMode:
        return await cast_vote(connection, voter, ballot, _rules(state))

    print(_mode(as_client(state, client, author, cast)))


@app.command()
def withdraw(
    client: ClientOption, reason: Reason, author: Author = None, state: State = None
) -> None:
    """Take the member's standing vote back.

    Example: hub policy mode withdraw --client kr-mfds --reason "it passed"
    """

    async def take_back(connection: AsyncConnection, voter: Caller) -> None:
        await withdraw_vote(connection, voter, reason, _rules(state))

    as_client(state, client, author, take_back)
    print("the vote is withdrawn")


@app.command()
def history(
    first: Annotated[int, typer.Option("--first", help="How many, the newest first.")] = 50,
    json: Json = False,
    state: State = None,
) -> None:
    """List votes, withdrawals and changes.

    Example: hub policy mode history --first 5
    """
    found = in_transaction(state, lambda connection: read_history(connection, first=first))
    if json:
        print_json(*found)
        return
    print_lines(
        map(_line, found),
        none="nobody voted yet, so the alliance is in routine mode: `hub policy mode vote` votes",
    )


def _rules(state: State) -> VotingRules:
    return VotingRules(quorum=settings_for(state).mode_quorum)


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
