"""PostgreSQL: a table for each record type, in a schema of their own.

Rows, tombstones and the cursor are one transaction; readers see the old rows until it ends. What is
read anew is laid beside the tables first, so that only rows that differ are written.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from hub_client.cells import as_text
from hub_client.durable import busy
from hub_client.errors import ComeAgain, Misconfigured
from hub_client.feed import Change
from hub_client.incoming import Incoming
from hub_client.shapes import Shape
from hub_client.state import State
from hub_client.targets.target import Arrived

SCHEMA = "alliance"
_LOCK = 7_214_010
"""Advisory lock of whoever syncs into a database; any fixed number of our own."""

_BLOCK = 1 << 18
_TYPES: dict[str, LiteralString] = {
    "text": "text",
    "integer": "bigint",
    "decimal": "numeric",
    "boolean": "boolean",
    "instant": "timestamptz",
    "date": "date",
    "texts": "jsonb",
    "json": "jsonb",
}
_PREPARE = (
    "CREATE SCHEMA IF NOT EXISTS alliance; CREATE TABLE IF NOT EXISTS alliance.sync "
    "(one boolean PRIMARY KEY DEFAULT true CHECK (one), state text NOT NULL, "
    "synced_at timestamptz NOT NULL)"
)
_SAVE = (
    "INSERT INTO alliance.sync (state, synced_at) VALUES (%s, now()) ON CONFLICT (one) "
    "DO UPDATE SET state = excluded.state, synced_at = excluded.synced_at"
)


class PostgresTarget:
    """One database."""

    form = "copy"

    def __init__(self, url: str, incoming: Incoming) -> None:
        self.incoming = incoming
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """Connect, and hold the lock of the database, which goes with the connection.

        Raises:
            ComeAgain: another run is under way, or the database can't be reached.
        """
        try:
            connection = psycopg.connect(self._url, autocommit=True, application_name="hub-client")
        except psycopg.OperationalError as error:
            raise ComeAgain(
                f"the database can't be reached, check its address or run again later: {error}"
            ) from error
        with connection:
            if not _one(connection, "SELECT pg_try_advisory_lock(%s)", _LOCK):
                raise busy()
            connection.execute("SET client_encoding = 'UTF8'")
            self._connection = connection
            with _explained():
                yield

    def state(self) -> State | None:
        """Read the state; None before the first sync."""
        if not _one(self._open, "SELECT to_regclass('alliance.sync') IS NOT NULL"):
            return None
        return State.read(_one(self._open, "SELECT state FROM alliance.sync"))

    def replace(self, files: Sequence[Arrived], state: State) -> None:
        """Load all files; what is not in them goes."""
        before = self.state()
        known = {shape.name: shape for shape in before.shapes} if before else {}
        with self._open.transaction():
            self._open.execute(_PREPARE)
            for each in files:
                self._load(each, known.pop(each.shape.name, None))
            for shape in known.values():
                self._run(SQL("DROP TABLE {}"), shape)
            self._open.execute(_SAVE, [state.text()])

    def apply(self, changes: Sequence[Change], state: State) -> None:
        """Apply a page of changes."""
        with self._open.transaction():
            for change in changes:
                self._delete(change.shape, change.gone)
                self._put(change)
            self._open.execute(_SAVE, [state.text()])

    @property
    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            raise AssertionError("a target is used before it is open")
        return self._connection

    def _load(self, arrived: Arrived, known: Shape | None) -> None:
        shape = arrived.shape
        if known is None:
            self._create(shape)
            arrived.check(self._copy(_table(shape), shape, arrived.path))
            self._run(SQL("ALTER TABLE {} ADD PRIMARY KEY (key)"), shape)
            self._run(SQL("ANALYZE {}"), shape)
            return
        self._reshape(known, shape)
        self._run(SQL("CREATE TEMP TABLE fresh (LIKE {}) ON COMMIT DROP"), shape)
        arrived.check(self._copy(Identifier("fresh"), shape, arrived.path))
        self._open.execute("ALTER TABLE fresh ADD PRIMARY KEY (key); ANALYZE fresh")
        self._run(
            SQL("DELETE FROM {} t WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.key = t.key)"),
            shape,
        )
        names = _names(shape)
        differs = SQL("ROW({}) IS DISTINCT FROM ROW({})").format(
            SQL(", ").join(Identifier("t", column.name) for column in shape.columns),
            SQL(", ").join(Identifier("excluded", column.name) for column in shape.columns),
        )
        self._open.execute(
            SQL("INSERT INTO {} AS t ({}) SELECT {} FROM fresh {} WHERE {}").format(
                _table(shape), names, names, _overwrite(shape), differs
            )
        )
        self._open.execute("DROP TABLE fresh")

    def _create(self, shape: Shape) -> None:
        columns = SQL(", ").join(_definition(column.name, column.kind) for column in shape.columns)
        self._open.execute(SQL("CREATE TABLE {} ({})").format(_table(shape), columns))

    def _reshape(self, known: Shape, shape: Shape) -> None:
        """Give a table the columns that the hub's schema has by now."""
        old, new = ({each.name: each.kind for each in one.columns} for one in (known, shape))
        for name in old.keys() - {name for name, kind in new.items() if old.get(name) == kind}:
            self._run(SQL("ALTER TABLE {} DROP COLUMN {}"), shape, Identifier(name))
        for name, kind in new.items():
            if old.get(name) != kind:
                self._run(SQL("ALTER TABLE {} ADD COLUMN {}"), shape, _definition(name, kind))

    def _copy(self, table: Identifier, shape: Shape, path: Path) -> int:
        statement = SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER)").format(table, _names(shape))
        with self._open.cursor() as cursor:
            with cursor.copy(statement) as copy, path.open("rb") as file:
                while block := file.read(_BLOCK):
                    copy.write(block)
            return cursor.rowcount

    def _delete(self, shape: Shape, keys: Sequence[str]) -> None:
        if keys:
            statement = SQL("DELETE FROM {} WHERE key = ANY(%s)").format(_table(shape))
            self._open.execute(statement, [list(keys)])

    def _put(self, change: Change) -> None:
        shape = change.shape
        values = SQL(", ").join(SQL("%s::" + _TYPES[each.kind]) for each in shape.columns)
        statement = SQL(
            "INSERT INTO {} AS t ({}) VALUES ({}) {} WHERE excluded.recorded_at >= t.recorded_at"
        ).format(_table(shape), _names(shape), values, _overwrite(shape))
        with self._open.cursor() as cursor:
            cursor.executemany(
                statement,
                [
                    [as_text(each.kind, each.value(record)) for each in shape.columns]
                    for record in change.records
                ],
            )

    def _run(self, statement: SQL, shape: Shape, *more: Composed | Identifier) -> None:
        self._open.execute(statement.format(_table(shape), *more))


def _table(shape: Shape) -> Identifier:
    return Identifier(SCHEMA, shape.table)


def _names(shape: Shape) -> Composed:
    return SQL(", ").join(Identifier(column.name) for column in shape.columns)


def _definition(name: str, kind: str) -> Composed:
    return SQL("{} " + _TYPES[kind]).format(Identifier(name))


def _overwrite(shape: Shape) -> Composed:
    names = [column.name for column in shape.columns if column.name != "key"]
    sets = (SQL("{0} = excluded.{0}").format(Identifier(name)) for name in names)
    return SQL("ON CONFLICT (key) DO UPDATE SET {}").format(SQL(", ").join(sets))


def _one(connection: psycopg.Connection[Any], sql: LiteralString, *values: object) -> Any:
    row = connection.execute(sql, values).fetchone()
    return row[0] if row else None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise ComeAgain(f"the database broke off, run again later: {error}") from error
    except psycopg.Error as error:
        raise Misconfigured(f"the database refuses, ask who keeps it: {error}") from error
