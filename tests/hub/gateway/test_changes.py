"""The change feed: order, pages, filters, removed parts and who sees what."""

from datetime import UTC, datetime

import pytest

from federation.records.registry import RECORD_TYPES
from hub.identity.types import Purpose
from tests.hub.gateway.oracle import Sight
from tests.hub.gateway.serving import WORLD, caller_of

ASKED = """query ($since: String, $first: Int! = 500, $types: [String!], $origins: [String!]) {
  changes(since: $since, first: $first, types: $types, origins: $origins) {
    nodes { seq kind key recordType origin at } endCursor hasNextPage } }"""


def instant(at):
    return f"{at:%Y-%m-%dT%H:%M:%S.}{at.microsecond // 1000:03}Z"


def expected(sees=lambda _name, _row: True):
    """All changes, in order."""
    changes = []
    for name, rows in WORLD.rows.items():
        for row in rows:
            if not sees(name, row):
                continue
            kind = "ADDED" if row["recorded_at"] == row["first_recorded_at"] else "CHANGED"
            changes.append((row["change_seq"], kind, row["key"], name, row["recorded_at"]))
            if row["removed_seq"]:
                closed = row["superseded_at"]
                changes.append((row["removed_seq"], "REMOVED", row["key"], name, closed))
    return [
        {
            "seq": str(seq),
            "kind": kind,
            "key": key,
            "recordType": name,
            "origin": key.split(".")[0],
            "at": instant(at),
        }
        for seq, kind, key, name, at in sorted(changes)
    ]


async def read(hub, **asking):
    variables = {name: asking.pop(name) for name in list(asking) if name != "client"}
    return (await hub.data(ASKED, variables=variables, **asking))["changes"]


async def test_changes_come_in_the_order_they_were_published(hub):
    page = await read(hub)
    assert page["nodes"] == expected()
    assert page["hasNextPage"] is False
    assert {change["kind"] for change in page["nodes"]} == {"ADDED", "CHANGED", "REMOVED"}


@pytest.mark.parametrize("first", [7, 50])
async def test_pages_read_on_where_the_last_one_ended(hub, first):
    found, since = [], None
    while True:
        page = await read(hub, since=since, first=first)
        found += page["nodes"]
        assert len(found) <= len(expected()), "the pages have no end"
        since = page["endCursor"]
        assert since == page["nodes"][-1]["seq"]
        if not page["hasNextPage"]:
            break
        assert len(page["nodes"]) == first
    assert found == expected()
    assert await read(hub, since=since) == {
        "nodes": [],
        "endCursor": since,
        "hasNextPage": False,
    }


@pytest.mark.parametrize("types", [["Product"], ["Product", "Product"], ["StockReport", "Package"]])
async def test_types_choose_and_repeat_nothing(hub, types):
    page = await read(hub, types=types)
    assert page["nodes"] == [c for c in expected() if c["recordType"] in types]


@pytest.mark.parametrize("origins", [["KR"], ["KR", "EU", "KR"], ["ALLIANCE"]])
async def test_origins_choose(hub, origins):
    page = await read(hub, origins=origins)
    assert page["nodes"] == [c for c in expected() if c["origin"] in origins]


async def test_no_types_and_no_origins_are_no_changes(hub):
    assert (await read(hub, types=[]))["nodes"] == []
    assert (await read(hub, origins=[]))["nodes"] == []


@pytest.mark.parametrize(
    ("asking", "code"),
    [
        ({"since": "-1"}, "BAD_CURSOR"),
        ({"since": ""}, "BAD_CURSOR"),
        ({"since": "1; DROP TABLE product"}, "BAD_CURSOR"),
        ({"since": "9" * 19}, "BAD_CURSOR"),
        ({"first": 0}, "PAGE_SIZE"),
        ({"first": 501}, "PAGE_SIZE"),
        ({"types": ["product"]}, "INVALID_INPUT"),
        ({"origins": ["FR"]}, "INVALID_INPUT"),
    ],
)
async def test_what_is_none_is_refused(hub, asking, code):
    error = await hub.error(ASKED, variables=asking)
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize("client", ["us-fda", "kr-mfds", "in-cdsco"])
async def test_each_version_and_each_removal_is_seen_by_who_sees_that_version(hubs, client):
    hub = hubs["by_row"]
    caller = caller_of(client, Purpose.SHORTAGE_RESPONSE)
    sight = Sight(WORLD, hub.policies, caller, datetime.now(UTC))
    page = await read(hub, client=client)
    assert page["nodes"] == expected(lambda _name, row: sight.of(row))
    assert len(page["nodes"]) < len(expected())


def test_the_feed_covers_every_record_type():
    assert {change["recordType"] for change in expected()} == set(RECORD_TYPES)
