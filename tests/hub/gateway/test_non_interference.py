"""What a caller may not see has no bearing on any byte of any answer.

Two databases differ in all that is hidden from one caller: hidden records are dropped, rewritten or
joined by others, and the hidden fields of visible ones hold other values. Every answer is the same.
"""

import json
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import psycopg
import pytest
from graphql import build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.exports.formats import FORMATS
from hub.gateway.planning.naming import camel
from hub.gateway.schema import build_schema as hub_schema
from hub.identity.types import Purpose
from tests.hub.exports.exporting import Exporter, hub_alone
from tests.hub.gateway.oracle import Sight, is_number, is_words
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import WORLD, caller_of, new_database, open_hub, without_entry
from tests.hub.gateway.test_differential import GENERATED
from tests.hub.gateway.world import draw_value, insert, is_drawn

CALLERS = {
    ("committed", "jp-mhlw"): Purpose.POLICY_RESEARCH,
    ("by_row", "us-fda"): Purpose.SUPPLY_MAPPING,
    ("by_row", "kr-mfds"): Purpose.SHORTAGE_RESPONSE,
}
QUESTIONS = questions(build_schema(hub_schema().as_str()), WORLD)
WHO = st.sampled_from(list(CALLERS))


def other_world(sight, chance):
    """Change whatever is hidden.

    Where a visible version ends, the version after it is known to be, and its place: both stay.
    """
    ended = {
        (row["key"], row["superseded_at"])
        for rows in WORLD.rows.values()
        for row in rows
        if sight.of(row)
    }
    keys = {name: [row["key"] for row in rows] for name, rows in WORLD.rows.items()}
    return {
        name: [
            changed
            for row in rows
            for changed in _others(
                RECORD_TYPES[name],
                row,
                sight,
                chance,
                keys,
                is_known=(row["key"], row["recorded_at"]) in ended,
            )
        ]
        for name, rows in WORLD.rows.items()
    }


def _others(record_type, row, sight, chance, keys, *, is_known):
    free = [facts for facts in record_type.fields.values() if is_drawn(facts)]
    if sight.of(row):
        hidden = [
            facts
            for facts in free
            if not sight.of(row, facts.group)
            and (not sight.step(row, facts.group) or is_words(facts))
        ]
        rounded = {
            facts.name: _nearby(sight, row, facts, chance)
            for facts in free
            if sight.step(row, facts.group) and is_number(facts)
        }
        return [_redrawn(row, hidden, chance, keys) | rounded]
    # Policy attributes stay as they are, or the row might come into sight.
    hidden = [facts for facts in free if not facts.is_policy_attribute]
    if is_known:
        return [_redrawn(row, hidden, chance, keys)]
    fate = chance.choice(("drop", "rewrite", "join"))
    if fate == "drop":
        return []
    rewritten = _redrawn(row, hidden, chance, keys) | {
        "change_seq": chance.randrange(10, 2**62),
        "national_id_scheme": "other",
    }
    joined = _redrawn(row, hidden, chance, keys) | {"key": f"{row['key']}.joined"}
    return [rewritten] if fate == "rewrite" else [rewritten, joined]


def _nearby(sight, row, facts, chance):
    """Another number that is seen as the same multiple."""
    seen = sight.value(row, facts)
    if seen is None:
        return None
    rest = chance.randrange(sight.step(row, facts.group))
    other = int(seen) + (rest if seen >= 0 else -rest)
    return max(-(2**31), min(2**31 - 1, other)) if facts.python_type is int else other


def _redrawn(row, fields, chance, keys):
    values = {facts.name: draw_value(chance, facts, keys) for facts in fields}
    return row | values | {"pull_id": 2, "native_row": 2, "content_digest": b"other"}


@pytest.fixture(scope="session")
async def other_hubs(database_url, hubs, state):
    async with AsyncExitStack() as stack:
        found = {}
        for (policies, client), purpose in CALLERS.items():
            hub = hubs[policies]
            caller = caller_of(client, purpose)
            sight = Sight(WORLD, hub.policies, caller, datetime.now(UTC))
            url = await stack.enter_async_context(new_database(database_url))
            async with await psycopg.AsyncConnection.connect(url) as connection:
                await insert(connection, other_world(sight, random.Random(5)))
            folder = hub.settings.policies_dir
            found[policies, client] = await stack.enter_async_context(open_hub(url, folder, state))
        yield found


async def both(hubs, other_hubs, who, document, variables):
    policies, client = who
    asking = {"client": client, "purpose": CALLERS[who], "variables": variables}
    return [
        without_entry((await hub.post(document, **asking)).content)
        for hub in (hubs[policies], other_hubs[who])
    ]


@pytest.mark.parametrize("who", CALLERS)
async def test_the_two_worlds_differ_for_those_who_may_see_it(hubs, other_hubs, who):
    found = [
        (await hub.post("{ supplyNotices(first: 500) { nodes { key native } } }", client=client))
        for hub in (hubs[who[0]], other_hubs[who])
        for client in ("jp-mhlw", "kr-mfds", "us-fda", "eu-ema")
    ]
    half = len(found) // 2
    assert [without_entry(one.content) for one in found[:half]] != [
        without_entry(one.content) for one in found[half:]
    ]


@settings(GENERATED, max_examples=80)
@given(question=QUESTIONS, who=WHO)
async def test_no_byte_of_an_answer_hangs_on_what_is_hidden(hubs, other_hubs, question, who):
    one, other = await both(hubs, other_hubs, who, question.document, question.variables)
    assert one == other


@pytest.mark.deep
@settings(GENERATED, max_examples=1000)
@given(question=QUESTIONS, who=WHO)
async def test_no_byte_of_many_answers_hangs_on_what_is_hidden(hubs, other_hubs, question, who):
    one, other = await both(hubs, other_hubs, who, question.document, question.variables)
    assert one == other


@pytest.mark.parametrize("who", CALLERS)
async def test_no_byte_of_the_change_feed_hangs_on_what_is_hidden(hubs, other_hubs, who):
    since = None
    for _ in range(100):
        one, other = await both(
            hubs,
            other_hubs,
            who,
            "query ($since: String) { changes(since: $since, first: 7) "
            "{ nodes { seq kind key recordType origin at } endCursor hasNextPage } }",
            {"since": since},
        )
        assert one == other
        page = json.loads(one)["data"]["changes"]
        since = page["endCursor"]
        if not page["hasNextPage"]:
            break
    else:
        pytest.fail("the change feed has no end")


@pytest.mark.parametrize("who", CALLERS)
async def test_no_byte_of_a_history_hangs_on_what_is_hidden(hubs, other_hubs, who):
    keys = {row["key"] for name in ("SupplyNotice", "StockReport") for row in WORLD.rows[name]}
    for key in sorted(keys):
        one, other = await both(
            hubs,
            other_hubs,
            who,
            "query ($key: ID!) { history(key: $key) { nodes { recordedAt supersededAt changed "
            "record { id ... on SupplyNotice { native product { native } } } } } }",
            {"key": key},
        )
        assert one == other, key


@pytest.mark.parametrize("who", CALLERS)
async def test_no_order_by_a_hidden_field_hangs_on_its_values(hubs, other_hubs, who):
    orders = [
        (camel(record_type.plural), facts.name.upper(), direction)
        for record_type in RECORD_TYPES.values()
        for facts in record_type.fields.values()
        if facts.group is not Group.PUBLIC and facts.is_filterable and not facts.is_list
        for direction in ("ASC", "DESC")
    ]
    for root, field, direction in orders:
        document = (
            f"{{ {root}(first: 3, orderBy: {{field: {field}, direction: {direction}}}) "
            "{ totalCount edges { cursor node { key } } pageInfo { endCursor hasNextPage } } }"
        )
        one, other = await both(hubs, other_hubs, who, document, {})
        assert one == other, field


@pytest.fixture(scope="session")
async def exporting_hubs(database_url, policy_folders, state):
    """Hubs over the world of which no other takes up the jobs."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                hub_alone(database_url, policy_folders[name], state)
            )
            for name in {policies for policies, _ in CALLERS}
        }


LISTS = {
    "supplyNotices": "key native stockText stockOn { text } product { key native ingredients "
    "{ key role } }",
    "stockReports": "key quantity native recordedAt",
    "products": "key native holder { key } supplyNotices(first: 100) { key native }",
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("who", CALLERS)
async def test_no_byte_of_a_bulk_file_hangs_on_what_is_hidden(
    exporting_hubs, other_hubs, who, form
):
    policies, client = who
    instant = json.dumps(datetime.now(UTC).isoformat())
    for root, fields in LISTS.items():
        for order in ("", ", orderBy: {field: FEED, direction: DESC}"):
            query = f"{{ {root}(asOf: {instant}{order}) {{ nodes {{ {fields} }} }} }}"
            one, other = [
                await Exporter(hub, client, CALLERS[who]).content(query, form)
                for hub in (exporting_hubs[policies], other_hubs[who])
            ]
            assert one[0] == other[0], root
            assert one[1] | {"id": ""} == other[1] | {"id": ""}, root
