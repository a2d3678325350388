import json
from datetime import UTC, date, datetime

import pytest
from cedarpy import policies_to_json_str

from federation.records.declaration import Group
from hub.policy.policy_set import FIRST_INSTANT, LAST_INSTANT, Policy, PolicySlice
from hub.policy.schema import Action

PUBLIC, NATIVE = (Action("Product", group) for group in (Group.PUBLIC, Group.NATIVE))


def policy(scope: str, policy_id: str = "p") -> Policy:
    text = f"permit(principal, {scope}, resource);"
    (est,) = json.loads(policies_to_json_str(text))["staticPolicies"].values()
    return Policy.of(policy_id, None, est)


@pytest.mark.parametrize(
    ("scope", "is_public", "is_native"),
    [
        ("action", True, True),
        ('action in Action::"read"', True, True),
        ('action in [Action::"read", Action::"read:Product.public"]', True, True),
        ('action == Action::"read:Product.public"', True, False),
        ('action in Action::"read:Product.public"', True, False),
        ('action in [Action::"read:Product.public", Action::"read:Product.native"]', True, True),
        ("action in []", False, False),
    ],
)
def test_a_policy_covers_the_actions_its_scope_can_hold(scope, is_public, is_native):
    found = policy(scope)
    assert (found.covers(PUBLIC), found.covers(NATIVE)) == (is_public, is_native)


def test_a_slice_keeps_our_ids():
    ids = ["kr-supply/1", 'a"b\\', "é"]
    assert len(PolicySlice.of(policy("action", each) for each in ids).handle) == 3


def test_without_agreements_the_same_is_in_force_forever(admitted):
    found = admitted('@id("baseline/p") permit(principal, action, resource);')
    period = found.period_at(datetime(2026, 1, 1, tzinfo=UTC))
    assert (period.starts_at, period.ends_at) == (FIRST_INSTANT, LAST_INSTANT)
    assert period.policies == found.policies


def test_periods_meet_at_the_bounds_of_agreements(admitted, agreement):
    spring = agreement(valid_from=date(2026, 3, 1), valid_until=date(2026, 5, 31))
    may = agreement(id="may", valid_from=date(2026, 5, 1), valid_until=date(2026, 5, 31))
    found = admitted("", spring, may)
    at = datetime(2026, 1, 15, tzinfo=UTC)
    seen = []
    while at < datetime(2026, 12, 31, tzinfo=UTC):
        period = found.period_at(at)
        seen.append((period.ends_at.date(), [each.id for each in period.policies]))
        assert found.period_at(period.starts_at) == period
        at = period.ends_at
    assert seen[:-1] == [
        (date(2026, 3, 1), []),
        (date(2026, 5, 1), ["jp-notices/1"]),
        (date(2026, 6, 1), ["jp-notices/1", "may/1"]),
    ]
    assert seen[-1][1] == []


def test_each_period_has_its_own_digest(admitted, agreement):
    found = admitted("", agreement(valid_from=date(2026, 3, 1)))
    before, after = (
        found.period_at(datetime(2026, month, 15, tzinfo=UTC)).digest for month in (2, 3)
    )
    assert len({before, after, found.digest}) == 3
