"""The alliance's mode: routine until enough members vote for another, and routine again after it.

Each member has one voice, whoever of its regulators speaks, and its last vote is the one that
stands. A change takes as many votes as `VotingRules` say, cast within its window; the votes that
made it are spent. Votes and changes are events; everything else is derived from them. Start
reading at `vote`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier, Literal

from hub.agreements.mode_models import ModeStep
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.trust.actors import Actor
from hub.identity.types import Caller, Role
from hub.policy.principals import MEMBERS, Mode
from hub.reason import checked_reason

CHANNEL = "policy_changed"
"""What gateways listen to."""

MOST_READ = 500
"""Most events that one reading of the history gives."""

_VOTE_LOCK = 7_214_003
"""Advisory lock of whoever is voting; any fixed number of the hub's own."""


@dataclass(frozen=True, slots=True)
class VotingRules:
    """How many members make a change, within how many days, and for how long at most."""

    quorum: int = 3
    window_days: int = 7
    longest_days: int = 90


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it is handed in; one for routine has no `until`."""

    mode: Mode
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class InForceMode:
    """A mode, since when, and when it ends by itself; `since` is None where it never changed."""

    mode: Mode
    until: datetime | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ModeHappening:
    """A vote, a withdrawal, a change or an expiry, as `mode_models.ModeEvent` keeps it."""

    step: ModeStep
    at: datetime
    mode: Mode | None
    until: datetime | None
    reason: str
    counted: tuple[str, ...] = ()
    actor: Actor | None = None

    @property
    def member(self) -> str | None:
        """Whose vote it is."""
        return self.actor.member if self.actor else None


async def vote(
    connection: AsyncConnection, caller: Caller, ballot: Ballot, rules: VotingRules
) -> InForceMode:
    """Vote, in place of the member's vote that stood; give the mode in force after it.

    A vote for routine is one for an early end. A change lasts until the earliest instant that one
    of its votes names.

    Raises:
        Forbidden: the caller is no regulator of a member, code `NOT_A_VOTER`.
        InvalidInput: no reason, or an `until` that can't be.
        Conflict: the vote is for routine, and that is the mode, code `MODE_IN_FORCE`.
    """
    actor = _voter(caller)
    now = await _begin(connection)
    _check_until(ballot, now, rules)
    current = await mode_in_force(connection)
    if ballot.mode is current.mode is Mode.ROUTINE:
        raise Conflict(
            f"the mode is `{Mode.ROUTINE}` already: withdraw your vote for another instead",
            code="MODE_IN_FORCE",
        )
    mode, reason = ballot.mode, checked_reason(ballot.reason)
    cast = ModeHappening(ModeStep.VOTED, now, mode, ballot.until, reason, actor=actor)
    await _keep(connection, cast)
    alike = [each for each in await standing_votes(connection, rules) if each.mode is mode]
    if len(alike) < rules.quorum:
        return current
    change = replace(
        cast,
        step=ModeStep.CHANGED,
        at=now + timedelta(milliseconds=1),
        until=min((each.until for each in alike if each.until), default=None),
        counted=tuple(sorted(str(each.member) for each in alike)),
    )
    await _keep(connection, change)
    return InForceMode(mode, change.until, change.at)


async def withdraw(
    connection: AsyncConnection, caller: Caller, reason: str, rules: VotingRules
) -> None:
    """Take the member's standing vote back.

    Raises:
        Forbidden: the caller is no regulator of a member.
        InvalidInput: no reason.
        Conflict: no vote of the member stands, code `NO_VOTE`.
    """
    actor = _voter(caller)
    now = await _begin(connection)
    if actor.member not in {each.member for each in await standing_votes(connection, rules)}:
        raise Conflict(
            f"no vote of {actor.member} stands: to end a mode that is in force, vote for "
            f"`{Mode.ROUTINE}`",
            code="NO_VOTE",
        )
    await _keep(
        connection,
        ModeHappening(ModeStep.WITHDREW, now, None, None, checked_reason(reason), actor=actor),
    )


async def expire(connection: AsyncConnection) -> bool:
    """Write down that a mode has ended by itself, if one has; say whether that is so.

    It ends whether this runs or not. Once it is written down, no clock that steps back revives it.
    """
    await connection.execute(SQL("SELECT pg_advisory_xact_lock({})").format(Literal(_VOTE_LOCK)))
    changed = await _read(connection, _CHANGES, 1)
    if not changed or changed[0].until is None or await _now(connection) < changed[0].until:
        return False
    text = f"{changed[0].mode} ended as it was voted"
    await _keep(
        connection,
        ModeHappening(ModeStep.EXPIRED, changed[0].until, Mode.ROUTINE, None, text),
    )
    return True


async def mode_in_force(connection: AsyncConnection, at: datetime | None = None) -> InForceMode:
    """Read the mode in force, now or at an instant.

    The present is the database's clock, and never earlier than the last event.
    """
    when = at or await _now(connection)
    found = await _read(connection, SQL("{} AND at <= {}").format(_CHANGES, Literal(when)), 1)
    if not found or found[0].mode is None:
        return InForceMode(Mode.ROUTINE, None, None)
    (change,) = found
    if change.until and change.until <= when:
        return InForceMode(Mode.ROUTINE, None, change.until)
    return InForceMode(found[0].mode, change.until, change.at)


async def standing_votes(
    connection: AsyncConnection, rules: VotingRules
) -> tuple[ModeHappening, ...]:
    """Read each member's vote that counts towards the next change, the newest first."""
    now = await _now(connection)
    current = await mode_in_force(connection)
    since = SQL(
        "step IN ('VOTED', 'WITHDREW') AND at > {} AND at > coalesce((SELECT max(at) "
        "FROM mode_event WHERE step = 'CHANGED'), '-infinity')"
    ).format(Literal(now - timedelta(days=rules.window_days)))
    last: dict[str | None, ModeHappening] = {}
    for event in await _read(connection, since):
        last.setdefault(event.member, event)
    return tuple(
        event
        for event in last.values()
        if event.mode and (event.until > now if event.until else current.mode is not Mode.ROUTINE)
    )


async def history(connection: AsyncConnection, *, first: int = 50) -> list[ModeHappening]:
    """Read what happened, the newest first.

    Raises:
        InvalidInput: `first` is none of 1 to `MOST_READ`.
    """
    if not 1 <= first <= MOST_READ:
        raise InvalidInput(f"`first` is {first}: ask for 1 to {MOST_READ}", code="PAGE_SIZE")
    return await _read(connection, SQL("true"), first)


def _voter(caller: Caller) -> Actor:
    if Role.REGULATOR not in caller.roles or caller.member not in MEMBERS:
        raise Forbidden(
            "members' regulators vote on the mode: ask with a client of the role `regulator`",
            code="NOT_A_VOTER",
        )
    return Actor.of(caller)


def _check_until(ballot: Ballot, now: datetime, rules: VotingRules) -> None:
    until = ballot.until
    if ballot.mode is Mode.ROUTINE:
        if until is not None:
            raise InvalidInput("routine has no end: leave `until` out of a vote for it")
        return
    latest = now + timedelta(days=rules.longest_days)
    if until is None or until.tzinfo is None or not now < until <= latest:
        raise InvalidInput(
            f"`until` is `{until}`: name an instant with its time zone, later than now and at "
            f"most {rules.longest_days} days ahead, {latest:%Y-%m-%dT%H:%MZ}"
        )


async def _begin(connection: AsyncConnection) -> datetime:
    """Take the turn to vote until the transaction ends, and give the instant of what follows."""
    await expire(connection)
    return await _instant(
        connection, SQL("greatest({}, (SELECT max(at) + interval '1 ms' FROM mode_event))")
    )


async def _now(connection: AsyncConnection) -> datetime:
    return await _instant(connection, SQL("greatest({}, (SELECT max(at) FROM mode_event))"))


async def _instant(connection: AsyncConnection, expression: SQL) -> datetime:
    clock = SQL("date_trunc('milliseconds', clock_timestamp())")
    cursor = await connection.execute(SQL("SELECT {}").format(expression.format(clock)))
    row = await cursor.fetchone()
    if row is None or not isinstance(row[0], datetime):
        raise AssertionError("a SELECT of an instant returned none")
    return row[0]


_CHANGES = SQL("step IN ('CHANGED', 'EXPIRED')")
_ACTOR = [each.name for each in fields(Actor)]
_COLUMNS = ["step", "at", "mode", "until", "reason", "counted", *_ACTOR]


async def _read(
    connection: AsyncConnection, wanted: Composable, first: int | None = None
) -> list[ModeHappening]:
    statement = SQL("SELECT {} FROM mode_event WHERE {} ORDER BY id DESC LIMIT {}").format(
        SQL(", ").join(map(Identifier, _COLUMNS)), wanted, Literal(first)
    )
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement)
        return [_happening(row) for row in await cursor.fetchall()]


def _happening(row: Mapping[str, Any]) -> ModeHappening:
    actor = {name: row[name] for name in _ACTOR}
    return ModeHappening(
        step=ModeStep(row["step"]),
        at=row["at"],
        mode=Mode(row["mode"]) if row["mode"] else None,
        until=row["until"],
        reason=row["reason"],
        counted=tuple(row["counted"]),
        actor=Actor(**actor | {"roles": frozenset(map(Role, actor["roles"]))})
        if row["member"]
        else None,
    )


async def _keep(connection: AsyncConnection, event: ModeHappening) -> None:
    """Append an event; gateways hear of changes when the transaction is committed."""
    actor = event.actor
    values: dict[str, Any] = {
        "step": event.step.value,
        "at": event.at,
        "mode": event.mode and event.mode.value,
        "until": event.until,
        "reason": event.reason,
        "counted": list(event.counted),
    } | {name: getattr(actor, name) for name in _ACTOR if actor}
    if actor:
        values["roles"] = sorted(actor.roles)
    statement = SQL("INSERT INTO mode_event ({}) VALUES ({})").format(
        SQL(", ").join(map(Identifier, values)), SQL(", ").join(map(Literal, values.values()))
    )
    await connection.execute(statement)
    if event.step in {ModeStep.CHANGED, ModeStep.EXPIRED}:
        await connection.execute(SQL("SELECT pg_notify({}, '')").format(Literal(CHANNEL)))
