"""A connection to read with, and what its failures mean to a caller."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import QueryCanceled

from hub.errors import InvalidInput, Timeout, Unavailable
from hub.gateway.limits import STATEMENT_SECONDS
from hub.store.database import Pool


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[AsyncConnection]:
    """Borrow a connection. The database's own words go to the log only.

    Raises:
        Timeout: a statement ran into the time limit.
        InvalidInput: a value can't be one of its column's: a NUL, a number of a million digits.
        Unavailable: no connection, or it broke off.
    """
    try:
        async with pool.connection() as connection:
            yield connection
    except QueryCanceled as error:
        message = STATEMENT_SECONDS.message(f"over {STATEMENT_SECONDS.most}")
        raise Timeout(message, code=STATEMENT_SECONDS.code) from error
    except psycopg.DataError as error:
        raise InvalidInput(
            "a value of the question is none that a record can hold: correct its numbers and texts",
            code="BAD_VALUE",
            detail=str(error),
        ) from error
    except psycopg.OperationalError as error:
        raise Unavailable(
            "the records can't be read now: ask again shortly", detail=str(error)
        ) from error
