"""What the pulls leave behind: their log, the feed's state, quarantine, findings and quality.

Whoever calls owns the transaction: nothing here commits. The tables are `models.py`; the cases that
refused rows make over many pulls are `quarantine/`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from federation.feed import Feed
from federation.filing.source import HandedIn
from federation.harmonize.run import FieldQuality, Harmonized
from federation.records.registry import RECORD_TYPES
from hub.errors import NotFound
from hub.sync.types import END_CUT_OFF, Outcome


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last published pull of a feed."""

    pull_id: int
    validator: str | None
    documents: list[str]
    mapping_digest: str | None
    rows: int
    quarantined: int
    profile: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class LandedPull:
    """What a pull landed, and all that it takes to read it again."""

    feed: str
    documents: list[str]
    document_names: list[str] | None
    validator: str | None
    stated_at: datetime | None
    extent: str
    source_total: int | None


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """Where a feed stands: its last good pull's balance, and how the last pull of all ended.

    `source_total` and `store_total` are the counts of the last pull that could compare them.
    """

    feed: str
    outcome: str
    reason: str | None
    last_pull_at: datetime
    good_pull_at: datetime | None
    stated_at: datetime | None
    rows: int | None
    records: int | None
    quarantined: int | None
    merged: int | None
    seconds: float | None
    defects: int
    unmapped: int
    findings: int
    mapping_digest: str | None
    served_since: datetime | None
    watermark: date | None = None
    is_full_due: bool = False
    source_total: int | None = None
    store_total: int | None = None


async def begin(
    connection: AsyncConnection,
    feed: str,
    limit_seconds: float,
    of_pull: int | None = None,
    *,
    run: int | None = None,
    host: str | None = None,
) -> int:
    """Log that a pull has started and give its id; `of_pull` is whose landed bytes it takes.

    The log names the pull that first landed them, whichever pulls took them since.
    """
    await end_cut_off(connection, limit_seconds, feed)
    cursor = await connection.execute(
        "INSERT INTO pull (feed, started_at, outcome, documents, of_pull_id, run_id, host) "
        "VALUES (%s, clock_timestamp(), %s, '{}', "
        "(SELECT coalesce(of_pull_id, id) FROM pull WHERE id = %s), %s, %s) RETURNING id",
        [feed, Outcome.RUNNING, of_pull, run, host],
    )
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("an INSERT returned no row")
    return int(row[0])


async def end_cut_off(
    connection: AsyncConnection, limit_seconds: float, feed: str | None = None
) -> None:
    """Log as failed what runs for longer than a pull may: its process stopped on the way.

    So end pulls, replays, releases and submissions, of one feed or of all. Nothing else hangs on
    them, since a feed's state moves only when a pull ends.
    """
    await connection.execute(
        f"{END_CUT_OFF} AND feed = coalesce(%s, feed) "
        "AND started_at < clock_timestamp() - make_interval(secs => %s)",
        [feed, limit_seconds],
    )


async def last_good(connection: AsyncConnection, feed: str) -> LastGood | None:
    """Find the pull whose records are being served; None where none are."""
    async with connection.cursor(row_factory=class_row(LastGood)) as cursor:
        await cursor.execute(
            "SELECT p.id AS pull_id, p.validator, p.documents, p.mapping_digest, p.rows, "
            "p.quarantined, p.profile "
            "FROM feed_state s JOIN pull p ON p.id = s.good_pull_id WHERE s.feed = %s",
            [feed],
        )
        return await cursor.fetchone()


def never_published(feed: Feed) -> NotFound:
    """Say of a feed without data what brings some."""
    is_filed = isinstance(feed.source, HandedIn)
    way = (
        "file something first, see `hub submit --help`" if is_filed else f"run `hub pull {feed.id}`"
    )
    return NotFound(f"`{feed.id}` was never published: {way}")


async def retrieved_at(connection: AsyncConnection, pull_id: int) -> datetime:
    """Say when a pull's bytes were asked of the source: of landed ones, when they landed.

    Raises:
        NotFound: there is no such pull.
    """
    cursor = await connection.execute(
        "SELECT coalesce(first.started_at, p.started_at) FROM pull p "
        "LEFT JOIN pull first ON first.id = p.of_pull_id WHERE p.id = %s",
        [pull_id],
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"no pull {pull_id} is in the log: pull its feed again")
    return cast("datetime", row[0])


async def served_balance(connection: AsyncConnection, feed: str) -> tuple[int, int, int] | None:
    """Count the rows, records and quarantined rows of the pull being served; None without one."""
    cursor = await connection.execute(
        "SELECT p.rows, p.records, p.quarantined FROM feed_state s "
        "JOIN pull p ON p.id = s.good_pull_id WHERE s.feed = %s",
        [feed],
    )
    return await cursor.fetchone()


async def landed(connection: AsyncConnection, pull_id: int) -> LandedPull:
    """Find what a pull landed.

    Raises:
        NotFound: there is no such pull, or it landed nothing.
    """
    async with connection.cursor(row_factory=class_row(LandedPull)) as cursor:
        await cursor.execute(
            "SELECT feed, documents, document_names, validator, stated_at, "
            "coalesce(extent, 'WHOLE') AS extent, source_total FROM pull "
            "WHERE id = %s AND documents <> '{}'",
            [pull_id],
        )
        found = await cursor.fetchone()
    if found is None:
        raise NotFound(f"pull {pull_id} is none, or landed nothing: name another of its feed")
    return found


async def note(connection: AsyncConnection, pull_id: int, figures: Mapping[str, object]) -> None:
    """Log what is known of a pull so far. `figures` are columns of the pull log.

    A published pull stays so, whatever its caller heard of it: a connection may die, or a time
    limit run out, between the commit and the word of it.
    """
    columns = SQL(", ").join(SQL("{} = %s").format(Identifier(name)) for name in figures)
    await connection.execute(
        SQL("UPDATE pull SET {} WHERE id = %s AND outcome <> %s").format(columns),
        [*figures.values(), pull_id, Outcome.PUBLISHED],
    )


async def finish(
    connection: AsyncConnection,
    pull_id: int,
    outcome: Outcome,
    figures: Mapping[str, object],
    *,
    not_before: datetime | None = None,
) -> None:
    """Log how a pull ended and move the feed's state. Only a published pull becomes the good one.

    A pull that ends after a newer one has ended leaves the newer one as the feed's last. So does
    one of landed bytes that fails: it tells nothing of the source.

    Args:
        connection: its transaction is the one that published.
        pull_id: the pull.
        outcome: how it ended.
        figures: columns of the pull log.
        not_before: the instant of its records, which its end can't precede.
    """
    await note(connection, pull_id, {"outcome": outcome, **figures})
    await connection.execute(
        "UPDATE pull SET finished_at = greatest(clock_timestamp(), %s) WHERE id = %s",
        [not_before, pull_id],
    )
    await connection.execute(
        "INSERT INTO feed_state (feed, good_pull_id, last_pull_id) "
        "SELECT feed, CASE WHEN outcome = 'PUBLISHED' THEN id END, id FROM pull WHERE id = %s "
        "AND (of_pull_id IS NULL OR outcome <> 'FAILED') "
        "ON CONFLICT (feed) DO UPDATE SET "
        "last_pull_id = greatest(EXCLUDED.last_pull_id, feed_state.last_pull_id), "
        "good_pull_id = coalesce(EXCLUDED.good_pull_id, feed_state.good_pull_id)",
        [pull_id],
    )


async def keep_evidence(connection: AsyncConnection, pull_id: int, harmonized: Harmonized) -> None:
    """Keep the quarantine, the findings and the quality figures of a pull."""
    quarantined = harmonized.quarantined.unique("native_row", keep="first", maintain_order=True)
    await _copy(connection, "quarantined_row", pull_id, quarantined.columns, quarantined.rows())
    found = harmonized.findings.unique(["native_row", "record_type", "code"], maintain_order=True)
    await _copy(connection, "finding", pull_id, found.columns, found.rows())
    names = list(FieldQuality.__dataclass_fields__)
    values = (tuple(_value(getattr(item, name)) for name in names) for item in harmonized.quality)
    await _copy(connection, "field_quality", pull_id, names, values)


async def statuses(connection: AsyncConnection) -> list[FeedStatus]:
    """Say where every feed stands that was ever pulled, by feed id."""
    async with connection.cursor(row_factory=class_row(FeedStatus)) as cursor:
        await cursor.execute(_STATUS)
        return await cursor.fetchall()


async def field_qualities(connection: AsyncConnection) -> dict[str, list[FieldQuality]]:
    """Say how every field of the data being served fared, by feed, in the records' own order."""
    cursor = await connection.execute(
        "SELECT s.feed, q.record_type, q.field, q.native_columns, q.rows, q.filled, q.defects, "
        "q.unmapped FROM feed_state s JOIN field_quality q ON q.pull_id = s.good_pull_id"
    )
    found: dict[str, list[FieldQuality]] = defaultdict(list)
    for feed, record_type, field, columns, *counts in await cursor.fetchall():
        found[feed].append(FieldQuality(record_type, field, tuple(columns), *counts))
    for qualities in found.values():
        qualities.sort(key=lambda one: _PLACES.get((one.record_type, one.field), len(_PLACES)))
    return found


_PLACES = {
    place: number
    for number, place in enumerate(
        (record_type.name, field)
        for record_type in RECORD_TYPES.values()
        for field in record_type.fields
    )
}

_STATUS = """
SELECT s.feed, last.outcome, last.reason, last.started_at AS last_pull_at,
       good.started_at AS good_pull_at, good.stated_at, good.rows, good.records,
       good.quarantined, good.merged, good.seconds, good.mapping_digest,
       good.finished_at AS served_since,
       coalesce(q.defects, 0) AS defects, coalesce(q.unmapped, 0) AS unmapped,
       (SELECT count(*) FROM finding f WHERE f.pull_id = s.good_pull_id) AS findings,
       s.watermark, s.is_full_due, counted.source_total, counted.store_total
FROM feed_state s
JOIN pull last ON last.id = s.last_pull_id
LEFT JOIN pull good ON good.id = s.good_pull_id
LEFT JOIN LATERAL (
    SELECT sum(defects) AS defects, sum(unmapped) AS unmapped
    FROM field_quality WHERE pull_id = s.good_pull_id
) q ON true
LEFT JOIN LATERAL (
    SELECT source_total, store_total FROM pull
    WHERE feed = s.feed AND source_total IS NOT NULL AND store_total IS NOT NULL
    ORDER BY id DESC LIMIT 1
) counted ON true
ORDER BY s.feed
"""


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


async def _copy(
    connection: AsyncConnection,
    table: str,
    pull_id: int,
    columns: Iterable[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    names = SQL(", ").join(map(Identifier, ["pull_id", *columns]))
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row((pull_id, *row))
