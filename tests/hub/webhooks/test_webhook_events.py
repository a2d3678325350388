"""What becomes of a feed is told once, at the step of the clock at which it becomes so."""

import asyncio
from datetime import timedelta

import pytest

from federation.members.registry import FEEDS
from hub.sync.freshness import CHANNEL
from tests.hub.webhooks.scene import CADENCE, FEED, PULLED_AT, STALE_AT, open_scene

SECOND = timedelta(seconds=1)


def test_scene_is_of_the_feeds_own_cadence():
    assert FEEDS[FEED].cadence == CADENCE


async def test_feed_that_was_never_pulled_is_nothing_to_tell_of(scene):
    await scene.tick()
    assert await scene.events() == []


async def test_stale_feed_is_told_of_once_and_so_is_a_fresh_one(scene):
    await scene.pulled()
    await scene.tick(STALE_AT - SECOND)
    assert await scene.events() == []
    for hours in range(3):
        await scene.tick(STALE_AT + timedelta(hours=hours))
    assert await scene.events() == [("feed.stale", FEED, STALE_AT)]
    seen_at = STALE_AT + timedelta(hours=3)
    await scene.pulled("UNCHANGED", seen_at)
    for minutes in range(3):
        await scene.tick(seen_at + timedelta(minutes=minutes))
    assert (await scene.events())[1:] == [("feed.fresh", FEED, seen_at)]


async def test_clock_that_steps_back_makes_a_feed_fresh_and_stale_again(scene):
    await scene.pulled()
    for now in (STALE_AT, STALE_AT - SECOND, STALE_AT):
        await scene.tick(now)
    kinds = [kind for kind, _, _ in await scene.events()]
    assert sorted(kinds) == ["feed.fresh", "feed.stale", "feed.stale"]


async def test_feed_that_never_was_good_is_told_stale_and_never_fresh_before_it_is(scene):
    await scene.pulled("FAILED")
    await scene.tick(STALE_AT)
    assert await scene.events() == [("feed.stale", FEED, STALE_AT)]


async def test_held_pull_is_told_of_once_and_the_next_one_anew(scene):
    await scene.pulled()
    for hours in (1, 2):
        at = PULLED_AT + timedelta(hours=hours)
        pull = await scene.pulled("HELD", at)
        await scene.hold(pull, at)
        await scene.tick(at)
        await scene.tick(at + SECOND)
    assert await scene.events() == [
        ("feed.held", FEED, PULLED_AT + timedelta(hours=hours)) for hours in (1, 2)
    ]


async def test_breaker_that_opens_is_told_of_once_until_it_closed(scene):
    await scene.pulled()
    times = [PULLED_AT + timedelta(minutes=minutes) for minutes in range(1, 8)]
    for at in times[:4]:
        await scene.pulled("FAILED", at)
    await scene.tick(times[3])
    assert await scene.events() == []
    for at in times[4:]:
        await scene.pulled("FAILED", at)
        await scene.tick(at)
    assert await scene.events() == [("feed.failed", FEED, times[4])]
    await scene.pulled("UNCHANGED", times[6] + SECOND)
    await scene.tick(times[6] + SECOND)
    assert len(await scene.events()) == 1


async def test_workers_that_look_at_once_make_one_event(scene):
    await scene.pulled()
    await asyncio.gather(*(scene.tick() for _ in range(4)))
    assert await scene.events() == [("feed.stale", FEED, STALE_AT)]


async def test_gateways_hear_that_a_feed_turned_stale(scene):
    async with scene.pool.connection() as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        await connection.commit()
        await scene.pulled()
        await scene.tick(STALE_AT - SECOND)
        assert [each async for each in connection.notifies(timeout=0.1)] == []
        await scene.tick(STALE_AT)
        heard = [each async for each in connection.notifies(timeout=5, stop_after=1)]
    assert [each.channel for each in heard] == [CHANNEL]


async def test_event_and_its_deliveries_come_together_or_not_at_all(scene, monkeypatch):
    await scene.add("https://agency.example/hook")
    await scene.pulled()
    monkeypatch.setattr("hub.webhooks.events._SEND", "SELECT %s, %s, %s, %s, 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        await scene.tick()
    assert await scene.query("SELECT FROM feed_event UNION ALL SELECT FROM feed_told") == []


async def test_hub_of_another_database_tells_of_its_own(scene, database_url):
    async with open_scene(database_url) as other:
        await scene.pulled()
        await other.tick()
        assert await other.events() == []
