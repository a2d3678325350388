"""Reciprocal shares hold while as much is given back, and fall together."""

from typing import Any

import pytest

from hub.policy.engine import PolicyEngine
from hub.policy.principals import Mode
from hub.policy.reciprocity import balance, given_back

OTHERS = {"KR": "JP", "JP": "KR"}


@pytest.fixture
def gives(agreement):
    """Make an agreement by which KR or JP gives the other its notices."""

    def make(owner: str, *, groups: tuple[str, ...] = ("public",), **share: Any):
        words = {name: share.pop(name) for name in ("modes", "valid_until") if name in share}
        return agreement(
            id=f"{owner.lower()}-gives",
            owner=owner,
            recipients={"members": [OTHERS[owner]]},
            share=[{"records": ["SupplyNotice"], "groups": groups} | share],
            **words,
        )

    return make


def holding(*agreements, mode=Mode.ROUTINE):
    return {(gift.owner, gift.group) for gift in balance(agreements, mode) if gift.holds}


def test_a_gift_that_asks_for_nothing_holds(gives):
    assert holding(gives("KR")) == {("KR", "public")}


def test_a_reciprocal_gift_without_return_does_not_hold(gives):
    assert holding(gives("KR", reciprocal=True)) == set()


def test_two_reciprocal_gifts_hold_each_other_up(gives):
    both = gives("KR", reciprocal=True), gives("JP", reciprocal=True)
    assert holding(*both) == {("KR", "public"), ("JP", "public")}


def test_another_group_is_no_return(gives):
    assert holding(gives("KR", groups=("public", "operational"), reciprocal=True), gives("JP")) == {
        ("KR", "public"),
        ("JP", "public"),
    }


@pytest.mark.parametrize(
    ("given", "returned", "holds"),
    [
        ({}, {"rounded_to": 10}, False),
        ({"rounded_to": 10}, {}, True),
        ({"rounded_to": 10}, {"aggregates_only": {"smallest_cell": 5}}, False),
        ({"aggregates_only": {"smallest_cell": 5}}, {"rounded_to": 10}, True),
    ],
)
def test_a_return_is_as_full_as_the_gift(gives, given, returned, holds):
    groups = ("commercial",)
    gift = gives("KR", groups=groups, reciprocal=True, **given)
    found = holding(gift, gives("JP", groups=groups, **returned))
    assert (("KR", "commercial") in found) is holds


def test_a_return_in_another_mode_is_none_in_this(gives):
    pair = gives("KR", reciprocal=True), gives("JP", modes=("crisis",))
    assert holding(*pair) == set()
    assert holding(*pair, mode=Mode.CRISIS) == {("KR", "public"), ("JP", "public")}


def test_tokens_go_to_the_recipient_alone(gives):
    both = gives("KR", reciprocal=True), gives("JP")
    assert given_back(balance(both, Mode.ROUTINE)) == {"JP": frozenset({"KR:SupplyNotice.public"})}


@pytest.mark.parametrize("is_returned", [True, False])
def test_the_engine_opens_a_reciprocal_share_only_where_it_is_returned(
    gives, admitted, caller, is_returned
):
    returned = [gives("JP")] if is_returned else []
    engine = PolicyEngine(admitted("", gives("KR", reciprocal=True), *returned))
    found = engine.decide(caller("JP")).predicate("SupplyNotice", "public")
    assert found.is_never is not is_returned
    assert engine.decide(caller("US")).predicate("SupplyNotice", "public").is_never


def test_an_ended_return_closes_the_gift(gives, admitted, caller):
    engine = PolicyEngine(admitted("", gives("KR", reciprocal=True), gives("JP")))
    assert not engine.decide(caller("JP")).predicate("SupplyNotice", "public").is_never
    engine.replace(admitted("", gives("KR", reciprocal=True)))
    assert engine.decide(caller("JP")).predicate("SupplyNotice", "public").is_never
