"""The instant that stamps whatever is published next."""

from datetime import datetime
from typing import cast

from psycopg import AsyncConnection


async def instant_after_all(connection: AsyncConnection) -> datetime:
    """Give an instant later than that of everything published so far, now if the clock is right.

    For whoever holds the publishing turn. A clock that steps back, or two publications within one
    millisecond, must not give them one instant or the wrong order.
    """
    cursor = await connection.execute(
        "SELECT greatest(date_trunc('milliseconds', clock_timestamp()), "
        "(SELECT max(p.finished_at) FROM feed_state s JOIN pull p ON p.id = s.good_pull_id) "
        "+ interval '1 millisecond', "
        "(SELECT max(decided_at) FROM substance_decision) + interval '1 millisecond', "
        "(SELECT max(recorded_at) FROM organization) + interval '1 millisecond', "
        "(SELECT max(recorded_at) FROM site) + interval '1 millisecond')"
    )
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("an aggregate returned no row")
    return cast(datetime, row[0])
