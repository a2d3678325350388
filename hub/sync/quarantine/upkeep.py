"""Quarantine: the native rows that pull after pull could not become records, as cases.

A case opens when a pull first refuses a row, and keeps that date while later ones refuse it too.
A pull that publishes, be it a replay, closes it: the row is a record by now, or no longer listed.
Reading them is `cases.py`'s matter.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, cast

import polars as pl
from psycopg import AsyncConnection

from federation.harmonize.run import Harmonized
from hub.sync.types import Closure

_SLICE_ROWS = 10_000
_TAKEN = "IDENTITY_TAKEN"


class _Open(NamedTuple):
    """An open case, by which it is found again among records."""

    id: int
    reason: str
    national_id: str | None
    native: dict[str, Any]


async def follow(connection: AsyncConnection, pull_id: int) -> None:
    """Open a case for each row that a pull refused, or find it refused once more.

    For the transaction that ends the pull, whose log has its mapping and its quarantine by now.
    """
    await connection.execute(_FOLLOW, [pull_id])


async def settle(
    connection: AsyncConnection, pull_id: int, harmonized: Harmonized, *, is_full_list: bool
) -> int:
    """Close the cases that a published pull no longer refuses, and give how many.

    Those whose text or identifier its records have became records. The others are no longer
    listed, where the pull brought the full list; else nothing is known of them, and they stay.
    """
    closed = 0
    async for cases in _not_refused_by(connection, pull_id):
        became = await asyncio.to_thread(_became_records, cases, harmonized.batches[0].frame)
        closed += await _close(connection, pull_id, became, Closure.RECORD)
        if is_full_list:
            gone = {one.id for one in cases} - became
            closed += await _close(connection, pull_id, gone, Closure.NO_LONGER_LISTED)
    return closed


async def _not_refused_by(connection: AsyncConnection, pull_id: int) -> AsyncIterator[list[_Open]]:
    """Give the open cases of a pull's feed that only earlier pulls refused, a slice at a time."""
    last = 0
    while True:
        cursor = await connection.execute(_NOT_REFUSED, [pull_id, last, _SLICE_ROWS])
        if not (found := [_Open(*row) for row in await cursor.fetchall()]):
            return
        last = found[-1].id
        yield found


def _became_records(cases: Sequence[_Open], records: pl.DataFrame) -> set[int]:
    """Name the cases whose identifier records have, where it is theirs alone, or whose text."""
    identities = {one.national_id for one in cases if one.reason != _TAKEN and one.national_id}
    known = set(records["national_id"].filter(records["national_id"].is_in(identities)))
    became = {one.id for one in cases if one.reason != _TAKEN and one.national_id in known}
    rest = [one for one in cases if one.id not in became]
    texts = _as_native_texts(rest, records.schema["native"])
    for part in records.iter_slices(_SLICE_ROWS) if rest else ():
        native = part.select(pl.col("native").struct.json_encode())["native"]
        became |= {texts[text] for text in native.filter(native.is_in(texts.keys()))}
    return became


def _as_native_texts(cases: Sequence[_Open], columns: pl.DataType) -> dict[str, int]:
    """Give the cases by their text as a list of these columns has it, those that can be."""
    dtypes = {field.name: field.dtype for field in cast("pl.Struct", columns).fields}
    held = [(one.id, {k: v for k, v in one.native.items() if v is not None}) for one in cases]
    held = [(each, native) for each, native in held if native.keys() <= dtypes.keys()]
    frame = pl.DataFrame([native for _, native in held], schema=dtypes)
    texts = frame.select(pl.struct(dtypes.keys()).struct.json_encode().alias("text"))["text"]
    return dict(zip(texts, (each for each, _ in held), strict=True))


async def _close(
    connection: AsyncConnection, pull_id: int, cases: set[int], closed_as: Closure
) -> int:
    cursor = await connection.execute(_CLOSE, [closed_as, pull_id, list(cases)])
    return cursor.rowcount


_FOLLOW = """
INSERT INTO quarantine_case AS known (
    feed, digest, native, national_id, native_row, rows, reason, mapping_digest,
    first_pull_id, first_seen_at, last_pull_id, last_seen_at
)
SELECT DISTINCT ON (q.digest) p.feed, q.digest, q.native, q.national_id, q.native_row,
       count(*) OVER (PARTITION BY q.digest), q.reason, p.mapping_digest,
       p.id, p.started_at, p.id, p.started_at
FROM (
    SELECT *, sha256(convert_to(jsonb_strip_nulls(native)::text, 'UTF8')) AS digest
    FROM quarantined_row WHERE pull_id = %s
) q JOIN pull p ON p.id = q.pull_id
ORDER BY q.digest, q.native_row
ON CONFLICT (feed, digest) WHERE closed_at IS NULL DO UPDATE SET
    native = EXCLUDED.native, national_id = EXCLUDED.national_id,
    native_row = EXCLUDED.native_row, rows = EXCLUDED.rows, reason = EXCLUDED.reason,
    mapping_digest = EXCLUDED.mapping_digest,
    last_pull_id = EXCLUDED.last_pull_id, last_seen_at = EXCLUDED.last_seen_at
WHERE known.last_pull_id < EXCLUDED.last_pull_id
"""
"""In the order of digests, so that two pulls of a feed wait for each other and never in a ring."""

_NOT_REFUSED = """
SELECT c.id, c.reason, c.national_id, c.native
FROM pull p JOIN quarantine_case c ON c.feed = p.feed AND c.last_pull_id < p.id
WHERE p.id = %s AND c.closed_at IS NULL AND c.id > %s ORDER BY c.id LIMIT %s
"""

_CLOSE = """
UPDATE quarantine_case c SET closed_as = %s, closed_pull_id = p.id, closed_at = p.finished_at
FROM pull p WHERE p.id = %s AND c.id = ANY (%s)
"""
