"""Pulls side by side: what overlaps, what waits, and the order they publish in."""

import dataclasses
import threading

from federation.errors import SourceChanged
from federation.members.registry import FEEDS
from hub.sync.current_register import REGISTER_FEED
from hub.sync.pipeline import PULLS_AT_ONCE, pull_many
from hub.sync.types import Outcome
from tests.hub.store.lists import COMPANIES, NOTICES, PACKS, row, table_of

PATIENCE_S = 30


def _list(of, read=lambda _: table_of([row("1")])):
    return dataclasses.replace(of, source=FEEDS[REGISTER_FEED].source, read=read)


async def _published(hub):
    pulls = await hub.query(
        "SELECT feed FROM pull WHERE outcome = 'PUBLISHED' ORDER BY finished_at, id"
    )
    return [feed for (feed,) in pulls]


async def test_later_feed_is_read_while_an_earlier_one_is_and_publishes_after_it(hub):
    later_was_read = threading.Event()

    def read_first(_):
        assert later_was_read.wait(PATIENCE_S)
        return table_of([row("1")])

    def read_later(_):
        later_was_read.set()
        return table_of([row("1")])

    feeds = [_list(NOTICES, read_first), _list(COMPANIES, read_later), _list(PACKS)]
    results = await pull_many(feeds, hub.tools)
    assert [result.feed for result in results] == [feed.id for feed in feeds]
    assert {result.outcome for result in results} == {Outcome.PUBLISHED}
    assert await _published(hub) == [feed.id for feed in feeds]


async def test_no_more_feeds_are_under_way_than_there_are_places(hub):
    lock = threading.Lock()
    under_way, most = 0, 0

    def read(_):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        table = table_of([row("1")])
        with lock:
            under_way -= 1
        return table

    feeds = [dataclasses.replace(_list(NOTICES, read), id=f"kr.{n}") for n in range(12)]
    assert len(await pull_many(feeds, hub.tools)) == 12
    assert 1 <= most <= PULLS_AT_ONCE
    assert await _published(hub) == [feed.id for feed in feeds]


async def test_feed_that_fails_stops_no_other(hub):
    def read(_):
        raise SourceChanged("the file is another one")

    feeds = [_list(NOTICES, read), _list(COMPANIES), _list(PACKS)]
    results = await pull_many(feeds, hub.tools)
    assert [result.outcome for result in results] == ["HELD", "PUBLISHED", "PUBLISHED"]
    assert results[0].reason == "the file is another one"


async def test_feed_without_news_lets_no_later_one_publish_before_an_earlier_one(hub):
    later_was_read = threading.Event()

    def read_first(_):
        assert later_was_read.wait(PATIENCE_S)
        return table_of([row("1")])

    def read_later(_):
        later_was_read.set()
        return table_of([row("1")])

    empty = _list(COMPANIES, lambda _: table_of([]))
    feeds = [_list(NOTICES, read_first), empty, _list(PACKS, read_later)]
    results = await pull_many(feeds, hub.tools)
    assert [result.outcome for result in results] == ["PUBLISHED", "HELD", "PUBLISHED"]
    assert await _published(hub) == [NOTICES.id, PACKS.id]


async def test_feed_that_resolves_texts_starts_when_the_register_is_published(hub):
    products = FEEDS["kr.mfds_permits"]
    results = await pull_many([FEEDS[REGISTER_FEED], products], hub.tools)
    assert [result.outcome for result in results] == ["PUBLISHED", "PUBLISHED"]
    assert await hub.query(
        "SELECT later.started_at >= register.finished_at FROM pull later, pull register "
        "WHERE later.feed = %s AND register.feed = %s",
        products.id,
        REGISTER_FEED,
    ) == [(True,)]
