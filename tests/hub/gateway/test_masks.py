"""What is hidden stays hidden, whatever way it is asked for."""

import pytest

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES
from hub.gateway.limits import ROOT_FIELDS
from hub.gateway.planning.naming import camel
from tests.hub.gateway.serving import WORLD

US = {"client": "us-fda"}
KR_NOTICES = "first: 500, filter: {origin: {eq: KR}}"


def notices(origin):
    return [row for row in WORLD.current("SupplyNotice") if row["origin"] == origin]


@pytest.fixture
def by_row(hubs):
    """Korea's operational fields open to others where the status is one of three."""
    return hubs["by_row"]


def is_open(row):
    return row["status"] in {"ONGOING", "RESOLVED", "DRAFT"}


async def test_the_world_has_both_shown_and_hidden_notices():
    assert {is_open(row) for row in notices("KR")} == {True, False}


@pytest.mark.parametrize(
    ("selections", "nodes"),
    [
        ("nodes { key reasonText }", lambda page: page["nodes"]),
        ("nodes { key reasonText: planText }", lambda page: page["nodes"]),
        ("nodes { key ... on SupplyNotice { reasonText } }", lambda page: page["nodes"]),
        ("nodes { key ...F }", lambda page: page["nodes"]),
        ("edges { node { key reasonText } }", lambda page: [e["node"] for e in page["edges"]]),
    ],
)
async def test_a_masked_field_is_null_by_any_way_to_it(by_row, selections, nodes):
    fragment = "fragment F on SupplyNotice { reasonText }" if "...F" in selections else ""
    asked = f"{{ supplyNotices({KR_NOTICES}) {{ {selections} }} }} {fragment}"
    page = (await by_row.data(asked, **US))["supplyNotices"]
    found = {node["key"]: node["reasonText"] for node in nodes(page)}
    field = "plan_text" if "planText" in selections else "reason_text"
    assert found == {row["key"]: row[field] if is_open(row) else None for row in notices("KR")}


async def test_a_masked_field_is_null_in_a_nested_list_and_behind_a_link(by_row):
    data = await by_row.data(
        """{ products(first: 500) { nodes { supplyNotices(first: 40) { key reasonText } } }
             supplyNotices(first: 500) { nodes {
               product { supplyNotices(first: 40) { key reasonText } } } } }""",
        **US,
    )
    texts = {row["key"]: row["reason_text"] if is_open(row) else None for row in notices("KR")}
    products = data["products"]["nodes"]
    products += [node["product"] or {} for node in data["supplyNotices"]["nodes"]]
    found = [
        (one["key"], one["reasonText"])
        for product in products
        for one in product.get("supplyNotices", [])
        if one["key"] in texts
    ]
    assert found
    assert set(found) <= set(texts.items())


@pytest.mark.parametrize("operator", ["eq", "in", "contains", "startsWith", "ne"])
async def test_a_filter_finds_no_row_by_a_value_that_is_hidden(by_row, operator):
    hidden = {row["key"] for row in notices("KR") if not is_open(row)}
    for text in {row["reason_text"] for row in notices("KR") if row["reason_text"]}:
        data = await by_row.data(
            "query ($f: StringFilter) { supplyNotices(first: 500, filter: {reasonText: $f}) "
            "{ totalCount nodes { key } } }",
            variables={"f": {operator: [text] if operator == "in" else text}},
            **US,
        )
        page = data["supplyNotices"]
        assert page["totalCount"] == len(page["nodes"])
        assert not hidden & {node["key"] for node in page["nodes"]}


async def test_a_hidden_value_and_an_absent_one_are_the_same_to_is_null(by_row):
    data = await by_row.data(
        "{ supplyNotices(first: 500, filter: "
        "{origin: {eq: KR}, reasonText: {isNull: true}}) { nodes { key } } }",
        **US,
    )
    expected = {
        row["key"] for row in notices("KR") if not is_open(row) or row["reason_text"] is None
    }
    assert {node["key"] for node in data["supplyNotices"]["nodes"]} == expected


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_hidden_values_come_last_in_any_order_and_leave_no_trace_in_cursors(
    by_row, direction
):
    data = await by_row.data(
        f"{{ supplyNotices({KR_NOTICES}, orderBy: {{field: REASON_TEXT, direction: {direction}}})"
        "{ edges { cursor node { key reasonText } } } }",
        **US,
    )
    edges = data["supplyNotices"]["edges"]
    texts = [edge["node"]["reasonText"] for edge in edges]
    count = sum(text is not None for text in texts)
    assert count
    assert None not in texts[:count]
    # Among those without a value the order is the key's, hidden or absent.
    last = [edge["node"]["key"] for edge in edges[count:]]
    assert last == sorted(last)


async def test_nothing_is_seen_without_policies(hubs):
    roots = " ".join(
        f"{camel(t.plural)}(asOf: $at) {{ totalCount nodes {{ key }} pageInfo {{ endCursor }} }}"
        for t in RECORD_TYPES.values()
    )
    keys = [row["key"] for rows in WORLD.rows.values() for row in rows]
    for at in (None, WORLD.instants[0].isoformat()):
        data = await hubs["none"].data(
            f"query ($at: DateTime) {{ {roots} changes {{ nodes {{ key }} hasNextPage }} }}",
            variables={"at": at},
        )
        assert data.pop("changes") == {"nodes": [], "hasNextPage": False}
        empty = {"totalCount": 0, "nodes": [], "pageInfo": {"endCursor": None}}
        assert list(data.values()) == [empty] * len(RECORD_TYPES)
    most = ROOT_FIELDS.most
    for start in range(0, len(keys), most):
        nodes = " ".join(
            f'n{n}: node(id: "{key}") {{ id }}' for n, key in enumerate(keys[start : start + most])
        )
        assert set((await hubs["none"].data(f"{{ {nodes} }}")).values()) == {None}


async def test_a_link_to_a_record_that_is_hidden_is_null_and_its_key_shown(hubs):
    # The committed policies show no stock report of another member, but the product it is about.
    data = await hubs["committed"].data(
        "{ products(first: 500) { nodes { key holder { key } holderKey stockReports { key } } } }",
        client="jp-mhlw",
        purpose="policy-research",
    )
    organizations = {row["key"] for row in WORLD.current("Organization")}
    for node in data["products"]["nodes"]:
        assert node["holder"] in ({"key": node["holderKey"]}, None)
        if node["holderKey"] in organizations:
            assert node["holder"] is not None
        for report in node["stockReports"]:
            assert report["key"].split(".")[0] in {"JP", "KR"}


async def test_every_nested_type_carries_its_own_predicate(hubs):
    # India shares no notice; its product shows none to others, and all to itself.
    asked = "{ products(first: 500) { nodes { supplyNotices(first: 40) { origin } } } }"
    seen = {}
    for client in ("in-cdsco", "us-fda"):
        data = await hubs["committed"].data(asked, client=client)
        nested = [one["origin"] for p in data["products"]["nodes"] for one in p["supplyNotices"]]
        seen[client] = set(nested)
    assert "IN" in seen["in-cdsco"]
    assert "IN" not in seen["us-fda"]


async def test_masked_fields_are_named_with_their_place_and_group(by_row):
    answer = await by_row.ask(
        """{ mine: supplyNotices(first: 500) {
               nodes { key why: reasonText reason native
                       product { surveillanceText } } } }""",
        **US,
    )
    masked = answer["extensions"]["policy"]["masked"]
    assert [(mask["path"], mask["group"], mask["fields"]) for mask in masked] == [
        ("mine.nodes", "native", ["native"]),
        ("mine.nodes", "operational", ["why", "reason"]),
        ("mine.nodes.product", "operational", ["surveillanceText"]),
    ]
    assert {mask["recordType"] for mask in masked} == {"SupplyNotice", "Product"}
    assert masked[0]["reason"] == (
        "no agreement opens native fields of some of these records to US for shortage-response"
    )


async def test_nothing_is_named_where_nothing_of_the_page_was_masked(by_row):
    asked = "{ supplyNotices(first: 500, filter: {origin: {eq: US}}) { nodes { reasonText } } }"
    answer = await by_row.ask(asked, **US)
    assert answer["data"]["supplyNotices"]["nodes"]
    assert answer["extensions"]["policy"]["masked"] == []


async def test_the_row_past_the_page_is_not_told_of(by_row):
    # With pages of one, every mask belongs to the one row shown.
    after = None
    for _ in notices("KR"):
        answer = await by_row.ask(
            "query ($after: String) { supplyNotices(first: 1, after: $after, "
            "filter: {origin: {eq: KR}}) { nodes { key reason } pageInfo { endCursor } } }",
            variables={"after": after},
            **US,
        )
        page = answer["data"]["supplyNotices"]
        [row] = [row for row in notices("KR") if row["key"] == page["nodes"][0]["key"]]
        assert bool(answer["extensions"]["policy"]["masked"]) is not is_open(row)
        after = page["pageInfo"]["endCursor"]


async def test_a_question_with_more_masks_than_can_be_told_is_refused(hub):
    places = " ".join(
        f"a{n}: nodes {{ reason stockText native product {{ marketingStatus native }} }}"
        for n in range(13)
    )
    error = await hub.error(f"{{ supplyNotices(first: 1) {{ {places} }} }}")
    assert error["extensions"]["code"] == "TOO_MANY_MASKS"
    assert "62" in error["message"]


def test_a_field_outside_the_public_group_can_be_null_in_the_schema(hub):
    # Otherwise a mask would be an invalid answer, which nothing would notice.
    from hub.gateway.schema import build_schema

    types = build_schema()._schema.type_map
    for name, record_type in RECORD_TYPES.items():
        for facts in record_type.fields.values():
            is_required = str(types[name].fields[camel(facts.name)].type).endswith("!")
            assert is_required is (not facts.is_nullable and facts.group is Group.PUBLIC)
