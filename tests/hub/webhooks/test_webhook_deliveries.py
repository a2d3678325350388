"""An event reaches a real receiver at least once, signed, whatever that does on the way."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from federation.records.declaration import Origin
from hub.outbound import Limits, open_outbound
from hub.webhooks import registry
from hub.webhooks.deliveries import FAILING_MOST, PATIENCE, pause_after
from hub.webhooks.signing import Sealer
from tests.hub.webhooks.scene import (
    ADDRESS,
    CLOSE,
    FEED,
    HANG,
    PULLED_AT,
    SECRETARIAT,
    STALE_AT,
    caller,
    is_signed,
    receiving,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stale(scene):
    """A scene in which a feed is stale from `STALE_AT` on."""
    await scene.pulled()
    return scene


def quick(scene, seconds=0.2):
    """Give receivers less time to answer."""
    outbound = scene.tools.sender.outbound.for_trust(Limits(seconds=seconds))
    sender = replace(scene.tools.sender, outbound=outbound)
    scene.tools = replace(scene.tools, sender=sender)


async def test_event_is_posted_once_with_a_signature_that_holds(stale):
    async with receiving() as receiver:
        webhook, secret = await stale.add(receiver.url)
        for minutes in range(3):
            await stale.tick(STALE_AT + minutes * MINUTE)
    [post] = receiver.posts
    assert is_signed(post, secret)
    assert post.headers["webhook-timestamp"] == str(int(STALE_AT.timestamp()))
    assert post.headers["content-type"] == "application/json"
    assert post.content == {
        "type": "feed.stale",
        "timestamp": "2026-06-02T11:00:00.000Z",
        "data": {
            "feed": FEED,
            "member": "KR",
            "since": "2026-06-02T11:00:00.000Z",
            "address": f"{ADDRESS}/graphql",
        },
    }
    [tried] = await stale.log(webhook)
    assert (tried.state, tried.tries, tried.status) == ("DELIVERED", 1, 200)
    assert tried.event == post.headers["webhook-id"]


@pytest.mark.parametrize(
    ("answer", "status", "fault"),
    [
        (500, 500, None),
        (404, 404, None),
        (304, 304, None),
        (CLOSE, None, "the address could not be reached, or broke the connection off"),
        (HANG, None, "no answer within 10 s"),
    ],
)
async def test_failure_is_logged_and_tried_again_with_the_same_id(stale, answer, status, fault):
    quick(stale)
    async with receiving(answer, 200) as receiver:
        webhook, secret = await stale.add(receiver.url)
        await stale.tick(STALE_AT)
        [tried] = await stale.log(webhook)
        assert (tried.state, tried.status, tried.fault) == ("WAITING", status, fault)
        assert (await stale.standing(webhook)).failing_since == STALE_AT
        await stale.tick(STALE_AT + MINUTE)
    first, second = receiver.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert is_signed(first, secret)
    assert is_signed(second, secret)
    [tried] = await stale.log(webhook)
    assert (tried.state, tried.tries, tried.status) == ("DELIVERED", 2, 200)
    assert (await stale.standing(webhook)).failing_since is None


async def test_redirect_is_not_followed(stale):
    async with receiving() as elsewhere, receiving(elsewhere.url) as receiver:
        webhook, _ = await stale.add(receiver.url)
        await stale.tick()
    assert len(receiver.posts) == 1
    assert elsewhere.posts == []
    [tried] = await stale.log(webhook)
    assert (tried.state, tried.status) == ("WAITING", 307)


async def test_pauses_grow_and_the_event_is_given_up_after_a_day(stale):
    async with receiving(500) as receiver:
        webhook, _ = await stale.add(receiver.url)
        now, tried_at = STALE_AT, []
        while now < STALE_AT + PATIENCE + timedelta(hours=6):
            before = len(receiver.posts)
            await stale.tick(now)
            if len(receiver.posts) > before:
                tried_at.append(now)
            now += timedelta(minutes=15) if tried_at[-1] < now - MINUTE * 16 else MINUTE
    pauses = [later - earlier for earlier, later in pairwise(tried_at)]
    assert pauses[:5] == [MINUTE * each for each in (1, 2, 4, 8, 16)]
    assert max(pauses) < timedelta(hours=4, minutes=30)
    assert STALE_AT + PATIENCE <= tried_at[-1] < STALE_AT + PATIENCE + timedelta(hours=1)
    [tried] = await stale.log(webhook)
    assert (tried.state, tried.tries) == ("GIVEN_UP", len(receiver.posts))


def test_pauses_have_an_end():
    assert pause_after(1) == MINUTE
    assert pause_after(10_000) == timedelta(hours=4)


async def test_address_that_takes_nothing_for_a_week_is_disabled_with_a_note(stale):
    async with receiving(500) as receiver:
        webhook, _ = await stale.add(receiver.url)
        await stale.tick(STALE_AT)
        day = STALE_AT + FAILING_MOST
        await stale.pulled("UNCHANGED", day)
        await stale.tick(day)
        found = await stale.standing(webhook)
        assert found.disabled_at == day
        assert found.note == (
            "nothing was delivered since 2026-06-02T11:00:00.000Z: add the address anew"
        )
        posted = len(receiver.posts)
        await stale.tick(day + timedelta(days=3))
        assert len(receiver.posts) == posted
    assert {tried.state for tried in await stale.log(webhook)} == {"GIVEN_UP"}


async def test_receiver_that_is_gone_is_disabled_at_once(stale):
    async with receiving(410) as receiver:
        webhook, _ = await stale.add(receiver.url)
        await stale.tick()
    assert (await stale.standing(webhook)).note == "the receiver answered 410 Gone"


async def test_removed_address_is_sent_nothing_more(stale):
    async with receiving(500) as receiver:
        webhook, _ = await stale.add(receiver.url)
        await stale.tick(STALE_AT)
        async with stale.pool.connection() as connection:
            await registry.remove(connection, caller(), webhook.id)
        await stale.tick(STALE_AT + MINUTE)
        assert len(receiver.posts) == 1
    assert await stale.query("SELECT sealed FROM webhook") == [(None,)]


async def test_members_are_told_of_their_own_feeds_and_the_secretariat_of_all(stale):
    await stale.pulled(feed="us.openfda_shortages")
    async with receiving() as korea, receiving() as alliance, receiving() as held:
        await stale.add(korea.url)
        await stale.add(alliance.url, SECRETARIAT)
        await stale.add(held.url, caller(), "feed.held")
        await stale.tick()
    assert [post.content["data"]["member"] for post in korea.posts] == [Origin.KR]
    assert {post.content["data"]["member"] for post in alliance.posts} == {Origin.KR, Origin.US}
    assert held.posts == []
    ids = {post.headers["webhook-id"] for post in (*korea.posts, *alliance.posts)}
    assert len(ids) == 2


async def test_try_of_a_worker_that_died_is_taken_up_by_another(stale, monkeypatch):
    async with receiving() as receiver:
        await stale.add(receiver.url)
        with monkeypatch.context() as patch:
            patch.setattr("hub.webhooks.deliveries._note", broken)
            with pytest.raises(RuntimeError):
                await stale.tick(STALE_AT)
        await stale.tick(STALE_AT + MINUTE)
        assert len(receiver.posts) == 1
        await stale.tick(STALE_AT + 3 * MINUTE)
    first, second = receiver.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def broken(*_):
    raise RuntimeError("the worker died")


async def test_worker_with_another_secret_leaves_what_it_cannot_sign(stale):
    async with receiving() as receiver:
        webhook, secret = await stale.add(receiver.url)
        own = stale.tools
        sender = replace(own.sender, sealer=Sealer("another hub's secret"))
        stale.tools = replace(own, sender=sender)
        await stale.tick(STALE_AT)
        assert receiver.posts == []
        assert [tried.tries for tried in await stale.log(webhook)] == [0]
        stale.tools = own
        await stale.tick(STALE_AT)
    [post] = receiver.posts
    assert is_signed(post, secret)


async def test_address_inside_is_sent_nothing_where_loopback_is_not_allowed(stale):
    async with receiving() as receiver, open_outbound() as outbound:
        webhook, _ = await stale.add(receiver.url)
        sender = replace(stale.tools.sender, outbound=outbound)
        stale.tools = replace(stale.tools, sender=sender)
        await stale.tick()
    assert receiver.posts == []
    [tried] = await stale.log(webhook)
    assert tried.fault == "the address leads inside, or has no TLS: the hub sends nothing there"


async def test_webhook_added_later_is_told_of_what_comes_later(stale):
    await stale.tick(STALE_AT)
    async with receiving() as receiver:
        await stale.add(receiver.url)
        await stale.tick(STALE_AT + MINUTE)
        assert receiver.posts == []
        await stale.pulled("UNCHANGED", STALE_AT + MINUTE)
        await stale.tick(STALE_AT + 2 * MINUTE)
    assert [post.content["type"] for post in receiver.posts] == ["feed.fresh"]


async def test_test_message_is_signed_and_tells_of_nothing(scene):
    async with receiving(204) as receiver:
        webhook, secret = await scene.add(receiver.url)
        key = scene.tools.sender.sealer
        [(sealed,)] = await scene.query("SELECT sealed FROM webhook")
        opened = key.opened(sealed, webhook.id)
        outcome = await scene.tools.sender.test(receiver.url, opened, PULLED_AT)
    assert outcome.is_good
    [post] = receiver.posts
    assert is_signed(post, secret)
    assert post.content["type"] == "webhook.test"
    assert post.content["data"] == {"address": f"{ADDRESS}/graphql"}
