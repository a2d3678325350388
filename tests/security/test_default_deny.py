"""Nothing is seen unless an admitted policy opens it: empty, broken, missing and unknown deny."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from federation.records.declaration import Group
from hub.errors import InvalidInput
from hub.identity.types import Caller, Purpose, Role
from hub.policy.admission import admit
from hub.policy.engine import PolicyEngine, load_policies
from hub.policy.policy_set import PolicySet
from hub.policy.schema import ALLIANCE, Level

POLICIES = Path(__file__).resolve().parents[2] / "policies"

CALLER = Caller(
    issuer="https://issuer.test",
    subject="someone",
    client="client",
    member="KR",
    organisation="authority",
    roles=frozenset({Role.REGULATOR}),
    purpose=Purpose.SHORTAGE_RESPONSE,
    sender_constrained=True,
    token_id="token",
)


def visible(policy_set: PolicySet, caller: Caller = CALLER) -> set[str]:
    decided = PolicyEngine(policy_set).decide(caller)
    return {
        action.name
        for action in ALLIANCE.actions_at(Level.READ)
        if not decided.predicate(action.record_type, action.group).is_never
    }


REGISTER = {"read:Substance.public", "read:RegisterEntry.public"}


@pytest.mark.parametrize("baseline", ["", "// all agreements ended\n"])
def test_an_empty_set_shows_nothing_of_any_type(baseline):
    assert visible(admit(baseline, [])) == set()


def test_a_set_that_was_never_admitted_holds_nothing():
    assert visible(PolicySet((), ())) == set()


def test_forbids_alone_show_nothing():
    text = '@id("baseline/f") forbid(principal, action, resource) when { context.purpose == "x" };'
    assert visible(admit(text, [])) == set()


def test_the_baseline_alone_shows_the_own_records_and_the_register(tmp_path):
    baseline = (POLICIES / "baseline.cedar").read_text(encoding="utf-8")
    decided = PolicyEngine(admit(baseline, [])).decide(CALLER)
    texts = {
        action.name: decided.predicate(action.record_type, action.group).sql("n")
        for action in ALLIANCE.actions_at(Level.READ)
    }
    assert {texts.pop(name) for name in REGISTER} == {"true"}
    assert set(texts.values()) == {"""\"n"."origin" = 'KR'"""}


@pytest.mark.parametrize("role", [Role.SECRETARIAT, Role.AUDITOR])
def test_a_role_that_no_policy_names_sees_the_register_alone(role):
    caller = replace(CALLER, roles=frozenset({role}))
    assert visible(load_policies(POLICIES), caller) == REGISTER


def test_a_caller_without_roles_sees_the_register_alone():
    caller = replace(CALLER, roles=frozenset())
    assert visible(load_policies(POLICIES), caller) == REGISTER


@pytest.mark.parametrize(
    ("record_type", "group"),
    [
        ("Anything", Group.PUBLIC),
        ("product", Group.PUBLIC),
        ("Product", "secret"),
        ("Product", Group.RESTRICTED),
        ("", ""),
    ],
)
def test_a_type_or_group_that_is_unknown_is_denied(record_type, group):
    predicate = PolicyEngine(load_policies(POLICIES)).decide(CALLER).predicate(record_type, group)
    assert predicate.is_never
    assert predicate.sql("n") == "false"


@pytest.fixture
def folder(tmp_path) -> Path:
    return shutil.copytree(POLICIES, tmp_path / "policies")


def test_a_missing_folder_refuses_and_says_where(tmp_path):
    with pytest.raises(InvalidInput, match=r"nowhere/baseline.cedar: can't be read"):
        load_policies(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("baseline.cedar", "permit("),
        ("baseline.cedar", 'permit(principal, action, resource) when { resource.nothing == "x" };'),
        ("agreements/us-supply.yaml", "id: us-supply\n"),
        ("agreements/us-supply.yaml", "]["),
        ("agreements/new.txt", ""),
    ],
)
def test_one_broken_file_refuses_the_whole_folder(folder, file, text):
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput):
        load_policies(folder)


@pytest.mark.parametrize("name", ["baseline.cedar", "agreements"])
def test_a_missing_part_refuses_the_whole_folder(folder, name):
    path = folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InvalidInput):
        load_policies(folder)


def test_a_policy_that_permits_everything_is_still_only_what_it_says():
    text = '@id("baseline/p") permit(principal, action == Action::"read:Product.public", resource);'
    assert visible(admit(text, [])) == {"read:Product.public"}
