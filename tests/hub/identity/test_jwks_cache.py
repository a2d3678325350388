"""When key sets are fetched, how often, and what is held meanwhile. SECURITY.md section 6."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from hub.identity.keys import jwks_cache
from hub.identity.keys.jwks_cache import (
    FRESH_S,
    MAX_UNKNOWN_KIDS,
    REFRESH_S,
    RETRY_S,
    STALE_S,
    UNKNOWN_KID_S,
    JWKSCache,
    KeySource,
)
from hub.outbound import open_outbound
from tests.hub.identity import forge
from tests.hub.identity.key_server import Clock, key_server, settle

OLD, NEW = forge.ECSigner("old"), forge.ECSigner("new")


class Scene:
    """A key server, a cache that asks it, and the cache's clock."""

    def __init__(self, server, cache, clock):
        self.server = server
        self.cache = cache
        self.clock = clock

    async def kid(self, kid):
        key = await self.cache.key(self.server.source, kid)
        return key and key.kid

    async def follow_until(self, now):
        """Go on to a time as a gateway does, a second at a time where it matters."""
        while self.clock.now < now:
            self.clock.now = min(now, self.clock.now + 10)
            self.cache.follow([self.server.source])
            await settle()


@pytest.fixture
async def scene():
    async with opened(OLD) as made:
        yield made


@asynccontextmanager
async def opened(*signers):
    clock = Clock()
    async with key_server(*signers) as server, open_outbound(allow_loopback=True) as outbound:
        cache = JWKSCache(outbound, clock)
        yield Scene(server, cache, clock)
        await cache.close()


async def test_first_request_waits_for_the_set_and_the_next_ones_do_not(scene):
    assert await scene.kid("old") == "old"
    assert await scene.kid("old") == "old"
    assert scene.server.asked == 1


async def test_many_first_requests_share_one_fetch(scene):
    scene.server.hold.clear()
    asking = [asyncio.create_task(scene.kid("old")) for _ in range(50)]
    await scene.server.reached.wait()
    scene.server.hold.set()
    assert await asyncio.gather(*asking) == ["old"] * 50
    assert scene.server.asked == 1


async def test_request_that_goes_away_ends_no_fetch_that_others_wait_for(scene):
    scene.server.hold.clear()
    first, second = (asyncio.create_task(scene.kid("old")) for _ in range(2))
    await scene.server.reached.wait()
    first.cancel()
    await asyncio.wait([first])
    scene.server.hold.set()
    assert (await second, first.cancelled()) == ("old", True)


async def test_set_is_fetched_anew_before_it_is_stale_and_nobody_waits(scene):
    await scene.kid("old")
    scene.server.publish(OLD, NEW)
    scene.clock.now += REFRESH_S
    scene.server.hold.clear()
    async with asyncio.timeout(5):
        assert await scene.kid("old") == "old", "while the fetch is held back"
    scene.server.hold.set()
    await settle()
    assert (await scene.kid("new"), scene.server.asked) == ("new", 2)


async def test_stale_set_that_nobody_followed_is_waited_for(scene):
    await scene.kid("old")
    scene.server.publish(NEW)
    scene.clock.now += FRESH_S
    assert await scene.kid("old") is None


async def test_s19_unknown_kid_fetches_at_most_once_a_minute(scene):
    await scene.kid("old")
    for number in range(100):
        assert await scene.kid(f"guess-{number}") is None
    assert scene.server.asked == 2
    scene.clock.now += UNKNOWN_KID_S
    for number in range(100, 200):
        await scene.kid(f"guess-{number}")
    assert scene.server.asked == 3


async def test_s19_unknown_kid_in_parallel_is_one_fetch(scene):
    await scene.kid("old")
    scene.server.publish(OLD, NEW)
    assert await asyncio.gather(*(scene.kid("new") for _ in range(100))) == ["new"] * 100
    assert scene.server.asked == 2


async def test_s19_kid_looked_for_in_vain_is_not_looked_for_again(scene):
    await scene.kid("old")
    await scene.kid("guess")
    for _ in range(7):
        scene.clock.now += UNKNOWN_KID_S
        await scene.kid("guess")
    assert scene.server.asked == 2


async def test_s19_kids_looked_for_in_vain_are_forgotten_from_the_oldest_on(scene):
    await scene.kid("old")
    for number in range(MAX_UNKNOWN_KIDS + 5):
        scene.cache._remember_unknown(scene.server.source, f"guess-{number}")
    assert len(scene.cache._unknown) == MAX_UNKNOWN_KIDS
    assert (scene.server.source, "guess-4") not in scene.cache._unknown
    assert (scene.server.source, "guess-5") in scene.cache._unknown


async def test_s19_kid_longer_than_any_can_be_costs_nothing(scene):
    await scene.kid("old")
    assert await scene.kid("x" * 257) is None
    assert (scene.server.asked, len(scene.cache._unknown)) == (1, 0)


async def test_key_published_before_the_kid_is_asked_for_again_is_found(scene):
    await scene.kid("old")
    assert await scene.kid("new") is None
    scene.server.publish(OLD, NEW)
    await scene.follow_until(scene.clock.now + REFRESH_S)
    assert await scene.kid("new") == "new"


async def test_unknown_kid_waits_for_the_fetch_that_is_under_way(scene):
    await scene.kid("old")
    scene.server.publish(OLD, NEW)
    scene.clock.now += REFRESH_S
    scene.cache.follow([scene.server.source])
    assert await scene.kid("new") == "new"
    assert scene.server.asked == 2


async def test_issuer_that_never_answered_is_asked_again_only_after_a_while(scene):
    scene.server.serve(b"", status="503 Service Unavailable")
    for _ in range(10):
        assert await scene.kid("old") is None
    assert scene.server.asked == 1
    scene.server.publish(OLD)
    scene.clock.now += RETRY_S
    assert await scene.kid("old") == "old"


async def test_outage_is_told_by_metrics(scene):
    await scene.kid("old")
    owner = scene.server.source.owner

    def failed():
        labels = {"owner": owner, "outcome": "failed"}
        return REGISTRY.get_sample_value("hub_key_set_fetches_total", labels) or 0

    before = failed()
    scene.server.serve(b"", status="500 Internal Server Error")
    await scene.follow_until(scene.clock.now + REFRESH_S + 100)
    assert failed() > before
    age = REGISTRY.get_sample_value("hub_key_set_age_seconds", {"owner": owner})
    assert age == REFRESH_S + 100


async def test_set_given_up_comes_back_with_its_issuer(scene):
    await scene.kid("old")
    generation = scene.cache.generation
    scene.server.serve(b"", status="500 Internal Server Error")
    scene.clock.now += STALE_S
    assert await scene.kid("old") == "old"
    scene.clock.now += 1
    assert await scene.kid("old") is None
    assert scene.cache.generation == generation + 1
    scene.server.publish(OLD)
    await scene.follow_until(scene.clock.now + RETRY_S)
    assert await scene.kid("old") == "old"


@pytest.mark.parametrize(
    ("published", "is_less"),
    [
        ((OLD, NEW), False),
        ((OLD,), False),
        ((NEW,), True),
        ((forge.ECSigner("old"),), True),
        ((forge.RSASigner("old"),), True),
    ],
    ids=["more", "same", "removed", "replaced", "other kind"],
)
async def test_generation_grows_when_a_key_no_longer_verifies(scene, published, is_less):
    await scene.kid("old")
    before = scene.cache.generation
    scene.server.publish(*published)
    await scene.follow_until(scene.clock.now + REFRESH_S)
    assert scene.server.asked == 2
    assert scene.cache.generation == before + is_less


async def test_set_that_is_followed_no_longer_is_gone_at_once(scene):
    await scene.kid("old")
    generation = scene.cache.generation
    scene.cache.follow([])
    assert scene.cache.generation == generation + 1
    scene.cache.follow([])
    assert scene.cache.generation == generation + 1


async def test_fetch_of_a_set_that_is_dropped_ends_and_who_waits_gets_no_key(scene):
    scene.server.hold.clear()
    asking = asyncio.create_task(scene.kid("old"))
    await scene.server.reached.wait()
    scene.cache.follow([])
    assert await asking is None


async def test_fault_of_ours_in_a_fetch_is_not_repeated_with_each_request(scene, monkeypatch):
    def broken(_):
        raise RuntimeError("a fault of ours")

    reported = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    monkeypatch.setattr(jwks_cache, "read_object", broken)
    assert [await scene.kid("old") for _ in range(3)] == [None] * 3
    asyncio.get_running_loop().set_exception_handler(None)
    assert scene.server.asked == 1


async def test_sets_of_two_issuers_are_apart():
    async with opened(OLD) as scene, key_server(forge.ECSigner("old")) as other:
        theirs = KeySource("https://other.example", other.source.jwks_uri)
        one = await scene.cache.key(scene.server.source, "old")
        two = await scene.cache.key(theirs, "old")
    assert one.thumbprint != two.thumbprint
