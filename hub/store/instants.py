"""The instants that stamp what is published, and what is read as of one."""

from datetime import datetime
from typing import cast

from psycopg import AsyncConnection

LAST = (
    "greatest("
    "(SELECT max(p.finished_at) FROM feed_state s JOIN pull p ON p.id = s.good_pull_id), "
    "(SELECT max(decided_at) FROM substance_decision), "
    "(SELECT max(recorded_at) FROM organization), "
    "(SELECT max(recorded_at) FROM site))"
)
"""SQL of an instant at which all that is published stands; null where nothing is."""


async def instant_after_all(connection: AsyncConnection) -> datetime:
    """Give an instant later than that of everything published so far, now if the clock is right.

    For whoever holds the publishing turn. A clock that steps back, or two publications within one
    millisecond, must not give them one instant or the wrong order.
    """
    cursor = await connection.execute(
        "SELECT greatest(date_trunc('milliseconds', clock_timestamp()), "
        f"{LAST} + interval '1 millisecond')"
    )
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("an aggregate returned no row")
    return cast(datetime, row[0])
