"""A registered issuer with a real key server, and the trust and the verifier of a gateway."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from psycopg import AsyncConnection

from hub.errors import Unauthenticated
from hub.identity.followed_trust import FollowedTrust
from hub.identity.keys.jwks_cache import JWKSCache
from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.identity.trust.distrust import distrust, distrusted
from hub.identity.trust.issuers import withdraw
from hub.outbound import open_outbound
from tests.hub.identity import forge
from tests.hub.identity.key_server import Clock, KeyServer, settle
from tests.hub.identity.registrations import SECRETARY, registered


class IssuerScene:
    """Tokens that an issuer signs, and whether they open the gateway as its key set changes.

    `clock` is that of key sets; tokens live by the real one.
    """

    def __init__(self, url: str, trust: FollowedTrust, clock: Clock) -> None:
        self.url = url
        self.trust = trust
        self.clock = clock
        self._registered: list[str] = []
        self._verifier = TokenVerifier(TokenRules(forge.AUDIENCE), trust)

    async def register(self, server: KeyServer, **changes: Any) -> str:
        """Have the issuer of a key server in force; give its name."""
        parts = urlsplit(server.source.jwks_uri)
        # A port may be given out again, and what was distrusted stays so: a name of its own.
        issuer = f"{parts.scheme}://{parts.netloc}/{uuid4().hex[:8]}"
        stated = {"issuer": issuer, "jwks_uri": parts.geturl()}
        async with await AsyncConnection.connect(self.url) as connection:
            version = await registered(connection, **(stated | changes))
        self._registered.append(version.issuer)
        await self.look()
        return version.issuer

    async def withdraw_all(self) -> None:
        """Leave the database to the next test."""
        async with await AsyncConnection.connect(self.url) as connection:
            for issuer in self._registered:
                await withdraw(connection, SECRETARY, issuer, None, "over")

    async def distrust(self, **named: Any) -> None:
        """Distrust an issuer or a key."""
        async with await AsyncConnection.connect(self.url) as connection:
            await distrust(connection, SECRETARY, distrusted(**named), "stolen")
        await self.look()

    async def look(self) -> None:
        """Look as a gateway does each second, and let what it fetches come."""
        async with await AsyncConnection.connect(self.url, autocommit=True) as connection:
            await self.trust._look(connection)
        await settle()

    async def go_on(self, seconds: float) -> None:
        """Let time pass, as a gateway does."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + 10)
            self.trust._key_sets.follow(self.trust._sources.values())
            await settle()

    async def opens(self, token: str) -> bool:
        """Tell whether a token opens the gateway."""
        try:
            await self._verifier.verify(forge.presented(token))
        except Unauthenticated:
            return False
        return True


def token(issuer: str, signer: Any, *, kid: str | None = None, **claims: Any) -> str:
    """An honest token of an issuer, good for an hour."""
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + 3600}
    header = forge.header(kid=kid or signer.kid)
    return forge.compact(header, forge.claims(**(times | {"iss": issuer} | claims)), signer)


@asynccontextmanager
async def issuer_scene(url: str) -> AsyncIterator[IssuerScene]:
    """Follow a database as a gateway does."""
    async with AsyncExitStack() as stack:
        outbound = await stack.enter_async_context(open_outbound(allow_loopback=True))
        clock = Clock()
        trust = FollowedTrust(url, JWKSCache(outbound, clock), None, allow_loopback=True)
        scene = IssuerScene(url, await stack.enter_async_context(trust.following()), clock)
        yield scene
        await scene.withdraw_all()
