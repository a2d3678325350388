from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Group, Origin
from hub.errors import InvalidInput
from hub.identity.types import Purpose, Role
from hub.policy.agreement import Agreement, Recipients, Share
from hub.policy.engine import load_policies
from hub.policy.explanation import Reason, bearings, explain
from hub.policy.expression import FALSE
from hub.policy.policy_set import Effect, PolicySlice
from hub.policy.principals import MEMBERS, Mode, PrincipalClass
from hub.policy.reciprocity import token
from hub.policy.row_decision import row_decisions
from hub.policy.schema import ALLIANCE, Action, CedarType, Level
from hub.policy.wording import worded


@pytest.fixture(scope="module")
def committed(policies_folder):
    return load_policies(policies_folder)


def test_an_explanation_names_what_opens_a_group_and_for_which_rows(committed, caller):
    found = explain(committed, caller("JP"), "StockReport", Group.OPERATIONAL)
    assert found.opened_by == (
        Reason("baseline/owners", None, None, "origin is JP"),
        Reason(
            "kr-plans/2",
            "KR",
            "Pharmaceutical Affairs Act (Republic of Korea), reports on production and supply",
            "origin is KR",
        ),
    )
    assert found.condition == "origin is one of JP, KR"


def test_an_explanation_states_what_remains_to_be_met(committed, caller):
    found = explain(committed, caller("KR", purpose="exercise"), "SupplyNotice", Group.PUBLIC)
    conditions = {reason.policy_id: reason.condition for reason in found.opened_by}
    assert conditions["eu-supply/1"] == "origin is EU and ageDays is at least 7"
    assert "jp-supply/1" not in conditions


def test_an_explanation_names_what_forbids(admitted, agreement, caller):
    baseline = """@id("baseline/drafts") forbid(principal, action in Action::"read",
        resource is SupplyNotice) when { resource.status == "DRAFT" };"""
    found = explain(admitted(baseline, agreement()), caller("US"), "SupplyNotice", Group.PUBLIC)
    assert [reason.condition for reason in found.forbidden_by] == ["status is DRAFT"]
    assert found.condition == "origin is JP and status is not DRAFT"


def test_an_explanation_says_so_where_nothing_opens_a_group(committed, caller):
    auditor = caller("ALLIANCE", role="auditor")
    found = explain(committed, auditor, "SupplyNotice", Group.PUBLIC)
    assert (found.opened_by, found.condition) == ((), "for no row")


def test_an_explanation_is_of_the_time_asked_for(committed, caller):
    before = datetime(2025, 12, 31, tzinfo=UTC)
    found = explain(committed, caller("KR"), "SupplyNotice", Group.PUBLIC, at=before)
    assert [reason.policy_id for reason in found.opened_by] == ["baseline/owners"]


def test_a_question_about_nothing_known_is_refused(committed, caller):
    with pytest.raises(InvalidInput, match=r"read:Product\.stock"):
        explain(committed, caller("KR"), "Product", "stock")


NOW = datetime(2026, 6, 1, tzinfo=UTC)
READ = Action("SupplyNotice", Group.PUBLIC)


def listed(policy_set, principal, action, origin, *, may_tell=lambda _: True):
    return bearings(policy_set, principal, action, origin=origin, at=NOW, may_tell=may_tell)


def some(values, **limits):
    return st.lists(st.sampled_from(list(values)), unique=True, **limits).map(tuple)


terms = st.builds(
    Agreement,
    id=st.just("some-terms"),
    owner=st.sampled_from(MEMBERS),
    title=st.just("Notices"),
    legal_basis=st.just("Some act"),
    recipients=st.builds(
        Recipients,
        members=some(MEMBERS),
        organisations=st.sampled_from([(), ("office",), ("office", "authority")]),
        roles=some(Role, min_size=1),
    ),
    purposes=some(Purpose, min_size=1),
    modes=st.none() | some(Mode, min_size=1),
    valid_from=st.sampled_from([date(2026, 1, 1), date(2027, 1, 1)]),
    share=st.lists(
        st.builds(
            Share,
            records=st.just(("SupplyNotice",)),
            groups=st.just((Group.PUBLIC,)),
            where=st.sampled_from([{}, {"status": ("ONGOING",)}]),
            reciprocal=st.booleans(),
            purposes=st.none() | some(Purpose, min_size=1),
            modes=st.none() | some(Mode, min_size=1),
            embargo_days=st.none() | st.just(7),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
principals = st.builds(
    PrincipalClass,
    member=st.sampled_from(MEMBERS),
    organisation=st.sampled_from(["office", "authority", "lab"]),
    roles=some(Role, min_size=1).map(frozenset),
    purpose=st.sampled_from(Purpose),
    sender_constrained=st.booleans(),
    mode=st.sampled_from(Mode),
    reciprocates=some([token(each, "SupplyNotice", Group.PUBLIC) for each in MEMBERS]).map(
        frozenset
    ),
)


BLANK = {CedarType.STRING: "", CedarType.LONG: 0, CedarType.BOOL: False, CedarType.STRINGS: []}


def rows(origin):
    attributes = ALLIANCE.resources["SupplyNotice"].attributes.values()
    blank = {each.name: BLANK[each.cedar_type] for each in attributes}
    return [
        blank | {"origin": origin, "status": status, "ageDays": age}
        for status in ("ONGOING", "RESOLVED")
        for age in (0, 7)
    ]


@settings(max_examples=150, deadline=None)
@given(agreement=terms, principal=principals)
def test_something_is_lacking_where_cedar_opens_no_row_and_only_there(
    admitted, agreement, principal
):
    policy_set = admitted("", agreement)
    found = listed(policy_set, principal, READ, agreement.owner)
    assert [each.policy for each in found] == [*policy_set.policies]
    for each in found:
        alone = PolicySlice.of([each.policy])
        opened = row_decisions(alone, ALLIANCE, principal, READ, rows(agreement.owner))
        is_to_come = agreement.starts_at > NOW
        assert bool(each.lacking) is (is_to_come or not any(opened))
        assert each.condition != FALSE
    for origin in set(Origin) - {agreement.owner}:
        assert listed(policy_set, principal, READ, origin) == ()


def of_class(member="US", **changes):
    known = {
        "organisation": "authority",
        "roles": frozenset({Role.REGULATOR}),
        "purpose": Purpose.EXERCISE,
        "sender_constrained": False,
    }
    return PrincipalClass(member=member, **known | changes)


def test_all_that_is_lacking_is_said_at_once_and_what_remains_is_asked_of_the_row(
    admitted, agreement
):
    share = {
        "records": ["SupplyNotice"],
        "groups": ["public"],
        "where": {"status": ["ONGOING"]},
        "embargo_days": 7,
        "modes": ["crisis"],
        "reciprocal": True,
    }
    changes = {
        "recipients": {"members": ["IN"], "organisations": ["office", "lab"], "roles": ["agency"]},
        "purposes": ["supply-mapping", "policy-research"],
        "valid_from": date(2027, 1, 1),
        "share": [share],
    }
    policy_set = admitted("", agreement(**changes))
    [found] = listed(policy_set, of_class(), READ, "JP")
    assert found.lacking == (
        "it starts on 2027-01-01",
        "it is for the member IN",
        "it is for the organisations office or lab",
        "it is for the purposes supply-mapping or policy-research",
        "it is for the mode crisis",
        "it is for the role agency",
        "it holds while US shares SupplyNotice.public with JP as fully",
    )
    assert worded(found.condition) == "origin is JP and status is ONGOING and ageDays is at least 7"


def test_of_what_may_not_be_told_only_what_holds_already_is_listed(admitted, agreement):
    policy_set = admitted("", agreement(recipients={"members": ["US"]}))
    for member, count in (("US", 1), ("IN", 0)):
        found = listed(policy_set, of_class(member), READ, "JP", may_tell=lambda _: False)
        assert len(found) == count


def test_an_agreement_that_is_over_bears_on_nothing(admitted, agreement):
    policy_set = admitted("", agreement(valid_until=date(2026, 5, 31)))
    assert listed(policy_set, of_class(), READ, "JP") == ()


def test_an_annex_bears_only_on_those_it_holds_for(admitted, agreement):
    annex = """@id("mappers") permit (principal, action == Action::"read:SupplyNotice.operational",
        resource) when { context.purpose == "supply-mapping" };"""
    policy_set = admitted("", agreement(annex=annex))
    asked = Action("SupplyNotice", Group.OPERATIONAL)
    assert listed(policy_set, of_class(), asked, "JP") == ()
    mapper = of_class(purpose=Purpose.SUPPLY_MAPPING)
    [found] = listed(policy_set, mapper, asked, "JP")
    assert (found.policy.id, found.lacking) == ("jp-notices/annex/mappers", ())
    assert worded(found.condition) == "origin is JP"


def test_each_level_has_its_own_bearings_and_what_forbids_bears_on_all(admitted, agreement):
    shares = [
        {"records": ["StockReport"], "groups": ["commercial"], "rounded_to": 100},
        {
            "records": ["StockReport"],
            "groups": ["commercial"],
            "aggregates_only": {"smallest_cell": 5},
        },
    ]
    baseline = '@id("baseline/no") forbid(principal, action in Action::"read", resource);'
    policy_set = admitted(baseline, agreement(share=shares))
    for level, permits in zip(Level, ([], ["jp-notices/1"], ["jp-notices/2"]), strict=True):
        asked = Action("StockReport", Group.COMMERCIAL, level)
        found = listed(policy_set, of_class(), asked, "JP")
        by_effect = {
            effect: [each.policy.id for each in found if each.policy.effect is effect]
            for effect in Effect
        }
        assert by_effect == {Effect.PERMIT: permits, Effect.FORBID: ["baseline/no"]}
