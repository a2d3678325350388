"""Pools and migrations: the way to PostgreSQL for every room above.

A pooled connection is one transaction: committed when its block ends well, rolled back otherwise.
`reading_pool` is for the gateway: single statements, numbered placeholders, nothing to commit.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from hub.errors import Unavailable
from hub.settings import ROOT

STATEMENT_TIMEOUT_MS = 15_000
"""Longest a reader's statement may run."""

_MIGRATION_LOCK = 7_214_002
"""Advisory lock of whoever is migrating; any fixed number of the hub's own."""

Pool = AsyncConnectionPool[AsyncConnection]


@asynccontextmanager
async def writing_pool(url: str, *, max_size: int = 4) -> AsyncIterator[Pool]:
    """Open the pool for pulls, policies and the disclosure log."""
    async with AsyncConnectionPool(
        make_conninfo(url, application_name="hub"), min_size=1, max_size=max_size, open=False
    ) as pool:
        yield pool


@asynccontextmanager
async def reading_pool(url: str, *, max_size: int = 8) -> AsyncIterator[Pool]:
    """Open the pool for the gateway: autocommit, read-only, with a statement time limit."""
    options = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on "
        "-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0"
    )
    async with AsyncConnectionPool(
        make_conninfo(url, application_name="hub-gateway", options=options),
        min_size=1,
        max_size=max_size,
        open=False,
        kwargs={"autocommit": True, "cursor_factory": AsyncRawCursor},
    ) as pool:
        yield pool


async def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to a revision. Alembic is synchronous, so it runs in a thread.

    Raises:
        Unavailable: the database does not answer.
    """
    await asyncio.to_thread(_upgrade, url, revision)


def _upgrade(url: str, revision: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            # The hub and its workers start together: the first migrates, the others wait for it.
            connection.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            command.upgrade(alembic_config(url), revision)
    except psycopg.OperationalError as error:
        raise Unavailable(
            "the database does not answer: check HUB_DATABASE_URL and that PostgreSQL is up",
            detail=str(error),
        ) from error


def alembic_config(url: str) -> Config:
    """Configure Alembic for a database."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["database_url"] = url
    return config
