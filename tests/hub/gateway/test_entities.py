"""`_entities`: records by their keys, many at once, under the caller's predicates."""

import pytest

from federation.records.registry import RECORD_TYPES
from hub.gateway.limits import ENTITIES
from hub.gateway.subgraph.entity_keys import keys_of
from tests.hub.gateway.serving import WORLD

US = {"client": "us-fda"}
ASK = "query ($of: [_Any!]!) { _entities(representations: $of) "


async def entities(hub, selection, representations, **asking):
    answer = await hub.data(
        f"{ASK} {{ {selection} }} }}", variables={"of": representations}, **asking
    )
    return answer["_entities"]


async def refused(hub, *representations):
    error = await hub.error(
        ASK + "{ __typename } }", variables={"of": list(representations)}, client="us-fda"
    )
    assert error["path"] == ["_entities"]
    return error


def named(row, key, record_type):
    columns = {"id": "key", "nationalId": "national_id"}
    fields = {field: row[columns.get(field, field)] for field in key}
    return {"__typename": record_type, **fields}


@pytest.mark.parametrize(
    ("record_type", "key"),
    [
        (name, key)
        for name, record_type in RECORD_TYPES.items()
        for key in keys_of(record_type)
        if key != ("unii",)
    ],
)
async def test_every_record_is_found_by_each_of_its_keys(hub, record_type, key):
    rows = WORLD.current(record_type)
    found = await entities(
        hub,
        f"__typename ... on {record_type} {{ key }}",
        [named(row, key, record_type) for row in rows],
    )
    assert found == [{"__typename": record_type, "key": row["key"]} for row in rows]


async def test_order_and_duplicates_are_the_question_s_across_types(hub):
    product, notice = WORLD.current("Product")[:2], WORLD.current("SupplyNotice")[:2]
    rows = [notice[1], product[0], notice[0], product[0], product[1], notice[1]]
    found = await entities(
        hub,
        "... on Node { id } ... on Product { name } ... on SupplyNotice { status }",
        [
            {"__typename": "Product" if row in product else "SupplyNotice", "key": row["key"]}
            for row in rows
        ],
    )
    assert [each["id"] for each in found] == [row["key"] for row in rows]
    assert [each.get("name") for each in found] == [row.get("name") for row in rows]
    assert [each.get("status") for each in found] == [row.get("status") for row in rows]


async def test_of_several_substances_of_one_unii_the_first_by_key_answers(hub):
    rows = WORLD.current("Substance")
    uniis = {row["unii"] for row in rows if row["unii"] is not None}
    assert len(uniis) < len([row for row in rows if row["unii"] is not None])
    found = await entities(
        hub, "... on Substance { key }", [{"__typename": "Substance", "unii": one} for one in uniis]
    )
    first = {one: min(row["key"] for row in rows if row["unii"] == one) for one in uniis}
    assert [each["key"] for each in found] == [first[one] for one in uniis]


async def test_the_same_substance_is_found_by_two_keys_in_one_question(hub):
    row = next(row for row in WORLD.current("Substance") if row["unii"])
    found = await entities(
        hub,
        "... on Substance { unii }",
        [
            {"__typename": "Substance", "unii": row["unii"]},
            {"__typename": "Substance", "key": row["key"]},
        ],
    )
    assert found == [{"unii": row["unii"]}] * 2


@pytest.mark.parametrize(
    "naming",
    [
        {"key": "KR.Product.no-such-record"},
        {"key": None},
        {"id": "KR.SupplyNotice.0"},
        {"origin": "XX", "nationalId": "1"},
        {"origin": "KR", "nationalId": None},
        {"origin": "KR.Product.1", "nationalId": "1"},
    ],
)
async def test_what_names_no_record_is_null(hub, naming):
    assert await entities(hub, "__typename", [{"__typename": "Product", **naming}]) == [None]


async def test_no_representations_are_no_entities(hub):
    assert await entities(hub, "__typename", []) == []


async def test_a_hidden_record_is_null_as_one_that_does_not_exist(hubs):
    notices = [row for row in WORLD.current("SupplyNotice") if row["origin"] == "US"]
    asked = [{"__typename": "SupplyNotice", "key": row["key"]} for row in notices]
    found = await entities(hubs["by_row"], "... on SupplyNotice { key }", asked, client="kr-mfds")
    seen = [row["listing"] == "LISTED" for row in notices]
    assert {True, False} == {*seen}
    assert found == [
        {"key": row["key"]} if is_seen else None for row, is_seen in zip(notices, seen, strict=True)
    ]


async def test_a_hidden_record_leaves_the_same_bytes_as_none(hubs):
    hidden = {"__typename": "SupplyNotice", "key": WORLD.current("SupplyNotice")[0]["key"]}
    missing = {**hidden, "key": "KR.SupplyNotice.no-such-record"}
    ask = ASK + "{ ... on SupplyNotice { key reasonText product { key } } } }"
    answers = [
        await hubs["none"].ask(ask, variables={"of": [one]}, **US) for one in (hidden, missing)
    ]
    assert answers[0]["data"] == answers[1]["data"] == {"_entities": [None]}
    assert answers[0]["extensions"]["policy"] == answers[1]["extensions"]["policy"]


async def test_fields_are_masked_and_told_as_on_any_other_way(hubs):
    hub = hubs["by_row"]
    rows = [row for row in WORLD.current("SupplyNotice") if row["origin"] == "KR"]
    fields = "key reasonText product { key surveillanceText }"
    by_entities = await hub.ask(
        f"{ASK} {{ ... on SupplyNotice {{ {fields} }} }} }}",
        variables={"of": [{"__typename": "SupplyNotice", "key": row["key"]} for row in rows]},
        **US,
    )
    for row, found in zip(rows, by_entities["data"]["_entities"], strict=True):
        answer = await hub.data(
            f"query ($key: ID!) {{ node(id: $key) {{ ... on SupplyNotice {{ {fields} }} }} }}",
            variables={"key": row["key"]},
            **US,
        )
        assert found == answer["node"]
    masked = by_entities["extensions"]["policy"]["masked"]
    assert [(mask["path"], mask["fields"]) for mask in masked] == [
        ("_entities", ["reasonText"]),
        ("_entities.product", ["surveillanceText"]),
    ]


async def test_an_alias_answers_under_its_own_name(hub):
    key = WORLD.current("Product")[0]["key"]
    answer = await hub.data(
        """query ($of: [_Any!]!) {
             a: _entities(representations: $of) { ... on Product { id } }
             b: _entities(representations: [{__typename: "Product", key: "nothing"}]) {
               __typename } }""",
        variables={"of": [{"__typename": "Product", "key": key}]},
    )
    assert answer == {"a": [{"id": key}], "b": [None]}


@pytest.mark.parametrize(
    "representation",
    [
        {},
        "Product",
        {"key": "KR.Product.1"},
        {"__typename": "Member", "key": "KR"},
        {"__typename": ["Product"], "key": "KR.Product.1"},
        {"__typename": "Product"},
        {"__typename": "Product", "name": "a"},
        {"__typename": "Product", "origin": "KR"},
        {"__typename": "Product", "key": 1},
        {"__typename": "Product", "key": {"eq": "KR.Product.1"}},
    ],
)
async def test_a_representation_that_is_none_is_refused_with_its_place(hub, representation):
    good = {"__typename": "Product", "key": WORLD.current("Product")[0]["key"]}
    error = await refused(hub, good, representation)
    assert error["extensions"]["code"] == "BAD_ENTITY"
    assert "representation 2 names no record" in error["message"]


async def test_too_many_representations_are_refused_with_figure_and_limit(hub):
    one = {"__typename": "Product", "key": "KR.Product.1"}
    assert len(await entities(hub, "__typename", [one] * ENTITIES.most)) == ENTITIES.most
    error = await refused(hub, *[one] * (ENTITIES.most + 1))
    assert error["extensions"]["code"] == ENTITIES.code
    assert str(ENTITIES.most + 1) in error["message"]
    assert str(ENTITIES.most) in error["message"]


async def test_what_is_below_the_records_counts_towards_the_cost(hub):
    asked = [{"__typename": "Product", "key": f"KR.Product.{number}"} for number in range(6)]
    nested = "supplyNotices(first: 100) { product { packages(first: 100) { key } } }"
    error = await hub.error(
        f"{ASK} {{ ... on Product {{ {nested} }} }} }}", variables={"of": asked}, **US
    )
    assert error["extensions"]["code"] == "COST_LIMIT"


async def test_the_disclosure_counts_each_record_once_under_what_it_shows(hubs):
    rows = [row for row in WORLD.current("SupplyNotice") if row["origin"] == "KR"]
    asked = [{"__typename": "SupplyNotice", "key": row["key"]} for row in rows]
    hub = hubs["by_row"]
    answer = await hub.ask(
        ASK + "{ ... on SupplyNotice { key reasonText } } }",
        variables={"of": [*asked, *asked, {**asked[0], "key": "KR.SupplyNotice.none"}]},
        **US,
    )
    log = "{ disclosures(first: 50) { nodes { id shown { recordType group origin rows } } } }"
    entries = (await hub.data(log, client="auditor"))["disclosures"]["nodes"]
    entry = next(one for one in entries if one["id"] == answer["extensions"]["disclosure"]["id"])
    is_open = [row["status"] in {"ONGOING", "RESOLVED", "DRAFT"} for row in rows]
    assert {(each["group"], each["origin"], each["rows"]) for each in entry["shown"]} == {
        ("public", "KR", len(rows)),
        ("operational", "KR", sum(is_open)),
    }
