"""What `explainAccess` says against what the hub answers, and against Cedar, policy by policy."""

import json
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Origin, PartialDate
from federation.records.registry import RECORD_TYPES
from hub.gateway.naming import camel
from hub.identity.clients import register
from hub.identity.types import Purpose
from hub.policy.policy_set import Effect, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.row_decision import row_decisions
from hub.policy.schema import AGE_DAYS, ALLIANCE, Action, Level
from hub.settings import ROOT
from tests.hub.gateway.oracle import Sight, is_number, is_words
from tests.hub.gateway.serving import (
    CLIENTS,
    WORLD,
    caller_of,
    open_hub,
    write_policies,
)
from tests.hub.gateway.test_differential import GENERATED
from tests.hub.gateway.test_non_interference import CALLERS, other_hubs

OTHER_HUBS = other_hubs
"""The fixture, taken over."""

ASK = """
query ($key: ID!, $field: String!, $client: ID, $purpose: String) {
  explainAccess(key: $key, field: $field, client: $client, purpose: $purpose) {
    recordType origin field group client purpose mode outcome roundedTo summary
    openedBy { ...rule } closedBy { ...rule } wouldOpen { ...rule }
  }
}
fragment rule on AccessRule {
  policy agreement title owner legalBasis opens condition lacking
}
"""

FIELDS = [
    (name, facts)
    for name, record_type in RECORD_TYPES.items()
    for facts in record_type.fields.values()
]
CURRENT = {name: WORLD.current(name) for name in RECORD_TYPES}
WHO = st.tuples(
    st.sampled_from(["committed", "by_row", "open", "none"]),
    st.sampled_from(sorted(CLIENTS)),
    st.sampled_from(Purpose),
)


@pytest.fixture(scope="module", autouse=True)
async def clients(world_url):
    async with await psycopg.AsyncConnection.connect(world_url) as connection:
        for client in CLIENTS.values():
            await register(connection, client)


@st.composite
def places(draw):
    """Draw a field and a row of its record type, more often of those that open by row."""
    by_row = [each for each in FIELDS if each[0] in {"StockReport", "SupplyNotice"}]
    in_steps = [each for each in by_row if each[1].name in {"quantity", "quantity_unit"}]
    name, facts = draw(st.sampled_from(draw(st.sampled_from([FIELDS, by_row, in_steps]))))
    return name, facts, draw(st.sampled_from(CURRENT[name]))


async def explained(hub, key, field, **asking):
    variables = {"key": key, "field": field} | asking.pop("more", {})
    return (await hub.data(ASK, variables=variables, **asking))["explainAccess"]


async def answered(hub, name, facts, key, **asking):
    """Ask for the field itself: whether the record is there, and the mask that lies on it."""
    below = " { text }" if facts.python_type is PartialDate else ""
    ask = (
        f"query ($id: ID!) {{ node(id: $id) {{ ... on {name} {{ {camel(facts.name)}{below} }} }} }}"
    )
    answer = await hub.ask(ask, variables={"id": key}, **asking)
    masks = answer["extensions"]["policy"]["masked"]
    return answer["data"]["node"], masks[0] if masks else None


def outcome_of(facts, node, mask):
    if node is None:
        return "NO_RECORD_SEEN"
    if mask is None or (mask["roundedTo"] and not (is_number(facts) or is_words(facts))):
        return "SHOWN"
    return "ROUNDED" if mask["roundedTo"] and is_number(facts) else "MASKED"


def holding(policies, caller, action, row):
    """List the permits of a level that Cedar, asked of each alone, lets open the row."""
    names = RECORD_TYPES[action.record_type].policy_attributes
    attributes = {camel(facts.name): row[facts.name] for facts in names} | {
        AGE_DAYS.name: (datetime.now(UTC) - row["first_recorded_at"]).days
    }
    principal = PrincipalClass.of(caller)
    return {
        policy.id
        for policy in policies.policies
        if policy.effect is Effect.PERMIT and policy.covers(action)
        if row_decisions(PolicySlice.of([policy]), ALLIANCE, principal, action, [attributes])[0]
    }


@settings(GENERATED, max_examples=200)
@given(who=WHO, place=places())
async def test_an_explanation_says_what_the_hub_answers_and_which_policies_open_it(
    hubs, who, place
):
    (policies, client, purpose), (name, facts, row) = who, place
    hub, asking = hubs[policies], {"client": client, "purpose": purpose}
    found = await explained(hub, row["key"], camel(facts.name), **asking)
    assert found["outcome"] == outcome_of(
        facts, *await answered(hub, name, facts, row["key"], **asking)
    )
    opened = {rule["policy"] for rule in found["openedBy"]}
    caller = caller_of(client, purpose)
    exactly = holding(hub.policies, caller, Action(name, facts.group), row)
    rounded = holding(hub.policies, caller, Action(name, facts.group, Level.ROUND), row)
    match found["outcome"]:
        case "SHOWN":
            assert opened == exactly or (not exactly and opened <= rounded)
        case "ROUNDED":
            assert not exactly
            assert opened
            assert opened <= rounded
            sight = Sight(WORLD, hub.policies, caller, datetime.now(UTC))
            assert found["roundedTo"] == sight.step(row, facts.group)
        case "MASKED":
            assert opened == rounded
        case _:
            assert opened == set()
    assert not opened & {rule["policy"] for rule in found["wouldOpen"]}


@settings(GENERATED, max_examples=60)
@given(place=places(), who=st.sampled_from(list(CALLERS)))
async def test_no_byte_of_an_explanation_hangs_on_what_is_hidden(hubs, other_hubs, place, who):
    policies, client = who
    _, facts, row = place
    asking = {"client": client, "purpose": CALLERS[who]}
    variables = {"key": row["key"], "field": camel(facts.name)}
    one, other = [
        (await hub.post(ASK, variables=variables, **asking)).content
        for hub in (hubs[policies], other_hubs[who])
    ]
    assert one == other


@settings(GENERATED, max_examples=60)
@given(who=WHO, place=places())
async def test_a_hidden_record_is_explained_like_a_missing_one(hubs, who, place):
    policies, client, purpose = who
    _, facts, row = place
    asking = {"client": client, "purpose": purpose}
    origin, name, _ = row["key"].split(".", 2)
    found, missing = [
        (
            await hubs[policies].post(
                ASK, variables={"key": key, "field": camel(facts.name)}, **asking
            )
        ).content
        for key in (row["key"], f"{origin}.{name}.no-such-record")
    ]
    is_seen = json.loads(found)["data"]["explainAccess"]["outcome"] != "NO_RECORD_SEEN"
    assert (found == missing) is not is_seen


CLOSED, *OTHERS = [row for row in CURRENT["SupplyNotice"] if row["origin"] == Origin.KR]
NOTICE = next(row for row in OTHERS if row["status"] != CLOSED["status"])["key"]
STOCK = next(row for row in CURRENT["StockReport"] if row["origin"] == Origin.KR)

BASELINE = (
    (ROOT / "policies" / "baseline.cedar").read_text()
    + f"""
@id("baseline/closed")
forbid (principal, action in Action::"read", resource is SupplyNotice)
when {{ resource.status == "{CLOSED["status"]}" && resource.origin != principal.member }};
"""
)

HEAD = """
id: {id}
owner: {owner}
title: Title of {id}
legal_basis: Act of {owner}
recipients: {recipients}
purposes: {purposes}
valid_from: {start}
share:
"""


def _agreement(name, shares, *, owner="KR", recipients="all", purposes="any", start="2026-01-01"):
    head = HEAD.format(id=name, owner=owner, recipients=recipients, purposes=purposes, start=start)
    return head + "".join(f"  - {{{share}}}\n" for share in shares)


OPERATIONAL = "records: [SupplyNotice], groups: [operational]"
AGREEMENTS = {
    "kr-public": _agreement(
        "kr-public", ["records: [SupplyNotice, StockReport], groups: [public]"]
    ),
    "kr-purpose": _agreement(
        "kr-purpose", [OPERATIONAL], recipients="{members: [US]}", purposes="[exercise]"
    ),
    "kr-crisis": _agreement(
        "kr-crisis",
        ["records: [SupplyNotice], groups: [commercial], modes: [crisis, preparedness]"],
        recipients="{members: [US]}",
    ),
    "kr-auditors": _agreement(
        "kr-auditors",
        ["records: [SupplyNotice], groups: [native]"],
        recipients="{members: [US, IN], roles: [auditor]}",
    ),
    "kr-late": _agreement(
        "kr-late",
        ["records: [StockReport], groups: [operational], embargo_days: 400"],
        recipients="{members: [US]}",
    ),
    "kr-later": _agreement(
        "kr-later", [OPERATIONAL], recipients="{members: [IN]}", start="2999-01-01"
    ),
    "kr-counts": _agreement(
        "kr-counts",
        ["records: [StockReport], groups: [restricted], aggregates_only: {smallest_cell: 5}"],
        recipients="{members: [US]}",
    ),
    "kr-rounded": _agreement(
        "kr-rounded",
        ["records: [StockReport], groups: [commercial], rounded_to: 100"],
        recipients="{members: [IN]}",
    ),
    "kr-mutual": _agreement(
        "kr-mutual",
        ["records: [StockReport], groups: [commercial], reciprocal: true"],
        recipients="{members: [US]}",
    ),
    "kr-office": _agreement(
        "kr-office",
        ["records: [StockReport], groups: [native]"],
        recipients="{members: [US], organisations: [Office of Stocks]}",
    ),
    "us-hidden": _agreement(
        "us-hidden", ["records: [SupplyNotice], groups: [public]"],
        owner="US", recipients="{members: [JP]}",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def hub_of_terms(world_url, state, tmp_path_factory):
    folder = write_policies(tmp_path_factory.mktemp("terms") / "policies", BASELINE, AGREEMENTS)
    async with open_hub(world_url, folder, state) as hub:
        yield hub


WOULD_OPEN = {
    "kr-purpose/1": ("us-fda", NOTICE, "planText", "it is for the purpose exercise"),
    "kr-crisis/1": ("us-fda", NOTICE, "stockText", "it is for the modes crisis or preparedness"),
    "kr-auditors/1": ("us-fda", NOTICE, "native", "it is for the role auditor"),
    "kr-later/1": ("in-cdsco", NOTICE, "planText", "it starts on 2999-01-01"),
    "kr-mutual/1/StockReport.commercial": (
        "us-fda",
        STOCK["key"],
        "quantity",
        "it holds while US shares StockReport.commercial with KR as fully",
    ),
}


@pytest.mark.parametrize("policy", WOULD_OPEN)
async def test_what_would_open_a_field_is_said_in_words(hub_of_terms, policy):
    client, key, field, lacking = WOULD_OPEN[policy]
    found = await explained(hub_of_terms, key, field, client=client)
    assert (found["outcome"], found["openedBy"]) == ("MASKED", [])
    name = policy.split("/")[0]
    assert found["wouldOpen"] == [
        {
            "policy": policy,
            "agreement": name,
            "title": f"Title of {name}",
            "owner": "KR",
            "legalBasis": "Act of KR",
            "opens": f"{found['group']} fields",
            "condition": "origin is KR",
            "lacking": [lacking],
        }
    ]


async def test_an_offices_agreement_is_told_to_its_owner_and_not_to_other_offices(hub_of_terms):
    told = await explained(hub_of_terms, STOCK["key"], "native", client="us-fda")
    assert (told["outcome"], told["wouldOpen"]) == ("MASKED", [])
    asked = {"client": "us-fda"}
    owner = await explained(hub_of_terms, STOCK["key"], "native", client="kr-mfds", more=asked)
    [rule] = owner["wouldOpen"]
    assert rule["lacking"] == ["it is for the organisation Office of Stocks"]


async def test_an_embargo_is_said_in_days(hub_of_terms):
    found = await explained(hub_of_terms, STOCK["key"], "quantityBand", client="us-fda")
    age = (datetime.now(UTC) - STOCK["first_recorded_at"]).days
    [rule] = found["wouldOpen"]
    assert rule["lacking"] == [f"ageDays is at least 400, which takes {400 - age} more days"]


@pytest.mark.parametrize(
    ("field", "outcome", "rounded_to"),
    [
        ("quantity", "ROUNDED", 100),
        ("coverDays", "ROUNDED", 100),
        ("quantityUnit", "SHOWN", None),
        ("quantityText", "MASKED", None),
    ],
)
async def test_of_a_rounded_group_numbers_are_rounded_and_words_masked(
    hub_of_terms, field, outcome, rounded_to
):
    found = await explained(hub_of_terms, STOCK["key"], field, client="in-cdsco")
    assert (found["outcome"], found["roundedTo"]) == (outcome, rounded_to)
    [rule] = found["openedBy"]
    assert rule["policy"] == "kr-rounded/1"
    assert rule["opens"] == "numbers of commercial fields, rounded to 100"


async def test_a_field_that_is_only_counted_is_masked_and_says_so(hub_of_terms):
    found = await explained(hub_of_terms, STOCK["key"], "placeText", client="us-fda")
    assert found["outcome"] == "MASKED"
    [rule] = found["openedBy"]
    assert (rule["policy"], rule["opens"]) == (
        "kr-counts/1",
        "restricted fields in aggregates of 5 holders or more",
    )


async def test_what_forbids_is_told_to_whom_the_record_is_shown(hub_of_terms):
    key = CLOSED["key"]
    unseen = await explained(hub_of_terms, key, "status", client="us-fda")
    assert (unseen["outcome"], unseen["closedBy"]) == ("NO_RECORD_SEEN", [])
    asked = {"client": "us-fda"}
    owner = await explained(hub_of_terms, key, "status", client="kr-mfds", more=asked)
    assert owner["outcome"] == "RECORD_HIDDEN"
    assert [rule["policy"] for rule in owner["openedBy"]] == ["kr-public/1"]
    assert [rule["policy"] for rule in owner["closedBy"]] == ["baseline/closed"]


async def test_terms_between_others_are_not_told(hub_of_terms):
    for key in (NOTICE, "KR.SupplyNotice.no-such-record"):
        found = await explained(hub_of_terms, key, "planText", client="jp-mhlw")
        rules = {rule["policy"] for rule in found["wouldOpen"]}
        assert rules <= {"kr-public/1"}
    found = await explained(hub_of_terms, "US.SupplyNotice.1", "status", client="in-cdsco")
    assert (found["outcome"], found["wouldOpen"]) == ("NO_RECORD_SEEN", [])
    found = await explained(hub_of_terms, "US.SupplyNotice.1", "status", client="jp-mhlw")
    assert [rule["policy"] for rule in found["wouldOpen"]] == ["us-hidden/1"]


@pytest.mark.parametrize("client", ["secretariat", "auditor"])
async def test_the_alliances_bodies_explain_a_clients_access_without_the_record(
    hub_of_terms, client
):
    asked = {"client": "in-cdsco", "purpose": "exercise"}
    found, missing = [
        await explained(hub_of_terms, key, "planText", client=client, more=asked)
        for key in (NOTICE, "KR.SupplyNotice.no-such-record")
    ]
    assert found == missing
    assert (found["client"], found["purpose"], found["outcome"]) == (
        "in-cdsco",
        "exercise",
        "NO_RECORD_SEEN",
    )
    assert {rule["policy"]: rule["lacking"] for rule in found["wouldOpen"]} == {
        "kr-later/1": ["it starts on 2999-01-01"],
        "kr-public/1": [],
        "kr-purpose/1": ["it is for the member US"],
    }


@settings(GENERATED, max_examples=40)
@given(place=places(), client=st.sampled_from(sorted(CLIENTS)), purpose=st.sampled_from(Purpose))
async def test_an_owner_is_told_of_a_client_what_the_client_is_told(hubs, place, client, purpose):
    _, facts, row = place
    if row["origin"] == Origin.ALLIANCE:
        return
    owner = next(name for name, each in CLIENTS.items() if each.member == row["origin"])
    field, asking = camel(facts.name), {"client": client, "purpose": purpose}
    own = await explained(hubs["by_row"], row["key"], field, **asking)
    told = await explained(
        hubs["by_row"], row["key"], field, client=owner, more=asking | {"purpose": str(purpose)}
    )
    outcome = own["outcome"].replace("NO_RECORD_SEEN", "RECORD_HIDDEN")
    assert (told["outcome"], told["roundedTo"]) == (outcome, own["roundedTo"])
    if outcome != "RECORD_HIDDEN":
        assert told["openedBy"] == own["openedBy"]


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"key": "x"}, "INVALID_INPUT", "write it as `KR.Product.195500005`"),
        ({"key": "XX.Product.1"}, "INVALID_INPUT", "is no key"),
        ({"key": "KR.Nothing.1"}, "INVALID_INPUT", "is no key"),
        ({"key": "KR.Product."}, "INVALID_INPUT", "is no key"),
        ({"field": "nothing"}, "INVALID_INPUT", "SupplyNotice has no field `nothing`"),
        ({"purpose": "exercise"}, "INVALID_INPUT", "goes with `client`"),
        ({"client": "kr-mfds", "purpose": "fun"}, "INVALID_INPUT", "use shortage-response"),
        ({"client": "nobody"}, "INVALID_INPUT", "no active client `nobody`: ask the secretariat"),
        ({"client": "kr-mfds", "key": "US.SupplyNotice.1"}, "FORBIDDEN", "is told to US"),
        ({"key": "KR.SupplyNotice.\0"}, "BAD_VALUE", "correct it"),
    ],
)
async def test_what_can_not_be_explained_is_refused_with_advice(hub_of_terms, asked, code, words):
    variables = {"key": "KR.SupplyNotice.1", "field": "status"} | asked
    error = await hub_of_terms.error(ASK, variables=variables)
    assert error["extensions"] == {"code": code}
    assert words in error["message"]
