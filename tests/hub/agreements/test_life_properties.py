"""Whatever is done to an agreement: what is over stays over, and what is held opens nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from hub.agreements.access import sides
from hub.agreements.life import FROM, IN_FORCE, OPEN, STANDING, state_at, stated, timeline
from hub.agreements.types import AgreementState, Event, Step, Version, VersionKey
from hub.identity.trust.actors import Actor
from hub.policy.folder import parse_agreement
from tests.hub.agreements.parties import APPROVER, KR, text

T0 = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACTORS = {"owner": Actor.of(KR), "secretariat": Actor.of(APPROVER)}

LATER = ("REJECTED", "SUSPENDED", "RESUMED", "ENDED")
ONWARD = {
    AgreementState.DRAFT: Step.PROPOSED,
    AgreementState.PROPOSED: Step.RATIFIED,
    AgreementState.RATIFIED: Step.APPROVED,
}
"""The step that None stands for."""

actions = st.lists(
    st.tuples(
        st.sampled_from([None, None, None, *(Step(name) for name in LATER)]),
        st.integers(0, 2),
        st.sampled_from(sorted(ACTORS)),
        st.integers(0, 12),
    ),
    min_size=12,
    max_size=40,
)


@cache
def terms(valid_until: str):
    return parse_agreement(text(more=valid_until), "a test")


def played(happened, lasts: bool) -> tuple[Version, ...]:
    """Play what can be played, one action an hour, on three versions drafted at the start."""
    agreement = terms("" if lasts else "valid_until: 2026-03-01")
    versions = tuple(
        Version(VersionKey("kr-supply", number), agreement, "", "", (), AgreementState.DRAFT)
        for number in (1, 2, 3)
    )
    versions = tuple(
        with_event(each, Step.DRAFTED, "owner", T0 + place * HOUR / 9)
        for place, each in enumerate(versions)
    )
    for place, (chosen, number, actor, wait) in enumerate(happened, 1):
        at = T0 + place * HOUR
        versions = stated(versions, at)
        step = chosen or ONWARD.get(versions[number].state, Step.WITHDRAWN)
        for index in reached_by(step, versions, number):
            due = at + wait * HOUR if step is Step.APPROVED else None
            changed = with_event(versions[index], step, actor, at, due)
            versions = (*versions[:index], changed, *versions[index + 1 :])
    return stated(versions, T0 + 100 * HOUR)


def reached_by(step: Step, versions, number: int) -> list[int]:
    """Find the versions that a step is taken on, as `proceedings` does."""
    if step in {Step.SUSPENDED, Step.RESUMED}:
        return [index for index, each in enumerate(versions) if each.state in FROM[step]]
    if step is Step.ENDED:
        has_standing = any(each.state in STANDING for each in versions)
        return [i for i, each in enumerate(versions) if has_standing and each.state in OPEN]
    is_held = any(each.state is AgreementState.SUSPENDED for each in versions)
    if versions[number].state not in FROM[step] or (step is Step.APPROVED and is_held):
        return []
    return [number]


def with_event(version, step, actor, at, effective_at=None) -> Version:
    number = len(version.events) + 1
    event = Event(number, step, ACTORS[actor], at, "so", effective_at)
    return replace(version, events=(*version.events, event))


def held(version: Version, at: datetime) -> bool:
    """Tell whether a side suspended a version and has not resumed it, read from the end."""
    for actor in ACTORS.values():
        own = [
            event.step
            for event in version.events
            if event.at <= at
            and event.step in {Step.SUSPENDED, Step.RESUMED}
            and sides(event.actor, "KR") == sides(actor, "KR")
        ]
        if own and own[-1] is Step.SUSPENDED:
            return True
    return False


@given(actions, st.booleans())
def test_what_is_over_stays_over_and_what_is_held_or_ended_is_in_no_set(happened, lasts):
    versions = played(happened, lasts)
    over: set[VersionKey] = set()
    for hour in range(60):
        at = T0 + hour * HOUR + HOUR / 2
        states = {each.key: state_at(each, at) for each in versions}
        assert not {key for key in over if states[key] in OPEN}
        over |= {key for key, state in states.items() if state not in OPEN}
        active = [key for key, state in states.items() if state is AgreementState.ACTIVE]
        assert len(active) <= 1
        for each in versions:
            ended = any(e.step is Step.ENDED and e.at <= at for e in each.events)
            if states[each.key] in IN_FORCE:
                assert not held(each, at)
                assert not ended


@given(actions, st.booleans())
def test_set_of_any_later_instant_is_the_one_foreseen_where_nothing_more_happens(happened, lasts):
    versions = played(happened, lasts)
    now = T0 + (len(happened) + 1) * HOUR
    plans = timeline([versions], now)
    assert plans[0][0] == now
    for hour in range(30):
        at = now + hour * HOUR
        foreseen = [members for starts_at, members in plans if starts_at <= at][-1]
        bites = [each.key for each in versions if state_at(each, at) is AgreementState.ACTIVE]
        within = [
            each.key
            for each in foreseen
            if state_at(each, at) is not AgreementState.EXPIRED
            and state_at(each, at) is not AgreementState.APPROVED
        ]
        assert within == bites
