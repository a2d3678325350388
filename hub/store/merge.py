"""The versioned merge: a pull's records against those that are current, set by set.

A batch's keys and digests are copied into a temporary table, by which PostgreSQL tells what is new,
changed or absent; whole records are copied of the new and the changed alone. All pulls publish one
after another (`take_turn`), so nothing comes in between, and `change_seq` rises in commit order.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from federation.harmonize.mapping import RESOLVED
from federation.harmonize.run import Batch, with_digests
from federation.records.declaration import FieldFacts, Listing, PartialDate
from federation.records.registry import RecordType
from federation.vocabularies.edition import EDITION
from hub.store.marks import Marks, keep_marks, last_marks
from hub.store.staging import copy_in, stage, stage_columns

_PUBLISH_LOCK = 7_214_001
"""Advisory lock of whoever is publishing; any fixed number of the hub's own."""

PUBLISHED = "records_published"
"""Channel on which whoever published says so once it is committed."""

_PLACE = "place"
"""Where a record stands in its batch."""

_WORK_MEMORY = "128MB"
"""PostgreSQL's `work_mem` while it merges: the keys of a million records fit."""

_GROWTH = 0.25
"""Share of a table that has to be new for its figures to be taken anew."""

_FIGURES_TARGET = 30
"""PostgreSQL's `default_statistics_target` for them: 9,000 sampled rows, not 30,000."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The pull whose records are being merged, and the instant that stamps them.

    INVARIANT: `recorded_at`, in whole milliseconds, is later than that of any publication before.
    `unusable` are keys that the list holds in rows that could not become records, `withdrawn` those
    that it takes back. `compares_all` has every record compared, whatever its mark.
    """

    pull_id: int
    feed: str
    origin: str
    retrieved_at: datetime
    recorded_at: datetime
    is_full_list: bool
    unusable: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    compares_all: bool = False


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
    tells_absence = publication.is_full_list and not batch.mapping.is_mention
    marks = await asyncio.to_thread(Marks.of, batch, is_whole=tells_absence)
    last = await last_marks(connection, batch, publication.feed)
    if publication.compares_all or (last and tells_absence and not last.is_whole):
        last = None
    compared = await asyncio.to_thread(_compared, batch, marks, last)
    statements = _Statements(compared, publication, finds_gone=tells_absence and last is None)
    await connection.execute(SQL("SET LOCAL work_mem = {}").format(Literal(_WORK_MEMORY)))
    new, changed, gone = await _due(connection, statements, compared)
    if last and tells_absence:
        gone = last.beyond(marks.with_keys(publication.unusable)).to_list()
    absent = 0
    if gone:
        absent = (await connection.execute(statements.close_absent(gone))).rowcount
    if new.height:
        await _insert_new(connection, statements, new)
    if changed.height:
        await _renew_changed(connection, statements, replace(batch, frame=changed))
    if publication.withdrawn:
        absent += (await connection.execute(statements.close_withdrawn)).rowcount
    merged = Merged(new.height, changed.height, absent)
    await _take_figures(connection, batch.mapping.record_type, merged)
    if last and not tells_absence:
        marks = marks.over(last)
    marks = marks.with_keys(publication.unusable).without(publication.withdrawn)
    await keep_marks(connection, batch, publication.feed, marks)
    return merged


def _compared(batch: Batch, marks: Marks, last: Marks | None) -> Batch:
    """Give the records that are to be compared, with their digests."""
    if last is not None:
        batch = replace(batch, frame=batch.frame[marks.unlike(last)])
    return with_digests(batch)


async def _list_keys(connection: AsyncConnection, statements: "_Statements", batch: Batch) -> None:
    """Make a temporary table of all the keys of a batch, with what tells whether each changed."""
    await connection.execute(statements.create_listed)
    columns = dict(stage_columns(batch.mapping.record_type))
    told = {name: columns[name] for name in statements.told}
    frame = batch.frame.with_row_index(_PLACE)
    await copy_in(
        connection, statements.listed, frame, told | {_PLACE: pl.col(_PLACE).cast(pl.String)}
    )
    await connection.execute(SQL("ANALYZE {} (key)").format(statements.listed))


async def _due(
    connection: AsyncConnection, statements: "_Statements", batch: Batch
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Tell a batch's new records, those due for a new version, and the keys that are absent."""
    await _list_keys(connection, statements, batch)
    row = await (await connection.execute(statements.find_due)).fetchone()
    if row is None:
        raise AssertionError("an aggregate returned no row")
    await connection.execute(SQL("DROP TABLE {}").format(statements.listed))
    new, changed, gone = _places(row[0]), _places(row[1]), row[2] or []
    if new.len() == batch.frame.height:
        return batch.frame, batch.frame.clear(), gone
    return batch.frame[new], batch.frame[changed], gone


def _places(listed: str | None) -> pl.Series:
    """Read places in a batch; a row of an answer for each would take seconds of a million."""
    parts = pl.Series([listed or None], dtype=pl.String).str.split(",").explode()
    return parts.drop_nulls().cast(pl.UInt32).sort()


async def _insert_new(
    connection: AsyncConnection, statements: "_Statements", new: pl.DataFrame
) -> None:
    """Copy new records straight into their table.

    INVARIANT: whoever draws from `change_seq` holds the publishing turn, so numbers drawn at once
    follow one another.
    """
    cursor = await connection.execute(
        "SELECT min(n) FROM (SELECT nextval('change_seq') AS n FROM generate_series(1, %s))",
        [new.height],
    )
    row = await cursor.fetchone()
    if row is None:
        raise AssertionError("an aggregate returned no row")
    numbered = new.with_columns(pl.int_range(row[0], row[0] + new.height).alias("change_seq"))
    await copy_in(connection, statements.table, numbered, statements.columns_of(new))


async def _renew_changed(
    connection: AsyncConnection, statements: "_Statements", changed: Batch
) -> None:
    """Close the current versions of changed records, and insert the new ones."""
    await stage(connection, statements.stage, changed)
    await connection.execute(SQL("ANALYZE {} (key)").format(statements.stage))
    await connection.execute(statements.close_changed)
    await connection.execute(statements.insert_changed)
    await connection.execute(SQL("DROP TABLE {}").format(statements.stage))


async def _take_figures(
    connection: AsyncConnection, record_type: RecordType, merged: Merged
) -> None:
    """Take PostgreSQL's figures of a table that has grown much.

    Readers plan by them at once; autovacuum, which sees to smaller changes, comes a minute late.
    """
    written = merged.added + merged.changed + merged.absent
    cursor = await connection.execute(
        "SELECT %s > reltuples * %s FROM pg_class WHERE oid = %s::regclass",
        [written, _GROWTH, record_type.table],
    )
    if await cursor.fetchone() != (True,):
        return
    names = [facts.name for facts in record_type.fields.values() if _is_planned_by(facts)]
    names += ["change_seq", "removed_seq"]
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

    def __init__(self, batch: Batch, publication: Publication, *, finds_gone: bool) -> None:
        self._type = batch.mapping.record_type
        self._finds_gone = finds_gone
        self._batch = batch
        self._publication = publication
        self.stage = Identifier(f"stage_{self._type.table}")
        self.listed = Identifier(f"listed_{self._type.table}")
        self.table = Identifier(self._type.table)
        self._staged = [name for name, _ in stage_columns(self._type)]

    @property
    def told(self) -> list[str]:
        """Name the staged columns that tell whether a record changed."""
        return ["key", "content_digest", *sorted(RESOLVED & self._type.fields.keys())]

    @property
    def create_listed(self) -> Composed:
        return SQL(
            "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {}, 0 AS {} FROM {} WITH NO DATA"
        ).format(self.listed, _listed(map(Identifier, self.told)), Identifier(_PLACE), self.table)

    @property
    def find_due(self) -> Composed:
        """List where in the batch those records stand that are new, and those due for a version.

        Where it is to find them, also the keys that a full list no longer holds. All in one look,
        which is what takes the time. A record that another feed owns changes hands only to a feed
        that is more than a mention.
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
            "SELECT string_agg(s.{place}::text, ',') FILTER (WHERE t.key IS NULL), "
            "string_agg(s.{place}::text, ',') FILTER (WHERE t.key IS NOT NULL), "
            "array_agg(t.key) FILTER (WHERE s.key IS NULL) "
            "FROM {listed} s {join} "
            "(SELECT * FROM {table} WHERE origin = {origin} AND superseded_at IS NULL) t "
            "ON t.key = s.key "
            "WHERE t.key IS NULL OR s.key IS NULL AND {absent} OR s.key IS NOT NULL AND ({due})"
        ).format(
            place=Identifier(_PLACE),
            listed=self.listed,
            join=SQL("FULL JOIN" if self._finds_gone else "LEFT JOIN"),
            table=self.table,
            origin=Literal(self._publication.origin),
            absent=self._is_absent(owned),
            due=due,
        )

    def _is_absent(self, owned: Composed) -> Composed:
        """Tell a record that is not on the list.

        One whose row is on it and can't be used is not absent: its last good version stays.
        """
        unusable = Literal(list(self._publication.unusable))
        return SQL("{} AND t.listing = 'LISTED' AND t.key <> ALL ({})").format(owned, unusable)

    def columns_of(self, new: pl.DataFrame) -> dict[str, pl.Expr]:
        """Give what is written of new records; a column that is null throughout is left out."""
        staged = {
            name: expression
            for name, expression in stage_columns(self._type)
            if new[name].null_count() < new.height
        }
        stamps = self._stamps | {"first_recorded_at": self._publication.recorded_at}
        same = {name: pl.lit(str(value)) for name, value in stamps.items()}
        return staged | same | {"change_seq": pl.col("change_seq").cast(pl.String)}

    @property
    def close_changed(self) -> Composed:
        return SQL(
            "UPDATE {} t SET superseded_at = {} FROM {} s "
            "WHERE t.key = s.key AND t.superseded_at IS NULL"
        ).format(self.table, self._now, self.stage)

    @property
    def insert_changed(self) -> Composed:
        """Insert the new version of every key that has just been closed.

        What was derived before stays until it is derived anew.
        """
        values: dict[str, Composable] = {
            **{name: Identifier("s", name) for name in self._staged},
            **{name: Literal(value) for name, value in self._stamps.items()},
            **{name: Identifier("t", name) for name in self._type.derived_columns},
            "first_recorded_at": SQL("t.first_recorded_at"),
            "change_seq": SQL("nextval('change_seq')"),
        }
        return SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {stage} s "
            "JOIN {table} t ON t.key = s.key AND t.superseded_at = {now}"
        ).format(
            table=self.table,
            stage=self.stage,
            columns=_listed(map(Identifier, values)),
            values=_listed(values.values()),
            now=self._now,
        )

    def close_absent(self, keys: Sequence[str]) -> Composed:
        """Mark what the newest full list no longer holds, or close it where it is a mere part."""
        return self._close(keys, self._type.model.absent_values)

    @property
    def close_withdrawn(self) -> Composed:
        """Mark what whoever filed it takes back, or close it where it is a mere part."""
        return self._close(self._publication.withdrawn, self._type.model.withdrawn_values)

    def _close(self, keys: Sequence[str], values: Mapping[str, str]) -> Composed:
        """Mark those of the feed's listed records, with what else is to be said of them."""
        gone = SQL(
            "t.feed = {feed} AND t.superseded_at IS NULL AND t.listing = 'LISTED' "
            "AND t.key = ANY ({keys})"
        ).format(feed=Literal(self._publication.feed), keys=Literal(list(keys)))
        close = SQL("UPDATE {} t SET superseded_at = {}").format(self.table, self._now)
        if self._type.model.absent == "close":
            return SQL("{}, removed_seq = nextval('change_seq') WHERE {}").format(close, gone)
        overrides: dict[str, Composable] = {
            "listing": Literal(Listing.NO_LONGER_LISTED),
            "recorded_at": self._now,
            "superseded_at": SQL("NULL"),
            "change_seq": SQL("nextval('change_seq')"),
            "pull_id": Literal(self._publication.pull_id),
        }
        overrides |= {name: Literal(value) for name, value in values.items()}
        names = [column.name for column in self._type.model.__table__.columns]  # type: ignore[attr-defined]
        names.remove("version_id")
        return SQL(
            "WITH gone AS ({close} WHERE {gone} RETURNING t.*) INSERT INTO {table} ({names}) "
            "SELECT {values} FROM gone g"
        ).format(
            close=close,
            gone=gone,
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
    def _stamps(self) -> dict[str, object]:
        """Give what all new versions of a batch have in common."""
        publication = self._publication
        return {
            "origin": publication.origin,
            "national_id_scheme": self._batch.mapping.scheme,
            "feed": publication.feed,
            "pull_id": publication.pull_id,
            "listing": Listing.LISTED,
            "retrieved_at": publication.retrieved_at,
            "recorded_at": publication.recorded_at,
            "vocabulary_edition": EDITION,
        }


def _listed(parts: Iterable[Composable]) -> Composed:
    return SQL(", ").join(parts)
