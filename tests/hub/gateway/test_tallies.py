"""What an answer's tallies say of its rows is what counting its objects one by one says."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from federation.records.declaration import Group, Origin
from federation.records.registry import RECORD_TYPES
from hub.disclosure.shown import ShownRows
from hub.gateway.planning.tallies import (
    Measure,
    Tally,
    array,
    columns,
    of_row,
    over_rows,
    read,
    taken,
)
from hub.policy.engine import load_policies
from hub.store.database import reading_pool
from tests.hub.gateway.desk import CALLERS, Desk

QUESTION = """query Q($first: Int!) { supplyNotices(first: $first) {
  nodes { type: __typename key reasonText
    holder { type: __typename key }
    product { type: __typename key native
      supplyNotices(first: 7) { type: __typename key reasonText }
      ingredients(first: 5) { type: __typename key substance { type: __typename key } } } }
  edges { cursor node { title } } } }"""
GROUPS = {"SupplyNotice": ("public", "operational"), "Product": ("public", "native")}


@pytest.fixture
async def desk(world_url, policy_folders):
    async with reading_pool(world_url) as pool:
        yield Desk(pool, load_policies(policy_folders["by_row"]))


def objects(value):
    """Every record of an answer, as often as it stands there, by type and key."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
    elif isinstance(value, dict):
        if "type" in value:
            yield value["type"], value["key"]
        for below in value.values():
            yield from objects(below)


async def counted(connection, decisions, found):
    """Count records by type, group and origin, by each one's own predicate."""
    counts, dates = Counter(), {}
    for (name, key), times in Counter(found).items():
        for group in GROUPS.get(name, ("public",)):
            test = decisions.predicate(name, Group(group)).sql("b")
            cursor = await connection.execute(
                f"SELECT origin, retrieved_at, {test} FROM {RECORD_TYPES[name].table} b "
                "WHERE key = $1 AND superseded_at IS NULL",
                [key],
            )
            origin, retrieved_at, is_shown = await cursor.fetchone()
            dates.setdefault(name, []).append(retrieved_at)
            if is_shown:
                counts[name, group, origin] += times
    return counts, {name: (min(each), max(each)) for name, each in dates.items()}


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.client)
@pytest.mark.parametrize("first", [1, 20, 500])
async def test_rows_are_counted_by_type_group_and_origin(desk, caller, first):
    answer = (await desk.ask(QUESTION, {"first": first}, caller=caller)).json()
    [(_, _, request)] = desk.disclosed
    told = {
        (name, group, origin): count
        for name, rows in request.shown.items()
        for group, by_origin in rows.rows.items()
        for origin, count in by_origin.items()
    }
    found = [*objects(answer["data"]["supplyNotices"]["nodes"])]
    async with desk.pool.connection() as connection:
        counts, dates = await counted(connection, request.decisions, found)
    assert found
    assert told == counts
    assert {name: (each.oldest, each.newest) for name, each in request.shown.items()} == dates


@pytest.mark.parametrize(
    ("fields", "groups"),
    [
        ("totalCount", None),
        ("pageInfo { hasNextPage }", None),
        ("pageInfo { endCursor }", {"public"}),
        ("edges { cursor }", {"public"}),
    ],
)
async def test_rows_count_once_something_of_them_is_told(desk, fields, groups):
    await desk.ask(f"{{ supplyNotices(first: 3) {{ {fields} }} }}")
    [(_, _, request)] = desk.disclosed
    shown = request.shown.get("SupplyNotice")
    assert (shown and set(shown.rows)) == groups


@pytest.mark.parametrize(
    "arguments",
    ["filter: {reasonText: {isNull: false}}", "orderBy: {field: REASON_TEXT, direction: ASC}"],
)
async def test_a_group_counts_that_rows_were_chosen_or_ordered_by(desk, arguments):
    await desk.ask(f"{{ supplyNotices(first: 3, {arguments}) {{ nodes {{ key }} }} }}")
    [(_, _, request)] = desk.disclosed
    assert set(request.shown["SupplyNotice"].rows) == {"public", "operational"}


def test_first_letters_tell_origins_apart():
    assert len({name[0] for name in Origin}) == len(Origin)


@pytest.mark.parametrize("most", [1, 7, 1000, 50_000])
async def test_counts_of_any_size_fit_beside_each_other(connection, most):
    groups, origins = (Group.PUBLIC, Group.NATIVE), tuple(map(str, Origin))
    row = of_row("Product", groups, "r", origins, most)
    counts = over_rows(row)
    cursor = await connection.execute(
        f"SELECT {array(taken(counts, 'n'))} FROM (SELECT 0{columns(counts)} FROM ("
        f'SELECT unnest(%s::text[]) AS origin, true AS "?native", '
        f"timestamptz '2026-01-01 00:00:00.123Z' AS retrieved_at "
        f"FROM generate_series(1, {most})) r) n",
        [list(origins)],
    )
    (numbers,) = await cursor.fetchone()
    shown = {}
    read(tuple(counts), numbers, shown)
    instant = datetime(2026, 1, 1, microsecond=123_000, tzinfo=UTC)
    whole = dict.fromkeys(origins, most)
    assert shown == {"Product": ShownRows({"public": whole, "native": whole}, instant, instant)}


def test_what_shows_no_row_is_not_told():
    shown = {}
    read([Tally("Product", each) for each in Measure], [0, 0, 0], shown)
    assert shown == {}
