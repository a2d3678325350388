"""How much of its source a feed's served data cover: the watermark, full reads and the count.

All of it is written in the transaction that publishes, so that state and rows stand or fall
together. The mark never goes back. Counts that differ make a full read due, which the next pull
does; its figures stand in the pull log.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from federation.feed import Feed
from federation.harmonize.run import Harmonized
from federation.reading.native import NativeTable
from federation.records.declaration import Listing
from federation.sources.exchange import Extent, Fetched, Since

DIFFER = "COUNTS_DIFFER"
"""Reason code of a pull after which source and store have other counts."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where a feed stands.

    Attributes:
        watermark: newest day of a served row.
        full_read_at: when the whole list was last read and published.
        is_full_due: the next pull has to read the whole list, whatever its validators say.
        uncounted: rows of the whole list that were no current record of it then.
    """

    watermark: date | None = None
    full_read_at: datetime | None = None
    is_full_due: bool = False
    uncounted: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """The two counts, and how many of the source's rows are rightly no record. None: not known."""

    source_total: int | None
    store_total: int
    uncounted: int | None

    @property
    def holds(self) -> bool:
        """Say whether nothing speaks against the store having what the source has."""
        if self.source_total is None or self.uncounted is None:
            return True
        return self.source_total == self.store_total + self.uncounted

    @property
    def figures(self) -> dict[str, object]:
        """Give the columns of the pull log."""
        figures: dict[str, object] = {
            "source_total": self.source_total,
            "store_total": self.store_total,
        }
        if self.holds:
            return figures
        reason = (
            f"the source has {self.source_total} rows; {self.store_total} are records and "
            f"{self.uncounted} are rightly none: the next pull reads the whole list"
        )
        return figures | {"reason_code": DIFFER, "reason": reason}


async def coverage_of(connection: AsyncConnection, feed: str) -> Coverage:
    """Find where a feed stands; one never pulled stands at nothing."""
    async with connection.cursor(row_factory=class_row(Coverage)) as cursor:
        await cursor.execute(
            "SELECT watermark, full_read_at, is_full_due, uncounted FROM feed_state "
            "WHERE feed = %s",
            [feed],
        )
        return await cursor.fetchone() or Coverage()


def part_due(feed: Feed, covered: Coverage, now: datetime) -> Since | None:
    """Say which part of its list to ask a feed's source for; None for the whole list."""
    mark = feed.watermark
    if mark is None or covered.watermark is None or covered.is_full_due:
        return None
    if mark.is_full_due(covered.full_read_at, now):
        return None
    return mark.since(covered.watermark, now.date())


@dataclass(frozen=True, slots=True)
class Brought:
    """What a pull brought of a feed: the bodies and their rows.

    `is_landed`: they are an earlier pull's, so that the source was not read now.
    """

    feed: Feed
    fetched: Fetched
    native: NativeTable
    is_landed: bool = False


async def prove(
    connection: AsyncConnection,
    brought: Brought,
    harmonized: Harmonized,
    unusable: tuple[str, ...],
) -> Proof:
    """Count what is current, after the rows were merged, against what the source has.

    A record whose row is there and can't be used stays listed, and is in both counts then.
    """
    feed, fetched = brought.feed, brought.fetched
    if fetched.extent is Extent.PART:
        return await prove_part(connection, feed, fetched)
    store_total, kept = await _count(connection, feed, unusable)
    refused = harmonized.quarantined.height + harmonized.merged
    is_whole = feed.is_full_list and fetched.extent is Extent.WHOLE
    total = harmonized.rows if fetched.total is None else fetched.total
    return Proof(total if is_whole and _has_own_type(feed) else None, store_total, refused - kept)


async def prove_part(connection: AsyncConnection, feed: Feed, fetched: Fetched) -> Proof:
    """Count what is current after a partial read against what the source says it has in all."""
    store_total, _ = await _count(connection, feed, ())
    covered = await coverage_of(connection, feed.id)
    return Proof(fetched.total, store_total, covered.uncounted)


async def advance(
    connection: AsyncConnection, brought: Brought, proof: Proof, *, is_same_rule: bool
) -> None:
    """Move a feed's state with the rows of a published pull.

    Args:
        connection: its transaction is the one that published.
        brought: what the pull brought; a part leaves the full read where it is.
        proof: the counts after it.
        is_same_rule: mapped as the rows served before; else a part leaves the others as they were.
    """
    now = datetime.now(UTC)
    mark = brought.feed.watermark
    is_part = brought.fetched.extent is Extent.PART
    uncounted = None
    if not is_part and proof.source_total is not None:
        uncounted = proof.source_total - proof.store_total
    await connection.execute(
        "INSERT INTO feed_state AS s (feed, watermark, full_read_at, is_full_due, uncounted) "
        "VALUES (%(feed)s, %(mark)s, %(full)s, %(due)s, %(uncounted)s) "
        "ON CONFLICT (feed) DO UPDATE SET watermark = greatest(s.watermark, EXCLUDED.watermark), "
        "full_read_at = coalesce(EXCLUDED.full_read_at, s.full_read_at), "
        "is_full_due = EXCLUDED.is_full_due OR (s.is_full_due AND EXCLUDED.full_read_at IS NULL), "
        "uncounted = coalesce(EXCLUDED.uncounted, s.uncounted)",
        {
            "feed": brought.feed.id,
            "mark": mark.reached(brought.native, now.date()) if mark else None,
            "full": None if is_part or brought.is_landed else now,
            "due": not proof.holds or (is_part and not is_same_rule),
            "uncounted": uncounted,
        },
    )


async def stand_still(
    connection: AsyncConnection, feed: Feed, fetched: Fetched | None
) -> dict[str, object]:
    """Move a feed's state where nothing new came; give the figures for the pull log.

    The whole list was read then, or a part, after which the counts tell more.
    """
    if fetched is None or fetched.extent is not Extent.PART:
        await connection.execute(
            "UPDATE feed_state SET full_read_at = %s WHERE feed = %s", [datetime.now(UTC), feed.id]
        )
        return {}
    proof = await prove_part(connection, feed, fetched)
    if not proof.holds:
        await connection.execute(
            "UPDATE feed_state SET is_full_due = true WHERE feed = %s", [feed.id]
        )
    return proof.figures


def _has_own_type(feed: Feed) -> bool:
    """Say whether a native row makes at most one record of the primary type."""
    primary = feed.primary.record_type
    return all(mapping.record_type is not primary for mapping in feed.others)


async def _count(
    connection: AsyncConnection, feed: Feed, unusable: tuple[str, ...]
) -> tuple[int, int]:
    """Count a feed's current records that are listed, and those of them with unusable keys.

    The first by an index alone where the table was vacuumed: no key is looked at.
    """
    listed = SQL(
        "SELECT count(*) FROM {table} WHERE origin = {origin} AND feed = {feed} "
        "AND listing = {listing} AND superseded_at IS NULL"
    ).format(
        table=Identifier(feed.primary.record_type.table),
        origin=Literal(feed.member),
        feed=Literal(feed.id),
        listing=Literal(Listing.LISTED),
    )
    kept = SQL("{} AND key = ANY ({})").format(listed, Literal(list(unusable)))
    total = await _number(connection, listed)
    return total, await _number(connection, kept) if unusable else 0


async def _number(connection: AsyncConnection, count: Composed) -> int:
    row = await (await connection.execute(count)).fetchone()
    return int(row[0]) if row else 0
