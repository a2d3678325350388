"""`hub serve` and `hub worker`."""

import asyncio
from typing import Annotated

import typer
import uvicorn

from hub.address import remember
from hub.agreements.applying import stand_on
from hub.app import Server, build_app, open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.errors import Unavailable
from hub.policy.folder import read_baseline
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.schedule import run_worker


def serve(
    state: State = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve GraphQL at /graphql until stopped."""
    asyncio.run(_serve(settings_for(state), host, port))


def worker(state: State = None) -> None:
    """Pull the feeds on their schedules until stopped. Any number of workers may run."""
    asyncio.run(_work(settings_for(state)))


async def _serve(settings: Settings, host: str, port: int) -> None:
    remember(settings.state_dir, f"http://{host}:{port}")
    async with open_database(settings) as url:
        # Here a refusal is told in one line; the application would only log it.
        async with writing_pool(url) as pool, pool.connection() as connection:
            await stand_on(connection, read_baseline(settings.policies_dir))
        app = build_app(settings, url)
        config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)
        print(f"GraphQL at http://{host}:{port}/graphql", flush=True)
        server = Server(config)
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
