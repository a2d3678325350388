"""Pages, cursors, orders and instants."""

import base64
import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.registry import RECORD_TYPES
from hub.gateway.planning import paging
from hub.gateway.planning.naming import camel
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.test_differential import GENERATED

PAGE = (
    "query ($first: Int!, $after: String, $by: [{type}Order!], $at: DateTime) {{ "
    "{root}(first: $first, after: $after, orderBy: $by, asOf: $at) {{ totalCount "
    "edges {{ cursor node {{ key }} }} "
    "pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
)
ORDERS = {
    name: [
        field
        for field, facts in record_type.fields.items()
        if facts.is_filterable and not facts.is_list
    ]
    for name, record_type in RECORD_TYPES.items()
}


async def page(hub, name, *, first=500, **variables):
    root = camel(RECORD_TYPES[name].plural)
    asked = PAGE.format(type=name, root=root)
    client = variables.pop("client", "us-fda")
    data = await hub.data(asked, client=client, variables={"first": first} | variables)
    return data[root]


async def walked(hub, name, first, **variables):
    """Collect all pages by following `endCursor`."""
    edges, after = [], None
    while True:
        found = await page(hub, name, first=first, after=after, **variables)
        edges += found["edges"]
        assert len(edges) <= found["totalCount"], "the pages have no end"
        info = found["pageInfo"]
        cursors = [edge["cursor"] for edge in found["edges"]]
        assert info["startCursor"] == (cursors[0] if cursors else None)
        assert info["endCursor"] == (cursors[-1] if cursors else None)
        assert info["hasPreviousPage"] is (after is not None)
        if not info["hasNextPage"]:
            return edges
        assert len(cursors) == first
        after = info["endCursor"]


def order_by(fields):
    return [{"field": field.upper(), "direction": direction} for field, direction in fields]


@st.composite
def walks(draw):
    name = draw(st.sampled_from(list(RECORD_TYPES)))
    fields = draw(st.lists(st.sampled_from(ORDERS[name]), max_size=3, unique=True))
    directions = [draw(st.sampled_from(["ASC", "DESC"])) for _ in fields]
    return name, list(zip(fields, directions, strict=True)), draw(st.sampled_from([1, 3, 10]))


@settings(GENERATED, max_examples=40)
@given(walk=walks(), policies=st.sampled_from(["open", "by_row"]))
async def test_walking_all_pages_gives_the_one_big_page(hubs, walk, policies):
    name, fields, first = walk
    hub = hubs[policies]
    whole = await page(hub, name, by=order_by(fields))
    assert await walked(hub, name, first, by=order_by(fields)) == whole["edges"]
    assert len(whole["edges"]) == whole["totalCount"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ORDERS["StockReport"])
async def test_every_order_of_a_type_can_be_walked(hub, field, direction):
    by = order_by([(field, direction)])
    whole = await page(hub, "StockReport", by=by)
    assert await walked(hub, "StockReport", 2, by=by) == whole["edges"]


@pytest.mark.parametrize("first", [1, 5, 6, 7, 500])
async def test_there_is_a_next_page_exactly_when_a_row_is_left(hub, first):
    count = len(WORLD.current("PriceCeiling"))
    after, seen = None, 0
    while seen < count:
        found = await page(hub, "PriceCeiling", first=first, after=after)
        seen += len(found["edges"])
        assert found["pageInfo"]["hasNextPage"] is (seen < count)
        assert found["totalCount"] == count
        after = found["pageInfo"]["endCursor"]
    found = await page(hub, "PriceCeiling", first=first, after=after)
    assert found["edges"] == []
    assert found["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize("first", [-1, 0, 501, 2**31 - 1])
async def test_a_page_size_out_of_bounds_is_refused(hub, first):
    asked = "query ($n: Int!) { products(first: $n) { totalCount } }"
    error = await hub.error(asked, variables={"n": first})
    assert error["extensions"]["code"] == "PAGE_SIZE"
    assert error["message"] == f"`first` is {first}: ask for 1 to 500 and page on with `after`"


@pytest.mark.parametrize("first", [-1, 0, 101])
async def test_a_nested_page_size_out_of_bounds_is_refused(hub, first):
    asked = "query ($n: Int!) { products(first: 1) { nodes { packages(first: $n) { key } } } }"
    error = await hub.error(asked, variables={"n": first})
    assert error["extensions"]["code"] == "PAGE_SIZE"
    assert "1 to 100" in error["message"]


@pytest.mark.parametrize("first", [1, 2, 50])
async def test_a_nested_list_has_the_first_by_key_that_are_still_listed(hub, first):
    data = await hub.data(
        f"{{ products(first: 500) {{ nodes {{ key ingredients(first: {first}) {{ key }} }} }} }}"
    )
    for node in data["products"]["nodes"]:
        listed = sorted(
            row["key"]
            for row in WORLD.current("Ingredient")
            if row["product_key"] == node["key"] and row["listing"] == "LISTED"
        )
        assert [one["key"] for one in node["ingredients"]] == listed[:first]


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    ["", "x", "é", "AAAA", "%", "\0", "e30", "bnVsbA", cursor(), cursor("key of Product"),
     cursor("key of Product", None), cursor("key of Product", 5), cursor("key of Product", "a\0"),
     cursor("key of Product", "a", "b"), cursor(["key of Product"], "a"), cursor({}, {}),
     cursor("key of Package", "a"), cursor("name ASC, key of Product", "a", "b"), "a" * 5000],
)  # fmt: skip
async def test_a_cursor_that_is_none_of_this_list_is_refused(hub, after):
    asked = "query ($after: String) { products(after: $after) { nodes { key } } }"
    error = await hub.error(asked, variables={"after": after})
    assert error["extensions"]["code"] == "BAD_CURSOR"
    assert after[:60] not in error["message"] or len(after) < 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("COVER_DAYS", "seven"),
        ("COVER_DAYS", str(2**31)),
        ("COVER_DAYS", [7]),
        ("QUANTITY", "much"),
        ("RECORDED_AT", "soon"),
        ("RECORDED_AT", "infinity"),
        ("PLACE_TEXT", "a\0"),
        ("PLACE_TEXT", ["a"]),
    ],
)
async def test_a_forged_cursor_value_never_reaches_the_database(hub, field, value):
    name = f"{camel(field.lower())} ASC, key of StockReport"
    error = await hub.error(
        f"query ($after: String) {{ stockReports(after: $after, orderBy: {{field: {field}}}) "
        "{ totalCount } }",
        variables={"after": cursor(name, value, "KR.StockReport.1")},
    )
    assert error["extensions"]["code"] == "BAD_CURSOR"


async def test_a_cursor_of_another_type_or_order_is_foreign(hub):
    products = await page(hub, "Product", first=1)
    by_name = await page(hub, "Product", first=1, by=order_by([("name", "ASC")]))
    for name, by, after in (
        ("Package", None, products["pageInfo"]["endCursor"]),
        ("Product", order_by([("name", "DESC")]), by_name["pageInfo"]["endCursor"]),
        ("Product", None, by_name["pageInfo"]["endCursor"]),
    ):
        root = camel(RECORD_TYPES[name].plural)
        asked = PAGE.format(type=name, root=root)
        variables = {"first": 1, "after": after, "by": by}
        error = await hub.error(asked, variables=variables)
        assert error["extensions"]["code"] == "BAD_CURSOR"
        assert "start again without it" in error["message"]


async def test_a_cursor_of_a_row_that_is_gone_still_has_its_place(hub):
    keys = sorted(row["key"] for row in WORLD.current("Product"))
    gone = cursor("key of Product", f"{keys[1]}.gone")
    found = await page(hub, "Product", first=1, after=gone)
    assert found["edges"][0]["node"]["key"] == keys[2]


async def test_an_order_has_five_fields_at_most(hub):
    by = order_by([(field, "ASC") for field in ORDERS["Product"][: paging.ORDERS.most + 1]])
    assert await page(hub, "Product", by=by[:-1])
    asked = PAGE.format(type="Product", root="products")
    error = await hub.error(asked, variables={"first": 1, "by": by})
    assert error["extensions"]["code"] == "TOO_MANY_ORDERS"
    assert "5" in error["message"]


@pytest.mark.parametrize("instant", WORLD.instants)
@pytest.mark.parametrize("name", ["Product", "SupplyNotice"])
async def test_as_of_shows_what_was_current_then(hub, name, instant):
    found = await page(hub, name, at=instant.isoformat())
    keys = [edge["node"]["key"] for edge in found["edges"]]
    assert keys == sorted(
        row["key"]
        for row in WORLD.rows[name]
        if row["recorded_at"] <= instant
        and (row["superseded_at"] is None or row["superseded_at"] > instant)
    )


async def test_before_the_first_record_there_was_nothing(hub):
    found = await page(hub, "Product", at="2020-01-01T00:00:00Z")
    assert (found["totalCount"], found["edges"]) == (0, [])


async def test_as_of_holds_for_all_that_is_nested(hub):
    at = WORLD.instants[1]

    def then(name):
        return [
            row
            for row in WORLD.rows[name]
            if row["recorded_at"] <= at
            and (row["superseded_at"] is None or row["superseded_at"] > at)
        ]

    data = await hub.data(
        """query ($at: DateTime) { supplyNotices(first: 500, asOf: $at) { nodes {
             recordedAt productKey
             product { recordedAt ingredients(first: 50) { key recordedAt } } } } }""",
        variables={"at": at.isoformat()},
    )
    products = {row["key"]: row for row in then("Product")}
    nested = 0
    for node in data["supplyNotices"]["nodes"]:
        assert datetime.fromisoformat(node["recordedAt"]) <= at
        expected = products.get(node["productKey"])
        assert (node["product"] is None) is (expected is None)
        if node["product"]:
            found = datetime.fromisoformat(node["product"]["recordedAt"])
            assert found == expected["recorded_at"]
            keys = [one["key"] for one in node["product"]["ingredients"]]
            nested += len(keys)
            assert keys == sorted(
                row["key"]
                for row in then("Ingredient")
                if row["product_key"] == expected["key"] and row["listing"] == "LISTED"
            )
    assert nested
