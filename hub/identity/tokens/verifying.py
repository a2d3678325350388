"""Access tokens: from what a request shows to a `Caller`, or a refusal.

Every rule an access token must keep is applied here, in the order of `TokenVerifier._caller`;
`presented.py` reads requests, `claims.py` types the claims, `keys/jose.py` checks the signature,
`proofs/dpop.py` checks proofs. Whom to trust is asked of a `Trust`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.errors import Forbidden, InvalidInput, Unauthenticated, Unavailable
from hub.identity.errors import UNBOUND_MESSAGE, refused
from hub.identity.keys.jose import check_signature, take_apart
from hub.identity.keys.jwks import ALGORITHMS
from hub.identity.proofs.dpop import ProofChecker
from hub.identity.purposes import stated_purpose
from hub.identity.tokens.cache import Held, TokenCache
from hub.identity.tokens.claims import VOUCHED_BY, read_claims
from hub.identity.trust.trusted import Trust, TrustedIssuer
from hub.identity.types import (
    Caller,
    Confirmation,
    Presented,
    Purpose,
    Scheme,
    UnverifiedToken,
    VerifiedClaims,
)

# Ten minutes would do for programs; a person works for an hour with what `make demo` prints.
MAX_TOKEN_LIFETIME_S = 3600
MAX_LEEWAY_S = 60  # FAPI 2.0 Security Profile section 5.3.2.1

TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})  # RFC 9068 section 4
HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})


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
        if not self.algorithms or not self.algorithms <= ALGORITHMS:
            raise InvalidInput(f"algorithms must be some of {', '.join(sorted(ALGORITHMS))}")


class TokenVerifier:
    """Turns what requests show into callers."""

    def __init__(
        self,
        rules: TokenRules,
        trust: Trust,
        proofs: ProofChecker | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep the rules and whom to trust; without `proofs`, no key-bound token is taken."""
        self._rules = rules
        self._trust = trust
        self._proofs = proofs
        self._clock = clock
        self._cache = TokenCache()

    @property
    def proof_algorithms(self) -> frozenset[str]:
        """What proofs of possession may be signed with; none where none is taken."""
        return self._proofs.algorithms if self._proofs else frozenset()

    async def verify(self, presented: Presented) -> Caller:
        """Say who calls, and spend the proof of possession if the token asks for one.

        Raises:
            Unauthenticated: whatever is wrong with the token, with one public message.
            Forbidden: it holds, but its caller states no purpose, or one it may not.
            Unavailable: what must be asked does not answer.

        Source: RFC 9068 section 4, RFC 8725 section 3, FAPI 2.0 Security Profile section 5.4.
        """
        return await self._caller(presented, is_proof_due=True)

    async def verify_again(self, presented: Presented) -> Caller:
        """Say who still calls, by all but the proof, which was spent when `verify` passed.

        Raises:
            HubError: as `verify`.
        """
        return await self._caller(presented, is_proof_due=False)

    def held(self, token: UnverifiedToken) -> Held | None:
        """Give what a token said that was just verified, and while that holds."""
        return self._cache.held(token.text)

    async def holds(self, held: Held) -> bool:
        """Tell whether what a token said holds now, as `verify` would have it.

        Raises:
            Unavailable: what must be asked does not answer.
        """
        await self._trust.current()
        claims = held.claims
        return (
            held.generation == self._trust.generation
            and held.valid_from <= self._clock() < held.valid_until
            and not self._trust.is_revoked(claims.issuer, claims.client, claims.token_id)
        )

    async def _caller(self, presented: Presented, *, is_proof_due: bool) -> Caller:
        try:
            claims = await self._claims(presented.token.text)
            _check_binding(claims.confirmation, presented)
            if is_proof_due and presented.scheme is Scheme.DPOP:
                await self._check_proof(claims.confirmation, presented)
            purpose = stated_purpose(claims.purposes, presented.purpose)
        except (Unauthenticated, Forbidden, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - a token that breaks a library is a bad token
            # The chain is cut: a library's text may hold the token.
            raise refused(f"unexpected: {type(error).__name__}") from None
        return _caller_of(claims, purpose)

    async def _claims(self, text: str) -> VerifiedClaims:
        """Find what a token says, from the cache or anew."""
        if len(text) > self._rules.max_token_bytes or not text.isascii():
            raise refused("size: too long, or not ASCII")
        await self._trust.current()
        generation = self._trust.generation
        claims = self._cache.find(text, self._clock(), generation)
        if claims is None:
            claims = await self._verified(text)
            self._check_times(claims, self._clock())
            opens_at = max(claims.issued_at, claims.not_before) - self._rules.ahead_leeway_s
            self._cache.keep(text, Held(claims, generation, opens_at, claims.expires_at))
        if self._trust.is_revoked(claims.issuer, claims.client, claims.token_id):
            raise refused("jti: revoked")
        return claims

    async def _verified(self, text: str) -> VerifiedClaims:
        parts = take_apart(text)
        algorithm, kid = _check_header(parts.header)
        # INVARIANT: the issuer is found before the key, and the key among the issuer's own.
        issuer = self._trust.find(parts.claims.get("iss"))
        if issuer is None:
            raise refused("iss: not trusted")
        if algorithm not in self._rules.algorithms & issuer.algorithms:
            raise refused("header: `alg` not allowed")
        key = await self._trust.key(issuer, kid)
        if key is None:
            raise refused("header: `kid` not known")
        # A key set may take seconds to fetch, in which the issuer may have been distrusted.
        if self._trust.find(issuer.issuer) != issuer:
            raise refused("iss: trusted no longer")
        check_signature(text, key, algorithm)
        if self._trust.find(parts.claims.get(VOUCHED_BY, issuer.issuer)) is None:
            raise refused("iss: of the subject, not trusted")
        claims = read_claims(parts.claims, issuer.claims)
        if claims.audience != self._rules.audience:
            raise refused("aud: another audience")
        _check_reach(claims, issuer)
        return claims

    def _check_times(self, claims: VerifiedClaims, now: float) -> None:
        rules = self._rules
        if now >= claims.expires_at + rules.expiry_leeway_s:
            raise refused("exp: expired")
        if max(claims.issued_at, claims.not_before) > now + rules.ahead_leeway_s:
            raise refused("iat or nbf: in the future")
        if not 0 < claims.expires_at - claims.issued_at <= rules.max_lifetime_s:
            raise refused("exp: lifetime over the limit, or none")

    async def _check_proof(self, bound: Confirmation, presented: Presented) -> None:
        if self._proofs is None:
            raise refused("proof: none is taken here")
        proven = await self._proofs.check(
            presented.proofs,
            method=presented.method,
            url=presented.url,
            access_token=presented.token.text,
        )
        if proven != bound.proof_key:
            raise refused("proof: by another key than the token's")


def _check_reach(claims: VerifiedClaims, issuer: TrustedIssuer) -> None:
    """Check that the issuer may say what its token says."""
    if claims.member not in issuer.members:
        raise refused("member: the issuer may not vouch for it")
    if not claims.roles <= issuer.roles:
        raise refused("roles: the issuer may not vouch for them")
    if not claims.purposes <= issuer.purposes:
        raise refused("purpose: the issuer may not vouch for it")
    if issuer.requires_sender_constraint and claims.confirmation.key is None:
        raise Unauthenticated(UNBOUND_MESSAGE, detail="cnf: missing where the issuer requires it")


def _check_binding(bound: Confirmation, presented: Presented) -> None:
    """Check that a token comes as it is bound: otherwise it is stolen.

    Source: RFC 9449 section 7.1, RFC 8705 section 3.
    """
    if (bound.proof_key is not None) != (presented.scheme is Scheme.DPOP):
        raise refused("cnf: a key-bound token came as a bearer token, or the reverse")
    if bound.certificate is not None and bound.certificate != presented.certificate:
        raise refused("cnf: by another certificate than the token's, or none")


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


def _caller_of(claims: VerifiedClaims, purpose: Purpose) -> Caller:
    return Caller(
        issuer=claims.issuer,
        subject=claims.subject,
        client=claims.client,
        member=claims.member,
        organisation=claims.organisation,
        roles=claims.roles,
        purpose=purpose,
        sender_constrained=claims.confirmation.key is not None,
        token_id=claims.token_id,
        key=claims.confirmation.key,
        actors=claims.actors,
    )
