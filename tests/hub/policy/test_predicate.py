from hub.policy.expression import FALSE, TRUE, all_of, at_least, negation, one_of
from hub.policy.predicate import NEVER, predicate_of
from hub.policy.residual import Residuals
from hub.policy.schema import ALLIANCE

attributes = ALLIANCE.resources["SupplyNotice"].attributes
KOREAN = one_of(attributes["origin"], ("KR",))
DRAFT = one_of(attributes["status"], ("DRAFT",))


def test_one_permit_opens_and_any_forbid_closes():
    found = predicate_of(Residuals({"a/1": KOREAN}, {"b/1": DRAFT}))
    assert found.condition == all_of((KOREAN, negation(DRAFT)))
    assert found.agreements == ("a/1",)


def test_a_forbid_of_everything_leaves_nothing_and_names_nobody():
    assert predicate_of(Residuals({"a/1": TRUE}, {"b/1": TRUE})) == NEVER


def test_forbids_alone_leave_nothing():
    assert predicate_of(Residuals({}, {"b/1": FALSE})) == NEVER


def test_only_policies_that_can_open_a_row_are_named():
    found = predicate_of(Residuals({"a/1": FALSE, "b/1": KOREAN, "c/1": TRUE}, {}))
    assert found.agreements == ("b/1", "c/1")
    assert found.is_always


def test_a_permit_that_another_absorbs_is_still_named():
    narrow = all_of((KOREAN, at_least(attributes["ageDays"], 7)))
    found = predicate_of(Residuals({"a/1": narrow, "b/1": KOREAN}, {}))
    assert found.condition == KOREAN
    assert found.agreements == ("a/1", "b/1")
