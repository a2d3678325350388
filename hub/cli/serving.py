"""`hub serve` and `hub worker`."""

import asyncio
import ssl
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from hub.address import remember
from hub.agreements.applying import stand_on
from hub.app import Server, build_app, open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput, Unavailable
from hub.policy.folder import read_baseline
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.schedule import run_worker
from hub.tls import PeerProtocol, server_context


def serve(
    state: State = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    *,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Serve HTTPS with this certificate and its chain, in PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Its key in PEM, where the certificate's file has none.")
    ] = None,
    client_ca: Annotated[
        Path | None,
        typer.Option(help="Take client certificates of these authorities, or just these, in PEM."),
    ] = None,
) -> None:
    """Serve GraphQL at /graphql until stopped."""
    if tls_certificate is None and (tls_key or client_ca):
        raise InvalidInput("`--tls-key` and `--client-ca` need `--tls-certificate`: name one")
    tls = server_context(tls_certificate, tls_key, client_ca) if tls_certificate else None
    # uvloop where there is one, as uvicorn itself chooses: a third less CPU for a proof.
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(settings_for(state), host, port, tls))


def worker(state: State = None) -> None:
    """Pull the feeds on their schedules until stopped. Any number of workers may run."""
    asyncio.run(_work(settings_for(state)))


async def _serve(settings: Settings, host: str, port: int, tls: ssl.SSLContext | None) -> None:
    address = f"{'https' if tls else 'http'}://{host}:{port}"
    remember(settings.state_dir, address)
    async with open_database(settings) as url:
        # Here a refusal is told in one line; the application would only log it.
        async with writing_pool(url) as pool, pool.connection() as connection:
            await stand_on(connection, read_baseline(settings.policies_dir))
        app = build_app(settings, url)
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=PeerProtocol,
            ssl_context_factory=(lambda *_: tls) if tls else None,
            # A header must not say who the peer is: the trust in a proxy hangs on that.
            proxy_headers=False,
            log_level="warning",
            access_log=False,
            log_config=None,
        )
        print(f"GraphQL at {address}/graphql", flush=True)
        server = Server(config, settings.drain_seconds)
        await server.serve()
    if not server.started:
        raise Unavailable("the hub did not start: its log says why")


async def _work(settings: Settings) -> None:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        await run_worker(url, tools)
