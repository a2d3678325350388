"""The embedded issuer: tokens for clients of agencies that run no provider of their own.

It is what makes the hub work on its first day. It signs; it neither authenticates clients nor keeps
what it issued. No token endpoint yet: whoever may run `hub token` on this machine may have a token.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from federation.records.declaration import Origin
from hub.errors import Forbidden, InvalidInput
from hub.identity._jose import sign
from hub.identity.jwks import read_jwks
from hub.identity.keys import ALGORITHM, SigningKeys
from hub.identity.tokens import MAX_TOKEN_LIFETIME_S, TrustedIssuer
from hub.identity.types import Client, Purpose


@dataclass(frozen=True, slots=True)
class EmbeddedIssuer:
    """Mints access tokens in one issuer's name for one audience, both by their addresses."""

    issuer: str
    audience: str
    keys: SigningKeys
    clock: Callable[[], float] = time.time

    def mint(self, client: Client, purpose: Purpose, lifetime_s: int = 600) -> str:
        """Sign an access token for a client that states a purpose.

        Raises:
            Forbidden: the client may not state this purpose.
            InvalidInput: the lifetime is over the limit, or none.

        Source: RFC 9068 section 2.
        """
        if purpose not in client.purposes:
            allowed = ", ".join(f"`{each}`" for each in sorted(client.purposes))
            raise Forbidden(
                f"client `{client.client_id}` may not state the purpose `{purpose}`: "
                f"use one of {allowed}"
            )
        if not 0 < lifetime_s <= MAX_TOKEN_LIFETIME_S:
            raise InvalidInput(f"a token lives 1 to {MAX_TOKEN_LIFETIME_S} s, not {lifetime_s}")
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": client.client_id,
            "client_id": client.client_id,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "jti": secrets.token_urlsafe(16),
            "member": client.member,
            "organisation": client.organisation,
            "roles": sorted(client.roles),
            "purpose": purpose,
        }
        key = self.keys.current
        return sign({"typ": "at+jwt", "alg": ALGORITHM, "kid": key.kid}, claims, key)

    def as_trusted(self) -> TrustedIssuer:
        """Describe this issuer to a verifier. It may vouch for every member."""
        return TrustedIssuer(
            issuer=self.issuer,
            keys=read_jwks(self.keys.jwks()),
            algorithms=frozenset({ALGORITHM}),
            members=frozenset(Origin),
        )
