"""Who may come in: the parts of `hub.identity`, opened for the life of a process.

A part of the composition root, which hands it the settings. Start at `open_entrance`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.routing import Route

from hub.address import public_address
from hub.errors import InvalidInput
from hub.identity.authentication import Authenticator
from hub.identity.certificates import ClientCertificates
from hub.identity.followed_trust import FollowedTrust
from hub.identity.keys.jwks_cache import JWKSCache
from hub.identity.own_issuer.assertions import ClientAuthentication
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.own_issuer.keys import SigningKeys, kept_secret
from hub.identity.own_issuer.routes import issuer_routes
from hub.identity.presented import Presenter
from hub.identity.proofs.dpop import ProofChecker
from hub.identity.proofs.nonces import Nonces
from hub.identity.proofs.replay import SpentProofs, open_spent_proofs
from hub.identity.quotas import Limits, open_quotas
from hub.identity.sign_in.flow import SignIn
from hub.identity.sign_in.provider_client import ProviderClient
from hub.identity.sign_in.routes import SignInPages
from hub.identity.sign_in.sessions import PersonSessions
from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.identity.trust.trusted import Trust
from hub.outbound import Outbound, open_outbound
from hub.settings import Settings
from hub.store.database import Pool, writing_pool


def signing_keys(settings: Settings) -> SigningKeys:
    """Open the keys that the hub signs with, which live in the state folder."""
    return SigningKeys.open(settings.state_dir / "identity" / "keys")


def own_secret(settings: Settings) -> str:
    """Read the secret that all processes of one hub share, or make it."""
    return kept_secret(settings.state_dir / "identity" / "gateways.secret")


def embedded_issuer(settings: Settings) -> EmbeddedIssuer:
    """Open the embedded issuer.

    Raises:
        InvalidInput: it is switched off.
    """
    if not settings.embedded_issuer:
        raise InvalidInput(
            "the embedded issuer is off: get a token from your own issuer, "
            "or set HUB_EMBEDDED_ISSUER=true"
        )
    address = public_address(settings.public_url, settings.state_dir)
    return EmbeddedIssuer(address, address, signing_keys(settings))


@dataclass(frozen=True, slots=True)
class Own:
    """What the hub has of its own: its address, its keys, its secret, its issuer if that is on.

    The secret is none of the keys, so that cursors and nonces outlast those.
    """

    address: str
    keys: SigningKeys
    secret: str
    issuer: EmbeddedIssuer | None

    @classmethod
    def of(cls, settings: Settings) -> "Own":
        """Open what lies in the state folder."""
        issuer = embedded_issuer(settings) if settings.embedded_issuer else None
        return cls(
            address=public_address(settings.public_url, settings.state_dir),
            keys=issuer.keys if issuer else signing_keys(settings),
            secret=own_secret(settings),
            issuer=issuer,
        )


@dataclass(frozen=True, slots=True)
class Entrance:
    """The one way in, whom it trusts, and the routes by which callers get what they show there."""

    authenticator: Authenticator
    trust: Trust
    routes: list[Route]


@asynccontextmanager
async def open_entrance(
    settings: Settings, own: Own, database_url: str, writing: Pool
) -> AsyncIterator[Entrance]:
    """Open the entrance; `writing` is for counts."""
    async with AsyncExitStack() as stack:
        outbound = await stack.enter_async_context(
            open_outbound(allow_loopback=settings.allow_loopback_sources)
        )
        following = FollowedTrust(
            database_url,
            JWKSCache(outbound),
            own.issuer,
            allow_loopback=settings.allow_loopback_sources,
        ).following()
        trust = await stack.enter_async_context(following)
        spent = await stack.enter_async_context(open_spent_proofs(database_url))
        proofs = ProofChecker(spent, Nonces(own.secret), unaided_s=settings.dpop_unaided_seconds)
        verifier = TokenVerifier(TokenRules(own.address), trust, proofs)
        signing_in = _signing_in(settings, own, database_url, outbound=outbound, trust=trust)
        sessions, routes = await stack.enter_async_context(signing_in)
        if own.issuer:
            issuing = _issuing(
                own.issuer,
                database_url,
                spent=spent,
                outbound=outbound,
                verifier=verifier,
                proofs=proofs,
                trust=trust,
            )
            routes += await stack.enter_async_context(issuing)
        quotas = await stack.enter_async_context(open_quotas(_limits(settings), writing))
        presenter = Presenter(own.address, ClientCertificates(settings.trusted_proxies).find)
        yield Entrance(Authenticator(verifier, presenter, sessions, quotas), trust, routes)


@asynccontextmanager
async def _issuing(
    issuer: EmbeddedIssuer,
    database_url: str,
    *,
    spent: SpentProofs,
    outbound: Outbound,
    verifier: TokenVerifier,
    proofs: ProofChecker,
    trust: Trust,
) -> AsyncIterator[list[Route]]:
    # Anybody may ask here, and the log must not wait for it.
    async with writing_pool(database_url) as pool:
        key_sets = JWKSCache(outbound)
        clients = ClientAuthentication(issuer.issuer, pool, spent, key_sets)
        yield issuer_routes(
            issuer, clients, verifier=verifier, proofs=proofs, trust=trust, pool=pool
        )
        await key_sets.close()


@asynccontextmanager
async def _signing_in(
    settings: Settings, own: Own, database_url: str, *, outbound: Outbound, trust: Trust
) -> AsyncIterator[tuple[PersonSessions, list[Route]]]:
    client = ProviderClient(
        outbound, lambda: own.keys.current, allow_loopback=settings.allow_loopback_sources
    )
    # Anybody may begin to sign in: nothing else must wait behind them.
    async with writing_pool(database_url, max_size=2) as pool:
        sessions = PersonSessions(pool, trust, own.address)
        sign_in = SignIn(pool, trust, client, own.address)
        yield sessions, SignInPages(sign_in, sessions, home="/graphql").routes()


def _limits(settings: Settings) -> Limits:
    return Limits(
        client_rate=settings.client_rate,
        member_rate=settings.member_rate,
        client_quota=settings.client_quota,
        member_quota=settings.member_quota,
    )
