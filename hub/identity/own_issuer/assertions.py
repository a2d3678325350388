"""Clients prove who they are by an assertion they sign (`private_key_jwt`), and by nothing else.

An assertion is for one authorisation server, lives five minutes at most and is taken once. The
clients are in `clients.py`, what they may have in `token_endpoint.py`.
"""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hub.errors import Unauthenticated
from hub.identity.keys.jose import check_signature, take_apart
from hub.identity.keys.jwks import VerificationKey
from hub.identity.keys.jwks_cache import JWKSCache, KeySource
from hub.identity.own_issuer.clients import RegisteredClient, read_one
from hub.identity.own_issuer.forms import Form
from hub.identity.tokens.claims import LATEST_S, MAX_CLAIM_CHARS
from hub.identity.tokens.verifying import HEADER_MEMBERS
from hub.store.database import Pool

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHOD = "private_key_jwt"

MAX_LIFETIME_S = 300
MAX_AHEAD_S = 10
"""How far a client's clock may be ahead of ours."""

MAX_ASSERTION_CHARS = 8 * 1024

# The second is what the successor of RFC 7523 asks for.
_TYPES = frozenset({"jwt", "client-authentication+jwt"})

_Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CLAIM_CHARS)]
_Instant = Annotated[float, Field(ge=0, le=LATEST_S)]


class SpendsOnce(Protocol):
    """Remembers what was used."""

    async def spend(self, kind: str, issuer: str, id: str, until: float) -> bool:  # noqa: A002 - the field's word
        """Say whether this is the first use."""


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    iss: _Text
    sub: _Text
    aud: _Text
    jti: _Text
    exp: _Instant
    iat: _Instant | None = None
    nbf: _Instant = 0


class ClientAuthentication:
    """Finds the client that signed an assertion, for one authorisation server."""

    def __init__(
        self,
        issuer: str,
        pool: Pool,
        spent: SpendsOnce,
        key_sets: JWKSCache,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._pool = pool
        self._spent = spent
        self._key_sets = key_sets
        self._sources: dict[str, KeySource] = {}
        self._clock = clock

    async def client(self, form: Form) -> RegisteredClient:
        """Say which client sends a form, and spend its assertion.

        Raises:
            Unauthenticated: whatever is wrong, code `invalid_client`, with one public message.
            Unavailable: the client's keys can't be fetched, or it can't be said whether the
                assertion was used before.

        Source: RFC 7521 section 4.2, RFC 7523 section 3, FAPI 2.0 Security Profile section 5.3.2.1.
        """
        try:
            return await self._client(form)
        except Unauthenticated as error:
            raise self._refused(error.detail) from None

    async def _client(self, form: Form) -> RegisteredClient:
        if form.find("client_secret") or form.find("client_assertion_type") != ASSERTION_TYPE:
            raise self._refused("method: none, or another one")
        text = form.find("client_assertion") or ""
        if len(text) > MAX_ASSERTION_CHARS or not text.isascii():
            raise self._refused("size: too long, or not ASCII")
        parts = take_apart(text)
        claims = self._read(parts.claims)
        client = await self._registered(claims.sub)
        if claims.iss != claims.sub or form.find("client_id") not in {None, claims.sub}:
            raise self._refused("iss, sub or client_id: not one client")
        check_signature(text, *await self._key(client, parts.header))
        self._check_use(claims)
        until = claims.exp + MAX_AHEAD_S
        if not await self._spent.spend("assertion", claims.sub, claims.jti, until):
            raise self._refused("jti: used before")
        return client

    def _read(self, claims: Mapping[str, object]) -> _Claims:
        try:
            return _Claims.model_validate(claims)
        except ValidationError as error:
            # Its text holds the claims.
            named = {str(fault["loc"][0]) for fault in error.errors(include_input=False)}
            raise self._refused(f"{', '.join(sorted(named))}: missing or malformed") from None

    async def _registered(self, client_id: str) -> RegisteredClient:
        # PostgreSQL holds no NUL, and no client has such a name.
        async with self._pool.connection() as connection:
            client = await read_one(connection, client_id) if client_id.isprintable() else None
        if client is None or client.disabled_at:
            raise self._refused("sub: no active client")
        return client

    async def _key(
        self, client: RegisteredClient, header: Mapping[str, object]
    ) -> tuple[VerificationKey, str]:
        algorithm, kid, typ = (header.get(name) for name in ("alg", "kid", "typ"))
        if not header.keys() <= HEADER_MEMBERS or str(typ or "jwt").lower() not in _TYPES:
            raise self._refused("header: of another kind of token")
        if not isinstance(algorithm, str) or not isinstance(kid, str | None):
            raise self._refused("header: `alg` is missing, or `kid` no text")
        key = await self._find_key(client, kid)
        if key is None:
            raise self._refused("header: `kid` not known")
        return key, algorithm

    async def _find_key(self, client: RegisteredClient, kid: str | None) -> VerificationKey | None:
        keys = client.verification_keys()
        if kid is None:
            # Who registered one key need not name it.
            return next(iter(keys.values())) if len(keys) == 1 else None
        if client.jwks_uri is None:
            return keys.get(kid)
        source = KeySource(client.client.client_id, client.jwks_uri)
        self._sources[source.owner] = source
        self._key_sets.follow(self._sources.values())
        return await self._key_sets.key(source, kid)

    def _check_use(self, claims: _Claims) -> None:
        now = self._clock()
        if claims.aud != self._issuer:
            raise self._refused("aud: another authorisation server")
        issued_at = now if claims.iat is None else claims.iat
        if max(issued_at, claims.nbf) > now + MAX_AHEAD_S:
            raise self._refused("iat or nbf: in the future")
        if not now < claims.exp <= issued_at + MAX_LIFETIME_S:
            raise self._refused("exp: expired, or too far off")

    def _refused(self, cause: str | None) -> Unauthenticated:
        return Unauthenticated(
            f"the client is not known: send an assertion as `{METHOD}`, signed with a registered "
            f"key, with its id as `iss` and `sub`, `{self._issuer}` as `aud`, a `jti` of its own "
            f"and an `exp` of at most {MAX_LIFETIME_S} s",
            code="invalid_client",
            detail=cause,
        )
