"""The composition root: settings in, a running hub out.

Each part is handed the narrow piece it needs; nothing below this module reads settings.
"""

import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import psycopg
import uvicorn
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import PoolTimeout
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from hub.address import public_address
from hub.agreements.modes import VotingRules
from hub.agreements.watch import NOTHING, DatabasePolicies, PolicySource
from hub.disclosure.ledger import AggregateLedger
from hub.disclosure.log import Disclosure, DisclosureLog, open_log
from hub.errors import InvalidInput, Unavailable
from hub.exports.files import ExportFiles
from hub.exports.folders import own_folder
from hub.exports.links import Links
from hub.exports.manifest import Sign, signer
from hub.exports.routes import ExportDesk
from hub.exports.work import Tools, open_work
from hub.gateway import graphiql
from hub.gateway.agreement_desk import AgreementDesk
from hub.gateway.changes import ChangeFeed
from hub.gateway.endpoint import GraphQLEndpoint
from hub.gateway.executor import Request
from hub.gateway.export_question import ExportReader
from hub.gateway.export_walk import Decide
from hub.gateway.kept_views import KeptViews
from hub.gateway.places import Seal
from hub.gateway.plan import Decisions
from hub.gateway.review_desk import ReviewDesk
from hub.gateway.schema import build_schema
from hub.gateway.streams import Streams
from hub.gateway.subscriptions import ChangeDesk
from hub.gateway.views import Views
from hub.gateway.wakeups import Wakeups, open_wakeups
from hub.identity.assertions import ClientAuthentication
from hub.identity.authentication import Authenticator
from hub.identity.certificates import ClientCertificates
from hub.identity.dpop import ProofChecker
from hub.identity.errors import refused
from hub.identity.followed_trust import FollowedTrust
from hub.identity.issuer import EmbeddedIssuer
from hub.identity.jwks_cache import JWKSCache
from hub.identity.keys import SigningKeys, kept_secret
from hub.identity.nonces import Nonces
from hub.identity.presented import Presenter
from hub.identity.provider_client import ProviderClient
from hub.identity.quotas import Limits, open_quotas
from hub.identity.replay import SpentProofs, open_spent_proofs
from hub.identity.routes import issuer_routes, resource_documents
from hub.identity.sessions import PersonSessions
from hub.identity.sign_in import SignIn
from hub.identity.sign_in_routes import SignInPages
from hub.identity.tokens import TokenRules, TokenVerifier
from hub.identity.trust import Trust
from hub.identity.types import Caller
from hub.outbound import Outbound, open_outbound
from hub.policy.engine import PolicyEngine
from hub.policy.folder import read_baseline
from hub.settings import Settings
from hub.store.database import Pool, migrate, reading_pool, writing_pool
from hub.store.embedded import embedded_postgres
from hub.store.landing import open_landing, open_store
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullTools

READY_SECONDS = 2.0
"""How long a readiness check waits for the database."""


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of a database at the newest schema: the operator's, or the embedded one."""
    with ExitStack() as stack:
        url = settings.database_url or stack.enter_context(embedded_postgres(settings.state_dir))
        await migrate(url)
        yield url


@asynccontextmanager
async def open_pulls(settings: Settings, pool: Pool) -> AsyncIterator[PullTools]:
    """Open what pulls work with."""
    async with open_outbound(allow_loopback=settings.allow_loopback_sources) as outbound:
        landing = open_landing(settings.landing_url, settings.state_dir)
        yield PullTools(
            pool=pool,
            outbound=outbound,
            landing=landing,
            register=CurrentRegister(pool, landing),
            base_urls=settings.source_base_urls,
        )


def signing_keys(settings: Settings) -> SigningKeys:
    """Open the keys that the hub signs with, which live in the state folder."""
    return SigningKeys.open(settings.state_dir / "identity" / "keys")


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


def build_app(
    settings: Settings, database_url: str, *, policies: PolicySource | None = None
) -> FastAPI:
    """Build the hub's web application over a database that is up and migrated.

    Without policies of its own it decides by those that the database says are in force.
    """
    issuer = embedded_issuer(settings) if settings.embedded_issuer else None
    keys = issuer.keys if issuer else signing_keys(settings)
    address = public_address(settings.public_url, settings.state_dir)
    schema = build_schema()
    source = policies or DatabasePolicies(database_url, read_baseline(settings.policies_dir))
    engine = PolicyEngine(NOTHING)
    rules = TokenRules(address)
    presenter = Presenter(address, ClientCertificates(settings.trusted_proxies).find)
    # Of its own, and not a signing key's: cursors and nonces outlast those.
    secret = kept_secret(settings.state_dir / "identity" / "gateways.secret")
    seal = Seal(secret)
    feed = ChangeFeed(seal, Views(KeptViews()))

    async def ready(caller: Caller) -> None:
        if source.fault:
            raise Unavailable(
                "nothing can be shown now, for the policies in force can't be read: "
                "ask again shortly",
                code="POLICIES_UNREADABLE",
                detail=source.fault,
            )
        await engine.ready(caller)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(source.feeding(engine))
            app.state.policies = source
            reading = await stack.enter_async_context(reading_pool(database_url))
            writing = await stack.enter_async_context(writing_pool(database_url))
            # An approval takes seconds: answers must not wait for their log behind it.
            deciding = await stack.enter_async_context(writing_pool(database_url))
            log = await stack.enter_async_context(open_log(writing))
            wakeups = await stack.enter_async_context(open_wakeups(database_url))
            app.state.reading, app.state.wakeups = reading, wakeups
            spent = await stack.enter_async_context(open_spent_proofs(database_url))
            proofs = ProofChecker(spent, Nonces(secret), unaided_s=settings.dpop_unaided_seconds)
            outbound = await stack.enter_async_context(
                open_outbound(allow_loopback=settings.allow_loopback_sources)
            )
            trust = await stack.enter_async_context(
                FollowedTrust(
                    database_url,
                    JWKSCache(outbound),
                    issuer,
                    allow_loopback=settings.allow_loopback_sources,
                ).following()
            )
            verifier = TokenVerifier(rules, trust, proofs)
            sessions, pages = await stack.enter_async_context(
                _signing_in(settings, database_url, keys, outbound=outbound, trust=trust)
            )
            app.router.routes.extend(pages)
            quotas = await stack.enter_async_context(open_quotas(_limits(settings), writing))
            authenticator = Authenticator(verifier, presenter, sessions, quotas)
            if issuer:
                issuing = _issuing(
                    database_url,
                    issuer,
                    spent=spent,
                    outbound=outbound,
                    verifier=verifier,
                    proofs=proofs,
                    trust=trust,
                )
                app.router.routes.extend(await stack.enter_async_context(issuing))
            landing = open_landing(settings.landing_url, settings.state_dir)
            review = ReviewDesk(writing, CurrentRegister(writing, landing))
            endpoint = GraphQLEndpoint(
                schema,
                authenticator,
                engine.decide,
                reading,
                _disclosing(log),
                changes=ChangeDesk(feed, wakeups),
                review=review,
                agreements=AgreementDesk(engine, deciding, VotingRules(settings.mode_quorum)),
                ledger=AggregateLedger(writing),
                ready=ready,
            )
            streams = Streams(endpoint, authenticator)
            app.router.routes += [
                Route("/graphql", streams.answer, methods=["POST"]),
                WebSocketRoute("/graphql", streams.socket),
            ]
            app.router.routes.extend(
                await stack.enter_async_context(
                    _exporting(
                        settings,
                        database_url,
                        ExportReader(schema),
                        decide=_deciding(trust, ready, engine),
                        reading=reading,
                        log=log,
                        authenticator=authenticator,
                        links=Links(secret),
                        sign=signer(keys),
                    )
                )
            )
            yield

    app = FastAPI(title="Alliance data-exchange hub", lifespan=lifespan, openapi_url=None)
    sdl = schema.as_str()
    app.router.routes.extend(
        [
            Route("/", lambda _: RedirectResponse("/graphql")),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/metrics", _metrics),
            Route("/schema.graphql", lambda _: PlainTextResponse(sdl)),
            *graphiql.routes(),
            *resource_documents(address, [issuer.issuer] if issuer else [], keys),
        ]
    )
    return app


@asynccontextmanager
async def _issuing(
    database_url: str,
    issuer: EmbeddedIssuer,
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
    settings: Settings,
    database_url: str,
    keys: SigningKeys,
    *,
    outbound: Outbound,
    trust: Trust,
) -> AsyncIterator[tuple[PersonSessions, list[Route]]]:
    """Open people's sessions, and the pages by which they sign in and out."""
    address = public_address(settings.public_url, settings.state_dir)
    client = ProviderClient(
        outbound, lambda: keys.current, allow_loopback=settings.allow_loopback_sources
    )
    # Anybody may begin to sign in: nothing else must wait behind them.
    async with writing_pool(database_url, max_size=2) as pool:
        sessions = PersonSessions(pool, trust, address)
        sign_in = SignIn(pool, trust, client, address)
        yield sessions, SignInPages(sign_in, sessions, home="/graphql").routes()


@asynccontextmanager
async def _exporting(
    settings: Settings,
    database_url: str,
    reader: ExportReader,
    *,
    decide: Decide,
    reading: Pool,
    log: DisclosureLog,
    authenticator: Authenticator,
    links: Links,
    sign: Sign,
) -> AsyncIterator[list[Route]]:
    files = ExportFiles(open_store(settings.landing_url, settings.state_dir))
    address = public_address(settings.public_url, settings.state_dir)
    # A job may wait long for its turn: nothing else must wait behind it.
    with own_folder(settings.state_dir / "exports") as folder:
        async with (
            writing_pool(database_url) as pool,
            open_work(Tools(reader, decide, reading, pool, files, log, folder)) as work,
        ):
            desk = ExportDesk(work, authenticator, links, sign, address, settings.export_hours)
            yield desk.routes()


def _deciding(
    trust: Trust, ready: Callable[[Caller], Awaitable[None]], engine: PolicyEngine
) -> Decide:
    """Decide for a caller who asked some time ago, and may have lost its leave since."""

    async def decide(caller: Caller) -> Decisions:
        if trust.is_revoked(caller.issuer, caller.client, caller.token_id):
            raise refused("trust: withdrawn since it asked")
        await ready(caller)
        return engine.decide(caller)

    return decide


def _limits(settings: Settings) -> Limits:
    return Limits(
        client_rate=settings.client_rate,
        member_rate=settings.member_rate,
        client_quota=settings.client_quota,
        member_quota=settings.member_quota,
    )


class Server(uvicorn.Server):
    """A server of the hub's application that ends its subscriptions when it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: without this, it would wait for streams that have no end."""
        wakeups: Wakeups = self.config.app.state.wakeups  # type: ignore[union-attr]  # any app, for uvicorn
        wakeups.stop()
        await super().shutdown(sockets)


def _disclosing(log: DisclosureLog) -> Callable[[Caller, str, Request], Awaitable[None]]:
    async def disclose(caller: Caller, question: str, request: Request) -> None:
        await log.keep(
            Disclosure(
                issuer=caller.issuer,
                client=caller.client,
                subject=caller.subject,
                actors=list(caller.actors),
                key=caller.key,
                member=caller.member,
                organisation=caller.organisation,
                purpose=caller.purpose,
                token_id=caller.token_id,
                question_digest=hashlib.sha256(question.encode()).hexdigest(),
                policy_digest=request.decisions.digest,
                opened_by=sorted(request.opened_by),
                masked=[f"{mask.path}:{mask.group}" for mask in request.masked],
            ),
            request.asked,
        )

    return disclose


async def _healthz(_: HttpRequest) -> Response:
    return JSONResponse({"status": "alive"})


async def _readyz(http: HttpRequest) -> Response:
    """Say whether the database answers, and the policies in force can be read."""
    try:
        async with http.app.state.reading.connection(timeout=READY_SECONDS) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, PoolTimeout):
        return JSONResponse({"status": "the database does not answer"}, 503)
    if fault := http.app.state.policies.fault:
        return JSONResponse({"status": fault}, 503)
    return JSONResponse({"status": "ready"})


async def _metrics(_: HttpRequest) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
