"""The cost of a question is told before it runs, and bounds what it can bring."""

import pytest
import structlog
from prometheus_client import REGISTRY

from hub.disclosure.shown import ShownRows
from hub.gateway.planning import cost
from hub.gateway.planning.selection import Selected


def field(name, *children, **arguments):
    return Selected(name, name, arguments, children)


KEY = field("key")


@pytest.mark.parametrize(
    ("asked", "figure"),
    [
        (field("node", KEY), 1),
        (field("products", field("totalCount"), first=50), 50),
        (field("products", field("nodes", KEY), first=50), 100),
        (field("products", field("nodes", field("holder", KEY)), first=50), 150),
        (field("products", field("nodes", field("packages", KEY, first=20)), first=5), 110),
        (field("node", field("a", field("b", KEY, first=3), first=7), first=1), 1 + 7 * 4),
    ],
)
def test_cost_is_the_objects_times_the_page_sizes_above_them(asked, figure):
    assert cost.cost(asked) == figure


async def test_a_question_over_the_limit_is_refused_as_a_whole(hub):
    list_in_list = "ingredients(first: 100) { product { packages(first: 10) { key } } }"
    answer = await hub.ask(
        f"{{ me {{ client }} cheap: products(first: 1) {{ totalCount }} "
        f"dear: products(first: 500) {{ nodes {{ {list_in_list} }} }} }}"
    )
    assert answer["data"] is None
    [error] = answer["errors"]
    assert error["extensions"] == {"code": "COST_LIMIT"}
    figure = 1 + 500 * (1 + 1 + 100 * (1 + 1 + 10))
    assert error["message"] == (
        f"the question may bring {figure} objects by its page sizes, {cost.MAX_COST} at most: "
        "ask for smaller pages, or for fewer lists inside lists"
    )


async def test_page_sizes_in_variables_count(hub):
    asked = "query ($n: Int!) { products(first: 500) { nodes { ingredients(first: $n) { key } } } }"
    assert await hub.data(asked, variables={"n": 50})
    error = await hub.error(asked, variables={"n": 100})
    assert error["extensions"] == {"code": "COST_LIMIT"}


async def test_what_is_skipped_costs_nothing(hub):
    asked = (
        "query ($no: Boolean!) { products(first: 500) { totalCount nodes { key "
        "ingredients(first: 100) @include(if: $no) { key product { key } } } } }"
    )
    assert await hub.data(asked, variables={"no": False})
    error = await hub.error(asked, variables={"no": True})
    assert error["extensions"] == {"code": "COST_LIMIT"}


async def test_a_negative_page_size_buys_nothing(hub):
    dear = "products(first: 500) { nodes { ingredients(first: 100) { key } } }"
    answer = await hub.ask(f"{{ a: products(first: -100000) {{ totalCount }} b: {dear} }}")
    assert answer["errors"][-1]["extensions"] == {"code": "COST_LIMIT"}


async def test_the_limit_holds_for_all_root_fields_together(hub):
    page = "products(first: 500) { nodes { ingredients(first: 30) { key } } }"
    assert await hub.data(f"{{ a: {page} b: {page} }}")
    error = await hub.error(" ".join(["{", *(f"a{n}: {page}" for n in range(4)), "}"]))
    assert error["extensions"] == {"code": "COST_LIMIT"}


def sums():
    return {
        kind: REGISTRY.get_sample_value("hub_question_objects_sum", {"kind": kind})
        for kind in ("estimated", "actual")
    }


async def test_what_a_question_brought_is_compared_with_its_estimate(hub):
    before = sums()
    with structlog.testing.capture_logs() as logs:
        data = await hub.data(
            "{ products(first: 7) { nodes { key ingredients(first: 3) { key } } } "
            "packages(first: 2) { nodes { key } } }"
        )
    nodes = data["products"]["nodes"] + data["packages"]["nodes"]
    records = len(nodes) + sum(len(node.get("ingredients", ())) for node in nodes)
    after = sums()
    assert after["estimated"] - before["estimated"] == 7 * (1 + 1 + 3) + 2 * (1 + 1)
    assert after["actual"] - before["actual"] == records
    assert "cost_underestimated" not in {log["event"] for log in logs}


@pytest.mark.parametrize(("estimated", "is_told"), [(6, True), (7, False), (8, False)])
def test_an_estimate_that_was_too_low_is_logged(estimated, is_told):
    shown = {
        "Product": ShownRows({"public": {"KR": 2, "US": 3}, "operational": {"KR": 2}}),
        "Package": ShownRows({"operational": {"KR": 2}}),
        "Site": ShownRows(),
    }
    with structlog.testing.capture_logs() as logs:
        cost.compare_cost(estimated, shown)
    told = {"event": "cost_underestimated", "log_level": "warning", "estimated": 6, "actual": 7}
    assert logs == ([told] if is_told else [])
