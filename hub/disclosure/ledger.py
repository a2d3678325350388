"""The ledger of figures: what each member was told of rows that it may only have counted.

A table of figures is given only if no few holders can be singled out from it and from what the
member was given before, and once it is durable here. What was given is kept for `KEPT`; the same
table of unchanged rows may be asked again at any time. Start at `AggregateLedger.admit`.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import AsyncConnection

from hub.disclosure.audit import Figure, collision
from hub.errors import Forbidden, TooLarge, Unavailable
from hub.store.database import Pool

KEPT = timedelta(days=365)
"""How long a figure weighs on later questions, from when it was last given."""

MAX_FIGURES = 2_000
"""Most figures of one measure of one record type that a member can have been given at a time."""

MAX_ITEMS = 2_000_000
"""Most items of those figures together: a few seconds of audit."""

PATIENCE = timedelta(seconds=10)
"""How long a question waits for another one of the same member."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A table of figures, ready to be given: `figures` by measure, none twice in a measure."""

    recipient: str
    record_type: str
    question: str
    as_of: datetime
    policy_digest: str
    figures: Mapping[str, Sequence[Figure]]


class AggregateLedger:
    """Admits tables of figures. One process audits one of them at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Lock()

    async def admit(self, answer: Answer) -> None:
        """Return once the answer may be given and its entry is durable.

        Raises:
            Forbidden: with an earlier answer it would single out too few holders.
            TooLarge: the ledger holds too much to be sure.
            Unavailable: it could not be kept.
        """
        try:
            async with self._turn, self._pool.connection() as connection:
                await self._admit(connection, answer)
        except psycopg.Error as error:
            raise Unavailable(
                "the figures could not be entered in the ledger, so they are not given: "
                "ask again shortly",
                detail=str(error),
            ) from error

    async def _admit(self, connection: AsyncConnection, answer: Answer) -> None:
        await _lock(connection, answer)
        await connection.execute(
            "DELETE FROM answered_aggregate"
            " WHERE recipient = %s AND record_type = %s AND answered_at < now() - %s",
            [answer.recipient, answer.record_type, KEPT],
        )
        new = {
            measure: await self._unknown(connection, answer, measure) for measure in answer.figures
        }
        if any(new.values()):
            await _insert(connection, answer, new)

    async def _unknown(
        self, connection: AsyncConnection, answer: Answer, measure: str
    ) -> dict[bytes, Figure]:
        """Find the figures that were not given before, and check them against those that were."""
        asked = {_digest(figure): figure for figure in answer.figures[measure]}
        known = await _renew(connection, answer, measure, list(asked))
        new = {digest: figure for digest, figure in asked.items() if digest not in known}
        if not new:
            return {}
        given = await _given(connection, answer, measure)
        figures = [figure for _, figure in given]
        if len(given) + len(new) > MAX_FIGURES or (
            sum(len(each.items) for each in (*figures, *new.values())) > MAX_ITEMS
        ):
            raise TooLarge(
                f"{answer.recipient} was given so many figures of {answer.record_type} that new "
                "ones can't be checked against them: ask what you asked before, or wait",
                code="AGGREGATE_LEDGER_FULL",
            )
        found = await asyncio.to_thread(collision, figures, list(new.values()))
        if found is not None:
            raise await _refusal(connection, answer, given[found][0] if found >= 0 else None)
        return new


async def _lock(connection: AsyncConnection, answer: Answer) -> None:
    """Keep out every other question of this member about this record type until the commit."""
    await connection.execute(
        "SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE.total_seconds() * 1000:.0f}ms"]
    )
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [f"aggregates {answer.recipient} {answer.record_type}"],
    )


async def _renew(
    connection: AsyncConnection, answer: Answer, measure: str, digests: Sequence[bytes]
) -> set[bytes]:
    """Note that figures given before are given again; say which those are."""
    cursor = await connection.execute(
        "WITH again AS (SELECT digest, aggregate_id FROM answered_cell WHERE recipient = %s"
        " AND record_type = %s AND measure = %s AND digest = ANY(%s)), renewed AS (UPDATE"
        " answered_aggregate SET answered_at = now() WHERE id IN (SELECT aggregate_id FROM again))"
        " SELECT digest FROM again",
        [answer.recipient, answer.record_type, measure, list(digests)],
    )
    return {bytes(row[0]) for row in await cursor.fetchall()}


async def _given(
    connection: AsyncConnection, answer: Answer, measure: str
) -> list[tuple[int, Figure]]:
    """Read the figures given before, in the order they were given, each with its table's id."""
    cursor = await connection.execute(
        "SELECT aggregate_id, items, holders, smallest_cell FROM answered_cell"
        " WHERE recipient = %s AND record_type = %s AND measure = %s ORDER BY id LIMIT %s",
        [answer.recipient, answer.record_type, measure, MAX_FIGURES + 1],
    )
    return [
        (table, Figure(tuple(items), tuple(holders), smallest_cell))
        for table, items, holders, smallest_cell in await cursor.fetchall()
    ]


async def _insert(
    connection: AsyncConnection, answer: Answer, new: Mapping[str, Mapping[bytes, Figure]]
) -> None:
    cursor = await connection.execute(
        "INSERT INTO answered_aggregate"
        " (recipient, record_type, question, as_of, policy_digest, answered_at)"
        " VALUES (%s, %s, %s, %s, %s, now()) RETURNING id",
        [
            answer.recipient,
            answer.record_type,
            answer.question,
            answer.as_of,
            answer.policy_digest,
        ],
    )
    [table] = await cursor.fetchone() or [None]
    rows = [
        (table, answer.recipient, answer.record_type, measure, digest, *_columns(figure))
        for measure, figures in new.items()
        for digest, figure in figures.items()
    ]
    await cursor.executemany(
        "INSERT INTO answered_cell"
        " (aggregate_id, recipient, record_type, measure, digest, items, holders, smallest_cell)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        rows,
    )


async def _refusal(connection: AsyncConnection, answer: Answer, table: int | None) -> Forbidden:
    earlier, again = "themselves", "group by fewer fields"
    if table is not None:
        cursor = await connection.execute(
            "SELECT question, as_of FROM answered_aggregate WHERE id = %s", [table]
        )
        question, as_of = await cursor.fetchone() or ("", answer.as_of)
        instant = as_of.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        earlier = f"those of `{question}` as of {instant}, which {answer.recipient} was given"
        again = "ask that one again as of then, group by fewer fields, or wait for more changes"
    return Forbidden(
        f"together with {earlier}, these figures would single out too few holders: {again}",
        code="AGGREGATE_LEDGER",
    )


def _columns(figure: Figure) -> tuple[list[int], list[int], int]:
    return list(figure.items), list(figure.holders), figure.smallest_cell


def _digest(figure: Figure) -> bytes:
    """Tell a set of items, and what it demands of combinations, from all others."""
    numbers = [figure.smallest_cell, *sorted(figure.items)]
    return hashlib.sha256(b"".join(each.to_bytes(8, signed=True) for each in numbers)).digest()
