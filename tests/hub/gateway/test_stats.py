"""Statistics of every record type, against an oracle over the same rows."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.records.declaration import Listing, Origin
from federation.records.registry import RECORD_TYPES
from hub.gateway.stats.types import MAX_DIMENSIONS, dimensions, quantities, stats_root
from hub.identity.types import Purpose
from hub.settings import ROOT
from tests.hub.gateway.serving import OPEN, WORLD, caller_of, open_hub, write_policies
from tests.hub.gateway.stats_oracle import Asked, StatsOracle, digests
from tests.hub.gateway.test_differential import GENERATED
from tests.hub.gateway.test_non_interference import CALLERS, both, other_hubs

__all__ = ["other_hubs"]

HEAD = """
title: A test's
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
"""
COUNTED = {
    "kr-counts": f"id: kr-counts\nowner: KR{HEAD}"
    """
  - {records: [SupplyNotice], groups: [public, operational], aggregates_only: {smallest_cell: 2}}
  - {records: [StockReport], groups: [public, operational], aggregates_only: {smallest_cell: 2}}
  - {records: [Substance, Package], groups: [public], aggregates_only: {smallest_cell: 3}}
""",
    "us-counts": f"id: us-counts\nowner: US{HEAD}"
    """
  - {records: [SupplyNotice, StockReport], groups: [public]}
  - records: [SupplyNotice]
    groups: [operational]
    where: {feed: [one.feed]}
    aggregates_only: {smallest_cell: 2}
  - {records: [StockReport], groups: [commercial], rounded_to: 10}
""",
    "jp-counts": f"id: jp-counts\nowner: JP{HEAD}"
    """
  - {records: [SupplyNotice, StockReport], groups: [public, operational]}
  - {records: [StockReport], groups: [commercial], aggregates_only: {smallest_cell: 2}}
""",
    "eu-counts": f"id: eu-counts\nowner: EU{HEAD}"
    """
  - records: [SupplyNotice, StockReport]
    groups: [public, operational, commercial]
    aggregates_only: {smallest_cell: 2}
""",
}
WHO = {
    ("open", "eu-ema"): Purpose.EXERCISE,
    ("counted", "in-cdsco"): Purpose.SHORTAGE_RESPONSE,
    ("counted", "us-fda"): Purpose.SUPPLY_MAPPING,
    ("counted", "jp-mhlw"): Purpose.POLICY_RESEARCH,
}
TYPES = ["SupplyNotice"] * 4 + ["StockReport"] * 4 + list(RECORD_TYPES)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("policies")
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    return {
        "open": write_policies(folder / "open", OPEN, {}),
        "counted": write_policies(folder / "counted", baseline, COUNTED),
    }


@pytest.fixture(scope="module")
async def stats_hubs(world_url, folders, state):
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(open_hub(world_url, folder, state))
            for name, folder in folders.items()
        }


@pytest.fixture(scope="module")
async def oracles(stats_hubs, world_url):
    known = await digests(world_url, WORLD)

    @cache
    def oracle(policies, client):
        caller = caller_of(client, WHO[policies, client])
        found = stats_hubs[policies].policies
        return StatsOracle(WORLD, found, caller, datetime.now(UTC), known)

    return oracle


async def forget(url):
    """Empty the ledger."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("DELETE FROM answered_aggregate")


VALUES = {
    "origin": [str(each) for each in Origin],
    "listing": [str(each) for each in Listing],
    "feed": ["one.feed", "two.feed"],
}


@st.composite
def questions(draw):
    record_type = RECORD_TYPES[draw(st.sampled_from(TYPES))]
    names = sorted(dimensions(record_type))
    group_by = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    sums = sorted(quantities(record_type)) if draw(st.booleans()) else []
    given_filter = {}
    for name in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=2, unique=True)):
        chosen = st.lists(st.sampled_from(VALUES[name]), min_size=1, unique=True)
        given_filter[name] = {"in": draw(chosen)}
    if draw(st.integers(0, 5)) == 0:
        given_filter["key"] = {"contains": draw(st.sampled_from(["1", "2", "KR"]))}
    instants = st.sampled_from([each.isoformat() for each in WORLD.instants])
    as_of = draw(st.one_of(st.none(), instants))
    return Asked(record_type, tuple(group_by), given_filter, as_of, tuple(sums))


def document(asked):
    dimension_names = [asked.fields[name].name.upper() for name in asked.group_by]
    below = [*asked.group_by, "count", "holders", "isSuppressed"]
    if asked.sums:
        below.append(f"sums {{ {' '.join(asked.sums)} }}")
    tests = ", ".join(f"{name}: {_literal(test)}" for name, test in asked.filter.items())
    given_filter = f", filter: {{{tests}}}" if tests else ""
    as_of = f', asOf: "{asked.as_of}"' if asked.as_of else ""
    return (
        f"{{ found: {stats_root(asked.record_type)}"
        f"(groupBy: [{', '.join(dimension_names)}]{given_filter}{as_of}) "
        f"{{ count isSuppressed groups {{ {' '.join(below)} }} }} }}"
    )


def _literal(test):
    [(operator, value)] = test.items()
    if operator == "contains":
        return f'{{contains: "{value}"}}'
    words = [f'"{one}"' if one.endswith(".feed") else one for one in value]
    return f"{{in: [{', '.join(words)}]}}"


def as_oracle(asked, found):
    groups = {}
    for group in found["groups"]:
        place = tuple(group[name] for name in asked.group_by)
        assert place not in groups
        groups[place] = {name: group[name] for name in ("count", "holders", "isSuppressed")} | {
            "sums": {
                name: None if value is None else Fraction(value)
                for name, value in group.get("sums", {}).items()
            }
        }
    return {"groups": groups, "isSuppressed": found["isSuppressed"]}


async def compare(stats_hubs, oracles, world_url, who, asked):
    await forget(world_url)
    policies, client = who
    asking = {"client": client, "purpose": WHO[who]}
    answer = await stats_hubs[policies].ask(document(asked), **asking)
    assert "errors" not in answer, answer["errors"]
    found = answer["data"]["found"]
    expected = oracles(*who).answer(asked)
    assert as_oracle(asked, found) == expected
    assert found["count"] == sum(group["count"] for group in expected["groups"].values())


@settings(GENERATED, max_examples=200)
@given(asked=questions(), who=st.sampled_from(list(WHO)))
async def test_statistics_are_as_the_oracle_counts(stats_hubs, oracles, world_url, asked, who):
    await compare(stats_hubs, oracles, world_url, who, asked)


@pytest.mark.deep
@pytest.mark.timeout(900)
@settings(GENERATED, max_examples=800)
@given(asked=questions(), who=st.sampled_from(list(WHO)))
async def test_many_statistics_are_as_the_oracle_counts(stats_hubs, oracles, world_url, asked, who):
    await compare(stats_hubs, oracles, world_url, who, asked)


@pytest.mark.parametrize("record_type", RECORD_TYPES.values(), ids=RECORD_TYPES)
async def test_every_record_type_has_statistics_by_each_of_its_dimensions(stats_hubs, record_type):
    for name, facts in dimensions(record_type).items():
        data = await stats_hubs["open"].data(
            f"{{ {stats_root(record_type)}(groupBy: [{facts.name.upper()}]) "
            f"{{ count groups {{ {name} count }} }} }}"
        )
        rows = WORLD.current(record_type.name)
        found = data[stats_root(record_type)]
        assert found["count"] == len(rows)
        assert {group[name] for group in found["groups"]} == {row[facts.name] for row in rows}


def test_a_report_is_counted_by_what_it_reports():
    roots = {name: stats_root(record_type) for name, record_type in RECORD_TYPES.items()}
    assert roots["StockReport"] == "stockStats"
    assert roots["SupplyNotice"] == "supplyNoticeStats"
    assert len(set(roots.values())) == len(RECORD_TYPES)


def test_free_text_prices_and_dates_are_no_dimensions():
    offered = {name for each in RECORD_TYPES.values() for name in dimensions(each)}
    assert offered.isdisjoint({"title", "reasonText", "amount", "postedOn", "key", "nationalId"})
    assert {name for each in RECORD_TYPES.values() for name in quantities(each)} == {"quantity"}


async def test_groups_come_in_order_and_fields_under_their_aliases(stats_hubs):
    data = await stats_hubs["open"].data(
        "{ s: supplyNoticeStats(groupBy: [REASON, REASON]) { __typename n: count "
        "g: groups { __typename why: reason status count } note } }"
    )
    found = data["s"]
    assert found["__typename"] == "SupplyNoticeStats"
    assert found["note"] is None
    whys = [group["why"] for group in found["g"]]
    assert whys == [*sorted(why for why in whys if why), None]
    assert {group["__typename"] for group in found["g"]} == {"SupplyNoticeStatsGroup"}
    assert {group["status"] for group in found["g"]} == {None}


async def test_too_many_dimensions_are_refused_with_their_number(stats_hubs):
    error = await stats_hubs["open"].error(
        "{ supplyNoticeStats(groupBy: [ORIGIN, FEED, LISTING, KIND, STATUS]) { count } }"
    )
    assert error["extensions"]["code"] == "TOO_MANY_DIMENSIONS"
    assert f"{MAX_DIMENSIONS} at most" in error["message"]


async def test_too_many_groups_are_refused(stats_hubs, monkeypatch):
    monkeypatch.setattr("hub.gateway.stats.answers.MAX_GROUPS", 2)
    monkeypatch.setattr("hub.gateway.stats.plan.MAX_GROUPS", 2)
    error = await stats_hubs["open"].error(
        "{ supplyNoticeStats(groupBy: [PRODUCT_KEY]) { count limit: count } }"
    )
    assert error["extensions"]["code"] == "TOO_MANY_GROUPS"
    assert "over 2 groups" in error["message"]


async def test_statistics_count_against_the_cost_of_a_question(stats_hubs):
    roots = " ".join(f"s{n}: supplyNoticeStats(groupBy: []) {{ count }}" for n in range(11))
    answer = await stats_hubs["open"].ask(f"{{ {roots} }}")
    assert answer["errors"][0]["extensions"]["code"] == "COST_LIMIT"


async def test_masked_dimensions_are_named_and_the_agreements_that_open_the_rest(stats_hubs):
    answer = await stats_hubs["counted"].ask(
        '{ stockStats(groupBy: [QUANTITY_BAND], filter: {key: {contains: "US"}}) { count note } }',
        client="in-cdsco",
    )
    policy = answer["extensions"]["policy"]
    [mask] = policy["masked"]
    assert (mask["path"], mask["fields"]) == ("stockStats.groups", ["quantityBand"])
    assert "us-counts/1" in policy["openedBy"]
    assert answer["data"]["stockStats"]["note"] == (
        "only records you may read are counted, since no group is made by `key`"
    )


@settings(GENERATED, max_examples=60)
@given(asked=questions(), who=st.sampled_from(list(CALLERS)))
async def test_no_byte_of_statistics_hangs_on_what_is_hidden(hubs, other_hubs, asked, who):
    one, other = await both(hubs, other_hubs, who, document(asked), {})
    assert one == other


async def test_the_world_has_counted_rows_that_are_told_and_some_that_are_not(oracles):
    asked = Asked(RECORD_TYPES["SupplyNotice"], ("status",), {}, None, ())
    found = oracles("counted", "in-cdsco").answer(asked)
    read = {"US", "JP", "IN"}
    rows = [row for row in WORLD.current("SupplyNotice") if row["origin"] in read]
    told = sum(group["count"] for group in found["groups"].values())
    assert found["isSuppressed"]
    assert len(rows) < told < len(WORLD.current("SupplyNotice"))
