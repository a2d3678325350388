"""The composition root: settings in, a running hub out.

Each part is handed the narrow piece it needs; nothing below this module reads settings.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import psycopg
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import PoolTimeout
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.address import public_address
from hub.disclosure.log import Disclosure, DisclosureLog, open_log
from hub.gateway import graphiql
from hub.gateway.endpoint import GraphQLEndpoint
from hub.gateway.executor import Request
from hub.gateway.review_desk import ReviewDesk
from hub.gateway.schema import build_schema
from hub.identity.issuer import EmbeddedIssuer
from hub.identity.keys import SigningKeys
from hub.identity.routes import identity_routes
from hub.identity.tokens import IssuerRegistry, TokenRules, TokenVerifier
from hub.identity.types import Caller
from hub.outbound import open_outbound
from hub.policy.engine import PolicyEngine, load_policies
from hub.settings import Settings
from hub.store.database import Pool, migrate, reading_pool, writing_pool
from hub.store.embedded import embedded_postgres
from hub.store.landing import open_landing
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


def embedded_issuer(settings: Settings) -> EmbeddedIssuer:
    """Open the embedded issuer, whose keys live in the state folder."""
    keys = SigningKeys.open(settings.state_dir / "identity" / "keys")
    address = public_address(settings.public_url, settings.state_dir)
    return EmbeddedIssuer(address, address, keys)


def build_app(settings: Settings, database_url: str) -> FastAPI:
    """Build the hub's web application over a database that is up and migrated."""
    issuer = embedded_issuer(settings)
    schema = build_schema()
    engine = PolicyEngine(load_policies(settings.policies_dir))
    rules = TokenRules(issuer.audience)
    verifier = TokenVerifier(rules, IssuerRegistry([issuer.as_trusted()]))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            reading = await stack.enter_async_context(reading_pool(database_url))
            writing = await stack.enter_async_context(writing_pool(database_url))
            log = await stack.enter_async_context(open_log(writing))
            app.state.reading = reading
            landing = open_landing(settings.landing_url, settings.state_dir)
            review = ReviewDesk(writing, CurrentRegister(writing, landing))
            endpoint = GraphQLEndpoint(
                schema, verifier, engine.decide, reading, _disclosing(log), review=review
            )
            app.router.routes.append(Route("/graphql", endpoint.answer, methods=["POST"]))
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
            *identity_routes(issuer, issuer.keys),
        ]
    )
    return app


def _disclosing(log: DisclosureLog) -> Callable[[Caller, str, Request], Awaitable[None]]:
    async def disclose(caller: Caller, question: str, request: Request) -> None:
        await log.keep(
            Disclosure(
                issuer=caller.issuer,
                client=caller.client,
                member=caller.member,
                organisation=caller.organisation,
                purpose=caller.purpose,
                token_id=caller.token_id,
                question_digest=hashlib.sha256(question.encode()).hexdigest(),
                policy_digest=request.decisions.digest,
                opened_by=sorted(request.opened_by),
                masked=[f"{mask.path}:{mask.group}" for mask in request.masked],
            )
        )

    return disclose


async def _healthz(_: HttpRequest) -> Response:
    return JSONResponse({"status": "alive"})


async def _readyz(http: HttpRequest) -> Response:
    """Say whether the database answers."""
    try:
        async with http.app.state.reading.connection(timeout=READY_SECONDS) as connection:
            await connection.execute("SELECT 1")
    except (psycopg.Error, PoolTimeout):
        return JSONResponse({"status": "the database does not answer"}, 503)
    return JSONResponse({"status": "ready"})


async def _metrics(_: HttpRequest) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
