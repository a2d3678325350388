"""The life of a version, derived from its events and the clock. Pure: nothing is read or written.

draft → proposed → ratified → approved → active → suspended, ended, expired or superseded; rejected
or withdrawn before it is approved. Start reading at `state_at`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from hub.agreements.access import SIDES, Side, sides
from hub.agreements.types import AgreementState, Event, Step, Version
from hub.errors import Conflict
from hub.policy.agreement import Agreement
from hub.policy.findings import Finding

_BEFORE_APPROVAL: Mapping[Step, AgreementState] = {
    Step.DRAFTED: AgreementState.DRAFT,
    Step.PROPOSED: AgreementState.PROPOSED,
    Step.RATIFIED: AgreementState.RATIFIED,
}
_FOR_GOOD: Mapping[Step, AgreementState] = {
    Step.REJECTED: AgreementState.REJECTED,
    Step.WITHDRAWN: AgreementState.WITHDRAWN,
    Step.ENDED: AgreementState.ENDED,
}

IN_FORCE = frozenset({AgreementState.APPROVED, AgreementState.ACTIVE})
"""States of versions that belong to the set: one that waits opens nothing before its time."""

STANDING = IN_FORCE | {AgreementState.SUSPENDED}
"""States of versions that were approved and are not over."""

OPEN = STANDING | frozenset(_BEFORE_APPROVAL.values())
"""States of versions that are not over."""

FROM: Mapping[Step, frozenset[AgreementState]] = {
    Step.PROPOSED: frozenset({AgreementState.DRAFT}),
    Step.RATIFIED: frozenset({AgreementState.PROPOSED}),
    Step.APPROVED: frozenset({AgreementState.RATIFIED}),
    Step.REJECTED: frozenset({AgreementState.PROPOSED, AgreementState.RATIFIED}),
    Step.WITHDRAWN: frozenset(_BEFORE_APPROVAL.values()),
    Step.SUSPENDED: STANDING,
    Step.RESUMED: frozenset({AgreementState.SUSPENDED}),
    Step.ENDED: STANDING,
}
"""The states in which a step can be taken."""


def state_at(version: Version, at: datetime) -> AgreementState | None:
    """Derive where a version stood, stands or will stand; None before it was drafted."""
    events = [event for event in version.events if event.at <= at]
    if not events:
        return None
    last = events[-1].step
    if last in _FOR_GOOD:
        return _FOR_GOOD[last]
    if version.superseded_at and version.superseded_at <= at:
        return AgreementState.SUPERSEDED
    return _BEFORE_APPROVAL.get(last) or _state_once_approved(version, events, at)


def _state_once_approved(version: Version, events: Sequence[Event], at: datetime) -> AgreementState:
    if version.agreement.ends_at <= at:
        return AgreementState.EXPIRED
    if _held_by(events, version.owner):
        return AgreementState.SUSPENDED
    due = _takes_effect_at(events, version.owner)
    return AgreementState.ACTIVE if due and due <= at else AgreementState.APPROVED


def suspended_by(version: Version) -> frozenset[Side]:
    """Find the sides whose suspension stands: the owner, the secretariat, or both."""
    return _held_by(version.events, version.owner)


_HOLDERS = frozenset(SIDES[Step.SUSPENDED])


def _held_by(events: Iterable[Event], owner: str) -> frozenset[Side]:
    held: frozenset[Side] = frozenset()
    for event in events:
        if event.step is Step.SUSPENDED:
            held |= sides(event.actor, owner) & _HOLDERS
        elif event.step is Step.RESUMED:
            held -= sides(event.actor, owner)
    return held


def _takes_effect_at(events: Sequence[Event], owner: str) -> datetime | None:
    """Find when a version first bites: at its effective time, or when resumed after it."""
    due: datetime | None = None
    is_held = False
    for count, event in enumerate(events, 1):
        if due and due < event.at and not is_held:
            break
        is_held = bool(_held_by(events[:count], owner))
        if event.step is Step.APPROVED:
            due = event.effective_at
        elif event.step is Step.RESUMED and due:
            due = max(due, event.at)
        elif event.step is Step.ENDED:
            return None
    return None if is_held else due


def with_successors(versions: Sequence[Version]) -> tuple[Version, ...]:
    """Say of each of an agreement's versions when a newer one takes its place."""
    found: list[Version] = []
    superseded_at: datetime | None = None
    for version in reversed(versions):
        found.append(replace(version, superseded_at=superseded_at))
        if starts_at := _takes_effect_at(version.events, version.owner):
            superseded_at = min(superseded_at or starts_at, starts_at)
    return tuple(reversed(found))


def stated(versions: Sequence[Version], now: datetime) -> tuple[Version, ...]:
    """Derive where an agreement's versions stand, from their events."""
    return tuple(
        replace(each, state=state_at(each, now) or each.state) for each in with_successors(versions)
    )


def timeline(
    agreements: Iterable[Sequence[Version]], now: datetime
) -> list[tuple[datetime, tuple[Version, ...]]]:
    """Say which versions make the set from now on, and from each instant that changes them.

    At most one version of an agreement is in a set: the active one, or one that waits.
    """
    known = [*agreements]
    turns = {
        version.superseded_at
        for versions in known
        for version in versions
        if version.superseded_at and version.superseded_at > now
    }
    plans = [(at, tuple(_members_at(known, at))) for at in sorted({now, *turns})]
    return [next(same) for _, same in groupby(plans, key=itemgetter(1))]


def _members_at(agreements: Iterable[Sequence[Version]], at: datetime) -> Iterator[Version]:
    for versions in agreements:
        states = [state_at(version, at) for version in versions]
        for state in (AgreementState.ACTIVE, AgreementState.APPROVED):
            if state in states:
                yield versions[states.index(state)]
                break


def check_step(version: Version, step: Step) -> None:
    """Check that a step can follow on where a version stands.

    Raises:
        Conflict: it can't, code `WRONG_STATE`; says who may do what instead.
    """
    if version.state not in FROM[step]:
        raise Conflict(
            f"`{version.key}` is {version.state.lower()} and can't be {step.lower()}: "
            f"{_next_steps(version.state)}",
            code="WRONG_STATE",
        )


def _next_steps(state: AgreementState) -> str:
    steps = [step for step, states in FROM.items() if state in states]
    if not steps:
        return "its life is over, draft a new version"
    words = (f"{step.lower()} by {' or '.join(SIDES[step])}" for step in steps)
    return f"it can be {', or '.join(words)}"


def validity_findings(agreement: Agreement, now: datetime) -> Iterator[Finding]:
    """Find what is wrong with an agreement's days."""
    if agreement.ends_at <= now:
        yield Finding(
            f"agreement `{agreement.id}`: valid_until",
            f"was {agreement.valid_until}, which is over",
            "draft it with a later day",
        )


def effective_from(version: Version, now: datetime) -> datetime:
    """Find when a version approved now takes effect: at once, where its first day has begun."""
    return max(version.agreement.starts_at, now)


def remark(version: Version) -> str:
    """Say what an approval meant for the day an agreement named."""
    approval = version.last(Step.APPROVED)
    if approval is None or approval.effective_at is None:
        return ""
    if approval.effective_at > approval.at:
        return f"takes effect on {approval.effective_at:%Y-%m-%d %H:%M} UTC"
    return f"in force at once: its valid_from, {version.agreement.valid_from}, had begun"
