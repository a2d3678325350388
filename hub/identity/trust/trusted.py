"""Whom the hub trusts to say who calls, and what of it was withdrawn.

`Trust` is all that a verifier asks; `FixedTrust` knows its issuers for good. The issuers that
members register, whose key sets are fetched, are in `issuers.py` and `followed_trust.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from hub.errors import InvalidInput
from hub.identity.keys.jwks import ALGORITHMS, VerificationKey
from hub.identity.types import Purpose, Role


@dataclass(frozen=True, slots=True)
class ClaimSource:
    """Where a token says one thing: in a claim, or nowhere and the registration says it for all.

    `claim` is a name, or names joined by dots for a claim within claims. `words` turns the issuer's
    words into ours; a word it lacks stays as it is. Several values may stand in a list, or, as in
    OAuth's `scope`, in one text with blanks between them.
    """

    claim: str | None = None
    fixed: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ClaimMap:
    """Where an issuer's tokens say what the hub asks. The defaults are the embedded issuer's."""

    client: ClaimSource = ClaimSource("client_id")
    member: ClaimSource = ClaimSource("member")
    organisation: ClaimSource = ClaimSource("organisation")
    roles: ClaimSource = ClaimSource("roles")
    purposes: ClaimSource = ClaimSource("purpose")


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer, and all that it may vouch for.

    `issuer` is compared as an exact string. Claims beyond `members`, `roles` or `purposes` are
    refused, however well they are signed.
    """

    issuer: str
    algorithms: frozenset[str]
    members: frozenset[str]
    roles: frozenset[Role] = frozenset(Role)
    purposes: frozenset[Purpose] = frozenset(Purpose)
    claims: ClaimMap = ClaimMap()
    requires_sender_constraint: bool = False

    def __post_init__(self) -> None:
        if not (self.issuer and self.members and self.roles and self.purposes):
            raise InvalidInput(
                f"the issuer `{self.issuer}` lacks a name, members, roles or purposes: add them"
            )
        if not self.algorithms or not self.algorithms <= ALGORITHMS:
            raise InvalidInput(f"algorithms must be some of {', '.join(sorted(ALGORITHMS))}")


class Trust(Protocol):
    """What a verifier asks of the hub's trust. All but `current` and `key` answer from memory."""

    @property
    def generation(self) -> int:
        """Grows when anything is trusted less; what was verified before must be verified anew."""

    async def current(self) -> None:
        """Wait a moment for what is known to be fresh, where it is not.

        Raises:
            Unavailable: it stays too old.
        """

    def find(self, name: object) -> TrustedIssuer | None:
        """Find an issuer by the `iss` of a token, whatever its type.

        Raises:
            Unavailable: what is known is too old.
        """

    async def key(self, issuer: TrustedIssuer, kid: str) -> VerificationKey | None:
        """Find one of an issuer's own keys, fetching its key set where that is due.

        None where the issuer has none of that `kid`, or the key is distrusted.
        """

    def is_revoked(self, issuer: str, client: str, token_id: str) -> bool:
        """Tell whether a token, or the client it was given to, was revoked.

        Raises:
            Unavailable: what is known is too old.
        """


class FixedTrust:
    """Issuers with their keys, for good."""

    generation = 0

    def __init__(
        self, issuers: Iterable[tuple[TrustedIssuer, Mapping[str, VerificationKey]]]
    ) -> None:
        self._issuers: dict[str, TrustedIssuer] = {}
        self._keys: dict[str, Mapping[str, VerificationKey]] = {}
        for issuer, keys in issuers:
            if issuer.issuer in self._issuers:
                raise InvalidInput(f"the issuer `{issuer.issuer}` is registered twice: keep one")
            self._issuers[issuer.issuer], self._keys[issuer.issuer] = issuer, keys

    async def current(self) -> None:
        """Wait for nothing: all is known."""

    def find(self, name: object) -> TrustedIssuer | None:
        """Find an issuer by the `iss` of a token, whatever its type."""
        return self._issuers.get(name) if isinstance(name, str) else None

    async def key(self, issuer: TrustedIssuer, kid: str) -> VerificationKey | None:
        """Find one of an issuer's own keys."""
        return self._keys[issuer.issuer].get(kid)

    def is_revoked(self, _issuer: str, _client: str, _token_id: str) -> bool:
        """Tell that nothing was revoked."""
        return False
