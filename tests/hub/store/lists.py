"""Members' lists for the merge's tests: native rows in, one publication after another out.

Four small feeds over every way a record type can go: notices and companies are marked when absent,
packs are closed, and a second feed only mentions companies.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping as Table
from federation.harmonize.mapping import always
from federation.harmonize.run import Batch, harmonize
from federation.reading.native import NativeTable, number
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Package
from federation.records.supply_notice import SupplyNotice
from federation.sources.files import WholeFile
from federation.vocabularies.terms import NoticeKind, OrganizationKind, SupplyStatus
from hub.store.merge import Merged, Publication, merge, take_turn

Row = Mapping[str, Any]

ID = pl.col("id")


def feed_of(name: str, table: Table, *others: Table) -> Feed:
    """Make a feed that is never fetched."""
    source = WholeFile("http://list.test", "/")
    return Feed(name, Origin.KR, name, source, lambda _: table_of([]), table, others)


NOTICES = feed_of(
    "kr.notices",
    Table(
        SupplyNotice,
        scheme="notice number",
        national_id=ID,
        values={
            "title": pl.col("title"),
            "kind": always(NoticeKind.SHORTAGE),
            "status": always(SupplyStatus.ONGOING),
            "native_status": always("부족"),
            "legal_fact": always("none"),
            "package_codes": pl.col("codes"),
            "starts_on": day(pl.col("starts"), "%Y%m%d"),
            "reason_text": pl.col("reason"),
        },
    ),
)


def _company(*, is_mention: bool) -> Table:
    return Table(
        Organization,
        scheme="company number",
        national_id=ID,
        values={
            "name": pl.col("title"),
            "name_en": pl.col("reason"),
            "kind": always(OrganizationKind.MANUFACTURER),
        },
        is_mention=is_mention,
    )


COMPANIES = feed_of("kr.companies", _company(is_mention=False))
MENTIONS = feed_of("kr.mentions", _company(is_mention=True))
PACKS = feed_of(
    "kr.packs",
    Table(
        Package,
        scheme="pack code",
        national_id=ID,
        values={"code": ID, "code_text": pl.col("title"), "description": pl.col("reason")},
    ),
)

_SCHEMA = {
    "id": pl.String,
    "title": pl.String,
    "reason": pl.String,
    "codes": pl.List(pl.String),
    "starts": pl.String,
}


def row(id: str, title: str = "title", reason: str | None = None, **others: Any) -> Row:  # noqa: A002 - the column's name
    """Make a native row."""
    return {"id": id, "title": title, "reason": reason, "codes": [], "starts": None} | others


def table_of(rows: Iterable[Row]) -> NativeTable:
    """Lay rows out as a reader would."""
    return NativeTable(number(pl.DataFrame(list(rows), schema=_SCHEMA)))


def batches_of(feed: Feed, rows: Iterable[Row]) -> Sequence[Batch]:
    """Map rows as a pull would; none may be refused."""
    harmonized = harmonize(feed, table_of(rows), resolver=None)
    assert harmonized.quarantined.is_empty()
    return harmonized.batches


class Publisher:
    """Publishes lists one after another, a second apart, in one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.pulls = 0

    async def publish(
        self, feed: Feed, *rows: Row, is_full_list: bool = True, **others: Any
    ) -> Merged:
        """Publish a list of one batch; `others` are of its publication."""
        self.now += timedelta(seconds=1)
        self.pulls += 1
        publication = Publication(
            pull_id=self.pulls,
            feed=feed.id,
            origin=feed.member,
            retrieved_at=self.now,
            recorded_at=self.now,
            is_full_list=is_full_list,
            **others,
        )
        await take_turn(self.connection)
        (batch,) = batches_of(feed, rows)
        return await merge(self.connection, batch, publication)

    async def versions(self, table: str, key: str | None = None) -> list[dict[str, Any]]:
        """Read all versions, of one key or of all, oldest first."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(
                SQL(
                    "SELECT * FROM {} WHERE %s::text IS NULL OR key = %s ORDER BY change_seq"
                ).format(Identifier(table)),
                [key, key],
            )
            return await cursor.fetchall()
