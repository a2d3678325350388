"""The demo: a hub of its own, five stand-in members, one pull of each feed, and what each sees.

Everything is the real thing but the members: their files are served on loopback by another
process, in the way their real endpoints do.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import uvicorn

from federation.members.registry import FEEDS
from federation.records.declaration import Json
from federation.records.registry import RECORD_TYPES
from hub.address import listen, remember
from hub.app import Server, build_app
from hub.demo.signing import sign_all
from hub.demo.standins.process import start_standins
from hub.entrance import embedded_issuer
from hub.errors import Unavailable
from hub.gateway.planning.naming import camel
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.identity.tokens.verifying import MAX_TOKEN_LIFETIME_S
from hub.identity.types import Client, Purpose, Role
from hub.opening import open_database
from hub.outbound import open_outbound
from hub.pulling import open_pulls
from hub.search.index import bring_up_to_date
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.current_register import REGISTER_FEED
from hub.sync.entities.linking import link_after
from hub.sync.history import FeedStatus, statuses
from hub.sync.pipeline import pull_many
from hub.sync.pull import PullResult

BUNDLED = Path(__file__).parent / "samples" / "native" / "manifest.toml"

START_SECONDS = 20.0
"""How long the hub may take to answer after it was started."""

Told = Callable[[PullResult, int], None]
"""Called with each pull as it ends, and how many there are in all."""

REGULATORS = tuple(client for client in DEMO_CLIENTS if Role.REGULATOR in client.roles)

_COUNTS = "{" + " ".join(f"{camel(t.plural)} {{ totalCount }}" for t in RECORD_TYPES.values()) + "}"


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo.

    `feeds` has the balance of the data being served, for the feeds the manifest names; `visible`
    the rows each regulator sees by record type, asked for `purpose` over HTTP.
    """

    url: str
    settings: Settings
    pulls: tuple[PullResult, ...]
    feeds: Mapping[str, FeedStatus]
    visible: Mapping[str, Mapping[str, int]]
    purpose: Purpose
    database: str

    def token(self, client: Client) -> str:
        """Mint a token for one of the demo's clients."""
        issuer = embedded_issuer(self.settings)
        return issuer.mint(client, self.purpose, MAX_TOKEN_LIFETIME_S)


@asynccontextmanager
async def run_demo(
    settings: Settings,
    manifest: Path,
    host: str,
    port: int,
    purpose: Purpose,
    *,
    told: Told = lambda *_: None,
) -> AsyncIterator[Demo]:
    """Pull everything, serve it, ask as each regulator, and go on serving for the block's length.

    Args:
        settings: where the state is; addresses are set here.
        manifest: names the native file of each feed.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        purpose: what the regulators say they ask for.
        told: is called as pulls end.

    Raises:
        InvalidInput: the port is taken, or the manifest can't be used.
    """
    listener = listen(host, port)
    url = remember(settings.state_dir, "http", host, listener)
    settings = settings.model_copy(update={"allow_loopback_sources": True})
    async with open_database(settings) as database, start_standins(manifest) as standins:
        settings = settings.model_copy(update={"source_base_urls": standins.base_urls})
        pulls, feeds = await pull_all(settings, database, told)
        await _sign(settings, database)
        async with _serving(settings, database, listener), _indexing(database):
            demo = Demo(url, settings, pulls, feeds, {}, purpose, database)
            visible = {client.client_id: await _visible(demo, client) for client in REGULATORS}
            yield replace(demo, visible=visible)


async def pull_all(
    settings: Settings, database: str, told: Told = lambda *_: None
) -> tuple[tuple[PullResult, ...], dict[str, FeedStatus]]:
    """Register the demo's clients and pull every feed that is served, the alliance's own too."""
    served = settings.source_base_urls
    due = [feed for feed in FEEDS.values() if feed.id in served or feed.id == REGISTER_FEED]
    async with writing_pool(database) as pool:
        async with pool.connection() as connection:
            for client in DEMO_CLIENTS:
                await register(connection, client)
        async with open_pulls(settings, pool) as tools:
            pulls = await pull_many(due, tools, told=lambda result: told(result, len(due)))
        await link_after(pool)
        async with pool.connection() as connection:
            known = await statuses(connection)
    return tuple(pulls), {status.feed: status for status in known if status.feed in served}


async def _sign(settings: Settings, database: str) -> None:
    async with writing_pool(database) as pool, pool.connection() as connection:
        await sign_all(connection, settings.policies_dir)


@asynccontextmanager
async def _serving(
    settings: Settings, database: str, listener: socket.socket
) -> AsyncIterator[None]:
    app = build_app(settings, database)
    config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False)
    server = Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        async with asyncio.timeout(START_SECONDS):
            while not server.started and not serving.done():  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.02)
        if serving.done():
            raise Unavailable("the hub did not start: its log says why")
        yield
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def _indexing(database: str) -> AsyncIterator[None]:
    """Make what was pulled searchable, beside the block: the real files take half a minute."""
    async with writing_pool(database) as pool:
        indexing = asyncio.create_task(bring_up_to_date(pool), name="search-terms")
        try:
            yield
            await indexing
        finally:
            indexing.cancel()
            await asyncio.gather(indexing, return_exceptions=True)


async def _visible(demo: Demo, client: Client) -> dict[str, int]:
    answer = await ask(demo, client, _COUNTS)
    data = answer["data"]
    return {t.name: data[camel(t.plural)]["totalCount"] for t in RECORD_TYPES.values()}


async def ask(demo: Demo, client: Client, question: str) -> dict[str, Json]:
    """Ask the demo's hub over HTTP as one of its clients.

    Raises:
        Unavailable: the answer holds errors.
    """
    headers = {
        "authorization": f"Bearer {demo.token(client)}",
        "content-type": "application/json",
    }
    async with open_outbound(allow_loopback=True) as outbound:
        body = orjson.dumps({"query": question})
        answer = await outbound.post(f"{demo.url}/graphql", headers, body)
    found: dict[str, Json] = orjson.loads(answer.content)
    if answer.status != 200 or "errors" in found:
        raise Unavailable(f"the demo's question failed, its log says why: {found.get('errors')}")
    return found
