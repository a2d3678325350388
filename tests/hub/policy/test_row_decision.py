import json

import pytest
from cedarpy import policies_to_json_str

from federation.records.declaration import Group
from hub.policy.conditions import Undecided
from hub.policy.policy_set import Policy, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.row_decision import row_decisions
from hub.policy.schema import ALLIANCE, Action

PRINCIPAL = PrincipalClass("KR", "mfds", frozenset({"regulator"}), "exercise", False)
ACTION = Action("Package", Group.PUBLIC)


def row(origin: str) -> dict:
    return {"origin": origin, "feed": "", "listing": "LISTED", "ageDays": 0}


def decide(text: str, *rows: dict) -> list[bool]:
    ests = json.loads(policies_to_json_str(text))["staticPolicies"]
    chosen = PolicySlice.of(Policy.of(name, None, est) for name, est in ests.items())
    return row_decisions(chosen, ALLIANCE, PRINCIPAL, ACTION, rows)


def test_each_row_is_decided_by_its_own_attributes():
    text = "permit(principal, action, resource) when { resource.origin == principal.member };"
    assert decide(text, row("KR"), row("US")) == [True, False]


def test_a_forbid_that_errs_denies_all_instead_of_being_skipped():
    text = """permit(principal, action, resource);
        forbid(principal, action, resource) when { context.ticket == "x" };"""
    with pytest.raises(Undecided) as refusal:
        decide(text, row("KR"))
    assert "ticket" in refusal.value.detail
