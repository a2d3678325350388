"""The composition root: settings in, a running hub out.

Each part is handed the narrow piece it needs; nothing below this module reads settings. Start at
`build_app`: what there is before anything opens is `_Ground`, what opens and closes is `_live`.
"""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from hub.agreements.deciding import PoliciesInForce
from hub.agreements.modes import VotingRules
from hub.agreements.watch import NOTHING, DatabasePolicies, PolicySource
from hub.disclosure.ledger import AggregateLedger
from hub.disclosure.log import DisclosureLog, open_log
from hub.entrance import Entrance, Own, open_entrance
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
from hub.gateway.changes.wakeups import Wakeups, open_wakeups
from hub.gateway.desks import Desks
from hub.gateway.desks.agreements import AgreementDesk
from hub.gateway.desks.held import HeldDesk
from hub.gateway.desks.review import ReviewDesk
from hub.gateway.desks.submissions import SubmissionDesk
from hub.gateway.desks.webhooks import WebhookDesk
from hub.gateway.edge.endpoint import GraphQLEndpoint
from hub.gateway.edge.streams import Streams
from hub.gateway.edge.unrouted import refuse_unrouted
from hub.gateway.execution.disclosing import entry_of
from hub.gateway.execution.executor import Request
from hub.gateway.execution.freshness import Staleness, open_staleness
from hub.gateway.execution.observing import Observer, Trails
from hub.gateway.execution.slow import open_slow_log
from hub.gateway.export.question import ExportReader
from hub.gateway.hot.tier import Deciding, HotTier, answer_or_hand_on
from hub.gateway.questions.introspection import SchemaRights
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.gateway.subgraph.schema import SubgraphSchema
from hub.gateway.submissions.routes import SubmissionRoutes
from hub.health import Health, trust_fault
from hub.identity.own_issuer.routes import resource_documents
from hub.identity.types import Caller, Role
from hub.metrics import Metrics, Parts
from hub.policy.engine import PolicyEngine
from hub.policy.folder import read_baseline
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import Pool, reading_pool, writing_pool
from hub.store.landing import open_landing, open_store
from hub.store.lines import ReadingLines, reading_lines
from hub.submissions.filing import FilingTools
from hub.sync.current_register import CurrentRegister
from hub.telemetry import open_metrics, open_tracing
from hub.webhooks.signing import Sealer


class Application(FastAPI):
    """The hub's web application, behind its hot tier, which is there while it lives."""

    hot: HotTier | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        hand_on = super().__call__
        if self.hot and scope["type"] == "http":
            await answer_or_hand_on(self.hot, hand_on, scope, receive, send)
        else:
            await hand_on(scope, receive, send)


def build_app(
    settings: Settings, database_url: str, *, policies: PolicySource | None = None
) -> FastAPI:
    """Build the hub's web application over a database that is up and migrated.

    Without policies of its own it decides by those that the database says are in force.
    """
    source = policies or DatabasePolicies(database_url, read_baseline(settings.policies_dir))
    ground = _Ground.of(settings, database_url, source)
    app = Application(
        title="Alliance data-exchange hub",
        lifespan=partial(_live, ground),
        openapi_url=None,
        exception_handlers={HTTPException: refuse_unrouted},
    )
    app.add_middleware(Trails)
    own = ground.own
    app.router.routes += [
        Route("/", lambda _: RedirectResponse("/graphql")),
        Route("/schema.graphql", lambda _: PlainTextResponse(ground.schema.as_str())),
        graphiql.files(),
        *resource_documents(own.address, [own.issuer.issuer] if own.issuer else [], own.keys),
    ]
    return app


@dataclass(frozen=True, slots=True)
class _Ground:
    """What there is before anything opens: no connection, no task."""

    settings: Settings
    database_url: str
    own: Own
    schema: SubgraphSchema
    trusted: TrustedDocuments
    policies: PoliciesInForce

    @classmethod
    def of(cls, settings: Settings, database_url: str, source: PolicySource) -> "_Ground":
        schema = build_schema()
        trusted = TrustedDocuments.read(
            settings.operations_dir, schema, settings.trusted_documents_only
        )
        policies = PoliciesInForce(source, PolicyEngine(NOTHING))
        return cls(settings, database_url, Own.of(settings), schema, trusted, policies)


@asynccontextmanager
async def _live(ground: _Ground, app: Application) -> AsyncIterator[None]:
    """Open what has connections or tasks, and mount it; all of it closes in the opposite order."""
    policies, url = ground.policies, ground.database_url
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        await opened(policies.source.feeding(policies.engine))
        pools = await opened(_open_pools(url))
        wakeups = await opened(open_wakeups(url))
        way = await opened(_open_way(ground, pools, wakeups))
        desks = await opened(_open_desks(ground, pools))
        lines = await opened(reading_lines(url))
        exports = await opened(_open_exports(ground, way, pools))
        health = _health(ground, way, pools)
        app.state.policies, app.state.wakeups = policies.source, wakeups
        app.state.health, app.state.tracer = health, way.observer.tracer
        app.hot = _hot_tier(ground, way, pools, desks, lines)
        app.router.routes += [
            *way.entrance.routes,
            *SubmissionRoutes(desks.submissions, way.entrance.authenticator).routes(),
            *_graphql(ground, way, pools, desks),
            *exports.routes(),
            *health.routes(),
            _metrics(ground, way, pools, health),
        ]
        yield


@dataclass(frozen=True, slots=True)
class _Pools:
    """Connections for answers, for their log and counts, and for what people decide.

    An approval takes seconds: answers must not wait for their log behind it.
    """

    reading: Pool
    writing: Pool
    deciding: Pool


@asynccontextmanager
async def _open_pools(url: str) -> AsyncIterator[_Pools]:
    async with (
        reading_pool(url) as reading,
        writing_pool(url) as writing,
        writing_pool(url) as deciding,
    ):
        yield _Pools(reading, writing, deciding)


@dataclass(frozen=True, slots=True)
class _Way:
    """What every answer passes, from the token to the record of what was shown."""

    entrance: Entrance
    changes: ChangeDesk
    staleness: Staleness
    observer: Observer
    log: DisclosureLog

    async def disclose(self, caller: Caller, question: str, request: Request) -> str:
        """Keep what was shown to whom; gives the id of that record."""
        entry = entry_of(caller, question, request)
        await self.log.keep(entry, request.asked)
        return entry.id


@asynccontextmanager
async def _open_way(ground: _Ground, pools: _Pools, wakeups: Wakeups) -> AsyncIterator[_Way]:
    settings, own = ground.settings, ground.own
    changes = ChangeDesk(ChangeFeed(Seal(own.secret), Views(KeptViews())), wakeups)
    async with (
        open_log(pools.writing) as log,
        open_staleness(pools.reading, wakeups) as staleness,
        open_entrance(settings, own, ground.database_url, pools.writing) as entrance,
        open_slow_log(pools.reading, settings.slow_seconds) as slow,
    ):
        with open_tracing() as tracer, open_metrics():
            yield _Way(entrance, changes, staleness, Observer(tracer, slow), log)


@asynccontextmanager
async def _open_desks(ground: _Ground, pools: _Pools) -> AsyncIterator[Desks]:
    settings, url = ground.settings, ground.database_url
    landing = open_landing(settings.landing_url, settings.state_dir)
    # A submission waits in one pool for its turn, and publishes by the other.
    async with (
        writing_pool(url) as turns,
        writing_pool(url) as publishing,
        open_pulls(settings, publishing) as pulls,
    ):
        yield Desks(
            writing=pools.deciding,
            agreements=AgreementDesk(ground.policies.engine, VotingRules(settings.mode_quorum)),
            held=HeldDesk(pulls),
            review=ReviewDesk(pools.writing, CurrentRegister(pools.writing, landing)),
            submissions=SubmissionDesk(FilingTools(pulls, turns)),
            webhooks=WebhookDesk(Sealer(ground.own.secret), settings.allow_loopback_sources),
        )


def _hot_tier(
    ground: _Ground, way: _Way, pools: _Pools, desks: Desks, lines: ReadingLines
) -> HotTier:
    return HotTier(
        ground.schema,
        way.entrance.authenticator,
        Deciding(ground.policies.decided, ground.policies.standing),
        lines,
        request=lambda caller, decisions, watch: Request(
            caller, decisions, pools.reading, way.changes, desks, watch=watch
        ),
        log=way.log,
        trusted=ground.trusted,
        observer=way.observer,
        staleness=way.staleness,
    )


def _graphql(ground: _Ground, way: _Way, pools: _Pools, desks: Desks) -> list[BaseRoute]:
    settings = ground.settings
    endpoint = GraphQLEndpoint(
        ground.schema,
        way.entrance.authenticator,
        ground.policies.engine.decide,
        pools.reading,
        way.disclose,
        changes=way.changes,
        desks=desks,
        ledger=AggregateLedger(pools.writing),
        ready=ground.policies.ready,
        trusted=ground.trusted,
        observer=way.observer,
        staleness=way.staleness,
        rights=SchemaRights(
            frozenset(map(Role, settings.introspection_roles)),
            frozenset(map(Role, settings.suggestion_roles)),
        ),
    )
    streams = Streams(endpoint, way.entrance.authenticator)
    return [
        Route("/graphql", streams.answer, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", streams.socket),
    ]


@asynccontextmanager
async def _open_exports(ground: _Ground, way: _Way, pools: _Pools) -> AsyncIterator[ExportDesk]:
    settings, own = ground.settings, ground.own
    files = ExportFiles(open_store(settings.landing_url, settings.state_dir))
    # A job may wait long for its turn: nothing else must wait behind it.
    with own_folder(settings.state_dir / "exports") as folder:
        async with writing_pool(ground.database_url) as writing:
            tools = Tools(
                ExportReader(ground.schema),
                partial(ground.policies.decided_anew, way.entrance.trust),
                pools.reading,
                writing,
                files,
                way.log,
                folder,
                way.staleness,
            )
            async with open_work(tools) as work:
                yield ExportDesk(
                    work,
                    way.entrance.authenticator,
                    Links(own.secret),
                    signer(own.keys),
                    own.address,
                    settings.export_hours,
                    ground.trusted,
                )


def _health(ground: _Ground, way: _Way, pools: _Pools) -> Health:
    faults = {
        "policies": lambda: ground.policies.source.fault,
        "trust": trust_fault(way.entrance.trust),
        "disclosure": lambda: way.log.fault,
    }
    return Health(pools.reading, faults)


def _metrics(ground: _Ground, way: _Way, pools: _Pools, health: Health) -> Route:
    by_name = {"reading": pools.reading, "writing": pools.writing, "deciding": pools.deciding}
    parts = Parts(health, by_name, way.log, way.changes.open)
    metrics = Metrics(parts, pools.reading, ground.settings.metrics_networks)
    return Route("/metrics", metrics.answer)


class Server(uvicorn.Server):
    """A server of the hub's application that says it stops, and ends what has no end, before."""

    def __init__(self, config: uvicorn.Config, drain_s: float = 0.0) -> None:
        """Keep how long to go on answering while it says that it is not ready."""
        super().__init__(config)
        self._drain_s = drain_s
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what is there by then stays for good, and is kept out of garbage collections.

        A full collection of it would take 0.15 s, in which nobody is answered.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        if self.started:
            self.answers.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: say not ready, then end streams, then let running requests end."""
        state = self.config.app.state  # type: ignore[union-attr]  # any app, for uvicorn
        state.health.is_stopping = True
        await asyncio.sleep(self._drain_s)
        state.wakeups.stop()
        await super().shutdown(sockets)
