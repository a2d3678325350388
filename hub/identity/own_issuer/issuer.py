"""The embedded issuer: tokens for clients of agencies that run no provider of their own.

It is what makes the hub work on its first day. It signs; who may have a token is decided in
`token_endpoint.py` and `exchange.py`, or by whoever may run `hub token` on this machine.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.records.declaration import Origin
from hub.errors import Forbidden, InvalidInput
from hub.identity.keys.jose import sign
from hub.identity.keys.jwks import VerificationKey, read_jwks
from hub.identity.own_issuer.keys import ALGORITHM, SigningKeys
from hub.identity.tokens.claims import VOUCHED_BY
from hub.identity.tokens.verifying import MAX_TOKEN_LIFETIME_S
from hub.identity.trust.trusted import TrustedIssuer
from hub.identity.types import Client, Purpose, Role

TOKEN_LIFETIME_S = 600
"""How long a token lives that the token endpoint gives."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token shall say.

    `purposes` are those its bearer may state, `key` is the thumbprint of the key it is bound to,
    `actors` act for the subject, the present one first; `vouched_by` is the issuer that said who
    the subject is, where that is another.
    """

    subject: str
    client: str
    member: str
    organisation: str
    roles: frozenset[Role]
    purposes: frozenset[Purpose]
    key: str | None = None
    actors: tuple[str, ...] = ()
    vouched_by: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed token, its id and the seconds it lives. What was issued is not kept."""

    text: str = field(repr=False)
    id: str
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class EmbeddedIssuer:
    """Signs access tokens in one issuer's name for one audience, both by their addresses."""

    issuer: str
    audience: str
    keys: SigningKeys
    clock: Callable[[], float] = time.time

    def issue(self, grant: Grant, lifetime_s: int = TOKEN_LIFETIME_S) -> Issued:
        """Sign an access token.

        Raises:
            InvalidInput: the lifetime is over the limit, or none.

        Source: RFC 9068 section 2, RFC 9449 section 6.1 (`cnf`), RFC 8693 section 4.1 (`act`).
        """
        if not 0 < lifetime_s <= MAX_TOKEN_LIFETIME_S:
            raise InvalidInput(f"a token lives 1 to {MAX_TOKEN_LIFETIME_S} s: correct {lifetime_s}")
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "jti": (token_id := secrets.token_urlsafe(16)),
            **_said(grant),
        }
        key = self.keys.current
        text = sign({"typ": "at+jwt", "alg": ALGORITHM, "kid": key.kid}, claims, key)
        return Issued(text, token_id, lifetime_s)

    def mint(self, client: Client, purpose: Purpose, lifetime_s: int = TOKEN_LIFETIME_S) -> str:
        """Sign a bearer token for a client that states a purpose.

        Raises:
            Forbidden: the client may not state this purpose.
            InvalidInput: the lifetime is over the limit, or none.
        """
        if purpose not in client.purposes:
            allowed = ", ".join(f"`{each}`" for each in sorted(client.purposes))
            raise Forbidden(
                f"client `{client.client_id}` may not state the purpose `{purpose}`: "
                f"use one of {allowed}"
            )
        return self.issue(grant_to(client, frozenset({purpose})), lifetime_s).text

    def as_trusted(self) -> tuple[TrustedIssuer, Mapping[str, VerificationKey]]:
        """Describe this issuer and its keys to a verifier. It may vouch for every member."""
        issuer = TrustedIssuer(self.issuer, frozenset({ALGORITHM}), frozenset(Origin))
        return issuer, read_jwks(self.keys.jwks())


def grant_to(client: Client, purposes: frozenset[Purpose], key: str | None = None) -> Grant:
    """Grant a client what it may have for itself."""
    return Grant(
        subject=client.client_id,
        client=client.client_id,
        member=client.member,
        organisation=client.organisation,
        roles=client.roles,
        purposes=purposes,
        key=key,
    )


def _said(grant: Grant) -> Mapping[str, Any]:
    purposes = sorted(grant.purposes)
    claims: dict[str, Any] = {
        "sub": grant.subject,
        "client_id": grant.client,
        "member": grant.member,
        "organisation": grant.organisation,
        "roles": sorted(grant.roles),
        "purpose": purposes if len(purposes) > 1 else purposes[0],
    }
    if grant.key:
        claims["cnf"] = {"jkt": grant.key}
    if grant.vouched_by:
        claims[VOUCHED_BY] = grant.vouched_by
    for actor in reversed(grant.actors):
        claims["act"] = {"sub": actor} | ({"act": claims["act"]} if "act" in claims else {})
    if grant.actors:
        claims["act"]["client_id"] = grant.client
    return claims
