"""The clock of agreements: the database's, and never earlier than the last change.

INVARIANT: what changes agreements holds the turn, so numbers of rows and their instants rise
together, and the newest row has the latest instant.
"""

from datetime import datetime
from typing import cast

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable

_CLOCK = SQL("date_trunc('milliseconds', clock_timestamp())")
_LAST_EVENT = SQL("(SELECT at FROM agreement_event ORDER BY id DESC LIMIT 1)")
_LAST_SET = SQL("(SELECT made_at FROM policy_set ORDER BY id DESC LIMIT 1)")

NOW = SQL("greatest({}, {}, {})").format(_CLOCK, _LAST_EVENT, _LAST_SET)
"""The present, even where the machine's clock has stepped back."""

_NEXT = SQL("greatest({}, greatest({}, {}) + interval '1 millisecond')").format(
    _CLOCK, _LAST_EVENT, _LAST_SET
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
