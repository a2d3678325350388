"""Which callers policies treat alike: as many as possible, and never two whose decisions differ."""

import random

import pytest

from federation.records.declaration import Group
from hub.policy.audiences import Audience, Callers, audiences
from hub.policy.engine import load_policies
from hub.policy.examination import Document, examine
from hub.policy.policy_set import PolicySlice
from hub.policy.predicate import predicate_of
from hub.policy.principals import Mode, PrincipalClass
from hub.policy.residual import Evaluator
from hub.policy.schema import ALLIANCE, Action

ACTION = Action("SupplyNotice", Group.PUBLIC)

TESTS = [
    'principal.member == "KR"',
    "resource.origin == principal.member",
    '["shortage-response", "exercise"].contains(context.purpose)',
    'context.purpose == "exercise"',
    'context.purpose != "policy-research"',
    'context.purpose like "s*"',
    "context.purpose == resource.feed",
    'principal.roles.containsAny(["regulator", "secretariat"])',
    'principal.roles.containsAll(["regulator", "agency"])',
    'principal.roles.contains("agency")',
    '["regulator"].containsAll(principal.roles)',
    'principal.roles == ["agency"]',
    'principal.organisation == "One"',
    '["One", "Two"].contains(principal.organisation)',
    "context.senderConstrained",
    'resource.status == "ONGOING"',
]


def policies_of(*texts):
    joined = "\n".join(
        f'@id("baseline/p{number}") permit(principal, action == {ACTION.uid}, resource) '
        f"when {{ {text} }};"
        for number, text in enumerate(texts)
    )
    return examine([Document("baseline", joined)])


def condition(policies, principal):
    chosen = PolicySlice.of(policies)
    return predicate_of(Evaluator(ALLIANCE, principal).residuals(ACTION, chosen)).condition


@pytest.mark.parametrize("seed", range(25))
def test_those_together_get_the_same_decisions(seed):
    pick = random.Random(seed)
    texts = [
        pick.choice(["({}) && ({})", "({}) || ({})", "!({}) && ({})"]).format(
            *pick.sample(TESTS, 2)
        )
        for _ in range(pick.randint(1, 3))
    ]
    policies = policies_of(*texts)
    for alike in Callers(policies).classes(Mode.ROUTINE):
        first, *others = {condition(policies, each) for each in alike}
        assert not others, (texts, first)


def test_committed_policies_tell_few_classes_apart(policies_folder):
    policies = load_policies(policies_folder).policies
    found = [*Callers(policies).classes(Mode.CRISIS)]
    assert len(found) < sum(map(len, found)) / 3
    assert {each.mode for alike in found for each in alike} == {Mode.CRISIS}


def test_organisations_are_those_that_policies_name():
    callers = Callers(policies_of('principal.organisation == "One"'))
    named = {each.organisation for alike in callers.classes(Mode.ROUTINE) for each in alike}
    assert named == {"", "One"}
    assert callers.is_whole


@pytest.mark.parametrize(
    "text", ['principal.organisation like "One*"', "principal.organisation == resource.feed"]
)
def test_organisations_past_listing_are_owned_up_to(text):
    assert not Callers(policies_of(text)).is_whole


def test_bound_tokens_are_told_apart_where_a_policy_asks():
    asked = Callers(policies_of("context.senderConstrained")).classes(Mode.ROUTINE)
    assert {each.sender_constrained for alike in asked for each in alike} == {False, True}
    others = Callers(policies_of("true")).classes(Mode.ROUTINE)
    assert {each.sender_constrained for alike in others for each in alike} == {False}


def one(purpose, *roles) -> PrincipalClass:
    return PrincipalClass("KR", "", frozenset(roles), purpose, sender_constrained=False)


def test_audiences_are_joined_over_purposes_and_roles():
    classes = [
        one("a", "regulator"),
        one("b", "regulator"),
        one("a", "agency"),
        one("b", "agency"),
        one("a", "agency", "regulator"),
        one("b", "agency", "regulator"),
    ]
    assert [*audiences(classes)] == [Audience("KR", "", False, ("regulator", "agency"), ("a", "b"))]


def test_roles_that_must_be_held_together_are_said_so():
    assert [*audiences([one("a", "agency", "regulator")])] == [
        Audience("KR", "", False, ("agency and regulator",), ("a",))
    ]


def test_audiences_that_are_no_rectangle_stay_apart():
    found = [*audiences([one("a", "regulator"), one("b", "agency")])]
    assert [(each.roles, each.purposes) for each in found] == [
        (("regulator",), ("a",)),
        (("agency",), ("b",)),
    ]
