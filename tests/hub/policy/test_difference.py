"""For whom and where two sets differ: by origin, level, audience and what is given back."""

from datetime import UTC, date, datetime

import pytest

from federation.records.declaration import Group
from hub.policy.difference import differences
from hub.policy.expression import FALSE
from hub.policy.principals import Mode
from hub.policy.schema import Level
from hub.policy.wording import worded

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def differ(admitted):
    """Compare two lists of agreements."""

    def run(old, new, *, baseline="", at=NOW, mode=Mode.ROUTINE):
        return differences(admitted(baseline, *old), admitted(baseline, *new), at=at, mode=mode)

    return run


def told(found):
    """What changes: whose records, which group and level, from what to what."""
    return {
        (each.record_type, each.origin, one.group, one.level, one.limit): (
            worded(one.old),
            worded(one.new),
        )
        for each in found.found
        for one in each.changes
    }


def members(found):
    return [[audience.member for audience in each.audiences] for each in found.found]


def test_new_agreement_opens_its_owners_records_to_its_recipients(differ, agreement):
    new = agreement(recipients={"members": ["KR", "US"]}, purposes=["exercise"])
    found = differ([], [new])
    assert told(found) == {
        ("SupplyNotice", "JP", Group.PUBLIC, Level.READ, None): ("for no row", "origin is JP")
    }
    [[kr, us]] = [each.audiences for each in found.found]
    assert (kr.member, us.member) == ("KR", "US")
    assert (kr.roles, kr.purposes, kr.organisation) == (("agency", "regulator"), ("exercise",), "")
    assert found.is_whole


def test_what_stays_closed_in_the_new_set_is_no_change(differ, agreement):
    opened = agreement()
    assert differ([opened], [opened]).found == ()
    shut = 'forbid (principal, action in Action::"read", resource);'
    baseline = f'@id("baseline/shut") {shut}'
    assert differ([], [opened], baseline=baseline).found == ()


def test_conditions_are_said_for_the_origin_that_changes_alone(differ, agreement):
    other = agreement(id="kr-notices", owner="KR")
    late = agreement(embargo_days=7)
    found = differ([other, agreement()], [other, late])
    assert [*told(found).values()] == [("origin is JP", "origin is JP and ageDays is at least 7")]


def test_row_that_is_not_seen_shows_no_group(differ, agreement):
    plans = agreement(share=[{"records": ["SupplyNotice"], "groups": ["operational"]}])
    assert differ([], [plans]).found == ()
    both = agreement(id="jp-rows"), plans
    found = told(differ([plans], both))
    assert {group for _, _, group, *_ in found} == {Group.PUBLIC, Group.OPERATIONAL}


def test_coarser_step_takes_what_is_finer(differ, agreement):
    def stocks(**how):
        shares = [
            {"records": ["StockReport"], "groups": ["public"]},
            {"records": ["StockReport"], "groups": ["commercial"], **how},
        ]
        return [agreement(id="jp-stocks", share=shares)]

    found = told(differ(stocks(rounded_to=10), stocks(rounded_to=1000)))
    place = "StockReport", "JP", Group.COMMERCIAL
    assert found == {(*place, Level.ROUND, 10): ("origin is JP", "for no row")}
    found = told(differ(stocks(), stocks(aggregates_only={"smallest_cell": 5})))
    assert found == {(*place, Level.READ, None): ("origin is JP", "for no row")}
    found = told(
        differ(
            stocks(aggregates_only={"smallest_cell": 5}),
            stocks(aggregates_only={"smallest_cell": 3}),
        )
    )
    assert found == {(*place, Level.COUNT, 3): ("for no row", "origin is JP")}


def test_reciprocal_share_of_another_changes_with_what_is_given_back(differ, agreement):
    share = [{"records": ["SupplyNotice"], "groups": ["public"], "reciprocal": True}]
    mutual = agreement(share=share, recipients={"members": ["KR"]})
    back = agreement(id="kr-notices", owner="KR", recipients={"members": ["JP"]})
    assert differ([], [mutual]).found == ()
    found = differ([mutual], [mutual, back])
    assert {(each.origin, *who) for each, who in zip(found.found, members(found), strict=True)} == {
        ("JP", "KR"),
        ("KR", "JP"),
    }


def test_agreement_changes_something_on_its_days_and_in_its_modes_alone(differ, agreement):
    later = agreement(valid_from=date(2026, 7, 1))
    assert differ([], [later]).found == ()
    assert differ([], [later], at=datetime(2026, 7, 1, tzinfo=UTC)).found
    grave = agreement(modes=["crisis"])
    assert differ([], [grave]).found == ()
    assert differ([], [grave], mode=Mode.CRISIS).found


def test_named_organisation_is_an_audience_of_its_own(differ, agreement):
    new = agreement(recipients={"members": ["KR"], "organisations": ["One"]})
    [[audience]] = [each.audiences for each in differ([], [new]).found]
    assert (audience.member, audience.organisation) == ("KR", "One")


def test_annex_by_part_of_an_organisations_name_is_owned_up_to(differ, agreement):
    text = """@id("some") permit (principal, action == Action::"read:SupplyNotice.public", resource)
    when { principal.organisation like "One*" };"""
    found = differ([], [agreement(share=[], annex=text)])
    assert not found.is_whole


def test_a_baselines_change_is_told_for_every_origin(admitted):
    opener = '@id("baseline/all") permit (principal, action in Action::"read", resource);'
    found = differences(admitted(""), admitted(opener), at=NOW, mode=Mode.ROUTINE)
    assert {each.origin for each in found.found} == {"KR", "US", "JP", "IN", "EU", "ALLIANCE"}
    assert all(one.old == FALSE for each in found.found for one in each.changes)
