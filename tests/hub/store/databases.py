"""Databases of a test's own, for what can't be rolled back: several connections, commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from hub.store.database import migrate

TEMPLATE = "hub_template"


@asynccontextmanager
async def empty_database(server_url: str) -> AsyncIterator[str]:
    """Make a database without a schema on the server, and drop it after."""
    async with _made(server_url, "template1") as url:
        yield url


@asynccontextmanager
async def migrated_database(server_url: str) -> AsyncIterator[str]:
    """Make a database at the newest schema, copied from one that was migrated once."""
    async with await AsyncConnection.connect(server_url, autocommit=True) as server:
        found = await server.execute("SELECT FROM pg_database WHERE datname = %s", [TEMPLATE])
        if await found.fetchone() is None:
            await server.execute(SQL("CREATE DATABASE {}").format(Identifier(TEMPLATE)))
            await migrate(_named(server_url, TEMPLATE))
    async with _made(server_url, TEMPLATE) as url:
        yield url


@asynccontextmanager
async def _made(server_url: str, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    async with await AsyncConnection.connect(server_url, autocommit=True) as server:
        create = SQL("CREATE DATABASE {} TEMPLATE {}")
        await server.execute(create.format(Identifier(name), Identifier(template)))
        try:
            yield _named(server_url, name)
        finally:
            await server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _named(server_url: str, name: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()
