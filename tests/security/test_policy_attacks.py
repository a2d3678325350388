"""A21: callers, policies and moments by which the decision itself might be made to err."""

from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
from cedarpy import Entities

from federation.records.declaration import Group
from hub.agreements.watch import NOTHING, FixedPolicies
from hub.app import build_app
from hub.entrance import embedded_issuer
from hub.gateway.edge import endpoint
from hub.identity.tokens.claims import MAX_CLAIM_CHARS
from hub.identity.types import Caller, Purpose, Role
from hub.policy import engine as engine_module
from hub.policy import residual
from hub.policy.admission import admit, documents
from hub.policy.conditions import Undecided
from hub.policy.engine import PolicyEngine, load_policies
from hub.policy.examination import examine
from hub.policy.findings import PolicyFault
from hub.policy.policy_set import Policy, PolicySet, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.residual import Evaluator
from hub.policy.row_decision import row_decisions
from hub.policy.schema import ALLIANCE, Action
from hub.settings import ROOT, Settings
from tests.hub.gateway.serving import ADDRESS, CLIENTS, HUB_FIXTURES, OPEN
from tests.hub.identity import forge

hub, policy_folders, state, world_url = HUB_FIXTURES

BASELINE = (ROOT / "policies" / "baseline.cedar").read_text(encoding="utf-8")
KOREAN = Caller(
    issuer="https://issuer.kr.example",
    subject="dr-lee",
    client="desk-1",
    member="KR",
    organisation="authority",
    roles=frozenset({Role.REGULATOR}),
    purpose=Purpose.SHORTAGE_RESPONSE,
    sender_constrained=True,
    token_id="1",
)
NAMESAKE = replace(KOREAN, issuer="https://issuer.us.example", member="US")
"""The same person, client and body by name, of another member."""

ROW = {
    "origin": "KR",
    "feed": "x",
    "listing": "LISTED",
    "kind": "SHORTAGE",
    "status": "ONGOING",
    "ageDays": 1,
    "substances": [],
    "essentialLists": [],
}
"""A notice with every attribute that policies may ask."""

NOTICES = Action("SupplyNotice", Group.PUBLIC)


def policy_set(text):
    return PolicySet((), tuple(examine([*documents(text, ())])))


def principal_of(caller):
    return PrincipalClass.of(caller)


# A principal of another member with the same local id


@pytest.mark.parametrize("group", ALLIANCE.resources["StockReport"].groups)
def test_a21_a_namesake_of_another_member_opens_nothing_of_ours(group):
    engine = PolicyEngine(policy_set(BASELINE))
    ours, theirs = (
        engine.decide(each).predicate("StockReport", group).sql("r") for each in (KOREAN, NAMESAKE)
    )
    assert (ours, theirs) == (""""r"."origin" = 'KR'""", """"r"."origin" = 'US'""")


def test_a21_no_policy_can_name_a_person_so_no_namesake_can_be_meant():
    text = f'@id("baseline/p") permit(principal == Caller::"{KOREAN.subject}", action, resource);'
    with pytest.raises(PolicyFault):
        admit(text, [])


class Source(FixedPolicies):
    """Policies of a test, and the engine that decides by them."""

    @asynccontextmanager
    async def feeding(self, engine):
        self.engine = engine
        async with super().feeding(engine):
            yield


@pytest.fixture
async def asking(world_url, state):
    """An application by given policies: `ask(question, **changes of the client)`."""
    settings = Settings(state_dir=state, public_url=ADDRESS)
    source = Source(policy_set(OPEN))
    app = build_app(settings, world_url, policies=source)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def ask(question, **changes):
        client = replace(CLIENTS["kr-mfds"], **changes)
        token = embedded_issuer(settings).mint(client, Purpose.SHORTAGE_RESPONSE)
        headers = {"authorization": f"Bearer {token}"}
        return await http.post("/graphql", json={"query": question}, headers=headers)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http,
    ):
        yield SimpleNamespace(ask=ask, source=source)


COUNT = "{ stockReports { totalCount nodes { origin } } }"


async def test_a21_a_namesake_is_not_answered_from_the_plan_of_the_other(asking):
    asking.source.engine.replace(policy_set(BASELINE))
    seen = {}
    for member in ("KR", "US", "KR"):
        found = (await asking.ask(COUNT, member=member)).json()["data"]["stockReports"]
        assert {node["origin"] for node in found["nodes"]} <= {member}
        assert seen.setdefault(member, found) == found
    assert seen["KR"] != seen["US"]


# A `forbid` that errs


def erring_forbid():
    """What admission would refuse, as if it had come in by another way."""
    every = {"op": "All"}
    scope = {"principal": every, "action": every, "resource": every}
    ticket = {".": {"left": {"Var": "context"}, "attr": "ticket"}}
    when = {"kind": "when", "body": {"==": {"left": ticket, "right": {"Value": "x"}}}}
    permit = {"effect": "permit", **scope, "conditions": []}
    forbid = {"effect": "forbid", **scope, "conditions": [when]}
    return Policy.of("permit", None, permit), Policy.of("forbid", None, forbid)


def test_a21_a_forbid_that_errs_is_not_admitted():
    forbid = '@id("baseline/f") forbid(principal, action, resource)'
    text = f'{OPEN} {forbid} when {{ context.ticket == "x" }};'
    with pytest.raises(PolicyFault, match="ticket"):
        admit(text, [])


def test_a21_a_forbid_that_errs_decides_no_predicate():
    with pytest.raises(Undecided):
        PolicyEngine(PolicySet((), erring_forbid())).decide(KOREAN)


def test_a21_a_forbid_that_errs_decides_no_row():
    policies, principal = PolicySlice.of(erring_forbid()), principal_of(KOREAN)
    with pytest.raises(Undecided):
        row_decisions(policies, ALLIANCE, principal, NOTICES, [ROW])


async def test_a21_a_forbid_that_errs_shows_nothing_to_anybody(asking):
    assert (await asking.ask(COUNT)).json()["data"]["stockReports"]["totalCount"]
    asking.source.engine.replace(PolicySet((), erring_forbid()))
    answer = await asking.ask(COUNT)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"] == {"code": "POLICY_UNDECIDED"}
    assert "data" not in answer.json()


# A missing attribute


@pytest.mark.parametrize("name", ["resource.nothing", "principal.nothing", "context.nothing"])
def test_a21_a_policy_on_an_attribute_that_is_not_there_is_not_admitted(name):
    text = f'@id("baseline/p") permit(principal, action, resource) when {{ {name} == "x" }};'
    with pytest.raises(PolicyFault, match="nothing"):
        admit(text, [])


def test_a21_a_row_that_lacks_an_attribute_is_decided_by_nobody():
    text = '@id("baseline/p") permit(principal, action, resource) when { resource.origin == "KR" };'
    policies = PolicySlice.of(policy_set(text).policies)
    principal = principal_of(KOREAN)
    assert row_decisions(policies, ALLIANCE, principal, NOTICES, [ROW]) == [True]
    for attribute in ROW:
        lacking = {name: value for name, value in ROW.items() if name != attribute}
        with pytest.raises(ValueError, match="does not conform to the schema"):
            row_decisions(policies, ALLIANCE, principal, NOTICES, [lacking])


@pytest.mark.parametrize("attribute", ["member", "organisation", "roles", "reciprocates"])
def test_a21_a_principal_that_lacks_an_attribute_is_decided_by_nobody(monkeypatch, attribute):
    whole = principal_of(KOREAN)
    entity = whole.entity | {"attrs": dict(whole.entity["attrs"])}
    del entity["attrs"][attribute]
    monkeypatch.setattr(PrincipalClass, "entity", entity)
    with pytest.raises(ValueError, match="does not conform to the schema"):
        Evaluator(ALLIANCE, whole)


# The entity store is out


def test_a21_a_principal_that_is_not_in_the_store_opens_nothing(monkeypatch):
    engine = PolicyEngine(policy_set(BASELINE))
    empty = Entities.from_json_str("[]", ALLIANCE.handle)
    monkeypatch.setattr(residual, "entities_of", lambda *_: empty)
    with pytest.raises(Undecided, match="access can't be decided") as refused:
        engine.decide(KOREAN)
    assert "unknown entities" in refused.value.detail


async def test_a21_a_store_that_is_out_is_no_reason_to_show_anything(asking):
    asking.source.fault = "the policies in force can't be read: check the database"
    for question in (COUNT, "{ me { member } }", "{ __typename }"):
        answer = await asking.ask(question)
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"] == {"code": "POLICIES_UNREADABLE"}
        assert "data" not in answer.json()


# A stale version of the policies


async def test_a21_a_plan_of_older_policies_is_not_used_again(asking):
    before = (await asking.ask(COUNT)).json()["data"]["stockReports"]["totalCount"]
    asking.source.engine.replace(NOTHING)
    after = (await asking.ask(COUNT)).json()["data"]["stockReports"]["totalCount"]
    assert (before > 0, after) == (True, 0)


async def test_a21_an_answer_by_policies_that_ended_meanwhile_is_not_sent(asking, monkeypatch):
    executed = []

    async def slowly(*arguments):
        result = await execute(*arguments)
        executed.append(result)
        asking.source.engine.replace(NOTHING)
        return result

    execute = endpoint.execute
    monkeypatch.setattr(endpoint, "execute", slowly)
    found = (await asking.ask(COUNT)).json()["data"]["stockReports"]
    assert found == {"totalCount": 0, "nodes": []}
    assert len(executed) == 2


async def test_a21_policies_that_never_come_to_rest_answer_nothing(asking, monkeypatch):
    async def changing(*arguments):
        result = await execute(*arguments)
        turn = NOTHING if asking.source.engine.policy_set is not NOTHING else policy_set(OPEN)
        asking.source.engine.replace(turn)
        return result

    execute = endpoint.execute
    monkeypatch.setattr(endpoint, "execute", changing)
    answer = await asking.ask(COUNT)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["extensions"] == {"code": "POLICIES_MOVED"}


# A context over size


@pytest.mark.parametrize("name", ["organisation", "sub", "client_id", "jti"])
async def test_a21_a_claim_over_size_never_reaches_a_policy(name):
    text = forge.token(**{name: "x" * (MAX_CLAIM_CHARS + 1)})
    cause = await forge.refusal(text)
    assert cause == f"{name}: empty or over {MAX_CLAIM_CHARS} characters"


async def test_a21_a_list_of_roles_over_size_never_reaches_a_policy():
    many = forge.token(roles=[f"role-{number}" for number in range(100)])
    assert (await forge.refusal(many)).startswith("roles: ")


def test_a21_a_context_with_more_than_its_schema_is_decided_by_nobody(monkeypatch):
    engine = PolicyEngine(policy_set(OPEN))
    context = principal_of(KOREAN).context | {"ticket": "x" * 1_000_000}
    monkeypatch.setattr(PrincipalClass, "context", context)
    with pytest.raises(Undecided):
        engine.decide(KOREAN)


def test_a21_callers_of_ever_new_bodies_fill_no_memory(monkeypatch):
    monkeypatch.setattr(engine_module, "MAX_CLASSES", 3)
    engine = PolicyEngine(NOTHING)
    for number in range(10):
        engine.decide(replace(KOREAN, organisation=f"body-{number}"))
    assert len(engine._current._kept) == 3


# Roles are for policies to weigh (S7): a list of some is not all of them


def test_s7_ours_asks_for_every_role_where_a_policy_does():
    text = (
        '@id("baseline/p") permit(principal, action, resource) when '
        '{ principal.roles.containsAll(["regulator", "agency"]) };'
    )
    engine = PolicyEngine(policy_set(text))
    both = replace(KOREAN, roles=frozenset({Role.REGULATOR, Role.AGENCY}))
    assert engine.decide(KOREAN).predicate("SupplyNotice", Group.PUBLIC).is_never
    assert engine.decide(both).predicate("SupplyNotice", Group.PUBLIC).is_always


def test_s20_ours_decides_nothing_where_any_policy_errs():
    engine = PolicyEngine(PolicySet((), erring_forbid()))
    with pytest.raises(Undecided):
        engine.decide(replace(KOREAN, member="US"))


def test_a21_the_project_s_own_policies_are_admitted():
    assert load_policies(ROOT / "policies").policies
