"""Where versions stand, derived from events and the clock alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hub.agreements.access import Side
from hub.agreements.life import (
    FROM,
    remark,
    state_at,
    stated,
    suspended_by,
    timeline,
    validity_findings,
)
from hub.agreements.types import AgreementState, Event, Step, Version, VersionKey
from hub.identity.trust.actors import Actor
from hub.policy.folder import parse_agreement
from tests.hub.agreements.parties import APPROVER, DRAFTER, KR, text

DAY = timedelta(days=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
OWNER, SECRETARIAT = Actor.of(KR), Actor.of(APPROVER)
UNTIL_APPROVAL = [
    (Step.DRAFTED, 0, Actor.of(DRAFTER)),
    (Step.PROPOSED, 1, Actor.of(DRAFTER)),
    (Step.RATIFIED, 2, OWNER),
    (Step.APPROVED, 3, SECRETARIAT),
]


def version(number: int, *happened, name="kr-supply", effective=3.0, more="") -> Version:
    """Make a version; what happened are steps, the days they happened on, and actors."""
    agreement = parse_agreement(text(name, more=more), "a test")
    events = tuple(
        Event(
            number=place,
            step=step,
            actor=actor,
            at=T0 + day * DAY,
            reason="so",
            effective_at=T0 + effective * DAY if step is Step.APPROVED else None,
        )
        for place, (step, day, actor) in enumerate(happened, 1)
    )
    key = VersionKey(name, number)
    return Version(key, agreement, "", "", events, AgreementState.DRAFT)


def states(versions, *days):
    found = stated(versions, T0 + 100 * DAY)
    return [[state_at(each, T0 + day * DAY) for each in found] for day in days]


S = AgreementState


def test_version_stands_where_its_last_step_left_it():
    (found,) = [version(1, *UNTIL_APPROVAL)]
    assert states([found], -1, 0, 1, 2, 3) == [
        [None],
        [S.DRAFT],
        [S.PROPOSED],
        [S.RATIFIED],
        [S.ACTIVE],
    ]


def test_approved_version_waits_for_its_effective_time_and_expires_by_the_clock():
    found = version(1, *UNTIL_APPROVAL, effective=5, more="valid_until: 2026-03-08")
    assert states([found], 4, 5, 7.9, 8) == [[S.APPROVED], [S.ACTIVE], [S.ACTIVE], [S.EXPIRED]]


@pytest.mark.parametrize("step", [Step.REJECTED, Step.WITHDRAWN])
def test_version_that_is_over_stays_so(step):
    found = version(1, *UNTIL_APPROVAL[:3], (step, 3, OWNER))
    assert states([found], 3, 99) == [[S(step.value)]] * 2


def test_newer_version_supersedes_once_it_takes_effect_and_for_good():
    first = version(1, *UNTIL_APPROVAL)
    second = version(2, *UNTIL_APPROVAL, (Step.ENDED, 9, OWNER), effective=6)
    assert states([first, second], 5, 6, 9) == [
        [S.ACTIVE, S.APPROVED],
        [S.SUPERSEDED, S.ACTIVE],
        [S.SUPERSEDED, S.ENDED],
    ]


def test_newer_version_that_ended_before_its_time_supersedes_nothing():
    first = version(1, *UNTIL_APPROVAL)
    second = version(2, *UNTIL_APPROVAL, (Step.ENDED, 5, OWNER), effective=6)
    assert states([first, second], 5, 9) == [[S.ACTIVE, S.ENDED]] * 2


def test_newer_version_that_is_suspended_at_its_time_supersedes_when_it_is_resumed():
    first = version(1, *UNTIL_APPROVAL)
    held = [(Step.SUSPENDED, 5, OWNER), (Step.RESUMED, 8, OWNER)]
    second = version(2, *UNTIL_APPROVAL, *held, effective=6)
    assert states([first, second], 5, 7, 8) == [
        [S.ACTIVE, S.SUSPENDED],
        [S.ACTIVE, S.SUSPENDED],
        [S.SUPERSEDED, S.ACTIVE],
    ]


def test_older_version_is_superseded_even_where_it_was_not_approved_yet():
    first = version(1, *UNTIL_APPROVAL[:3])
    second = version(2, *UNTIL_APPROVAL)
    assert states([first, second], 3) == [[S.SUPERSEDED, S.ACTIVE]]


def test_suspension_of_either_side_holds_until_that_side_lifts_it():
    found = version(
        1,
        *UNTIL_APPROVAL,
        (Step.SUSPENDED, 4, OWNER),
        (Step.SUSPENDED, 5, SECRETARIAT),
        (Step.RESUMED, 6, OWNER),
        (Step.RESUMED, 7, SECRETARIAT),
    )
    assert states([found], 4, 5, 6, 7) == [[S.SUSPENDED]] * 3 + [[S.ACTIVE]]
    assert suspended_by(version(1, *UNTIL_APPROVAL, (Step.SUSPENDED, 4, OWNER))) == {Side.OWNER}


def test_set_is_of_active_versions_and_changes_when_one_takes_anothers_place():
    one = [version(1, *UNTIL_APPROVAL), version(2, *UNTIL_APPROVAL, effective=6)]
    two = [version(1, *UNTIL_APPROVAL, name="kr-waits", effective=50)]
    gone = [version(1, *UNTIL_APPROVAL, (Step.ENDED, 3.5, OWNER), name="kr-gone")]
    held = [version(1, *UNTIL_APPROVAL, (Step.SUSPENDED, 3.5, OWNER), name="kr-held")]
    known = [stated(each, T0 + 4 * DAY) for each in (one, two, gone, held)]
    found = [
        (at, [str(member.key) for member in members])
        for at, members in timeline(known, T0 + 4 * DAY)
    ]
    assert found == [
        (T0 + 4 * DAY, ["kr-supply@1", "kr-waits@1"]),
        (T0 + 6 * DAY, ["kr-supply@2", "kr-waits@1"]),
    ]


def test_validity_that_ended_is_found_and_one_that_began_is_remarked():
    over = parse_agreement(text(more="valid_until: 2026-03-01"), "a test")
    assert [*validity_findings(over, T0 + DAY)] != []
    assert [*validity_findings(over, T0 + 0.9 * DAY)] == []
    assert date(2026, 1, 1) == over.valid_from
    at_once = version(1, *UNTIL_APPROVAL)
    assert remark(at_once) == "in force at once: its valid_from, 2026-01-01, had begun"
    assert (
        remark(version(1, *UNTIL_APPROVAL, effective=5)) == "takes effect on 2026-03-06 00:00 UTC"
    )
    assert remark(version(1)) == ""


def test_every_step_but_the_draft_says_from_where_it_can_be_taken():
    assert FROM.keys() == set(Step) - {Step.DRAFTED}
