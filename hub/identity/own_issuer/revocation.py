"""Tokens of the embedded issuer after they were given: taken back, or told about.

A client revokes its own tokens; the alliance's auditors and secretariat may ask what a token says.
Other issuers answer for their own. That revoked tokens are refused, here too, is the trust's
matter (`trust/trusted.py`, `followed_trust.py`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from psycopg import AsyncConnection

from federation.records.declaration import Json
from hub.errors import Forbidden, InvalidInput, Unauthenticated
from hub.identity.errors import refused
from hub.identity.keys.jose import check_signature, take_apart
from hub.identity.own_issuer.assertions import ClientAuthentication
from hub.identity.own_issuer.forms import Form
from hub.identity.own_issuer.keys import ALGORITHM
from hub.identity.trust.log import CHANNEL
from hub.identity.trust.trusted import Trust
from hub.identity.types import ALLIANCE_ROLES, Scheme
from hub.store.database import Pool

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """Knows the tokens of one issuer again that hold still, whoever shows them."""

    issuer: str
    trust: Trust
    clock: Callable[[], float] = time.time

    async def find(self, text: str) -> Mapping[str, Json] | None:
        """Find what a token says; None where it is none of this issuer's, or holds no longer."""
        try:
            return await self._claims(text)
        except Unauthenticated:
            return None

    async def _claims(self, text: str) -> Mapping[str, Json]:
        if not text.isascii():
            raise refused("form: not ASCII")
        parts = take_apart(text)
        issuer = self.trust.find(self.issuer)
        kid = parts.header.get("kid")
        key = await self.trust.key(issuer, kid) if issuer and isinstance(kid, str) else None
        # The hub signs other things with the same keys, of other types.
        if key is None or parts.header != {"typ": "at+jwt", "alg": ALGORITHM, "kid": kid}:
            raise refused("header: not of an access token, or an unknown key")
        check_signature(text, key, ALGORITHM)
        claims = parts.claims
        if claims["iss"] != self.issuer or self.clock() >= claims["exp"]:
            raise refused("iss or exp: of an earlier address, or expired")
        if self.trust.is_revoked(self.issuer, claims["client_id"], claims["jti"]):
            raise refused("jti: revoked")
        return claims


@dataclass(frozen=True, slots=True)
class Revocation:
    """Takes tokens back."""

    clients: ClientAuthentication
    tokens: IssuedTokens
    pool: Pool

    async def answer(self, form: Form) -> Mapping[str, object]:
        """Revoke a token for the client it was given to. One that holds no longer is no error.

        Raises:
            Unauthenticated: the client is not known, code `invalid_client`.
            InvalidInput: the token was given to another, code `invalid_grant`; or none is named.

        Source: RFC 7009 section 2.
        """
        client = (await self.clients.client(form)).client.client_id
        claims = await self.tokens.find(form.take("token"))
        if claims is None:
            return {}
        if claims["client_id"] != client:
            raise InvalidInput(
                "the token was given to another client: revoke it with that one",
                code="invalid_grant",
            )
        async with self.pool.connection() as connection:
            await revoke(connection, claims["iss"], claims["jti"], claims["exp"], client)
        return {}


@dataclass(frozen=True, slots=True)
class Introspection:
    """Tells what tokens say."""

    clients: ClientAuthentication
    tokens: IssuedTokens

    async def answer(self, form: Form) -> Mapping[str, object]:
        """Tell an auditor's or the secretariat's client whether a token holds, and what it says.

        Raises:
            Unauthenticated: the client is not known, code `invalid_client`.
            Forbidden: it is neither's, code `unauthorized_client`.
            InvalidInput: no token is named.

        Source: RFC 7662 section 2, RFC 9449 section 6.2.
        """
        client = (await self.clients.client(form)).client
        if not client.roles & ALLIANCE_ROLES:
            raise Forbidden(
                "tokens are told about to the alliance's auditors and secretariat alone: "
                "ask with a client of theirs",
                code="unauthorized_client",
            )
        claims = await self.tokens.find(form.take("token"))
        _log.info("token_introspected", by=client.client_id, token=claims and claims["jti"])
        if claims is None:
            return {"active": False}
        scheme = Scheme.DPOP if "cnf" in claims else Scheme.BEARER
        return {"active": True, "token_type": scheme, **claims}


async def revoke(
    connection: AsyncConnection, issuer: str, token_id: str, expires_at: float, by: str
) -> None:
    """Revoke a token until it would expire; the gateways hear of it once this is committed.

    Args:
        connection: the caller owns its transaction.
        issuer: whose token it is.
        token_id: its `jti`.
        expires_at: its `exp`, in seconds since the epoch.
        by: who revokes it.
    """
    await connection.execute(
        "INSERT INTO revoked_token (issuer, token_id, expires_at, revoked_at, revoked_by)"
        " VALUES (%s, %s, to_timestamp(%s), now(), %s) ON CONFLICT DO NOTHING",
        [issuer, token_id, expires_at, by],
    )
    # A day more than the slowest clock needs.
    await connection.execute(
        "DELETE FROM revoked_token WHERE expires_at < now() - interval '1 day'"
    )
    await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    _log.info("token_revoked", issuer=issuer, token=token_id, by=by)
