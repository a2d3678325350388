"""How a command gets at the hub: its database, and as whom it speaks.

A command that decides speaks for a registered client and may do what the client's roles allow;
`--author` says which person it was. What pulls need is opened in `pull_desk.py`, which takes longer
to load.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from psycopg import AsyncConnection

from hub.cli.options import settings_for
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.opening import open_database
from hub.settings import Settings
from hub.store.database import writing_pool

Answer = TypeVar("Answer")

COMMAND_LINE = "command line"
"""Issuer of what is decided here: the operator's word, not a token's."""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """Open the database for one transaction, committed where the block ends well."""
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        yield connection


async def speaking_for(
    connection: AsyncConnection,
    client: str,
    author: str | None = None,
    purpose: Purpose = Purpose.SUPPLY_MAPPING,
) -> Caller:
    """Make the caller of a registered client, told to be on the command line.

    Raises:
        InvalidInput: no such client; the message lists those known.
    """
    caller = (await find(connection, client)).asking(purpose)
    return replace(caller, issuer=COMMAND_LINE, subject=author or client)


def in_transaction(
    state: Path | None, work: Callable[[AsyncConnection], Awaitable[Answer]]
) -> Answer:
    """Do a command's work in a transaction of its own."""

    async def run() -> Answer:
        async with connected(settings_for(state)) as connection:
            return await work(connection)

    return asyncio.run(run())


def as_client(
    state: Path | None,
    client: str,
    author: str | None,
    work: Callable[[AsyncConnection, Caller], Awaitable[Answer]],
) -> Answer:
    """Do a command's work in a transaction of its own, as the client it speaks for."""

    async def run(connection: AsyncConnection) -> Answer:
        return await work(connection, await speaking_for(connection, client, author))

    return in_transaction(state, run)
