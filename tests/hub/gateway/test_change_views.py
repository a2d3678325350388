"""The change feed where the view itself changes: by policy, by age, and by hidden versions."""

import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from psycopg import AsyncConnection

from hub.agreements.applying import stand_on
from hub.agreements.in_force import read_in_force
from hub.errors import HubError
from hub.gateway.changes.feed import MAX_SPANS, Asked, ChangeFeed
from hub.gateway.changes.kept_views import KeptViews
from hub.gateway.changes.places import Seal, Span
from hub.gateway.changes.views import Views
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from tests.hub.gateway.notices import (
    AFTER_A_WEEK,
    LISTED,
    LISTED_BASELINE,
    OF_FEED_ONE,
    SEEN_BY,
    Notices,
    reader,
)
from tests.hub.gateway.serving import caller_of, new_database, write_policies

CALLER = caller_of("us-fda", Purpose.SHORTAGE_RESPONSE)
ALL = Asked.of(None, None)
APPEARING = {"ADDED", "ENTERED"}
GONE = {"LEFT", "REMOVED"}


@pytest.fixture(scope="session")
def engines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    agreements = {
        "listed": {"notices": LISTED},
        "of_feed_one": {"notices": OF_FEED_ONE},
        "after_a_week": {"notices": AFTER_A_WEEK},
        "nothing": {},
    }
    return {
        name: PolicyEngine(load_policies(write_policies(folder / name, "", found)))
        for name, found in agreements.items()
    }


@pytest.fixture
async def notices(database_url):
    async with new_database(database_url) as url:
        yield Notices(url)


class Reader:
    """A client that keeps what it may see, by what it is told alone."""

    def __init__(self, feed, engines, policies):
        self.feed, self.engines, self.policies = feed, engines, policies
        self.since = None
        self.held = set()
        self.told = []

    async def read(self, connection, first=500):
        """Read a page and take it over; everything told must fit what is held."""
        page = await self.feed.page(
            connection, CALLER, self.decisions(), ALL, since=self.since, first=first
        )
        for change in page.nodes:
            kind, key = change.kind.value, change.key
            assert (key in self.held) is (kind not in APPEARING), (kind, key)
            (self.held.discard if kind in GONE else self.held.add)(key)
            self.told.append((kind, key))
        self.since = page.end_cursor
        return page

    def decisions(self):
        return self.engines[self.policies].decide(CALLER)


@asynccontextmanager
async def reading(notices, engines, policies, *, seconds=None):
    clock = {"clock": lambda: seconds[0]} if seconds else {}
    async with reader(notices.url) as connection:
        client = Reader(ChangeFeed(Seal("a secret"), **clock), engines, policies)
        client.read = partial(client.read, connection)
        yield client


async def test_an_agreement_that_ends_leaves_tombstones_of_what_was_seen_and_of_nothing_else(
    notices, engines
):
    await notices.add("KR.SupplyNotice.a", listing="LISTED")
    await notices.add("KR.SupplyNotice.hidden", listing="NO_LONGER_LISTED")
    await notices.add("KR.SupplyNotice.b", listing="LISTED")
    async with reading(notices, engines, "listed") as client:
        await client.read()
        client.policies = "nothing"
        page = await client.read()
        assert [(change.kind.value, change.key, change.at) for change in page.nodes] == [
            ("LEFT", "KR.SupplyNotice.a", None),
            ("LEFT", "KR.SupplyNotice.b", None),
        ]
        assert (await client.read()).nodes == []


async def test_an_agreement_that_starts_brings_the_rows_of_before(notices, engines):
    await notices.add("KR.SupplyNotice.a", listing="LISTED", feed="two.feed")
    await notices.add("KR.SupplyNotice.b", listing="LISTED", feed="one.feed")
    async with reading(notices, engines, "of_feed_one") as client:
        await client.read()
        client.policies = "listed"
        await client.read()
        assert client.told == [("ADDED", "KR.SupplyNotice.b"), ("ENTERED", "KR.SupplyNotice.a")]


async def test_a_policy_that_shows_the_same_rows_tells_nothing_and_keeps_the_cursor(
    notices, engines, tmp_path
):
    await notices.add("KR.SupplyNotice.a", listing="LISTED")
    text = LISTED.replace("title: Notices", "title: Renamed")
    other = PolicyEngine(load_policies(write_policies(tmp_path / "p", "", {"notices": text})))
    async with reading(notices, engines | {"renamed": other}, "listed") as client:
        cursor = (await client.read()).end_cursor
        client.policies = "renamed"
        page = await client.read()
        assert (page.nodes, page.end_cursor) == ([], cursor)


async def test_a_hidden_version_is_a_tombstone_that_shows_nothing_of_it(notices, engines):
    await notices.add("KR.SupplyNotice.a", listing="LISTED")
    async with reading(notices, engines, "listed") as client:
        await client.read()
        await notices.add("KR.SupplyNotice.a", listing="NO_LONGER_LISTED")
        await notices.add("KR.SupplyNotice.a", feed="two.feed")
        await notices.add("KR.SupplyNotice.a", listing="LISTED")
        await client.read()
        assert client.told[1:] == [
            ("LEFT", "KR.SupplyNotice.a"),
            ("ENTERED", "KR.SupplyNotice.a"),
        ]


async def test_what_was_never_seen_leaves_no_trace(notices, engines):
    await notices.add("KR.SupplyNotice.a", listing="LISTED")
    async with reading(notices, engines, "listed") as client:
        before = await client.read()
        for listing in ("NO_LONGER_LISTED", "NO_LONGER_LISTED"):
            await notices.add("KR.SupplyNotice.hidden", listing=listing)
        async with notices.turn() as connection:
            await notices.remove(connection, "KR.SupplyNotice.hidden")
        after = await client.read()
        assert (after.nodes, after.end_cursor) == ([], before.end_cursor)


async def test_the_end_of_an_embargo_is_told_within_the_hour(notices, engines):
    now = datetime.now(UTC)
    seconds = [(now - timedelta(hours=3)).timestamp()]
    week = timedelta(days=7)
    for key, born in (
        ("KR.SupplyNotice.old", now - week - timedelta(hours=5)),
        ("KR.SupplyNotice.due", now - week - timedelta(hours=1, minutes=30)),
        ("KR.SupplyNotice.new", now - week + timedelta(hours=2)),
    ):
        await notices.add(key, first_recorded_at=born)
    async with reading(notices, engines, "after_a_week", seconds=seconds) as client:
        await client.read()
        assert client.held == {"KR.SupplyNotice.old"}
        first = client.since
        assert (await client.read()).end_cursor == first
        seconds[0] = now.timestamp()
        await client.read()
        assert client.told[1:] == [("ENTERED", "KR.SupplyNotice.due")]
        assert (await client.read()).nodes == []


async def test_a_clock_that_steps_back_takes_nothing_back(notices, engines):
    now = datetime.now(UTC)
    seconds = [now.timestamp()]
    born = now - timedelta(days=7, hours=1, minutes=30)
    await notices.add("KR.SupplyNotice.due", first_recorded_at=born)
    async with reading(notices, engines, "after_a_week", seconds=seconds) as client:
        await client.read()
        seconds[0] -= 4 * 3600
        assert (await client.read()).nodes == []
        assert client.held == {"KR.SupplyNotice.due"}


async def test_a_cursor_whose_view_is_forgotten_says_to_start_again(notices, engines):
    await notices.add("KR.SupplyNotice.a", listing="LISTED")
    async with reading(notices, engines, "listed") as client:
        await client.read()
        client.feed = ChangeFeed(client.feed.seal, Views())
        await client.read()
        client.feed = ChangeFeed(client.feed.seal, Views())
        client.policies = "of_feed_one"
        with pytest.raises(HubError) as refused:
            await client.read()
        assert refused.value.public_code == "CURSOR_EXPIRED"


async def test_a_cursor_with_more_changes_of_policy_than_can_be_told_says_to_start_again(
    notices, engines
):
    async with reading(notices, engines, "listed") as client:
        view = client.feed.views.of(client.decisions()).id
        spans = tuple(Span(number, view, 0) for number in range(MAX_SPANS + 1))
        client.since = client.feed.seal.cursor(CALLER, spans[:-1])
        assert (await client.read()).nodes == []
        client.since = client.feed.seal.cursor(CALLER, spans)
        with pytest.raises(HubError) as refused:
            await client.read()
        assert refused.value.public_code == "CURSOR_EXPIRED"


async def test_a_hub_that_was_restarted_knows_the_views_of_the_sets_it_keeps(notices):
    await notices.add("KR.SupplyNotice.a", listing="LISTED")
    engines = {}
    async with reading(notices, engines, "before") as client:
        for name, baseline in (("before", LISTED_BASELINE), ("after", "")):
            async with await AsyncConnection.connect(notices.url) as connection:
                await stand_on(connection, baseline)
                engines[name] = PolicyEngine((await read_in_force(connection)).policy_set)
            client.policies = name
            client.feed = ChangeFeed(client.feed.seal, Views(KeptViews()))
            await client.read()
        assert client.told == [("ADDED", "KR.SupplyNotice.a"), ("LEFT", "KR.SupplyNotice.a")]


@pytest.mark.parametrize("seed", range(12))
async def test_whoever_applies_the_changes_holds_what_it_may_see(notices, engines, seed):
    chance = random.Random(seed)
    async with reading(notices, engines, "listed") as client:
        for _ in range(60):
            await _step(chance, notices, client)
        while (await client.read(first=3)).nodes:
            pass
        sees = SEEN_BY[client.policies]
        assert client.held == {key for key, row in notices.current.items() if sees(row)}
        assert {kind for kind, _ in client.told} >= {"ADDED", "ENTERED", "LEFT"}


async def _step(chance, notices, client):
    match chance.choice(("publish", "publish", "remove", "policies", "read", "read")):
        case "publish":
            await notices.add(
                f"KR.SupplyNotice.{chance.randrange(8)}",
                listing=chance.choice(("LISTED", "NO_LONGER_LISTED")),
                feed=chance.choice(("one.feed", "two.feed")),
            )
        case "remove" if notices.current:
            async with notices.turn() as connection:
                await notices.remove(connection, chance.choice(sorted(notices.current)))
        case "policies":
            client.policies = chance.choice(sorted(SEEN_BY))
        case "read":
            await client.read(first=chance.choice((1, 2, 5)))
