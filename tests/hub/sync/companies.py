"""Lists of companies and sites for the entity tests, published one after another."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from federation.feed import Feed
from federation.harmonize.mapping import Mapping as Table
from federation.harmonize.mapping import always
from federation.harmonize.run import harmonize
from federation.reading.native import NativeTable, number
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.site import Site
from federation.sources.files import WholeFile
from federation.vocabularies.terms import OrganizationKind
from hub.store.instants import instant_after_all
from hub.store.merge import Publication, merge, take_turn

_SCHEMA = {
    "id": pl.String,
    "name": pl.String,
    "country": pl.String,
    "identifiers": pl.List(pl.String),
    "business_number": pl.String,
    "address": pl.String,
}
_SHARED = {
    "name": pl.col("name"),
    "country": pl.col("country"),
    "identifiers": pl.col("identifiers"),
    "address_text": pl.col("address"),
}
_ORGANIZATIONS = Table(
    Organization,
    scheme="number",
    national_id=pl.col("id"),
    values=_SHARED
    | {
        "kind": always(OrganizationKind.MANUFACTURER),
        "business_number": pl.col("business_number"),
    },
)
_SITES = Table(Site, scheme="number", national_id=pl.col("id"), values=_SHARED)


def company(id: str, name: str, country: str | None = None, *numbers: str, **others: Any) -> Any:  # noqa: A002 - the column's name
    """Make a native row."""
    row = dict.fromkeys(_SCHEMA) | {"id": id, "name": name, "country": country}
    return row | {"identifiers": list(numbers)} | others


def key(id: str, record: str = "Organization") -> str:  # noqa: A002 - as above
    """Key of the record made of the row with this identifier."""
    return f"KR.{record}.{id}"


async def publish(
    connection: AsyncConnection, *rows: Mapping[str, Any], record: str = "Organization"
) -> datetime:
    """Publish the whole list and give its instant."""
    table = _ORGANIZATIONS if record == "Organization" else _SITES
    source = WholeFile("http://list.test", "/")
    feed = Feed(f"kr.{record.lower()}", Origin.KR, record, source, lambda _: None, table, ())
    frame = pl.DataFrame(list(rows), schema=_SCHEMA)
    harmonized = harmonize(feed, NativeTable(number(frame)), resolver=None)
    assert harmonized.quarantined.is_empty()
    await take_turn(connection)
    now = await instant_after_all(connection)
    (batch,) = harmonized.batches
    await merge(connection, batch, Publication(1, feed.id, Origin.KR, now, now, is_full_list=True))
    return now


async def entities(
    connection: AsyncConnection, table: str = "organization", at: datetime | None = None
) -> dict[str, str | None]:
    """Read the entity key of every record, as it stood at an instant or stands now."""
    instant = at or datetime.max.replace(tzinfo=UTC)
    cursor = await connection.execute(
        f"SELECT key, entity_key FROM {table} WHERE recorded_at <= %s "
        "AND (superseded_at IS NULL OR superseded_at > %s)",
        [instant, instant],
    )
    return dict(await cursor.fetchall())


async def rows(connection: AsyncConnection, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Read rows by column."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql, values)
        return await cursor.fetchall()
