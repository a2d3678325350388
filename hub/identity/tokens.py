"""Access tokens: from an `Authorization` header to a `Caller`, or a refusal.

Every rule a bearer access token must keep is applied here, in the order of
`TokenVerifier._verified`; `claims.py` types the claims, `_jose.py` checks the signature. Proof of
possession (DPoP, mutual TLS) and fetched key sets are not here yet.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.errors import InvalidInput, Unauthenticated
from hub.identity._jose import check_signature, take_apart
from hub.identity.claims import read_claims
from hub.identity.errors import refused
from hub.identity.jwks import ALGORITHMS, VerificationKey
from hub.identity.token_cache import TokenCache
from hub.identity.types import Caller, UnverifiedToken, VerifiedClaims

# Ten minutes would do for programs; a person works for an hour with what `make demo` prints.
MAX_TOKEN_LIFETIME_S = 3600
MAX_LEEWAY_S = 60  # FAPI 2.0 Security Profile section 5.3.2.1

TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})  # RFC 9068 section 4
HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})

# RFC 6750 section 2.1
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must keep, whoever issued it.

    `ahead_leeway_s` is how far `iat` and `nbf` may lie ahead of our clock. FAPI 2.0 (section
    5.3.2.1) asks to accept 10 s and to refuse more than 60 s; between the two we refuse, since no
    clock kept by NTP is so far off. `exp` has no leeway unless one is given: a client in need
    gets a new token.
    """

    audience: str
    algorithms: frozenset[str] = ALGORITHMS
    ahead_leeway_s: int = 10
    expiry_leeway_s: int = 0
    max_lifetime_s: int = MAX_TOKEN_LIFETIME_S
    max_token_bytes: int = 8 * 1024

    def __post_init__(self) -> None:
        if not self.audience:
            raise InvalidInput("no audience for tokens: set the hub's own address as one")
        if max(self.ahead_leeway_s, self.expiry_leeway_s) > MAX_LEEWAY_S:
            raise InvalidInput(f"a clock leeway is over {MAX_LEEWAY_S} s: shorten it")
        if self.max_lifetime_s > MAX_TOKEN_LIFETIME_S:
            raise InvalidInput(f"tokens may live {MAX_TOKEN_LIFETIME_S} s at most: shorten it")
        _require_known(self.algorithms)


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer, the keys that are valid for it alone, and the members it may vouch for.

    `issuer` is compared as an exact string. `keys` come from `jwks.read_jwks`.
    """

    issuer: str
    keys: Mapping[str, VerificationKey]
    algorithms: frozenset[str]
    members: frozenset[str]

    def __post_init__(self) -> None:
        if not (self.issuer and self.keys and self.members):
            raise InvalidInput(f"the issuer `{self.issuer}` lacks a name, keys or members: add it")
        _require_known(self.algorithms)


class IssuerRegistry:
    """The issuers the hub trusts, by exact name. Never changes: a changed one is built anew."""

    def __init__(self, issuers: Iterable[TrustedIssuer]) -> None:
        self._issuers: dict[str, TrustedIssuer] = {}
        for issuer in issuers:
            if issuer.issuer in self._issuers:
                raise InvalidInput(f"the issuer `{issuer.issuer}` is registered twice: keep one")
            self._issuers[issuer.issuer] = issuer
        if not self._issuers:
            raise InvalidInput("no trusted issuer: register at least one")

    def find(self, name: object) -> TrustedIssuer | None:
        """Find an issuer by the `iss` of a token, whatever its type."""
        return self._issuers.get(name) if isinstance(name, str) else None


class TokenVerifier:
    """Turns unverified tokens into callers.

    Keeps what it verified until the token expires, so it lives as long as its registry: one that
    trusts less needs a new verifier.
    """

    def __init__(
        self,
        rules: TokenRules,
        registry: IssuerRegistry,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rules = rules
        self._registry = registry
        self._clock = clock
        self._cache = TokenCache()

    async def verify(self, token: UnverifiedToken) -> Caller:
        """Say who calls. Revocation is not checked: a token lives until it expires.

        Raises:
            Unauthenticated: whatever is wrong with the token, with one public message.

        Source: RFC 9068 section 4, RFC 8725 section 3, FAPI 2.0 Security Profile section 5.4.
        """
        try:
            return self._caller(token.text)
        except Unauthenticated:
            raise
        except Exception as error:  # noqa: BLE001 - a token that breaks a library is a bad token
            # The chain is cut: a library's text may hold the token.
            raise refused(f"unexpected: {type(error).__name__}") from None

    def _caller(self, text: str) -> Caller:
        if len(text) > self._rules.max_token_bytes or not text.isascii():
            raise refused("size: too long, or not ASCII")
        now = self._clock()
        known = self._cache.find(text, now)
        if known is not None:
            return known
        claims = self._verified(text)
        self._check_times(claims, now)
        caller = _caller_of(claims)
        opens_at = max(claims.issued_at, claims.not_before) - self._rules.ahead_leeway_s
        self._cache.keep(text, caller, opens_at, claims.expires_at)
        return caller

    def _verified(self, text: str) -> VerifiedClaims:
        parts = take_apart(text)
        algorithm, kid = _check_header(parts.header)
        # INVARIANT: the issuer is found before the key, and the key among the issuer's own.
        issuer = self._registry.find(parts.claims.get("iss"))
        if issuer is None:
            raise refused("iss: not trusted")
        if algorithm not in self._rules.algorithms & issuer.algorithms:
            raise refused("header: `alg` not allowed")
        key = issuer.keys.get(kid)
        if key is None:
            raise refused("header: `kid` not known")
        check_signature(text, key, algorithm)
        claims = read_claims(parts.claims)
        if claims.audience != self._rules.audience:
            raise refused("aud: another audience")
        if claims.member not in issuer.members:
            raise refused("member: the issuer may not vouch for it")
        return claims

    def _check_times(self, claims: VerifiedClaims, now: float) -> None:
        rules = self._rules
        if now >= claims.expires_at + rules.expiry_leeway_s:
            raise refused("exp: expired")
        if max(claims.issued_at, claims.not_before) > now + rules.ahead_leeway_s:
            raise refused("iat or nbf: in the future")
        if not 0 < claims.expires_at - claims.issued_at <= rules.max_lifetime_s:
            raise refused("exp: lifetime over the limit, or none")


def bearer_token(authorization_headers: Sequence[str]) -> UnverifiedToken:
    """Read the bearer token of a request's `Authorization` headers, all of them.

    Raises:
        Unauthenticated: none, more than one, another scheme, or no token.

    Source: RFC 6750 section 2.1, RFC 9110 section 11.6.2.
    """
    if len(authorization_headers) != 1:
        raise refused("authorization: not exactly one header")
    found = _BEARER.fullmatch(authorization_headers[0])
    if found is None:
        raise refused("authorization: no bearer token")
    return UnverifiedToken(found[1])


def _check_header(header: Mapping[str, object]) -> tuple[str, str]:
    """Check a token's header and return its `alg` and `kid`.

    Keys and places of keys (`jwk`, `jku`, `x5c`, `x5u`), extensions (`crit`, `b64`) and anything
    else we do not use are refused, not ignored: an honest issuer has no reason to send them.
    """
    if not header.keys() <= HEADER_MEMBERS:
        raise refused("header: a member that is not accepted")
    algorithm, kid, typ = (header.get(name) for name in ("alg", "kid", "typ"))
    if not isinstance(typ, str) or typ.lower() not in TOKEN_TYPES:
        raise refused("header: `typ` is not of an access token")
    if not isinstance(algorithm, str) or not isinstance(kid, str):
        raise refused("header: `alg` or `kid` is missing")
    return algorithm, kid


def _caller_of(claims: VerifiedClaims) -> Caller:
    return Caller(
        issuer=claims.issuer,
        subject=claims.subject,
        client=claims.client,
        member=claims.member,
        organisation=claims.organisation,
        roles=claims.roles,
        purpose=claims.purpose,
        sender_constrained=False,
        token_id=claims.token_id,
    )


def _require_known(algorithms: frozenset[str]) -> None:
    if not algorithms or not algorithms <= ALGORITHMS:
        raise InvalidInput(f"algorithms must be some of {', '.join(sorted(ALGORITHMS))}")
