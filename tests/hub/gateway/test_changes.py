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


def told(page):
    """What a page tells, without its places."""
    return [{name: change[name] for name in change if name != "seq"} for change in page["nodes"]]


def instant(at):
    return f"{at:%Y-%m-%dT%H:%M:%S.}{at.microsecond // 1000:03}Z"


def expected(sees=lambda _row: True):
    """All changes of a view, in order."""
    changes = []
    for name, rows in WORLD.rows.items():
        closed = {(row["key"], row["superseded_at"]): row for row in rows}
        for row in rows:
            before = closed.get((row["key"], row["recorded_at"]))
            kind = kind_of(row, before, sees)
            if kind:
                changes.append((row["change_seq"], kind, row["key"], name, row["recorded_at"]))
            if row["removed_seq"] and sees(row):
                at = row["superseded_at"]
                changes.append((row["removed_seq"], "REMOVED", row["key"], name, at))
    return [
        {
            "kind": kind,
            "key": key,
            "recordType": name,
            "origin": key.split(".")[0],
            "at": instant(at),
        }
        for _, kind, key, name, at in sorted(changes)
    ]


def kind_of(row, before, sees):
    had = before is not None and sees(before)
    if not sees(row):
        return "LEFT" if had else None
    if before is None:
        return "ADDED"
    return "CHANGED" if had else "ENTERED"


async def read(hub, **asking):
    variables = {name: asking.pop(name) for name in list(asking) if name != "client"}
    return (await hub.data(ASKED, variables=variables, **asking))["changes"]


async def test_changes_come_in_the_order_they_were_published(hub):
    page = await read(hub)
    assert told(page) == expected()
    assert page["hasNextPage"] is False
    assert {change["kind"] for change in page["nodes"]} == {"ADDED", "CHANGED", "REMOVED"}


@pytest.mark.parametrize("first", [7, 50])
async def test_pages_read_on_where_the_last_one_ended(hub, first):
    found, since = [], None
    while True:
        page = await read(hub, since=since, first=first)
        found += told(page)
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
    assert told(page) == [c for c in expected() if c["recordType"] in types]


@pytest.mark.parametrize("origins", [["KR"], ["KR", "EU", "KR"], ["ALLIANCE"]])
async def test_origins_choose(hub, origins):
    page = await read(hub, origins=origins)
    assert told(page) == [c for c in expected() if c["origin"] in origins]


async def test_no_types_and_no_origins_are_no_changes(hub):
    assert (await read(hub, types=[]))["nodes"] == []
    assert (await read(hub, origins=[]))["nodes"] == []


@pytest.mark.parametrize(
    ("asking", "code"),
    [
        ({"since": "1"}, "BAD_CURSOR"),
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
    assert told(page) == expected(sight.of)
    assert len(page["nodes"]) < len(expected())


async def test_a_version_that_hides_a_record_is_a_tombstone_and_one_that_shows_it_no_change(hubs):
    seen = {
        change["kind"]
        for client in ("us-fda", "kr-mfds", "in-cdsco")
        for change in (await read(hubs["by_row"], client=client))["nodes"]
    }
    assert seen == {"ADDED", "CHANGED", "ENTERED", "LEFT", "REMOVED"}


async def test_the_feed_goes_on_after_any_change(hub):
    page = await read(hub)
    for place in (0, 7, len(page["nodes"]) - 2):
        rest = await read(hub, since=page["nodes"][place]["seq"])
        assert rest["nodes"] == page["nodes"][place + 1 :]


async def test_an_answer_names_the_policies_that_opened_it(hubs):
    asking = {"variables": {"types": ["SupplyNotice"]}, "client": "jp-mhlw"}
    answer = await hubs["by_row"].ask(ASKED, **asking)
    assert {"kr-rows/1", "us-rows/1"} <= set(answer["extensions"]["policy"]["openedBy"])


def test_the_feed_covers_every_record_type():
    assert {change["recordType"] for change in expected()} == set(RECORD_TYPES)
