"""`hub serve` and `hub worker`: the two processes that stay.

What they are made of is put together in `hub/app.py`; what a worker does is
`hub/sync/scheduling/worker.py` and `hub/webhooks/worker.py`. Here addresses are bound, and the
processes started and stopped.
"""

import asyncio
import signal
import ssl
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from hub.address import listen, public_address, remember
from hub.agreements.applying import stand_on
from hub.app import Server, build_app
from hub.cli.options import State, settings_for
from hub.cli.stopping import Stopped
from hub.entrance import own_secret
from hub.errors import InvalidInput, Unavailable
from hub.opening import open_database, open_pulls
from hub.outbound import Outbound
from hub.policy.folder import read_baseline
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.scheduling.process import FOLLOWING, worker_beside
from hub.sync.scheduling.worker import JOBS_AT_ONCE, run_worker
from hub.tls import PeerProtocol, server_context
from hub.webhooks.deliveries import Sender
from hub.webhooks.worker import WebhookTools, sender_of, telling


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


def worker(
    *,
    jobs: Annotated[
        int, typer.Option(min=0, max=16, help="Pulls side by side; 0: only keep the time.")
    ] = JOBS_AT_ONCE,
    until_input_ends: Annotated[bool, typer.Option(FOLLOWING, hidden=True)] = False,
    state: State = None,
) -> None:
    """Pull feeds on schedule until stopped; any number may run.

    Example: hub worker --jobs 4
    """
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(settings_for(state), jobs, is_following=until_input_ends))


async def _serve(
    settings: Settings, host: str, port: int, tls: ssl.SSLContext | None, *, is_pulling: bool
) -> None:
    listener = listen(host, port)
    address = f"{'https' if tls else 'http'}://{host}:{listener.getsockname()[1]}"
    remember(settings.state_dir, address)
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


async def _work(settings: Settings, jobs_at_once: int, *, is_following: bool) -> None:
    async with (
        open_database(settings) as url,
        writing_pool(url, max_size=2 * jobs_at_once + 2) as pool,
        open_pulls(settings, pool) as tools,
        telling(WebhookTools(pool, _sender(settings, tools.outbound))),
    ):
        working = asyncio.create_task(run_worker(url, tools, jobs_at_once=jobs_at_once))
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, working.cancel)
        ending = asyncio.create_task(_input_ends()) if is_following else None
        if ending:
            ending.add_done_callback(lambda _: working.cancel())
        await working


def _sender(settings: Settings, outbound: Outbound) -> Sender:
    address = public_address(settings.public_url, settings.state_dir)
    return sender_of(outbound, own_secret(settings), address)


async def _input_ends() -> None:
    """Wait until whoever started this process closes its input, or dies."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def worker_environment(settings: Settings, database_url: str) -> dict[str, str]:
    """Write down the settings that a worker beside this process can't read where it did."""
    return {
        "HUB_DATABASE_URL": database_url,
        "HUB_STATE_DIR": str(settings.state_dir),
        "HUB_SOURCE_BASE_URLS": orjson.dumps(settings.source_base_urls).decode(),
        "HUB_ALLOW_LOOPBACK_SOURCES": str(settings.allow_loopback_sources),
    }
