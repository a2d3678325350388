"""Each way in which cedarpy's answer can't be relied on denies."""

import json
from types import SimpleNamespace

import pytest
from cedarpy import Decision

from federation.records.declaration import Group
from hub.policy import residual
from hub.policy.conditions import Undecided
from hub.policy.expression import FALSE, TRUE, one_of
from hub.policy.policy_set import Policy, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.residual import Evaluator
from hub.policy.schema import ALLIANCE, Action

PRINCIPAL = PrincipalClass("KR", "mfds", frozenset({"regulator"}), "exercise", False)
ACTION = Action("Product", Group.PUBLIC)
SENTINEL = 'Product::"?"'
ALL = {"op": "All"}
ORIGIN = {".": {"left": {"unknown": [{"Value": SENTINEL}]}, "attr": "origin"}}


def policy(policy_id: str = "p", effect: str = "permit", **parts) -> dict:
    conditions = [{"kind": "when", "body": {"Value": True}}]
    scopes = {"principal": ALL, "action": ALL, "resource": ALL}
    return {"effect": effect, **scopes, "conditions": conditions, **parts}


def slice_of(**ests: dict) -> PolicySlice:
    return PolicySlice.of(Policy.of(name, None, est) for name, est in ests.items())


def real(body: dict, effect: str = "permit") -> dict:
    return policy(effect=effect, conditions=[{"kind": "when", "body": body}])


@pytest.fixture
def answering(monkeypatch):
    """Let Cedar answer with a sound permit, but for the changes given."""

    def change(**changes):
        diagnostics = {"errors": [], "unknown_entities": [SENTINEL]} | {
            key: changes.pop(key) for key in ("errors", "unknown_entities") if key in changes
        }
        answer = {"decision": Decision.Allow, "residuals": {"p": policy()}} | changes
        stand_in = SimpleNamespace(**answer, diagnostics=SimpleNamespace(**diagnostics))
        monkeypatch.setattr(residual, "is_authorized_partial", lambda *_: stand_in)

    return change


def evaluate(policies: PolicySlice | None = None):
    return Evaluator(ALLIANCE, PRINCIPAL).residuals(ACTION, policies or slice_of(p=policy()))


def test_a_sound_answer_is_read(answering):
    answering()
    assert evaluate().permits == {"p": TRUE}


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"errors": ["attribute not found"]}, "attribute not found"),
        ({"unknown_entities": [SENTINEL, 'Caller::"ghost"']}, "ghost"),
        ({"unknown_entities": ['Substance::"?"']}, "Substance"),
        ({"residuals": {}}, "not those of the policies"),
        ({"residuals": {}, "decision": Decision.NoDecision}, "not those of the policies"),
        ({"residuals": {"q": policy()}}, "not those of the policies"),
        ({"residuals": {"p": policy(), "q": policy()}}, "not those of the policies"),
        ({"residuals": {"p": policy(effect="forbid")}}, "another form"),
        ({"residuals": {"p": policy(principal={"op": "=="})}}, "another form"),
        ({"residuals": {"p": policy(conditions=[])}}, "another form"),
        (
            {"residuals": {"p": policy(conditions=[{"kind": "unless", "body": {"Value": True}}])}},
            "another form",
        ),
        ({"residuals": {"p": real({"Var": "principal"})}}, "policy `p`"),
        ({"residuals": {"p": real({"Value": False})}}, "Cedar says `Allow`"),
        ({"decision": Decision.Deny}, "Cedar says `Deny`"),
    ],
)
def test_an_unsound_answer_is_undecided(answering, changes, detail):
    answering(**changes)
    with pytest.raises(Undecided) as refusal:
        evaluate()
    assert detail in refusal.value.detail


def test_a_policy_is_read_as_what_it_leaves_open():
    open_ = real(
        {
            "==": {
                "left": {".": {"left": {"Var": "resource"}, "attr": "origin"}},
                "right": {".": {"left": {"Var": "principal"}, "attr": "member"}},
            }
        }
    )
    closed = real(
        {
            "==": {
                "left": {".": {"left": {"Var": "principal"}, "attr": "member"}},
                "right": {"Value": "US"},
            }
        },
        "forbid",
    )
    found = evaluate(slice_of(**{"a/1": open_, "b/1": closed}))
    origin = ALLIANCE.resources["Product"].attributes["origin"]
    assert found.permits == {"a/1": one_of(origin, ("KR",))}
    assert found.forbids == {"b/1": FALSE}


def test_policies_keep_their_order_whatever_cedar_returns():
    names = [f"agreement/{number}" for number in range(40)]
    assert list(evaluate(slice_of(**dict.fromkeys(names, policy()))).permits) == names


def test_a_principal_that_the_schema_does_not_know_is_refused():
    misshapen = PrincipalClass("KR", "mfds", frozenset({"regulator"}), 5, False)
    with pytest.raises(Undecided):
        Evaluator(ALLIANCE, misshapen).residuals(ACTION, slice_of(p=policy()))


def test_no_policies_leave_nothing_open():
    found = evaluate(PolicySlice.of([]))
    assert found.permits == found.forbids == {}


def test_the_principal_has_what_policies_may_ask_and_no_more():
    assert json.loads(json.dumps(PRINCIPAL.entity))["attrs"] == {
        "member": "KR",
        "organisation": "mfds",
        "roles": ["regulator"],
        "reciprocates": [],
    }
