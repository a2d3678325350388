"""`history` and `node` in time: each version by itself, as its caller sees it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from federation.records.declaration import ENVELOPE
from federation.records.registry import RECORD_TYPES
from hub.gateway.planning.naming import camel
from hub.identity.types import Purpose
from tests.hub.gateway.oracle import Sight
from tests.hub.gateway.serving import WORLD, caller_of

HISTORY = """
query History($key: ID!, $first: Int = 50, $after: String) {
  history(key: $key, first: $first, after: $after) {
    nodes { recordedAt supersededAt changed record { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
SOON = timedelta(seconds=1)
TYPES = ["SupplyNotice", "Product", "StockReport", "QualityAlert"]


def written(instant):
    return instant and instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def versions_by_key(record_type):
    found = {}
    for row in WORLD.rows[record_type]:
        found.setdefault(row["key"], []).append(row)
    return {key: sorted(rows, key=lambda row: row["recorded_at"]) for key, rows in found.items()}


def expected(record_type, rows, sight):
    seen = [row for row in rows if sight.of(row)]
    compared = [
        facts
        for facts in RECORD_TYPES[record_type].fields.values()
        if facts.name not in ENVELOPE or facts.name == "listing"
    ]
    changed = [
        [
            camel(facts.name)
            for facts in compared
            if before is not None and sight.value(before, facts) != sight.value(row, facts)
        ]
        for before, row in pairwise([None, *seen])
    ]
    nodes = [
        {
            "recordedAt": written(row["recorded_at"]),
            "supersededAt": written(row["superseded_at"]),
            "changed": names,
            "record": {"id": row["key"]},
        }
        for row, names in zip(seen, changed, strict=True)
    ]
    return nodes[::-1]


@pytest.mark.parametrize("record_type", TYPES)
@pytest.mark.parametrize("client", ["kr-mfds", "us-fda"])
async def test_a_history_is_of_the_versions_that_are_seen_as_they_are_seen(
    hubs, client, record_type
):
    hub = hubs["by_row"]
    caller = caller_of(client, Purpose.SHORTAGE_RESPONSE)
    sight = Sight(WORLD, hub.policies, caller, datetime.now(UTC))
    found = {}
    for key in versions_by_key(record_type):
        data = await hub.data(HISTORY, client=client, variables={"key": key})
        found[key] = data["history"]["nodes"]
    assert found == {
        key: expected(record_type, rows, sight)
        for key, rows in versions_by_key(record_type).items()
    }
    assert any(node["changed"] for nodes in found.values() for node in nodes)


async def test_pages_of_a_history_join_without_a_gap(hubs):
    hub = hubs["open"]
    key, rows = max(versions_by_key("SupplyNotice").items(), key=lambda each: len(each[1]))
    assert len(rows) > 1
    nodes, after = [], None
    while True:
        asked = {"key": key, "first": 1, "after": after}
        page = (await hub.data(HISTORY, variables=asked))["history"]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    whole = (await hub.data(HISTORY, variables={"key": key}))["history"]["nodes"]
    assert nodes == whole
    assert len(nodes) == len(rows)


async def test_a_version_leads_to_what_was_there_when_it_was_recorded(hubs):
    hub = hubs["open"]
    asked = """
      query ($key: ID!) { history(key: $key) { nodes { recordedAt
        record { ... on SupplyNotice { product { key name } } } } } }
    """
    compared = 0
    for key, rows in versions_by_key("SupplyNotice").items():
        data = await hub.data(asked, variables={"key": key})
        for row, node in zip(rows[::-1], data["history"]["nodes"], strict=True):
            product = product_at(row["product_key"], row["recorded_at"])
            assert node["record"]["product"] == product
            compared += product is not None
    assert compared


def product_at(key, instant):
    for row in WORLD.rows["Product"]:
        is_of_then = row["recorded_at"] <= instant < (row["superseded_at"] or instant + SOON)
        if row["key"] == key and is_of_then:
            return {"key": key, "name": row["name"]}
    return None


@pytest.mark.parametrize("key", ["KR.SupplyNotice.no-such", "KR.Nothing.1", "x", "", "\0"])
async def test_a_record_that_is_not_there_has_no_history(hubs, key):
    answer = await hubs["open"].ask(HISTORY, variables={"key": key})
    if "errors" in answer:
        assert [each["extensions"]["code"] for each in answer["errors"]] == ["BAD_VALUE"]
    else:
        assert not (answer["data"]["history"] or {}).get("nodes")


async def test_a_hidden_record_has_the_history_of_one_that_is_not_there(hubs):
    hub = hubs["by_row"]
    sight = Sight(
        WORLD,
        hub.policies,
        caller_of("us-fda", Purpose.SHORTAGE_RESPONSE),
        datetime.now(UTC),
    )
    hidden = [
        key for key, rows in versions_by_key("QualityAlert").items() if not any(map(sight.of, rows))
    ]
    absent = await hub.ask(HISTORY, client="us-fda", variables={"key": "KR.QualityAlert.none"})
    assert hidden
    for key in hidden:
        answer = await hub.ask(HISTORY, client="us-fda", variables={"key": key})
        assert answer["data"] == absent["data"]


async def test_a_node_is_as_it_was(hubs):
    asked = """
      query ($id: ID!, $at: DateTime) { node(id: $id, asOf: $at) { id ... on Product { name } } }
    """
    hub = hubs["open"]
    for key, rows in versions_by_key("Product").items():
        for row in rows:
            at = written(row["recorded_at"])
            data = await hub.data(asked, variables={"id": key, "at": at})
            assert data["node"] == {"id": key, "name": row["name"]}
        before = written(rows[0]["recorded_at"] - timedelta(seconds=1))
        assert (await hub.data(asked, variables={"id": key, "at": before}))["node"] is None
