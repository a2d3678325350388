"""Attacks A10 and A11: keys that come, go and come back, and places that only claim to be right.

SECURITY.md section 6. Every key set is served by a real server; tokens go the way of a gateway's.
"""

import asyncio
import json

import pytest

from hub.identity.keys.jwks_cache import FRESH_S, REFRESH_S, UNKNOWN_KID_S
from tests.hub.identity import forge
from tests.hub.identity.key_server import key_server
from tests.hub.store.databases import migrated_database
from tests.security.issuer_scene import issuer_scene, token

OLD, NEW = forge.ECSigner("old"), forge.ECSigner("new")


@pytest.fixture(scope="module")
async def url(database_url):
    async with migrated_database(database_url) as made:
        yield made


@pytest.fixture
async def scene(url):
    async with issuer_scene(url) as made:
        yield made


@pytest.fixture
async def server():
    async with key_server(OLD) as made:
        yield made


def thumbprint(signer):
    return forge.read_jwks({"keys": [signer.jwk()]})[signer.kid].thumbprint


async def test_a10_new_key_opens_with_its_first_token(scene, server):
    issuer = await scene.register(server)
    assert await scene.opens(token(issuer, OLD))
    server.publish(OLD, NEW)
    tokens = [token(issuer, NEW, jti=f"t{number}") for number in range(20)]
    assert all(await asyncio.gather(*map(scene.opens, tokens)))
    assert server.asked == 2


async def test_a10_key_that_is_not_published_yet_opens_nothing_until_it_is(scene, server):
    issuer = await scene.register(server)
    assert not await scene.opens(token(issuer, NEW))
    server.publish(OLD, NEW)
    await scene.go_on(REFRESH_S)
    assert await scene.opens(token(issuer, NEW))


async def test_a10_key_that_was_removed_stops_within_ten_minutes_verified_tokens_too(scene, server):
    issuer = await scene.register(server)
    verified, another = token(issuer, OLD), token(issuer, OLD, jti="t2")
    assert await scene.opens(verified)
    server.publish(NEW)
    await scene.go_on(FRESH_S)
    assert not await scene.opens(verified)
    assert not await scene.opens(another)
    assert await scene.opens(token(issuer, NEW))


async def test_a10_overlap_of_two_keys_refuses_nobody(scene, server):
    issuer = await scene.register(server)
    for published in ((OLD,), (OLD, NEW), (NEW, OLD)):
        server.publish(*published)
        for _ in range(20):
            await scene.go_on(60)
            assert await scene.opens(token(issuer, published[0]))


async def test_a10_distrusted_key_that_comes_back_under_another_kid_opens_nothing(scene, server):
    issuer = await scene.register(server)
    assert await scene.opens(token(issuer, OLD))
    await scene.distrust(issuer=issuer, thumbprint=thumbprint(OLD))
    server.serve(json.dumps({"keys": [OLD.jwk(kid="renamed"), NEW.jwk()]}).encode())
    await scene.go_on(REFRESH_S)
    assert not await scene.opens(token(issuer, OLD, kid="renamed"))
    assert await scene.opens(token(issuer, NEW))


async def test_a10_key_reused_under_a_new_kid_is_a_new_key(scene, server):
    issuer = await scene.register(server)
    server.serve(json.dumps({"keys": [OLD.jwk(kid="renamed")]}).encode())
    await scene.go_on(REFRESH_S)
    assert await scene.opens(token(issuer, OLD, kid="renamed"))
    assert not await scene.opens(token(issuer, OLD, kid="old"))


async def test_a10_kid_that_changes_its_key_verifies_nothing_of_the_old_one(scene, server):
    issuer = await scene.register(server)
    verified, replacement = token(issuer, OLD), forge.ECSigner("old")
    assert await scene.opens(verified)
    server.publish(replacement)
    await scene.go_on(REFRESH_S)
    assert not await scene.opens(verified)
    assert await scene.opens(token(issuer, replacement))


async def test_a10_set_that_is_rolled_back_takes_the_new_key_with_it(scene, server):
    issuer = await scene.register(server)
    server.publish(NEW)
    await scene.go_on(REFRESH_S)
    verified = token(issuer, NEW)
    assert await scene.opens(verified)
    server.publish(OLD)
    await scene.go_on(FRESH_S)
    assert not await scene.opens(verified)
    assert await scene.opens(token(issuer, OLD))


async def test_a10_set_that_is_rolled_back_revives_no_distrusted_key(scene, server):
    issuer = await scene.register(server)
    await scene.distrust(issuer=issuer, kid="old")
    server.publish(NEW)
    await scene.go_on(REFRESH_S)
    server.publish(OLD)
    await scene.go_on(FRESH_S)
    assert not await scene.opens(token(issuer, OLD))


async def test_a10_distrust_bites_on_tokens_that_were_verified_before(scene, server):
    issuer = await scene.register(server)
    verified = token(issuer, OLD)
    assert await scene.opens(verified)
    await scene.distrust(issuer=issuer, kid="old")
    assert not await scene.opens(verified)


async def test_s19_made_up_kids_make_no_storm_of_fetches(scene, server):
    issuer = await scene.register(server)
    tokens = [token(issuer, NEW, kid=f"guess-{number}") for number in range(200)]
    assert not any(await asyncio.gather(*map(scene.opens, tokens)))
    assert server.asked == 2
    await scene.go_on(UNKNOWN_KID_S)
    assert not any(await asyncio.gather(*map(scene.opens, tokens)))
    assert server.asked == 2, "each of them was looked for in vain a minute ago"


async def test_a11_key_of_one_issuer_opens_nothing_in_the_name_of_another(scene, server):
    async with key_server(forge.ECSigner("old")) as other:
        issuer, evil = await scene.register(server), await scene.register(other)
        mine = forge.ECSigner("mine")
        other.publish(mine)
        await scene.go_on(REFRESH_S)
        assert await scene.opens(token(evil, mine))
        assert not await scene.opens(token(issuer, mine))
        assert not await scene.opens(token(issuer, mine, kid="old"))
        assert not await scene.opens(token(evil, OLD))


@pytest.mark.parametrize("change", ["{}/", "{}/x", "{}?", "{}#", "{}.", " {}", "{}:80"])
async def test_a11_issuer_is_its_exact_name_and_no_other(scene, server, change):
    issuer = await scene.register(server)
    assert await scene.opens(token(issuer, OLD))
    assert not await scene.opens(token(change.format(issuer), OLD))


async def test_a11_key_set_is_read_where_it_is_registered_whatever_the_issuer_says(scene, server):
    async with key_server(NEW) as elsewhere:
        document = {"keys": [OLD.jwk()], "jwks_uri": elsewhere.source.jwks_uri, "issuer": "x"}
        server.serve(json.dumps(document).encode())
        issuer = await scene.register(server)
        assert not await scene.opens(token(issuer, NEW))
        assert await scene.opens(token(issuer, OLD))
        await scene.go_on(FRESH_S)
    assert set(server.paths) == {"/jwks"}
    assert elsewhere.asked == 0


async def test_a14_place_that_a_key_names_is_not_asked(scene, server):
    async with key_server(NEW) as elsewhere:
        place = elsewhere.source.jwks_uri
        keys = [OLD.jwk(x5u=place, jku=place, x5c=[place])]
        server.serve(json.dumps({"keys": keys}).encode())
        issuer = await scene.register(server)
        assert await scene.opens(token(issuer, OLD))
    assert elsewhere.asked == 0


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a11_redirect_of_a_key_set_is_not_followed(scene, server, status):
    issuer = await scene.register(server)
    async with key_server(NEW) as elsewhere:
        server.serve(b"", f"Location: {elsewhere.source.jwks_uri}", status=status)
        await scene.go_on(FRESH_S)
        assert not await scene.opens(token(issuer, NEW))
        assert await scene.opens(token(issuer, OLD)), "the set that was held is held"
    assert elsewhere.asked == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://as.example/token"},
        {"aud": [forge.AUDIENCE, "https://as.example/token"]},
        {"member": "US"},
        {"roles": ["secretariat"]},
        {"member": "ALLIANCE", "roles": ["secretariat"]},
        {"purpose": "policy-research"},
    ],
)
async def test_a11_issuer_vouches_for_no_more_than_it_is_registered_for(scene, server, claims):
    issuer = await scene.register(server)
    assert not await scene.opens(token(issuer, OLD, **claims))
