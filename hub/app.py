"""The composition root: settings in, a running hub out.

Each part is handed the narrow piece it needs; nothing below this module reads settings.
"""

import asyncio
import gc
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from hub.agreements.modes import VotingRules
from hub.agreements.watch import NOTHING, DatabasePolicies, PolicySource
from hub.disclosure.ledger import AggregateLedger
from hub.disclosure.log import Disclosure, DisclosureLog, open_log
from hub.entrance import Own, open_entrance
from hub.errors import Unavailable
from hub.exports.files import ExportFiles
from hub.exports.folders import own_folder
from hub.exports.links import Links
from hub.exports.manifest import signer
from hub.exports.routes import ExportDesk
from hub.exports.work import Tools, open_work
from hub.gateway import graphiql
from hub.gateway.changes.feed import ChangeFeed
from hub.gateway.changes.kept_views import KeptViews
from hub.gateway.changes.places import Seal
from hub.gateway.changes.subscriptions import ChangeDesk
from hub.gateway.changes.views import Views
from hub.gateway.changes.wakeups import open_wakeups
from hub.gateway.desks.agreements import AgreementDesk
from hub.gateway.desks.held import HeldDesk
from hub.gateway.desks.review import ReviewDesk
from hub.gateway.desks.submissions import SubmissionDesk
from hub.gateway.desks.webhooks import WebhookDesk
from hub.gateway.edge.endpoint import Disclose, GraphQLEndpoint
from hub.gateway.edge.streams import Streams
from hub.gateway.execution.executor import Request
from hub.gateway.execution.freshness import Staleness, open_staleness
from hub.gateway.execution.observing import Observer, Trails
from hub.gateway.execution.slow import open_slow_log
from hub.gateway.export.question import ExportReader
from hub.gateway.export.walk import Decide
from hub.gateway.hot.tier import Deciding, HotTier, answer_or_hand_on
from hub.gateway.planning.plan import Decisions
from hub.gateway.questions.introspection import SchemaRights
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.gateway.submissions.routes import SubmissionRoutes
from hub.health import Health, trust_fault
from hub.identity.authentication import Authenticator
from hub.identity.errors import refused
from hub.identity.routes import resource_documents
from hub.identity.trust import Trust
from hub.identity.types import Caller, Role
from hub.metrics import Metrics, Parts
from hub.outbound import open_outbound
from hub.policy.engine import PolicyEngine
from hub.policy.folder import read_baseline
from hub.settings import Settings
from hub.store.database import Pool, migrate, reading_lines, reading_pool, writing_pool
from hub.store.embedded import embedded_postgres
from hub.store.landing import open_landing, open_store
from hub.submissions.filing import FilingTools
from hub.sync.current_register import CurrentRegister
from hub.sync.pull import PullTools
from hub.telemetry import open_metrics, open_tracing, request_id
from hub.webhooks.signing import Sealer


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
            limit_seconds=settings.pull_seconds,
            landing_days=settings.landing_days,
        )


class Application(FastAPI):
    """The hub's web application, behind its hot tier, which `state.hot` is while it lives."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        hand_on = super().__call__
        hot: HotTier | None = getattr(self.state, "hot", None)
        if hot and scope["type"] == "http":
            await answer_or_hand_on(hot, hand_on, scope, receive, send)
        else:
            await hand_on(scope, receive, send)


def build_app(
    settings: Settings, database_url: str, *, policies: PolicySource | None = None
) -> FastAPI:
    """Build the hub's web application over a database that is up and migrated.

    Without policies of its own it decides by those that the database says are in force.
    """
    own = Own.of(settings)
    schema = build_schema()
    trusted = TrustedDocuments.read(
        settings.operations_dir, schema, settings.trusted_documents_only
    )
    source = policies or DatabasePolicies(database_url, read_baseline(settings.policies_dir))
    engine = PolicyEngine(NOTHING)
    seal = Seal(own.secret)
    feed = ChangeFeed(seal, Views(KeptViews()))

    async def ready(caller: Caller) -> None:
        if fault := await source.settled():
            raise Unavailable(
                "nothing can be shown now, for the policies in force can't be read: "
                "ask again shortly",
                code="POLICIES_UNREADABLE",
                detail=fault,
            )
        await engine.ready(caller)

    async def decided(caller: Caller) -> Decisions:
        await ready(caller)
        return engine.decide(caller)

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
            staleness = await stack.enter_async_context(open_staleness(reading, wakeups))
            entering = open_entrance(settings, own, database_url, writing)
            entrance = await stack.enter_async_context(entering)
            app.router.routes.extend(entrance.routes)
            observer = await stack.enter_async_context(_observing(app, settings, reading))
            landing = open_landing(settings.landing_url, settings.state_dir)
            review = ReviewDesk(writing, CurrentRegister(writing, landing))
            changes = ChangeDesk(feed, wakeups)
            filing = await stack.enter_async_context(_filing(settings, database_url))
            app.state.hot = HotTier(
                schema,
                entrance.authenticator,
                Deciding(decided, lambda: None if source.fault else engine.standing),
                await stack.enter_async_context(reading_lines(database_url)),
                request=lambda caller, decisions, watch: Request(
                    caller, decisions, reading, changes, watch=watch
                ),
                disclose=_disclosing(log),
                trusted=trusted,
                observer=observer,
                staleness=staleness,
            )
            endpoint = GraphQLEndpoint(
                schema,
                entrance.authenticator,
                engine.decide,
                reading,
                _disclosing(log),
                changes=changes,
                review=review,
                agreements=AgreementDesk(engine, deciding, VotingRules(settings.mode_quorum)),
                submissions=filing,
                held=HeldDesk(filing.tools.pulls),
                webhooks=WebhookDesk(writing, Sealer(own.secret), settings.allow_loopback_sources),
                ledger=AggregateLedger(writing),
                ready=ready,
                trusted=trusted,
                observer=observer,
                staleness=staleness,
                rights=SchemaRights(
                    frozenset(map(Role, settings.introspection_roles)),
                    frozenset(map(Role, settings.suggestion_roles)),
                ),
            )
            streams = Streams(endpoint, entrance.authenticator)
            app.router.routes += [
                *SubmissionRoutes(filing, entrance.authenticator).routes(),
                Route("/graphql", streams.answer, methods=["GET", "POST"]),
                WebSocketRoute("/graphql", streams.socket),
            ]
            exporting = _exporting(
                settings,
                own,
                database_url,
                ExportReader(schema),
                decide=_deciding(entrance.trust, ready, engine),
                reading=reading,
                log=log,
                authenticator=entrance.authenticator,
                trusted=trusted,
                staleness=staleness,
            )
            app.router.routes.extend(await stack.enter_async_context(exporting))
            faults = {
                "policies": lambda: source.fault,
                "trust": trust_fault(entrance.trust),
                "disclosure": lambda: log.fault,
            }
            app.state.health = health = Health(reading, database_url, faults)
            pools = {"reading": reading, "writing": writing, "deciding": deciding}
            parts = Parts(health, pools, log, changes.open)
            metrics = Metrics(parts, reading, settings.metrics_networks)
            app.router.routes += [*health.routes(), Route("/metrics", metrics.answer)]
            yield

    app = Application(title="Alliance data-exchange hub", lifespan=lifespan, openapi_url=None)
    app.add_middleware(Trails)
    sdl = schema.as_str()
    app.router.routes.extend(
        [
            Route("/", lambda _: RedirectResponse("/graphql")),
            Route("/schema.graphql", lambda _: PlainTextResponse(sdl)),
            graphiql.files(),
            *resource_documents(own.address, [own.issuer.issuer] if own.issuer else [], own.keys),
        ]
    )
    return app


@asynccontextmanager
async def _observing(app: FastAPI, settings: Settings, reading: Pool) -> AsyncIterator[Observer]:
    async with open_slow_log(reading, settings.slow_seconds) as slow:
        with open_tracing() as tracer, open_metrics():
            app.state.tracer = tracer
            yield Observer(tracer, slow)


@asynccontextmanager
async def _exporting(
    settings: Settings,
    own: Own,
    database_url: str,
    reader: ExportReader,
    *,
    decide: Decide,
    reading: Pool,
    log: DisclosureLog,
    authenticator: Authenticator,
    trusted: TrustedDocuments,
    staleness: Staleness,
) -> AsyncIterator[list[Route]]:
    files = ExportFiles(open_store(settings.landing_url, settings.state_dir))
    links, sign = Links(own.secret), signer(own.keys)
    # A job may wait long for its turn: nothing else must wait behind it.
    with own_folder(settings.state_dir / "exports") as folder:
        async with (
            writing_pool(database_url) as pool,
            open_work(Tools(reader, decide, reading, pool, files, log, folder, staleness)) as work,
        ):
            hours = settings.export_hours
            desk = ExportDesk(work, authenticator, links, sign, own.address, hours, trusted)
            yield desk.routes()


@asynccontextmanager
async def _filing(settings: Settings, database_url: str) -> AsyncIterator[SubmissionDesk]:
    # A submission waits in one pool for its turn, and publishes by the other.
    async with (
        writing_pool(database_url) as turns,
        writing_pool(database_url) as pool,
        open_pulls(settings, pool) as pulls,
    ):
        yield SubmissionDesk(FilingTools(pulls, turns))


def _deciding(
    trust: Trust, ready: Callable[[Caller], Awaitable[None]], engine: PolicyEngine
) -> Decide:
    """Decide for a caller who asked some time ago, and may have lost its leave since."""

    async def decide(caller: Caller) -> Decisions:
        await trust.current()
        is_revoked = trust.is_revoked(caller.issuer, caller.client, caller.token_id)
        if is_revoked or trust.find(caller.issuer) is None:
            raise refused("trust: withdrawn since it asked")
        await ready(caller)
        return engine.decide(caller)

    return decide


class Server(uvicorn.Server):
    """A server of the hub's application that says it stops, and ends what has no end, before."""

    def __init__(self, config: uvicorn.Config, drain_s: float = 0.0) -> None:
        """Keep how long to go on answering while it says that it is not ready."""
        super().__init__(config)
        self._drain_s = drain_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what is there by then stays for good, and is kept out of garbage collections.

        A full collection of it would take 0.15 s, in which nobody is answered.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: say not ready, then end streams, then let running requests end."""
        state = self.config.app.state  # type: ignore[union-attr]  # any app, for uvicorn
        state.health.is_stopping = True
        await asyncio.sleep(self._drain_s)
        state.wakeups.stop()
        await super().shutdown(sockets)


def _disclosing(log: DisclosureLog) -> Disclose:
    async def disclose(caller: Caller, question: str, request: Request) -> str:
        entry = Disclosure.to(
            caller,
            question_digest=hashlib.sha256(question.encode()).hexdigest(),
            policy_digest=request.decisions.digest,
            opened_by=request.opened_by,
            masked=[f"{mask.path}:{mask.group}" for mask in request.masked],
            shown=request.shown,
            request_id=request_id(),
        )
        await log.keep(entry, request.asked)
        return entry.id

    return disclose
