"""The frozen values of identity: what a token says, who calls, which clients are known.

No checks live here: `tokens/claims.py` and `tokens/verifying.py` make these values, in the order
`UnverifiedToken` → `VerifiedClaims` → `Caller`. Start reading at `Caller`.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Purpose(StrEnum):
    """What a caller says it asks for; agreements grant by purpose."""

    SHORTAGE_RESPONSE = "shortage-response"
    SUPPLY_MAPPING = "supply-mapping"
    QUALITY_INVESTIGATION = "quality-investigation"
    POLICY_RESEARCH = "policy-research"
    EXERCISE = "exercise"


class Role(StrEnum):
    """What a caller is to the alliance."""

    REGULATOR = "regulator"
    AGENCY = "agency"
    SECRETARIAT = "secretariat"
    AUDITOR = "auditor"


ALLIANCE_ROLES = frozenset({Role.SECRETARIAT, Role.AUDITOR})
"""Held by the alliance's own bodies; every other role is held by a member's."""


class Scheme(StrEnum):
    """How an access token is presented (RFC 6750, RFC 9449)."""

    BEARER = "Bearer"
    DPOP = "DPoP"


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """An access token as it came in. Nothing about it is known, and it is never shown."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows of who sends it. Nothing of it is known to be true.

    `url` is the address callers use, never what a `Host` header says. `proofs` are all its `DPoP`
    headers; `certificate` is the SHA-256 thumbprint (base64url) of the certificate that the TLS
    layer or a trusted proxy saw; `purpose` is what its `Hub-Purpose` header states.
    """

    token: UnverifiedToken
    scheme: Scheme = Scheme.BEARER
    method: str = "POST"
    url: str = ""
    proofs: tuple[str, ...] = field(default=(), repr=False)
    certificate: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The keys a token is bound to, by SHA-256 thumbprint; without any, whoever has it may use it.

    Source: RFC 7800 section 3.1, RFC 9449 section 6.1 (`jkt`), RFC 8705 section 3.1 (`x5t#S256`).
    """

    proof_key: str | None = None
    certificate: str | None = None

    @property
    def key(self) -> str | None:
        """The key that its holder proves to have, if it is bound to any."""
        return self.proof_key or self.certificate


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """What a token says, once its issuer's signature holds and each value has its type.

    Says nothing yet of time, audience or what the issuer may vouch for. Times are seconds since
    the epoch; `not_before` is `issued_at` where the token names none. `purposes` are all that its
    bearer may state.
    """

    issuer: str
    subject: str
    client: str
    audience: str
    token_id: str
    issued_at: float
    not_before: float
    expires_at: float
    member: str
    organisation: str
    roles: frozenset[Role]
    purposes: frozenset[Purpose]
    confirmation: Confirmation
    actors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for whom and what for, as a trusted issuer vouches.

    `member` is one of `federation.records.declaration.Origin`, `ALLIANCE` for the secretariat and
    the auditor. `sender_constrained` is true where the token is bound to a key the caller proved
    to hold; `key` is that key's SHA-256 thumbprint. `actors` act for the subject, the present one
    first; none where the subject acts for itself.
    """

    issuer: str
    subject: str
    client: str
    member: str
    organisation: str
    roles: frozenset[Role]
    purpose: Purpose
    sender_constrained: bool
    token_id: str
    key: str | None = None
    actors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client of the embedded issuer and the purposes it may state."""

    client_id: str
    member: str
    organisation: str
    roles: frozenset[Role]
    purposes: frozenset[Purpose]

    def asking(self, purpose: Purpose) -> Caller:
        """Make the caller that it would be, with a token bound to no key."""
        return Caller(
            issuer="",
            subject=self.client_id,
            client=self.client_id,
            member=self.member,
            organisation=self.organisation,
            roles=self.roles,
            purpose=purpose,
            sender_constrained=False,
            token_id="",
        )
