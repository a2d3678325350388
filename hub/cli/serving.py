"""`hub serve`: a gateway, and the worker beside it.

What a gateway is made of is put together in `hub/app.py`. Here its address is bound, and the
processes are started and stopped.
"""

import asyncio
import ssl
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from hub.address import listen, remember
from hub.agreements.applying import stand_on
from hub.app import Server, build_app
from hub.cli.options import State, settings_for
from hub.cli.stopping import Stopped
from hub.cli.working import worker_environment
from hub.errors import InvalidInput, Unavailable
from hub.opening import open_database
from hub.policy.folder import read_baseline
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.scheduling.process import worker_beside
from hub.tls import PeerProtocol, server_context


def serve(
    state: State = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
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
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Pull nothing: workers run elsewhere.")
    ] = False,
) -> None:
    """Serve GraphQL and pull feeds on schedule, until stopped.

    Example: hub serve --port 8000 --state .hub
    """
    if tls_certificate is None and (tls_key or client_ca):
        raise InvalidInput("`--tls-key` and `--client-ca` need `--tls-certificate`: name one")
    tls = server_context(tls_certificate, tls_key, client_ca) if tls_certificate else None
    # uvloop where there is one, as uvicorn itself chooses: a third less CPU for a proof.
    with suppress(Stopped), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        settings = settings_for(state)
        is_pulling = settings.worker and not no_worker
        runner.run(_serve(settings, host, port, tls, is_pulling=is_pulling))


async def _serve(
    settings: Settings, host: str, port: int, tls: ssl.SSLContext | None, *, is_pulling: bool
) -> None:
    listener = listen(host, port)
    address = remember(settings.state_dir, "https" if tls else "http", host, listener)
    async with open_database(settings) as url:
        # Here a refusal is told in one line; the application would only log it.
        async with writing_pool(url) as pool, pool.connection() as connection:
            await stand_on(connection, read_baseline(settings.policies_dir))
        app = build_app(settings, url)
        config = uvicorn.Config(
            app,
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
        environment = worker_environment(settings, url)
        async with worker_beside(environment, server.answers) if is_pulling else nullcontext():
            await server.serve([listener])
    if not server.started:
        raise Unavailable("the hub did not start: its log says why")
