"""Filters over what the world holds, each against plain Python."""

import pytest

from hub.gateway.limits import TERMS
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.world import TEXTS


async def keys(hub, root, given):
    kind = {"supplyNotices": "SupplyNotice", "stockReports": "StockReport"}[root]
    data = await hub.data(
        f"query ($f: {kind}Filter) {{ {root}(first: 500, filter: $f) {{ nodes {{ key }} }} }}",
        variables={"f": given},
    )
    return {node["key"] for node in data[root]["nodes"]}


def matching(record_type, test):
    return {row["key"] for row in WORLD.current(record_type) if test(row)}


@pytest.mark.parametrize("text", [*TEXTS, "%", "_", "\\", "A", "\\%", "ab", "정"])
async def test_contains_takes_every_sign_literally_but_case(hub, text):
    found = await keys(hub, "supplyNotices", {"title": {"contains": text}})
    assert found == matching("SupplyNotice", lambda row: text.lower() in row["title"].lower())


@pytest.mark.parametrize("text", [*TEXTS, "%", "_", "\\"])
async def test_starts_with_takes_every_sign_literally(hub, text):
    found = await keys(hub, "supplyNotices", {"reasonText": {"startsWith": text}})
    assert found == matching(
        "SupplyNotice",
        lambda row: row["reason_text"] is not None and row["reason_text"].startswith(text),
    )


@pytest.mark.parametrize("text", TEXTS)
async def test_texts_are_equal_sign_by_sign(hub, text):
    equal = matching("SupplyNotice", lambda row: row["plan_text"] == text)
    unequal = matching("SupplyNotice", lambda row: row["plan_text"] not in {text, None})
    assert await keys(hub, "supplyNotices", {"planText": {"eq": text}}) == equal
    assert await keys(hub, "supplyNotices", {"planText": {"in": [text, "none such"]}}) == equal
    assert await keys(hub, "supplyNotices", {"planText": {"ne": text}}) == unequal


async def test_all_conditions_must_hold(hub):
    given = {
        "origin": {"in": ["KR", "US"]},
        "status": {"ne": "ONGOING"},
        "packageCodes": {"isEmpty": False},
        "startsOn": {"onOrAfter": "2026-01-01", "isNull": False},
    }
    assert await keys(hub, "supplyNotices", given) == matching(
        "SupplyNotice",
        lambda row: (
            row["origin"] in {"KR", "US"}
            and row["status"] != "ONGOING"
            and row["package_codes"]
            and row["starts_on"]
            and (row["starts_on"]["latest"] or "") >= "2026-01-01"
        ),
    )


@pytest.mark.parametrize(
    "given", [None, {}, {"title": None}, {"title": {}}, {"title": {"eq": None}}]
)
async def test_a_condition_left_out_or_null_is_none(hub, given):
    everything = matching("SupplyNotice", lambda _: True)
    assert await keys(hub, "supplyNotices", given) == everything


async def test_an_empty_list_of_values_meets_nothing(hub):
    assert await keys(hub, "supplyNotices", {"origin": {"in": []}}) == set()
    assert await keys(hub, "supplyNotices", {"packageCodes": {"hasAny": []}}) == set()


@pytest.mark.parametrize(
    ("given", "test"),
    [
        ({"gt": "0.5"}, lambda n: n > 0.5),
        ({"gte": "0.50", "lt": "1.50"}, lambda n: 0.5 <= n < 1.5),
        ({"eq": "1.5"}, lambda n: n == 1.5),
        ({"lte": "-1"}, lambda n: n <= -1),
        ({"gt": "NaN"}, lambda _: False),
    ],
)
async def test_decimals_compare_as_numbers(hub, given, test):
    found = await keys(hub, "stockReports", {"quantity": given})
    assert found == matching(
        "StockReport", lambda row: row["quantity"] is not None and test(row["quantity"])
    )


@pytest.mark.parametrize(("field", "operator"), [("title", "in"), ("packageCodes", "hasAny")])
async def test_more_values_than_a_filter_takes_are_refused_not_dropped(hub, field, operator):
    asked = "query ($f: SupplyNoticeFilter) { supplyNotices(filter: $f) { totalCount } }"
    values = ["x"] * TERMS.most
    variables = {"f": {field: {operator: values}}}
    assert await hub.data(asked, variables=variables) == {"supplyNotices": {"totalCount": 0}}
    error = await hub.error(asked, variables={"f": {field: {operator: [*values, "y"]}}})
    assert error["extensions"]["code"] == "TOO_MANY_TERMS"
    assert f"{TERMS.most} at most" in error["message"]


@pytest.mark.parametrize(
    ("root", "given"),
    [
        ("supplyNotices", {"title": {"eq": "\0"}}),
        ("supplyNotices", {"title": {"in": ["a", "\0"]}}),
        ("supplyNotices", {"packageCodes": {"has": "\0"}}),
        ("stockReports", {"quantity": {"gt": "1e1000000"}}),
    ],
)
async def test_a_value_no_column_can_hold_is_the_questions_fault(hub, root, given):
    kind = {"supplyNotices": "SupplyNotice", "stockReports": "StockReport"}[root]
    asked = f"query ($f: {kind}Filter) {{ {root}(filter: $f) {{ totalCount }} }}"
    error = await hub.error(asked, variables={"f": given})
    assert error["extensions"]["code"] == "BAD_VALUE"
    assert "PostgreSQL" not in error["message"]
