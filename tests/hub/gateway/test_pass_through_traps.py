"""Each trap of answering past graphql-core has a test that carries its number.

The numbers are those of the measurements that the gateway was built on, its twelve "pass-through
traps". The files beside this one go further into most of them; `pytest -k trap_` runs these alone.
"""

import base64
import gc
import re
from datetime import UTC, datetime

import orjson
import pytest

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.naming import camel
from hub.gateway.questions.parsed import Documents
from hub.gateway.schema import build_schema
from hub.gateway.types import SCALARS
from tests.hub.gateway.serving import WORLD, strict_json

KEYS = sorted(row["key"] for row in WORLD.current("Product"))
FIRST, SECOND, *_ = KEYS
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TIMES_UNTIL_HOT = 4
"""How often a question is asked until the fast tier answers it, and once more."""


async def hot(hub, question, **asking):
    """Ask often enough for the fast tier; all answers must be one."""
    answers = [await hub.ask(question, **asking) for _ in range(TIMES_UNTIL_HOT)]
    for answer in answers:
        answer.pop("extensions", None)
    assert all(answer == answers[0] for answer in answers)
    return answers[-1]


def test_trap_1_nothing_inside_a_fragment_is_checked():
    unfinished = orjson.Fragment('{"a": NaN')
    assert orjson.dumps({"data": unfinished}) == b'{"data":{"a": NaN}'


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_trap_1_what_is_promised_never_to_be_null_can_not_be_null_in_its_table(name):
    record_type = RECORD_TYPES[name]
    shown = build_schema()._schema.type_map[name].fields
    for facts in record_type.fields.values():
        is_promised = str(shown[camel(facts.name)].type).endswith("!")
        column = record_type.model.__table__.columns[facts.name]
        assert not (is_promised and column.nullable), facts.name
        assert not (is_promised and facts.group is not Group.PUBLIC), facts.name


async def test_trap_2_an_empty_list_is_a_list_and_not_null(hub):
    none = '(filter: {key: {eq: "none"}})'
    data = await hub.data(
        f"{{ products{none} {{ nodes {{ key }} edges {{ cursor }} totalCount }} "
        "all: products(first: 500) { nodes { packages { key } ingredients { key } } } }"
    )
    assert data["products"] == {"nodes": [], "edges": [], "totalCount": 0}
    lists = [found for node in data["all"]["nodes"] for found in node.values()]
    assert [] in lists
    assert None not in lists


async def test_trap_3_fields_are_collected_as_graphql_does_at_every_level(hub):
    answer = await hub.post(
        "query ($no: Boolean!) { products(first: 1) { nodes { key } } "
        "products(first: 1) { nodes { origin ingredients { key } ingredients { origin } "
        "... on Node { __typename id } ...F name @include(if: $no) key } } } "
        "fragment F on Product { t: __typename holder @skip(if: true) { key } }",
        variables={"no": False},
    )
    [node] = strict_json(answer.content)["data"]["products"]["nodes"]
    assert list(node) == ["key", "origin", "ingredients", "__typename", "id", "t"]
    assert node["__typename"] == node["t"] == "Product"
    assert all(set(one) == {"key", "origin"} for one in node["ingredients"])


@pytest.mark.parametrize("name", ["x", "r", "row", "t0", "j", "a" * 63])
async def test_trap_4_a_name_of_the_statement_s_own_is_free_for_aliases(hub, name):
    data = await hub.data(f"{{ products(first: 1) {{ {name}: nodes {{ {name}: key }} }} }}")
    assert data["products"] == {name: [{name: FIRST}]}


async def test_trap_4_a_name_that_postgresql_would_cut_is_refused(hub):
    error = await hub.error(f"{{ products {{ nodes {{ {'a' * 64}: key }} }} }}")
    assert error["extensions"]["code"] == "ALIAS_TOO_LONG"


async def test_trap_4_more_fields_than_json_build_object_takes_are_answered(hub):
    fields = " ".join(f"a{n}: key" for n in range(55))
    data = await hub.data(f"{{ products(first: 1) {{ nodes {{ {fields} }} }} }}")
    assert data["products"]["nodes"] == [{f"a{n}": FIRST for n in range(55)}]


async def test_trap_5_keys_stand_in_the_order_of_the_question(hub):
    data = await hub.data(
        "{ products(first: 1) { z: totalCount nodes { zz: key b: origin name a: key } "
        "aa: totalCount } }"
    )
    assert list(data["products"]) == ["z", "nodes", "aa"]
    assert list(data["products"]["nodes"][0]) == ["zz", "b", "name", "a"]


async def test_trap_6_scalars_are_written_as_their_types_say(hub):
    data = await hub.data(
        "{ products(first: 500) { nodes { retrievedAt routes } } "
        "stockReports(first: 500) { nodes { quantity } } }"
    )
    for node in data["products"]["nodes"]:
        assert INSTANT.fullmatch(node["retrievedAt"])
        assert isinstance(node["routes"], list | None)
    amounts = [node["quantity"] for node in data["stockReports"]["nodes"]]
    assert any(amounts)
    assert all(isinstance(amount, str | None) for amount in amounts)
    assert not {"NaN", "Infinity", "-Infinity"} & set(amounts)


async def test_trap_7_both_ways_to_an_answer_write_an_instant_alike(hub):
    data = await hub.data(f'{{ node(id: "{FIRST}") {{ ... on Product {{ retrievedAt }} }} }}')
    [row] = [row for row in WORLD.current("Product") if row["key"] == FIRST]
    serialize = SCALARS[datetime].serialize
    assert data["node"]["retrievedAt"] == serialize(row["retrieved_at"].astimezone(UTC))


@pytest.mark.parametrize("place", ["... @defer { me { client } }", "me { client } ...F @defer"])
async def test_trap_8_nothing_is_deferred(hub, place):
    fragment = " fragment F on Query { me { member } }" if "...F" in place else ""
    answer = await hub.ask(f"{{ {place} }}{fragment}")
    assert "data" not in answer
    assert "@defer" in answer["errors"][0]["message"]


PAGE = "query Page($n: Int!) { products(first: $n) { nodes { key } } }"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"n": None}, "INVALID_INPUT"),
        ({"n": "1"}, "INVALID_INPUT"),
        ({"n": 2**40}, "INVALID_INPUT"),
        ({"n": 0}, "PAGE_SIZE"),
        ({"n": 501}, "PAGE_SIZE"),
    ],
)
async def test_trap_9_the_fast_tier_coerces_and_bounds_variables(hub, variables, code):
    assert (await hot(hub, PAGE, variables={"n": 2}))["data"]
    answer = await hot(hub, PAGE, variables=variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_trap_9_the_fast_tier_reads_the_operation_s_name(hub):
    document = PAGE + " query Other { me { client } }"
    asked = {"variables": {"n": 1}}
    assert "products" in (await hot(hub, document, operationName="Page", **asked))["data"]
    assert "me" in (await hot(hub, document, operationName="Other", **asked))["data"]
    for name in (None, "None", "page"):
        assert "data" not in await hot(hub, document, operationName=name, **asked)


async def test_trap_9_the_fast_tier_knows_one_purpose_and_policy_from_another(hubs):
    question = "{ supplyNotices(first: 500) { totalCount nodes { key reasonText } } }"
    answers = {
        (policies, client): await hot(hubs[policies], question, client=client)
        for policies in ("open", "by_row", "none")
        for client in ("kr-mfds", "us-fda")
    }
    assert answers["open", "kr-mfds"] == answers["open", "us-fda"]
    assert answers["by_row", "kr-mfds"] != answers["by_row", "us-fda"]
    assert answers["none", "kr-mfds"]["data"]["supplyNotices"]["totalCount"] == 0


async def test_trap_10_more_questions_than_a_connection_prepares_are_answered(hub):
    for count in (1, 2):
        for place in range(110):
            question = f"{{ products(first: {count}) {{ a{place}: nodes {{ key }} }} }}"
            data = await hub.data(question)
            assert [node["key"] for node in data["products"][f"a{place}"]] == KEYS[:count]


async def test_trap_11_a_document_is_known_by_its_text_and_not_by_where_it_lies(hub):
    for place in range(40):
        count = place % 2 + 1
        data = await hub.data(f"{{ products(first: {count}) {{ nodes {{ key }} }} }}")
        assert [node["key"] for node in data["products"]["nodes"]] == KEYS[:count]
        gc.collect(0)


def test_trap_11_a_document_asked_again_is_not_read_again_and_few_are_kept():
    documents = Documents(build_schema()._schema)
    text = "{ me { client } }"
    known = documents.read(text)
    assert documents.read(text) is known
    assert documents.read(text + " ") is not known
    assert documents._kept.cache_info().maxsize


@pytest.mark.parametrize("ask", ["filter", "order", "total", "cursor"])
async def test_trap_12_a_hidden_value_is_not_found_by_asking_around_it(hubs, ask):
    """Korea's operational fields are open to others where the status is one of three."""
    notices = [row for row in WORLD.current("SupplyNotice") if row["origin"] == "KR"]
    hidden = {
        row["key"]: row["reason_text"]
        for row in notices
        if row["status"] not in {"ONGOING", "RESOLVED", "DRAFT"} and row["reason_text"]
    }
    assert hidden
    conditions = ", reasonText: {isNull: false}" if ask in {"filter", "total"} else ""
    order = ", orderBy: {field: REASON_TEXT, direction: DESC}" if ask in {"order", "cursor"} else ""
    data = await hubs["by_row"].data(
        f"{{ supplyNotices(first: 500, filter: {{origin: {{eq: KR}}{conditions}}}{order}) "
        "{ totalCount edges { cursor node { key reasonText } } } }",
        client="us-fda",
    )
    page = data["supplyNotices"]
    nodes = [edge["node"] for edge in page["edges"]]
    keys = [node["key"] for node in nodes]
    if ask in {"filter", "total"}:
        assert page["totalCount"] == len(keys)
        assert not hidden.keys() & set(keys)
        return
    assert keys[-len(hidden) :] == sorted(keys[-len(hidden) :])
    for edge in page["edges"]:
        if edge["node"]["key"] in hidden:
            assert edge["node"]["reasonText"] is None
            _, *values = orjson.loads(base64.urlsafe_b64decode(edge["cursor"] + "=="))
            assert values[-1] == edge["node"]["key"]
            assert not any(values[:-1])
