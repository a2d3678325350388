"""Whom a gateway trusts, as the database, the key folder and the issuers' key sets change."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from hub.errors import Unavailable
from hub.identity import followed_trust
from hub.identity.followed_trust import PATIENCE_S, FollowedTrust
from hub.identity.keys.jwks_cache import JWKSCache
from hub.identity.own_issuer.clients import DEMO_CLIENTS, disable, enable, register
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.trust import issuers
from hub.identity.trust.distrust import distrust, distrusted, lift
from hub.outbound import open_outbound
from tests.hub.identity import forge
from tests.hub.identity.key_server import Clock, key_server
from tests.hub.identity.registrations import KR, SECRETARY, SECRETARY_2, registered
from tests.hub.store.databases import migrated_database

OWN = "https://hub.example"
KEY = forge.ECSigner("k1")


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - a trust has no event
            await asyncio.sleep(0.02)


class Scene:
    """A trust that follows a database of its own, and a real server of Korea's key set."""

    def __init__(self, url, server, folder):
        self.url = url
        self.server = server
        self.own = EmbeddedIssuer(OWN, OWN, SigningKeys.open(folder))
        self.issuer = f"http://{urlsplit(server.source.jwks_uri).netloc}"
        self.clock = Clock()
        self.stack = AsyncExitStack()

    async def follow(self, *, own=True, allow_loopback=True, clock=None):
        """Start a trust, as a gateway does."""
        outbound = await self.stack.enter_async_context(open_outbound(allow_loopback=True))
        trust = FollowedTrust(
            self.url,
            JWKSCache(outbound),
            self.own if own else None,
            allow_loopback=allow_loopback,
            **({"clock": clock} if clock else {}),
        )
        return await self.stack.enter_async_context(trust.following())

    @asynccontextmanager
    async def committing(self):
        async with await AsyncConnection.connect(self.url) as connection:
            yield connection

    async def register(self):
        async with self.committing() as connection:
            jwks_uri = self.server.source.jwks_uri
            await registered(connection, issuer=self.issuer, jwks_uri=jwks_uri)

    async def distrust(self, **named):
        async with self.committing() as connection:
            await distrust(connection, SECRETARY, distrusted(**named), "stolen")


@pytest.fixture
async def scene(database_url, tmp_path):
    async with migrated_database(database_url) as url, key_server(KEY) as server:
        made = Scene(url, server, tmp_path / "keys")
        async with made.stack:
            yield made


async def kid(trust, issuer, kid):
    key = await trust.key(issuer, kid)
    return key and key.kid


async def test_issuer_in_force_is_trusted_with_its_own_keys(scene):
    await scene.register()
    trust = await scene.follow()
    found = trust.find(scene.issuer)
    assert (found.issuer, found.members) == (scene.issuer, {"KR"})
    assert await kid(trust, found, "k1") == "k1"
    assert await kid(trust, found, scene.own.keys.current.kid) is None


async def test_embedded_issuer_is_trusted_with_its_own_keys(scene):
    await scene.register()
    trust = await scene.follow()
    own = trust.find(OWN)
    assert own == scene.own.as_trusted()[0]
    assert await kid(trust, own, scene.own.keys.current.kid) == scene.own.keys.current.kid
    assert await kid(trust, own, "k1") is None


async def test_embedded_issuer_that_is_switched_off_is_not_trusted(scene):
    trust = await scene.follow(own=False)
    assert trust.find(OWN) is None
    assert not trust.is_revoked(OWN, "kr-mfds", "t")
    assert trust.generation == 0


@pytest.mark.parametrize("name", ["https://hub.example/", "HTTPS://hub.example", "", None, 5, []])
async def test_issuer_is_found_by_its_exact_name(scene, name):
    assert (await scene.follow()).find(name) is None


async def test_issuer_comes_and_goes_with_its_registration(scene):
    trust = await scene.follow()
    assert trust.find(scene.issuer) is None
    await scene.register()
    await until(lambda: trust.find(scene.issuer))
    before, found = trust.generation, trust.find(scene.issuer)
    assert await kid(trust, found, "k1") == "k1"
    async with scene.committing() as connection:
        await issuers.withdraw(connection, KR, scene.issuer, None, "over")
    await until(lambda: not trust.find(scene.issuer))
    assert trust.generation > before
    assert await trust.key(found, "k1") is None


async def test_issuer_of_the_embedded_ones_name_has_no_say(scene):
    async with scene.committing() as connection:
        await registered(connection, issuer=OWN, jwks_uri=f"{OWN}/jwks")
    trust = await scene.follow()
    assert trust.find(OWN) == scene.own.as_trusted()[0]
    assert await kid(trust, trust.find(OWN), scene.own.keys.current.kid)


async def test_issuer_on_this_machine_is_trusted_only_where_that_is_allowed(scene):
    await scene.register()
    assert (await scene.follow(allow_loopback=False)).find(scene.issuer) is None


async def test_distrusted_issuer_is_shut_out_until_two_people_lift_it(scene):
    await scene.register()
    trust = await scene.follow()
    before = trust.generation
    await scene.distrust(issuer=scene.issuer)
    await until(lambda: not trust.find(scene.issuer))
    lessened = trust.generation
    assert lessened > before
    async with scene.committing() as connection:
        for person in (SECRETARY, SECRETARY_2):
            await lift(connection, person, distrusted(scene.issuer), "mended")
    await until(lambda: trust.find(scene.issuer))
    assert trust.find(OWN)


@pytest.mark.parametrize(
    "named",
    [
        lambda issuer: {"issuer": issuer, "kid": "k1"},
        lambda issuer: {"issuer": issuer, "thumbprint": thumbprint(KEY)},
        lambda _: {"thumbprint": thumbprint(KEY)},
    ],
    ids=["kid", "thumbprint", "thumbprint of any issuer"],
)
async def test_distrusted_key_verifies_no_longer(scene, named):
    await scene.register()
    trust = await scene.follow()
    found, before = trust.find(scene.issuer), trust.generation
    assert await kid(trust, found, "k1") == "k1"
    await scene.distrust(**named(scene.issuer))
    await until(lambda: trust.generation > before)
    assert await trust.key(found, "k1") is None


async def test_distrust_of_another_issuers_key_leaves_this_ones_alone(scene):
    await scene.register()
    await scene.distrust(issuer="https://other.example", kid="k1")
    await scene.distrust(issuer="https://other.example", thumbprint=thumbprint(KEY))
    trust = await scene.follow()
    assert await kid(trust, trust.find(scene.issuer), "k1") == "k1"


async def test_distrusted_key_of_the_embedded_issuer_verifies_no_longer(scene):
    trust = await scene.follow()
    own, current = trust.find(OWN), scene.own.keys.current.kid
    await scene.distrust(issuer=OWN, kid=current)
    await until(lambda: trust.generation)
    assert await trust.key(own, current) is None


async def test_revoked_token_is_refused_until_its_time_is_up(scene):
    async with scene.committing() as connection:
        await revoke(connection, "over", timedelta(minutes=-5))
    trust = await scene.follow()
    before = trust.generation
    assert not trust.is_revoked(OWN, "kr-mfds", "t1")
    assert not trust.is_revoked(OWN, "kr-mfds", "over")
    async with scene.committing() as connection:
        await revoke(connection, "t1", timedelta(minutes=5))
    await until(lambda: trust.is_revoked(OWN, "kr-mfds", "t1"))
    assert trust.generation > before
    assert not trust.is_revoked(scene.issuer, "kr-mfds", "t1")
    assert not trust.is_revoked(OWN, "kr-mfds", "t2")


async def test_client_that_is_disabled_is_refused_until_it_is_enabled(scene):
    async with scene.committing() as connection:
        for client in DEMO_CLIENTS:
            await register(connection, client)
    trust = await scene.follow()
    async with scene.committing() as connection:
        await disable(connection, "kr-mfds", "first desk")
    await until(lambda: trust.is_revoked(OWN, "kr-mfds", "t"))
    assert not trust.is_revoked(scene.issuer, "kr-mfds", "t"), "another issuer's of the same name"
    assert not trust.is_revoked(OWN, "us-fda", "t")
    async with scene.committing() as connection:
        await enable(connection, "kr-mfds", "first desk")
    await until(lambda: not trust.is_revoked(OWN, "kr-mfds", "t"))


async def test_key_retired_by_another_process_verifies_no_longer(scene, tmp_path):
    trust = await scene.follow()
    own, old = trust.find(OWN), scene.own.keys.current.kid
    other = SigningKeys(tmp_path / "keys", look_seconds=0)
    new = other.rotate(at_once=True)
    [first] = [each for each in other.all if each.kid == old]
    await until(lambda: trust._own.keys.find(new.kid))
    assert await kid(trust, own, old) == old, "while both are on file"
    first.path.unlink()
    await until(lambda: trust.generation)
    assert await trust.key(own, old) is None


async def test_nothing_more_is_vouched_for_while_the_database_is_away(scene, monkeypatch):
    await scene.register()
    monkeypatch.setattr(followed_trust, "_RETRY_S", 0.01)
    trust = await scene.follow(clock=scene.clock)
    await until(lambda: trust.find(scene.issuer))
    name = Identifier(urlsplit(scene.url).path[1:])
    admin = urlsplit(scene.url)._replace(path="/postgres").geturl()
    async with await AsyncConnection.connect(admin, autocommit=True) as server:
        await server.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [urlsplit(scene.url).path[1:]],
        )
        scene.clock.now += PATIENCE_S
        assert trust.find(scene.issuer), "for as long as it is sure"
        scene.clock.now += 0.1
        for ask in (lambda: trust.find(scene.issuer), lambda: trust.is_revoked(OWN, "c", "t")):
            with pytest.raises(Unavailable) as refused:
                ask()
            assert refused.value.public_code == "TRUST_UNREADABLE"
        monkeypatch.setattr(followed_trust, "WAIT_S", 0.05)
        with pytest.raises(Unavailable):
            await trust.current()
        await server.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    await until(lambda: trust._good_until >= scene.clock.now)
    assert trust.find(scene.issuer)


async def test_a_look_that_is_late_is_waited_for(scene):
    trust = await scene.follow(clock=scene.clock)
    await trust.current()
    scene.clock.now += PATIENCE_S + 0.1
    await trust.current()
    assert trust.find(OWN)


async def test_hub_does_not_start_where_it_can_not_know_whom_to_trust(scene, tmp_path):
    scene.url = f"postgresql:///none?host={tmp_path}"
    with pytest.raises(Unavailable, match="can't be read: check the database"):
        await scene.follow()


async def test_what_is_registered_is_trusted_once_a_look_finds_it_though_no_notice_came(
    scene, monkeypatch
):
    trust = await scene.follow()
    monkeypatch.setattr("hub.identity.trust.log.CHANNEL", "elsewhere")
    await scene.register()
    await until(lambda: trust.find(scene.issuer))


def thumbprint(signer):
    return forge.read_jwks({"keys": [signer.jwk()]})[signer.kid].thumbprint


async def revoke(connection, token_id, life):
    await connection.execute(
        "INSERT INTO revoked_token (issuer, token_id, expires_at, revoked_at, revoked_by) "
        "VALUES (%s, %s, %s, now(), 'first desk')",
        [OWN, token_id, datetime.now(UTC) + life],
    )
