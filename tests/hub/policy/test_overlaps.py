"""Idle shares and annexes that forbid are pointed out; shares that do something are not."""

import pytest

from hub.policy.overlaps import overlaps

NOTICES = {"records": ["SupplyNotice"], "groups": ["public"]}
STOCKS = {"records": ["StockReport"], "groups": ["commercial"]}


@pytest.fixture
def told(admitted, agreement):
    """Say what is pointed out of two agreements of JP, the second with changes."""

    def find(first, second, **changes):
        both = agreement(share=[first]), agreement(id="later", share=[second], **changes)
        return [str(finding) for finding in overlaps(admitted("", *both))]

    return find


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NOTICES, NOTICES),
        (NOTICES, NOTICES | {"where": {"status": ["ONGOING"]}}),
        (NOTICES, NOTICES | {"embargo_days": 3}),
        (NOTICES, NOTICES | {"purposes": ["exercise"]}),
        (NOTICES, NOTICES | {"reciprocal": True}),
        (STOCKS, STOCKS | {"rounded_to": 10}),
        (STOCKS | {"rounded_to": 10}, STOCKS | {"rounded_to": 100}),
        (STOCKS | {"rounded_to": 10}, STOCKS | {"aggregates_only": {"smallest_cell": 5}}),
    ],
)
def test_a_share_that_another_makes_idle_is_pointed_out_once(told, first, second):
    (finding,) = told(first, second)
    assert "agreement `later`: share 1" in finding
    assert "`jp-notices`" in finding


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NOTICES, STOCKS),
        (NOTICES | {"where": {"status": ["ONGOING"]}}, NOTICES | {"where": {"kind": ["SHORTAGE"]}}),
        (NOTICES | {"purposes": ["exercise"]}, NOTICES | {"purposes": ["policy-research"]}),
        (STOCKS | {"rounded_to": 100}, STOCKS | {"where": {"feed": ["a"]}}),
        (NOTICES | {"modes": ["crisis"]}, NOTICES | {"modes": ["routine"]}),
    ],
)
def test_shares_that_each_open_something_are_left_alone(told, first, second):
    assert told(first, second) == []


def test_a_share_to_one_organisation_is_idle_beside_one_to_all(told):
    members = {"recipients": {"members": ["KR"], "organisations": ["MFDS"]}}
    assert len(told(NOTICES, NOTICES, **members)) == 1


def test_an_annex_that_forbids_is_pointed_out(told):
    (finding,) = told(NOTICES, STOCKS, annex='@id("no") forbid(principal, action, resource);')
    assert "later/annex/no" in finding


def test_another_owners_share_is_no_overlap(admitted, agreement):
    both = agreement(share=[NOTICES]), agreement(id="kr-notices", owner="KR", share=[NOTICES])
    assert overlaps(admitted("", *both)) == []
