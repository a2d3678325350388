"""Behaviours of cedarpy that our fail-closed rules answer; each was found fail-open or fatal.

A test that fails here after an upgrade means that a rule in `hub/policy` may have lost its reason,
or needs a new one: read the module named in the test's section before changing either.
"""

import json
import signal
import subprocess
import sys

import pytest
from cedarpy import (
    Decision,
    Entities,
    PolicySet,
    Schema,
    is_authorized,
    is_authorized_partial,
    policies_to_pst,
    validate_policies,
)

SCHEMA = Schema.from_str("""
entity User = { member: String };
entity Rec = { origin: String, score: Long };
action "read";
action "read:Rec" in [Action::"read"] appliesTo {
  principal: [User], resource: [Rec], context: { purpose: String }
};
""")
USER = {"uid": {"type": "User", "id": "u"}, "attrs": {"member": "KR"}, "parents": []}
ROW = {"uid": {"type": "Rec", "id": "r"}, "attrs": {"origin": "KR", "score": 1}, "parents": []}
PERMIT = "permit(principal, action, resource);"

REQUEST = {
    "principal": 'User::"u"',
    "action": 'Action::"read:Rec"',
    "resource": 'Rec::"r"',
    "context": {"purpose": "exercise"},
}
UNKNOWN_ROW = REQUEST | {"resource": 'Rec::"?"'}


def entities(*given: dict, schema: Schema | None = SCHEMA) -> Entities:
    return Entities.from_json_str(json.dumps(given), schema)


def forbid(condition: str) -> str:
    return f"{PERMIT} forbid(principal, action, resource) when {{ {condition} }};"


def bodies(answer) -> dict:
    return {name: residual["conditions"][0]["body"] for name, residual in answer.residuals.items()}


class TestErringForbids:
    """`residual.py` and `row_decision.py`: any diagnostic error denies."""

    @pytest.mark.parametrize(
        "condition",
        [
            'context.ticket == "x"',
            'principal.level == "x"',
            "9223372036854775807 + 1 > 0",
            'datetime("never") < datetime("2025-01-01")',
        ],
    )
    def test_s20_a_forbid_that_errs_is_skipped_and_allows(self, condition):
        answer = is_authorized(REQUEST, forbid(condition), entities(USER, ROW), SCHEMA)
        assert answer.decision is Decision.Allow
        assert answer.diagnostics.errors

    def test_s20_a_row_that_is_not_there_makes_its_forbid_err_and_allows(self):
        answer = is_authorized(REQUEST, forbid('resource.origin == "KR"'), entities(USER), SCHEMA)
        assert answer.decision is Decision.Allow
        assert answer.diagnostics.errors

    def test_s20_partial_evaluation_reports_a_forbid_that_errs_as_false(self):
        answer = is_authorized_partial(
            UNKNOWN_ROW, forbid('context.ticket == "x"'), entities(USER), SCHEMA
        )
        assert answer.diagnostics.errors
        assert json.dumps(bodies(answer)["policy1"]).count("false") == 1

    @pytest.mark.parametrize(
        ("part", "name"),
        [
            ('context.ticket == "x"', "context"),
            ('principal.member == "KR" && 9223372036854775807 + 1 > 0', "principal"),
        ],
    )
    def test_a_part_that_would_err_after_an_unknown_leaves_a_var_and_no_error(self, part, name):
        condition = f'resource.origin == "KR" && ({part})'
        answer = is_authorized_partial(UNKNOWN_ROW, forbid(condition), entities(USER), SCHEMA)
        assert answer.diagnostics.errors == []
        assert f'{{"Var": "{name}"}}' in json.dumps(bodies(answer)["policy1"])


class TestUnknowns:
    """`examination.py` parses to nodes; `residual.py` refuses foreign unknown entities."""

    def test_unknown_in_text_passes_validation_and_its_forbid_is_skipped(self):
        text = forbid('unknown("x")')
        assert validate_policies(text, SCHEMA).validation_passed
        answer = is_authorized(REQUEST, text, entities(USER, ROW), SCHEMA)
        assert answer.decision is Decision.Allow
        with pytest.raises(ValueError, match="Unknown"):
            policies_to_pst(text)

    def test_a_principal_that_is_not_there_is_unknown_and_no_error(self):
        request = UNKNOWN_ROW | {"principal": 'User::"ghost"'}
        answer = is_authorized_partial(
            request, forbid('principal.member == "KR"'), entities(), SCHEMA
        )
        assert answer.diagnostics.errors == []
        assert 'User::"ghost"' in answer.diagnostics.unknown_entities

    def test_a_uid_that_is_not_there_makes_a_row_of_known_type(self):
        text = 'permit(principal, action, resource is Rec) when { resource.origin == "KR" };'
        answer = is_authorized_partial(UNKNOWN_ROW, text, entities(USER), SCHEMA)
        assert answer.diagnostics.unknown_entities == ['Rec::"?"']
        assert answer.decision is Decision.NoDecision

    @pytest.mark.parametrize(
        ("condition", "folded"),
        [('resource == Rec::"r"', "false"), ('resource != Rec::"r"', "true")],
    )
    def test_a_literal_row_folds_as_if_the_unknown_row_were_another(self, condition, folded):
        text = f"permit(principal, action, resource) when {{ {condition} }};"
        answer = is_authorized_partial(UNKNOWN_ROW, text, entities(USER), SCHEMA)
        assert json.dumps(answer.residuals).count(f'"Value": {folded}') >= 1
        assert answer.decision is (Decision.Allow if folded == "true" else Decision.Deny)
        assert validate_policies(text, SCHEMA).validation_passed


class TestHandlesWithoutSchema:
    """`residual.entities_of` builds every handle with the schema."""

    TEXT = f'{PERMIT} forbid(principal, action in Action::"read", resource);'

    def test_a_forbid_on_an_action_group_does_not_apply(self):
        handle = entities(USER, ROW, schema=None)
        assert is_authorized(REQUEST, self.TEXT, handle, SCHEMA).decision is Decision.Allow

    def test_with_the_schema_it_does(self):
        handle = entities(USER, ROW)
        assert is_authorized(REQUEST, self.TEXT, handle, SCHEMA).decision is Decision.Deny

    def test_in_partial_evaluation_the_action_is_then_unknown(self):
        handle = entities(USER, schema=None)
        answer = is_authorized_partial(UNKNOWN_ROW, self.TEXT, handle, SCHEMA)
        assert 'Action::"read:Rec"' in answer.diagnostics.unknown_entities


class TestAnswersThatAreNone:
    """`residual.py` requires a residual of each policy."""

    @pytest.mark.parametrize(
        "change",
        [
            {"action": 'Action::"write"'},
            {"resource": 'User::"?"'},
            {"context": {}},
            {"context": {"purpose": 5}},
        ],
    )
    def test_a_request_outside_the_schema_has_no_decision_and_no_residuals(self, change):
        answer = is_authorized_partial(UNKNOWN_ROW | change, PERMIT, entities(USER), SCHEMA)
        assert answer.decision is Decision.NoDecision
        assert answer.residuals == {}
        assert answer.diagnostics.errors

    def test_text_that_does_not_parse_is_an_answer_and_no_exception(self):
        answer = is_authorized(REQUEST, "permit(", entities(USER, ROW), SCHEMA)
        assert answer.decision is Decision.NoDecision

    def test_without_a_schema_an_undeclared_action_is_just_unknown(self):
        request = UNKNOWN_ROW | {"action": 'Action::"write"'}
        answer = is_authorized_partial(request, PERMIT, entities(USER, schema=None))
        assert answer.decision is Decision.Allow


class TestIds:
    """`policy_set.PolicySlice` builds handles under our own ids."""

    def test_text_gives_positions_for_ids_and_takes_an_annotation_twice(self):
        twice = f'@id("a") {PERMIT} @id("a") {PERMIT}'
        answer = is_authorized(REQUEST, twice, entities(USER, ROW), SCHEMA)
        assert sorted(answer.diagnostics.reasons) == ["policy0", "policy1"]

    def test_the_json_form_keeps_the_ids_given(self):
        every = {"op": "All"}
        policy = {"effect": "permit", "principal": every, "action": every, "resource": every}
        policies = {"kr-supply/7": policy | {"conditions": []}}
        text = json.dumps({"staticPolicies": policies, "templates": {}, "templateLinks": []})
        answer = is_authorized(REQUEST, PolicySet.from_json_str(text), entities(USER, ROW), SCHEMA)
        assert answer.diagnostics.reasons == ["kr-supply/7"]


class TestCrashes:
    """`profile.crude_faults` counts before parsing, and a child process parses."""

    @staticmethod
    def parse(condition: str, call: str = "policies_to_pst(text)") -> subprocess.CompletedProcess:
        program = (
            "import sys; from cedarpy import *; text = sys.stdin.read()\n"
            f"try: {call}\n"
            "except (ValueError, RecursionError) as error: print('refused')\n"
        )
        text = f"permit(principal, action, resource) when {{ {condition} }};"
        return subprocess.run(
            [sys.executable, "-c", program], input=text.encode(), capture_output=True, check=False
        )

    @pytest.mark.parametrize(
        "condition",
        ["!(" * 2000 + "true" + ")" * 2000, " && ".join(["true"] * 4000)],
        ids=["nested", "chained"],
    )
    def test_deep_text_kills_the_interpreter(self, condition):
        assert self.parse(condition).returncode == -signal.SIGSEGV

    def test_validation_dies_of_nesting_too(self):
        call = "validate_policies(text, 'entity E;')"
        died = self.parse("!(" * 2000 + "true" + ")" * 2000, call)
        assert died.returncode == -signal.SIGSEGV

    def test_a_hundred_levels_are_the_most_that_nodes_can_hold(self):
        assert b"refused" not in self.parse(" && ".join(["true"] * 90)).stdout
        assert b"refused" in self.parse(" && ".join(["true"] * 110)).stdout

    def test_a_forbid_nested_too_deep_to_evaluate_is_skipped_and_allows(self):
        text = forbid(" && ".join(['resource.origin == "KR"'] * 3000))
        answer = is_authorized(REQUEST, text, entities(USER, ROW), SCHEMA)
        assert answer.decision is Decision.Allow
        assert answer.diagnostics.errors


class TestStrictValidation:
    """`profile.faults` refuses what strict validation lets through."""

    @pytest.mark.parametrize(
        "condition",
        [
            "resource.score + 1 > 3",
            "9223372036854775807 + 1 > 0",
            "-resource.score < 0",
            'resource == Rec::"nobody"',
            'resource.origin == "a\\0b"',
            "{a: 1}.a == resource.score",
            'ip("10.0.0.1").isLoopback()',
        ],
    )
    def test_it_accepts_what_might_err_or_has_no_exact_sql(self, condition):
        text = f"permit(principal, action, resource) when {{ {condition} }};"
        assert validate_policies(text, SCHEMA).validation_passed

    @pytest.mark.parametrize(
        "condition",
        [
            "resource.colour == 1",
            "resource.score == true",
            'resource.origin < "a"',
            "[].contains(resource.origin)",
            '[1, "a"].contains(resource.score)',
            "datetime(resource.origin) < datetime(resource.origin)",
            'datetime("never") < datetime("2025-01-01")',
            'context.ticket == "x"',
        ],
    )
    def test_it_refuses_what_would_err(self, condition):
        text = f"permit(principal, action, resource) when {{ {condition} }};"
        assert not validate_policies(text, SCHEMA).validation_passed
