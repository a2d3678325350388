"""The clock of agreements: the database's, and never earlier than the last change."""

from datetime import datetime
from typing import cast

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable

NOW = SQL(
    "greatest(date_trunc('milliseconds', clock_timestamp()), "
    "(SELECT max(at) FROM agreement_event), (SELECT max(made_at) FROM policy_set))"
)
"""The present, even where the machine's clock has stepped back."""

_NEXT = SQL(
    "greatest(date_trunc('milliseconds', clock_timestamp()), "
    "(SELECT max(at) FROM agreement_event) + interval '1 millisecond', "
    "(SELECT max(made_at) FROM policy_set) + interval '1 millisecond')"
)


async def now(connection: AsyncConnection) -> datetime:
    """Read the present."""
    return await _instant(connection, NOW)


async def next_instant(connection: AsyncConnection) -> datetime:
    """Read an instant later than that of every change so far, for whoever holds the turn."""
    return await _instant(connection, _NEXT)


async def _instant(connection: AsyncConnection, expression: Composable) -> datetime:
    cursor = await connection.execute(SQL("SELECT {}").format(expression))
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("a SELECT of one value returned no row")
    return cast(datetime, row[0])
