"""What `explainAccess` says against what the hub answers, and against Cedar, policy by policy."""

from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Origin, PartialDate
from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.naming import camel
from hub.identity.own_issuer.clients import register
from hub.identity.types import Purpose
from hub.policy.policy_set import Effect, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.row_decision import row_decisions
from hub.policy.schema import AGE_DAYS, ALLIANCE, Action, Level
from tests.hub.gateway.explaining import ASK, CURRENT, explained
from tests.hub.gateway.oracle import Sight, is_number, is_words
from tests.hub.gateway.serving import CLIENTS, WORLD, caller_of, without_entry
from tests.hub.gateway.test_differential import GENERATED
from tests.hub.gateway.test_non_interference import CALLERS, other_hubs

OTHER_HUBS = other_hubs
"""The fixture, taken over."""

FIELDS = [
    (name, facts)
    for name, record_type in RECORD_TYPES.items()
    for facts in record_type.fields.values()
]
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


async def compare(hubs, who, place):
    """Compare an explanation with the hub's answer, and its policies with Cedar's word on each."""
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
            counted = holding(hub.policies, caller, Action(name, facts.group, Level.COUNT), row)
            assert opened == rounded | counted
        case _:
            assert opened == set()
    assert not opened & {rule["policy"] for rule in found["wouldOpen"]}


@settings(GENERATED, max_examples=150)
@given(who=WHO, place=places())
async def test_an_explanation_says_what_the_hub_answers_and_which_policies_open_it(
    hubs, who, place
):
    await compare(hubs, who, place)


@pytest.mark.deep
@settings(GENERATED, max_examples=800)
@given(who=WHO, place=places())
async def test_many_explanations_say_what_the_hub_answers_and_which_policies_open_it(
    hubs, who, place
):
    await compare(hubs, who, place)


@settings(GENERATED, max_examples=60)
@given(place=places(), who=st.sampled_from(list(CALLERS)))
async def test_no_byte_of_an_explanation_hangs_on_what_is_hidden(hubs, other_hubs, place, who):
    policies, client = who
    _, facts, row = place
    asking = {"client": client, "purpose": CALLERS[who]}
    variables = {"key": row["key"], "field": camel(facts.name)}
    one, other = [
        without_entry((await hub.post(ASK, variables=variables, **asking)).content)
        for hub in (hubs[policies], other_hubs[who])
    ]
    assert one == other


@settings(GENERATED, max_examples=60)
@given(who=WHO, place=places())
async def test_a_hidden_record_is_explained_like_a_missing_one(hubs, who, place):
    policies, client, purpose = who
    name, facts, row = place
    asking = {"client": client, "purpose": purpose}
    found, missing = [
        without_entry(
            (
                await hubs[policies].post(
                    ASK, variables={"key": key, "field": camel(facts.name)}, **asking
                )
            ).content
        )
        for key in (row["key"], f"{row['origin']}.{name}.no-such-record")
    ]
    node, _ = await answered(hubs[policies], name, facts, row["key"], **asking)
    assert (found == missing) is (node is None)


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
