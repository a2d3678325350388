"""The versioned merge: a pull's records against those that are current, set by set.

A batch is copied into a staging table; one MERGE closes what changed and inserts what is new; a
second statement inserts the new versions of what changed; a third deals with what is absent. All
pulls publish one after another (`take_turn`), so `change_seq` rises in commit order.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from federation.harmonize.mapping import RESOLVED
from federation.harmonize.run import Batch
from federation.records.declaration import FieldFacts, Listing, PartialDate
from federation.records.registry import RecordType
from federation.vocabularies.edition import EDITION

_PUBLISH_LOCK = 7_214_001
"""Advisory lock of whoever is publishing; any fixed number of the hub's own."""

PUBLISHED = "records_published"
"""Channel on which whoever published says so once it is committed."""

_QUOTE = "\x01"
"""Quote of the staged CSV: JSON is full of the usual one, and each would have to be doubled."""

_SLICE_ROWS = 20_000

_GROWTH = 0.25
"""Share of a table that has to be new for its figures to be taken anew."""

_FIGURES_TARGET = 30
"""PostgreSQL's `default_statistics_target` for them: 9,000 sampled rows, not 30,000."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The pull whose records are being merged, and the instant that stamps them.

    INVARIANT: `recorded_at`, in whole milliseconds, is later than that of any publication before.
    `unusable` are keys that the list holds in rows that could not become records.
    """

    pull_id: int
    feed: str
    origin: str
    retrieved_at: datetime
    recorded_at: datetime
    is_full_list: bool
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """What one batch did: new keys, new versions, and keys gone from the list."""

    added: int
    changed: int
    absent: int


async def take_turn(connection: AsyncConnection) -> None:
    """Wait for the publishing turn and hold it until the transaction ends.

    The gateways are told of it once it is committed.
    """
    await connection.execute(
        "SELECT pg_advisory_xact_lock(%s), pg_notify(%s, '')", [_PUBLISH_LOCK, PUBLISHED]
    )


async def merge(connection: AsyncConnection, batch: Batch, publication: Publication) -> Merged:
    """Merge one batch inside the caller's transaction, which holds the publishing turn."""
    statements = _Statements(batch, publication)
    await connection.execute(statements.create_stage)
    async with connection.cursor() as cursor, cursor.copy(statements.copy) as copy:
        parts = _csv(batch)
        while part := await asyncio.to_thread(next, parts, b""):
            await copy.write(part)
    # PostgreSQL's figures of the table are older than this batch: the index keeps any plan good.
    await connection.execute(SQL("CREATE INDEX ON {} (key)").format(statements.stage))
    await connection.execute(SQL("ANALYZE {} (key)").format(statements.stage))
    new = await connection.execute(statements.merge)
    changed = await connection.execute(statements.insert_changed)
    absent = 0
    if publication.is_full_list and not batch.mapping.is_mention:
        absent = (await connection.execute(statements.close_absent)).rowcount
    await connection.execute(SQL("DROP TABLE {}").format(statements.stage))
    # MERGE counts the versions it closed as well as those it inserted.
    await _take_figures(connection, batch.mapping.record_type, new.rowcount + absent)
    return Merged(new.rowcount - changed.rowcount, changed.rowcount, absent)


async def _take_figures(connection: AsyncConnection, record_type: RecordType, written: int) -> None:
    """Take PostgreSQL's figures of a table that has grown much.

    Readers plan by them at once; autovacuum, which sees to smaller changes, comes a minute late.
    """
    cursor = await connection.execute(
        "SELECT %s > reltuples * %s FROM pg_class WHERE oid = %s::regclass",
        [written, _GROWTH, record_type.table],
    )
    if await cursor.fetchone() != (True,):
        return
    names = [facts.name for facts in record_type.fields.values() if _is_planned_by(facts)]
    await connection.execute(
        SQL("SET LOCAL default_statistics_target = {}").format(Literal(_FIGURES_TARGET))
    )
    await connection.execute(
        SQL("ANALYZE {} ({})").format(
            Identifier(record_type.table), SQL(", ").join(map(Identifier, names))
        )
    )


def _is_planned_by(facts: FieldFacts) -> bool:
    """Say whether figures of a column are of use: of jsonb they are not, and cost the most."""
    return facts.is_filterable and facts.python_type is not PartialDate


class _Statements:
    """The SQL of one batch. Every name comes from the record's declaration."""

    def __init__(self, batch: Batch, publication: Publication) -> None:
        self._type = batch.mapping.record_type
        self._batch = batch
        self._publication = publication
        self.stage = Identifier(f"stage_{self._type.table}")
        self.table = Identifier(self._type.table)
        self._staged = [name for name, _ in _stage_columns(self._type)]

    @property
    def create_stage(self) -> Composed:
        columns = SQL(", ").join(Identifier(name) for name in self._staged)
        return SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            self.stage, columns, self.table
        )

    @property
    def copy(self) -> Composed:
        columns = SQL(", ").join(Identifier(name) for name in self._staged)
        # In PostgreSQL's CSV nothing at all is null and `""` is an empty text; so polars writes.
        return SQL("COPY {} ({}) FROM STDIN (FORMAT csv, QUOTE {})").format(
            self.stage, columns, Literal(_QUOTE)
        )

    @property
    def merge(self) -> Composed:
        """Close what changed, insert what is new.

        A record that another feed owns changes hands only to a feed that is more than a mention.
        """
        owned = SQL("t.feed = {}").format(Literal(self._publication.feed))
        differs = SQL(
            "(t.content_digest <> s.content_digest OR t.listing <> 'LISTED' "
            "OR ({}) IS DISTINCT FROM ({}))"
        ).format(self._resolved("t"), self._resolved("s"))
        if self._batch.mapping.is_mention:
            due = SQL("{} AND {}").format(owned, differs)
        else:
            due = SQL("NOT {} OR {}").format(owned, differs)
        return SQL(
            "MERGE INTO {table} t USING {stage} s ON t.key = s.key AND t.superseded_at IS NULL "
            "WHEN MATCHED AND ({due}) THEN UPDATE SET superseded_at = {now} "
            "WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
        ).format(
            table=self.table,
            stage=self.stage,
            due=due,
            now=self._now,
            columns=_listed(self._columns),
            values=_listed(self._values(self._now)),
        )

    @property
    def insert_changed(self) -> Composed:
        """Insert the new version of every key the MERGE has just closed.

        What was derived before stays until it is derived anew.
        """
        derived = self._type.derived_columns
        kept = [Identifier("t", name) for name in derived]
        return SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {stage} s "
            "JOIN {table} t ON t.key = s.key AND t.superseded_at = {now}"
        ).format(
            table=self.table,
            stage=self.stage,
            columns=_listed([*self._columns, *map(Identifier, derived)]),
            values=_listed([*self._values(SQL("t.first_recorded_at")), *kept]),
            now=self._now,
        )

    @property
    def close_absent(self) -> Composed:
        """Mark what the newest full list no longer holds, or close it where it is a mere part.

        A record whose row is on the list and can't be used is not absent: its last good version
        stays.
        """
        absent = SQL(
            "t.feed = {feed} AND t.superseded_at IS NULL AND t.listing = 'LISTED' "
            "AND NOT EXISTS (SELECT FROM {stage} s WHERE s.key = t.key) "
            "AND t.key <> ALL ({unusable})"
        ).format(
            stage=self.stage,
            feed=Literal(self._publication.feed),
            unusable=Literal(list(self._publication.unusable)),
        )
        close = SQL("UPDATE {} t SET superseded_at = {}").format(self.table, self._now)
        if self._type.model.absent == "close":
            return SQL("{}, removed_seq = nextval('change_seq') WHERE {}").format(close, absent)
        overrides: dict[str, Composable] = {
            "listing": Literal(Listing.NO_LONGER_LISTED),
            "recorded_at": self._now,
            "superseded_at": SQL("NULL"),
            "change_seq": SQL("nextval('change_seq')"),
            "pull_id": Literal(self._publication.pull_id),
        }
        overrides |= {
            name: Literal(value) for name, value in self._type.model.absent_values.items()
        }
        names = [column.name for column in self._type.model.__table__.columns]  # type: ignore[attr-defined]
        names.remove("version_id")
        return SQL(
            "WITH gone AS ({close} WHERE {absent} RETURNING t.*) INSERT INTO {table} ({names}) "
            "SELECT {values} FROM gone g"
        ).format(
            close=close,
            absent=absent,
            table=self.table,
            names=SQL(", ").join(map(Identifier, names)),
            values=SQL(", ").join(overrides.get(name, Identifier("g", name)) for name in names),
        )

    def _resolved(self, row: str) -> Composed:
        """Give the fields that the digest leaves out where a mapping has them resolved."""
        names = sorted(RESOLVED & self._type.fields.keys())
        return SQL(", ").join([SQL("true"), *(Identifier(row, name) for name in names)])

    @property
    def _now(self) -> Composable:
        return Literal(self._publication.recorded_at)

    @property
    def _columns(self) -> list[Composable]:
        return [*map(Identifier, self._staged), *map(Identifier, self._stamps(SQL("")))]

    def _values(self, first_recorded_at: Composable) -> list[Composable]:
        staged = [Identifier("s", name) for name in self._staged]
        return [*staged, *self._stamps(first_recorded_at).values()]

    def _stamps(self, first_recorded_at: Composable) -> dict[str, Composable]:
        publication = self._publication
        return {
            "origin": Literal(publication.origin),
            "national_id_scheme": Literal(self._batch.mapping.scheme),
            "feed": Literal(publication.feed),
            "pull_id": Literal(publication.pull_id),
            "listing": Literal(Listing.LISTED),
            "retrieved_at": Literal(publication.retrieved_at),
            "first_recorded_at": first_recorded_at,
            "recorded_at": self._now,
            "change_seq": SQL("nextval('change_seq')"),
            "vocabulary_edition": Literal(EDITION),
        }


def _listed(parts: Iterable[Composable]) -> Composed:
    return SQL(", ").join(parts)


def _stage_columns(record_type: RecordType) -> Iterator[tuple[str, pl.Expr]]:
    """Name the staged columns, each with its text in PostgreSQL's CSV form."""
    yield "key", pl.col("key")
    yield "national_id", pl.col("national_id")
    yield "native_row", pl.col("native_row").cast(pl.String)
    yield "native", pl.col("native")
    yield "content_digest", pl.col("content").map_elements(_digest, return_dtype=pl.String)
    for facts in record_type.content_fields:
        column = pl.col(facts.name)
        if facts.is_list:
            yield facts.name, _array(column)
        elif facts.python_type is PartialDate:
            yield facts.name, pl.when(column.is_not_null()).then(column.struct.json_encode())
        else:
            yield facts.name, column.cast(pl.String)


def _csv(batch: Batch) -> Iterator[bytes]:
    columns = dict(_stage_columns(batch.mapping.record_type))
    for part in batch.frame.iter_slices(_SLICE_ROWS):
        staged = part.select(expression.alias(name) for name, expression in columns.items())
        yield staged.write_csv(
            None, include_header=False, quote_style="necessary", quote_char=_QUOTE
        ).encode()


def _array(column: pl.Expr) -> pl.Expr:
    """Write a list of texts as a PostgreSQL array literal."""
    element = pl.element()
    escaped = element.str.replace_all("\\", "\\\\", literal=True)
    quoted = pl.format('"{}"', escaped.str.replace_all('"', '\\"', literal=True))
    return pl.format("{{{}}}", column.list.eval(quoted).list.join(","))


def _digest(content: str) -> str:
    return "\\x" + hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
