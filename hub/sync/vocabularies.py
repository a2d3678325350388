"""How the vocabularies fare in the data being served: what is unmapped, and what would move.

`moves` maps the bytes of a feed's last good pull again, by the crosswalks as they are now, and
compares the terms with those being served. Nothing is published.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from federation.errors import FederationError
from federation.feed import Feed
from federation.harmonize.mapping import Mapping
from federation.harmonize.run import harmonize
from federation.reading.native import Document
from federation.records.declaration import FieldFacts
from federation.records.registry import RecordType
from hub.errors import MemberFault
from hub.store.database import Pool
from hub.store.landing import Landing
from hub.sync import history
from hub.sync.current_register import NO_REGISTER

_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A native text that has no common term, and how many current records hold it."""

    feed: str
    record_type: str
    field: str
    native: str
    records: int


@dataclass(frozen=True, slots=True)
class Move:
    """Current records whose field would go from one term to another; `–` is none."""

    record_type: str
    field: str
    before: str
    after: str
    records: int


async def unmapped(connection: AsyncConnection, feeds: Iterable[Feed]) -> list[Unmapped]:
    """List the native texts that came to `UNMAPPED` in the data being served, worst first."""
    found: list[Unmapped] = []
    for feed in feeds:
        for record_type, facts, columns in _mapped_terms(feed):
            cursor = await connection.execute(_count_unmapped(feed, record_type, facts, columns))
            place = (feed.id, record_type.name, facts.name)
            found += [Unmapped(*place, native, count) for native, count in await cursor.fetchall()]
    return sorted(found, key=lambda one: (-one.records, one.feed, one.field, one.native))


async def moves(pool: Pool, landing: Landing, feed: Feed) -> list[Move]:
    """Say which terms of the current records the crosswalks of now would change, most first.

    Raises:
        NotFound: the feed was never published, or the landing has lost its bytes.
        Unavailable: the landing does not answer.
        MemberFault: the feed of now no longer reads the bytes.
    """
    async with pool.connection() as connection:
        good = await history.last_good(connection, feed.id)
    if good is None:
        raise history.never_published(feed)
    documents = [
        Document(f"{feed.id} {number}", await landing.get(digest))
        for number, digest in enumerate(good.documents, 1)
    ]
    again = await asyncio.to_thread(_mapped_again, feed, documents)
    found: list[Move] = []
    async with pool.connection() as connection:
        for record_type, mapped in again:
            served = await _served(connection, feed, record_type)
            found += _compared(record_type, served, mapped)
    return sorted(found, key=lambda one: (-one.records, one.record_type, one.field, one.before))


def _terms(record_type: RecordType) -> list[FieldFacts]:
    """Fields that crosswalks fill: those whose vocabulary knows the unmapped."""
    return [
        facts
        for facts in record_type.content_fields
        if issubclass(facts.python_type, StrEnum) and "UNMAPPED" in facts.python_type.__members__
    ]


def _mapped_terms(feed: Feed) -> Iterator[tuple[RecordType, FieldFacts, tuple[str, ...]]]:
    """Each term field a feed fills, once, with the native columns behind it."""
    by_type: dict[str, list[Mapping]] = {}
    for mapping in feed.mappings:
        by_type.setdefault(mapping.record_type.name, []).append(mapping)
    for same in by_type.values():
        for facts in _terms(same[0].record_type):
            lineages = [mapping.lineage().get(facts.name, ()) for mapping in same]
            if any(facts.name in mapping.values for mapping in same):
                columns = dict.fromkeys(name for lineage in lineages for name in lineage)
                yield same[0].record_type, facts, tuple(columns)


def _count_unmapped(
    feed: Feed, record_type: RecordType, facts: FieldFacts, columns: tuple[str, ...]
) -> Composed:
    test = "'UNMAPPED' = ANY ({})" if facts.is_list else "{} = 'UNMAPPED'"
    return SQL(
        "SELECT {native} AS native, count(*) FROM {table} "
        "WHERE feed = {feed} AND superseded_at IS NULL AND {test} GROUP BY 1"
    ).format(
        native=_native_text(record_type, facts, columns),
        table=Identifier(record_type.table),
        feed=Literal(feed.id),
        test=SQL(test).format(Identifier(facts.name)),
    )


def _native_text(
    record_type: RecordType, facts: FieldFacts, columns: tuple[str, ...]
) -> Composable:
    """The field's native words where the record keeps them, else the columns they came from."""
    singular = facts.name.removesuffix("s")
    for name in (f"{facts.name}_text", f"{singular}_texts", f"native_{facts.name}"):
        if name in record_type.fields:
            text = "array_to_string({}, '; ')" if record_type.fields[name].is_list else "{}"
            return SQL("coalesce(" + text + ", '')").format(Identifier(name))
    stated = [SQL("native ->> {}").format(Literal(name)) for name in columns]
    return SQL("concat_ws('; ', {})").format(SQL(", ").join([SQL("NULL"), *stated]))


def _mapped_again(feed: Feed, documents: list[Document]) -> list[tuple[RecordType, pl.DataFrame]]:
    """Map the bytes as a pull would; substances play no part in terms, so none is resolved."""
    try:
        harmonized = harmonize(feed, feed.read(documents), NO_REGISTER.resolver)
    except FederationError as error:
        raise MemberFault(str(error)) from error
    return [
        (batch.mapping.record_type, _as_text(batch.frame, batch.mapping.record_type))
        for batch in harmonized.batches
        if _terms(batch.mapping.record_type)
    ]


async def _served(connection: AsyncConnection, feed: Feed, record_type: RecordType) -> pl.DataFrame:
    names = ["key", *(facts.name for facts in _terms(record_type))]
    cursor = await connection.execute(
        SQL(
            "SELECT {} FROM {} WHERE feed = %s AND superseded_at IS NULL AND listing = 'LISTED'"
        ).format(SQL(", ").join(map(Identifier, names)), Identifier(record_type.table)),
        [feed.id],
    )
    schema = {"key": pl.String} | {
        facts.name: pl.List(pl.String) if facts.is_list else pl.String
        for facts in _terms(record_type)
    }
    return _as_text(pl.DataFrame(await cursor.fetchall(), schema, orient="row"), record_type)


def _as_text(frame: pl.DataFrame, record_type: RecordType) -> pl.DataFrame:
    """Reduce records to their key and terms, each as one text."""
    terms = [
        (pl.col(facts.name).list.join("; ") if facts.is_list else pl.col(facts.name))
        .replace("", None)
        .fill_null(_NOTHING)
        for facts in _terms(record_type)
    ]
    return frame.select("key", *terms)


def _compared(
    record_type: RecordType, served: pl.DataFrame, mapped: pl.DataFrame
) -> Iterator[Move]:
    both = served.join(mapped, on="key", suffix=" now")
    for facts in _terms(record_type):
        before, after = pl.col(facts.name), pl.col(f"{facts.name} now")
        counts = both.filter(before != after).group_by(before, after).len()
        for was, becomes, records in counts.iter_rows():
            yield Move(record_type.name, facts.name, was, becomes, records)
