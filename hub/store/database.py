"""Pools and migrations: the way to PostgreSQL for every room above.

A pooled connection is one transaction: committed when its block ends well, rolled back otherwise.
`reading_pool` is for the gateway: single statements, numbered placeholders, nothing to commit.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from hub.errors import InvalidInput, Unavailable
from hub.late import load_late
from hub.settings import ROOT

STATEMENT_TIMEOUT_MS = 15_000
"""Longest a reader's statement may run."""

HOT_SETTINGS = "-c plan_cache_mode=force_generic_plan -c enable_bitmapscan=off"
"""What statements that are run again and again want of the planner: to plan once, which takes half
of PostgreSQL's time otherwise, and to walk an index in its order. Not knowing a cursor's key, it
would take a page's rows for a two-hundredth of all and sort them.
"""

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
async def reading_pool(url: str, *, max_size: int = 6, settings: str = "") -> AsyncIterator[Pool]:
    """Open the pool for the gateway: autocommit, read-only, with a statement time limit.

    Placeholders are numbered, `$1`. `settings` are further options of its sessions, such as
    `HOT_SETTINGS`.
    """
    async with AsyncConnectionPool(
        reading_conninfo(url, "hub-gateway", STATEMENT_TIMEOUT_MS, settings),
        min_size=1,
        max_size=max_size,
        open=False,
        kwargs={"autocommit": True, "cursor_factory": AsyncRawCursor},
    ) as pool:
        yield pool


def reading_conninfo(url: str, name: str, timeout_ms: int, settings: str) -> str:
    """Say how a session that only reads is opened: in UTC, on one core, with a time limit."""
    options = (
        f"-c statement_timeout={timeout_ms} -c default_transaction_read_only=on "
        f"-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0 {settings}"
    )
    return make_conninfo(url, application_name=name, options=options)


async def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to a revision. Alembic is synchronous, so it runs in a thread.

    Raises:
        Unavailable: the database does not answer.
        InvalidInput: the URL is none of PostgreSQL's.
    """
    await asyncio.to_thread(_upgrade, url, revision)


def _upgrade(url: str, revision: str) -> None:
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # What psycopg says repeats the URL, and with it a password.
        raise InvalidInput(
            "HUB_DATABASE_URL can't be read: write it as `postgresql://user@host:5432/name`"
        ) from None
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            # The hub and its workers start together: the first migrates, the others wait for it.
            connection.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            # Alembic itself takes long to load, and to find out that there is nothing to do.
            wanted = revisions()[-1] if revision == "head" else revision
            if _revision(connection) != wanted:
                load_late("hub.store.migrating:upgrade")(url, revision)
    except psycopg.OperationalError as error:
        raise Unavailable(
            "the database does not answer: check HUB_DATABASE_URL and that PostgreSQL is up",
            detail=str(error),
        ) from error


def _revision(connection: psycopg.Connection) -> str | None:
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return found[0] if found else None


def revisions() -> tuple[str, ...]:
    """List all revisions of the schema, the oldest first: their files are named by them."""
    files = (ROOT / "migrations" / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))
