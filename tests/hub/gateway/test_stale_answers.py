"""Answers that rest on stale data say so, on both tiers, and whatever rows they show."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from graphql import build_schema
from hypothesis import given, settings

from federation.members.registry import FEEDS
from hub.gateway.execution.freshness import Staleness
from hub.policy.engine import load_policies
from hub.sync.freshness import CHANNEL, Freshness
from tests.hub.exports.exporting import Exporter
from tests.hub.gateway.notices import LISTED
from tests.hub.gateway.questions import questions
from tests.hub.gateway.serving import WORLD, new_database, open_hub, write_policies
from tests.hub.gateway.test_differential import GENERATED, SDL, WHO
from tests.hub.gateway.test_hot import REFERENCE, answered, ask, compare
from tests.hub.gateway.test_subscriptions import over_socket, serving
from tests.hub.gateway.world import insert
from tests.hub.store.databases import migrated_database

__all__ = ["answered"]

NOW = datetime.now(UTC).replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=60)
STATED_AT = NOW - timedelta(days=90)
KOREA, USA = "kr.mfds_shortages", "us.openfda_shortages"
STALE = {KOREA: None, USA: STATED_AT}
NEVER_GOOD = "jp.mhlw_supply"
FRESH = "kr.mfds_permits"


def text(at):
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry(feed, *types):
    stated_at = STALE[feed]
    return {
        "origin": FEEDS[feed].member,
        "recordTypes": list(types),
        "feed": feed,
        "staleSince": text(LONG_AGO + FEEDS[feed].cadence),
        "lastSeenAt": text(LONG_AGO),
        "statedAt": stated_at and text(stated_at),
    }


NOTICES = [entry(KOREA, "SupplyNotice"), entry(USA, "SupplyNotice")]


async def pulled(connection, feed, at, outcome="PUBLISHED", stated_at=None):
    cursor = await connection.execute(
        "INSERT INTO pull (feed, started_at, outcome, documents, stated_at) "
        "VALUES (%s, %s, %s, '{}', %s) RETURNING id",
        [feed, at, outcome, stated_at],
    )
    [(pull,)] = await cursor.fetchall()
    good = pull if outcome == "PUBLISHED" else None
    await connection.execute(
        "INSERT INTO feed_state (feed, good_pull_id, last_pull_id) VALUES (%s, %s, %s) "
        "ON CONFLICT (feed) DO UPDATE SET last_pull_id = EXCLUDED.last_pull_id",
        [feed, good, pull],
    )


async def make_stale(connection):
    for feed, stated_at in STALE.items():
        await pulled(connection, feed, LONG_AGO, stated_at=stated_at)
    await pulled(connection, NEVER_GOOD, LONG_AGO, "FAILED")
    await pulled(connection, FRESH, NOW)


@pytest.fixture(scope="module")
async def stale_url(database_url):
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await insert(connection, WORLD.rows)
            await make_stale(connection)
        yield url


@pytest.fixture(scope="module")
async def stale(stale_url, policy_folders, state):
    """A hub with everything open, in which two feeds of notices are stale."""
    async with open_hub(stale_url, policy_folders["open"], state) as opened:
        yield opened


async def said(hub, question, **asking):
    """What an answer says of stale data, by both tiers alike."""
    answer = (await compare(hub, question, **asking)).json()
    assert "errors" not in answer, answer
    return answer["extensions"].get("freshness")


A_NOTICE = next(row["key"] for row in WORLD.current("SupplyNotice"))

QUESTIONS = [
    ("{ supplyNotices(first: 2) { nodes { key } } }", NOTICES),
    ("{ supplyNotices(first: 2) { totalCount } }", NOTICES),
    ('{ supplyNotices(filter: {title: {eq: "nobody\'s"}}) { nodes { key } } }', NOTICES),
    (
        "{ supplyNotices(first: 1) { nodes { key product { name } } } }",
        [entry(KOREA, "SupplyNotice"), entry(USA, "Product", "SupplyNotice")],
    ),
    ("{ stockReports { totalCount } }", [entry(KOREA, "StockReport")]),
    (
        "{ a: supplyNotices(first: 1) { totalCount } b: stockReports(first: 1) { totalCount } }",
        [entry(KOREA, "StockReport", "SupplyNotice"), entry(USA, "SupplyNotice")],
    ),
    ("{ supplyNoticeStats(groupBy: [ORIGIN]) { groups { count } } }", NOTICES),
    (f'{{ node(id: "{A_NOTICE}") {{ id }} }}', NOTICES),
    ('{ node(id: "KR.SupplyNotice.nobody") { id } }', NOTICES),
    (f'{{ history(key: "{A_NOTICE}") {{ nodes {{ recordedAt }} }} }}', NOTICES),
    (
        '{ _entities(representations: [{__typename: "SupplyNotice", id: "x"}]) { __typename } }',
        NOTICES,
    ),
    ('{ search(text: "a", types: [SupplyNotice]) { nodes { __typename } } }', NOTICES),
    ('{ changes(first: 1, types: ["SupplyNotice"]) { nodes { key } } }', NOTICES),
    ('{ changes(first: 1, types: ["PriceCeiling"]) { nodes { key } } }', None),
    ("{ priceCeilings(first: 1) { nodes { key } } }", None),
    ("{ substances(first: 1) { nodes { key } } }", None),
    ("{ me { client } }", None),
]


@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
async def test_answer_tells_the_stale_feeds_of_the_types_it_rests_on(stale, question, expected):
    assert await said(stale, question) == expected


async def test_stale_data_are_told_by_the_hot_tier_itself(stale, answered):
    question = "{ staleHot: supplyNotices(first: 2) { nodes { key } } }"
    assert await said(stale, question) == NOTICES
    assert answered["hot"]


async def test_what_is_told_hangs_on_no_row_and_no_filter(stale):
    asked = (
        "query ($filter: SupplyNoticeFilter) { supplyNotices(filter: $filter) { nodes { key } } }"
    )
    for chosen in (None, {"origin": {"in": ["EU"]}}, {"title": {"eq": ""}}):
        assert await said(stale, asked, variables={"filter": chosen}) == NOTICES


async def test_origins_that_a_caller_is_shown_nothing_of_are_not_told(stale_url, tmp_path, state):
    folder = write_policies(tmp_path / "korea", "", {"notices": LISTED})
    async with open_hub(stale_url, folder, state) as hub:
        asked = "{ supplyNotices(first: 1) { totalCount } stockReports(first: 1) { totalCount } }"
        assert await said(hub, asked, client="us-fda") == [entry(KOREA, "SupplyNotice")]


async def test_caller_who_is_shown_nothing_is_told_nothing(stale_url, policy_folders, state):
    async with open_hub(stale_url, policy_folders["none"], state) as hub:
        assert await said(hub, "{ supplyNotices(first: 1) { totalCount } }") is None


@pytest.fixture(scope="module")
async def stale_by_row(stale_url, policy_folders, state):
    """The same data, of which each caller is shown something else."""
    async with open_hub(stale_url, policy_folders["by_row"], state) as opened:
        yield opened


@settings(GENERATED, max_examples=30)
@given(question=questions(build_schema(SDL), WORLD), who=WHO)
async def test_generated_questions_are_told_alike_by_both_tiers(stale_by_row, question, who):
    _, client, purpose = who
    answer = await compare(
        stale_by_row,
        question.document,
        variables=question.variables,
        client=client,
        purpose=purpose,
    )
    told = answer.json().get("extensions", {}).get("freshness", [])
    assert [each["feed"] for each in told] == sorted({each["feed"] for each in told} & STALE.keys())


async def test_refused_question_is_told_nothing(stale):
    answer = await ask(stale, "{ nothing }", REFERENCE)
    assert "freshness" not in answer.json()["extensions"]


async def test_root_that_failed_leaves_what_its_siblings_rest_on(stale):
    answer = await stale.ask(
        "{ a: supplyNotices(first: 0) { totalCount } b: stockReports(first: 1) { totalCount } }"
    )
    assert len(answer["errors"]) == 1
    assert answer["extensions"]["freshness"] == [entry(KOREA, "StockReport")]


async def test_manifest_of_an_export_tells_them_too(stale):
    exporter = Exporter(stale, "kr-mfds")
    _, manifest = await exporter.content("{ supplyNotices { nodes { key } } }")
    assert manifest["freshness"] == NOTICES
    _, manifest = await exporter.content("{ supplyNotices { nodes { key product { name } } } }")
    assert manifest["freshness"] == [NOTICES[0], entry(USA, "Product", "SupplyNotice")]
    _, manifest = await exporter.content("{ priceCeilings { nodes { key } } }")
    assert "freshness" not in manifest


async def test_events_of_a_subscription_tell_them_too(database_url, tmp_path):
    policies = load_policies(write_policies(tmp_path / "listed", "", {"notices": LISTED}))
    async with migrated_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await make_stale(connection)
        async with serving(url, {"listed": policies}, tmp_path) as served:
            for types, expected in (
                (["SupplyNotice"], [entry(KOREA, "SupplyNotice")]),
                (["Site"], None),
            ):
                async with aclosing(over_socket(served, {"types": types})) as events:
                    event = await anext(events)
                    assert event["extensions"].get("freshness") == expected


async def test_answers_follow_a_feed_that_turns_fresh_and_stale(
    database_url, policy_folders, tmp_path
):
    asked = "{ stockReports(first: 1) { totalCount } }"

    async def told(hub, expected):
        async with asyncio.timeout(30):
            while (await said_once(hub, asked)) != expected:  # noqa: ASYNC110 - no one tells it
                await asyncio.sleep(0.1)
        assert await said(hub, asked) == expected

    async with (
        migrated_database(database_url) as url,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
        open_hub(url, policy_folders["open"], tmp_path) as hub,
    ):
        assert await said(hub, asked) is None
        await make_stale(connection)
        await connection.execute(f"NOTIFY {CHANNEL}")
        await told(hub, [entry(KOREA, "StockReport")])
        await pulled(connection, KOREA, NOW, "UNCHANGED")
        await connection.execute(f"NOTIFY {CHANNEL}")
        await told(hub, None)


async def said_once(hub, question):
    return (await hub.ask(question))["extensions"].get("freshness")


async def test_members_tell_cadence_and_since_when_their_data_are_stale(stale):
    asked = "{ members { feeds { id cadence lastSeenAt staleSince statedAt } } }"
    found = {
        feed["id"]: feed
        for member in (await stale.data(asked))["members"]
        for feed in member["feeds"]
    }
    korea = found[KOREA]
    assert korea["cadence"] == "P1DT6H"
    assert datetime.fromisoformat(korea["lastSeenAt"]) == LONG_AGO
    assert datetime.fromisoformat(korea["staleSince"]) == LONG_AGO + FEEDS[KOREA].cadence
    assert found[FRESH]["staleSince"] is None
    assert found[NEVER_GOOD]["lastSeenAt"] is None
    assert found[NEVER_GOOD]["staleSince"] is not None
    assert found["in.cdsco_nsq"]["staleSince"] is None


# What a gateway keeps in memory


class Everything:
    """Decisions that open all origins."""

    digest, class_key = "d", "k"

    def predicate(self, record_type, group):
        return SimpleNamespace(origins=None)

    def counting(self, record_type, group):
        return None


def found(feed, since=LONG_AGO, seen_at=LONG_AGO):
    return Freshness(FEEDS[feed], seen_at, since)


def test_nothing_is_told_while_nothing_is_stale():
    staleness = Staleness([found(KOREA, since=None)])
    assert staleness.told({"SupplyNotice"}, Everything()) == b""


def test_feed_that_never_had_good_data_is_not_told_of():
    staleness = Staleness([found(KOREA, seen_at=None)])
    assert staleness.told({"SupplyNotice"}, Everything()) == b""


def test_text_is_written_once_until_what_is_stale_changes():
    staleness = Staleness([found(KOREA)])
    first = staleness.told({"SupplyNotice"}, Everything())
    staleness.replace([found(FRESH, since=None), found(KOREA)])
    assert staleness.told({"SupplyNotice"}, Everything()) is first
    staleness.replace([found(KOREA), found(USA)])
    assert b"US" in staleness.told({"SupplyNotice"}, Everything())


@asynccontextmanager
async def broken():
    raise psycopg.OperationalError("the database is down")
    yield


async def test_data_grow_old_though_the_database_is_silent(stale_url):
    clock = SimpleNamespace(now=100.0)
    staleness = Staleness(clock=lambda: clock.now)
    async with await psycopg.AsyncConnection.connect(stale_url) as connection:
        await staleness.look(SimpleNamespace(connection=lambda: _lent(connection)))
    assert staleness.told({"PriceCeiling", "Product"}, Everything()).count(b"feed") == 1
    clock.now += FEEDS[FRESH].cadence.total_seconds()
    await staleness.look(SimpleNamespace(connection=broken))
    assert FRESH.encode() in staleness.told({"PriceCeiling", "Product"}, Everything())


@asynccontextmanager
async def _lent(connection):
    yield connection
