"""The alliance's mode in GraphQL: which is in force, who voted for what, and voting itself.

Who may vote, and what votes come to, is `hub/agreements/modes.py`'s matter.
"""

from datetime import datetime

import strawberry

from hub.agreements import modes
from hub.agreements.mode_models import ModeStep
from hub.agreements.modes import Ballot, ModeHappening
from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE
from hub.gateway.reading import reading
from hub.policy.principals import Mode

ModeEnum = strawberry.enum(
    Mode, name="AllianceMode", description="The state of alarm that the alliance is in."
)
ModeStepEnum = strawberry.enum(ModeStep, name="ModeStep", description="What happened to the mode.")


@strawberry.type(description="A vote, a withdrawal, a change or the end of a mode.")
class ModeEvent:
    """One thing that happened to the mode."""

    step: ModeStepEnum  # type: ignore[valid-type]
    at: datetime
    mode: ModeEnum | None = strawberry.field(  # type: ignore[valid-type]
        description="Voted for, or in force from then on; null for a withdrawal."
    )
    until: datetime | None
    reason: str
    counted: list[str] = strawberry.field(description="Members whose votes made a change.")
    member: str | None = strawberry.field(description="Null where a mode ended by itself.")
    client: str | None
    subject: str | None

    @classmethod
    def of(cls, event: ModeHappening) -> "ModeEvent":
        """Show what happened."""
        return cls(
            step=event.step,
            at=event.at,
            mode=event.mode,
            until=event.until,
            reason=event.reason,
            counted=list(event.counted),
            member=event.member,
            client=event.actor.client if event.actor else None,
            subject=event.actor.subject if event.actor else None,
        )


@strawberry.type(description="The mode in force, the votes that stand, and what went before.")
class ModeReport:
    """The mode in force, the votes that stand, and what went before."""

    mode: ModeEnum  # type: ignore[valid-type]
    since: datetime | None
    until: datetime | None = strawberry.field(description="When it ends by itself.")
    quorum: int = strawberry.field(description="Members whose votes make a change.")
    window_days: int = strawberry.field(description="How long a vote counts.")
    longest_days: int = strawberry.field(description="How long a mode lasts at most.")
    votes: list[ModeEvent] = strawberry.field(description="Those that count for the next change.")
    events: list[ModeEvent] = strawberry.field(description="The newest first.")


@strawberry.input(description="A vote of your member, in place of the one that stood.")
class ModeVoteInput:
    """A vote."""

    mode: ModeEnum  # type: ignore[valid-type]
    until: datetime | None = strawberry.field(
        default=None, description="When the mode shall end at the latest; not for routine."
    )
    reason: str


@strawberry.input(description="Why the vote is withdrawn.")
class ModeWithdrawalInput:
    """Why the vote is withdrawn."""

    reason: str


async def _modes(info: Info, first: int = DEFAULT_PAGE) -> ModeReport | None:
    rules = info.context.desks.agreements.voting
    async with reading(info.context.pool) as connection:
        current = await modes.mode_in_force(connection)
        votes = await modes.standing_votes(connection, rules)
        events = await modes.history(connection, first=first)
    return ModeReport(
        mode=current.mode,
        since=current.since,
        until=current.until,
        quorum=rules.quorum,
        window_days=rules.window_days,
        longest_days=rules.longest_days,
        votes=list(map(ModeEvent.of, votes)),
        events=list(map(ModeEvent.of, events)),
    )


async def _vote(info: Info, input: ModeVoteInput) -> ModeReport | None:  # noqa: A002 - usual name
    async with reading(info.context.desks.writing) as connection:
        ballot = Ballot(input.mode, input.until, input.reason)
        await modes.vote(
            connection, info.context.caller, ballot, info.context.desks.agreements.voting
        )
    return await _modes(info)


async def _withdraw(
    info: Info,
    input: ModeWithdrawalInput,  # noqa: A002 - GraphQL's usual name
) -> ModeReport | None:
    async with reading(info.context.desks.writing) as connection:
        await modes.withdraw(
            connection, info.context.caller, input.reason, info.context.desks.agreements.voting
        )
    return await _modes(info)


def mode_queries() -> dict[str, object]:
    """Make the root field that tells the mode."""
    return {
        "modes": strawberry.field(
            resolver=_modes, description="The mode in force, the votes, and what went before."
        )
    }


def mode_mutations() -> dict[str, object]:
    """Make the root fields that vote."""
    return {
        "vote_mode": strawberry.mutation(
            resolver=_vote, description="Vote for a mode. For members' regulators."
        ),
        "withdraw_vote": strawberry.mutation(
            resolver=_withdraw, description="Take your member's vote back. For regulators."
        ),
    }
