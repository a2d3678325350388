"""DuckDB: a table for each record type in one file, in a schema of their own.

The file is open only while it is read or written: in between others may read it. Rows, tombstones
and the cursor are one transaction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from hub_client.cells import lines_of
from hub_client.durable import locked
from hub_client.errors import ComeAgain, Misconfigured
from hub_client.feed import Change
from hub_client.incoming import Incoming
from hub_client.shapes import Shape
from hub_client.state import State
from hub_client.targets.target import Arrived

_PLACES = 9
_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": f"DECIMAL(38, {_PLACES})",
    "boolean": "BOOLEAN",
    "instant": "TIMESTAMPTZ",
    "date": "DATE",
    "texts": "JSON",
    "json": "JSON",
}
_LONGEST_LINE = 64 * 1024 * 1024
_PREPARE = (
    "CREATE SCHEMA IF NOT EXISTS alliance; "
    "CREATE TABLE IF NOT EXISTS alliance.sync (state VARCHAR, synced_at TIMESTAMPTZ)"
)


class DuckTarget:
    """One file."""

    form = "copy"

    def __init__(self, file: Path) -> None:
        if file.name.lower().split(".")[0] == "alliance":  # DuckDB's name of the file
            raise Misconfigured(
                f"DuckDB can't tell the file `{file.name}` from the schema `alliance` in it: "
                "give the file another name, such as `shortages.duckdb`"
            )
        self.incoming = Incoming(file.with_name(f"{file.name}.incoming"))
        self._file = file

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the lock beside the file."""
        with locked(self._file.with_name(f"{self._file.name}.lock")):
            yield

    def state(self) -> State | None:
        """Read the state; None before the first sync."""
        if not self._file.exists():
            return None
        with self._transaction() as database:
            database.execute(_PREPARE)
            found = database.execute("SELECT state FROM alliance.sync").fetchone()
            return State.read(found[0] if found else None)

    def replace(self, files: Sequence[Arrived], state: State) -> None:
        """Load all files; what is not in them goes."""
        before = self.state()
        with self._transaction() as database:
            database.execute(_PREPARE)
            for each in files:
                rows = f"SELECT {_columns(each.shape)} FROM {_source(each.shape, each.path)}"  # noqa: S608 - quoted names
                database.execute(f"CREATE OR REPLACE TABLE {_table(each.shape)} AS {rows}")
                each.check(_count(database, each.shape))
            for shape in _dropped(before, state):
                database.execute(f"DROP TABLE {_table(shape)}")
            _save(database, state)

    def apply(self, changes: Sequence[Change], state: State) -> None:
        """Apply a page of changes."""
        with self._transaction() as database:
            for change in changes:
                table = _table(change.shape)
                gone = "key IN (SELECT unnest(?::VARCHAR[]))"
                database.execute(f"DELETE FROM {table} WHERE {gone}", [list(change.gone)])  # noqa: S608 - likewise
                if change.records:
                    self._put(database, change)
            _save(database, state)

    def _put(self, database: duckdb.DuckDBPyConnection, change: Change) -> None:
        shape, table = change.shape, _table(change.shape)
        self.incoming.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = self.incoming.file(f"{shape.name}.changed")
        lines.write_text(lines_of(shape, change.records), "utf-8")
        database.execute(
            f"CREATE OR REPLACE TEMP TABLE fresh AS "  # noqa: S608 - likewise
            f"SELECT {_columns(shape)} FROM {_source(shape, lines)}"
        )
        lines.unlink()
        database.execute(
            f"DELETE FROM {table} t USING fresh f "  # noqa: S608 - likewise
            "WHERE t.key = f.key AND f.recorded_at >= t.recorded_at"
        )
        database.execute(
            f"INSERT INTO {table} SELECT * FROM fresh f "  # noqa: S608 - likewise
            f"WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.key = f.key)"
        )

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with duckdb.connect(str(self._file)) as database:
                # Where it takes Python for a console, it would draw a bar into the output.
                database.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
                database.begin()
                yield database
                database.commit()
        except duckdb.IOException as error:
            raise ComeAgain(
                f"`{self._file}` can't be opened now: let other programs close it: {error}"
            ) from error
        except duckdb.Error as error:
            raise Misconfigured(
                f"DuckDB refuses `{self._file}`, name another file: {error}"
            ) from error


def _save(database: duckdb.DuckDBPyConnection, state: State) -> None:
    database.execute("DELETE FROM alliance.sync")
    database.execute("INSERT INTO alliance.sync VALUES (?, now())", [state.text()])


def _count(database: duckdb.DuckDBPyConnection, shape: Shape) -> int:
    found = database.execute(f"SELECT count(*) FROM {_table(shape)}").fetchone()  # noqa: S608 - likewise
    return int(found[0]) if found else 0


def _dropped(before: State | None, state: State) -> list[Shape]:
    kept = {shape.name for shape in state.shapes}
    return [shape for shape in before.shapes if shape.name not in kept] if before else []


def _table(shape: Shape) -> str:
    return f'alliance."{shape.table}"'


def _source(shape: Shape, path: Path) -> str:
    """Read a file of the format `copy`."""
    types = ", ".join(f"'{each.name}': '{_read_as(each.kind)}'" for each in shape.columns)
    name = str(path).replace("'", "''")
    return (
        f"read_csv('{name}', header = true, auto_detect = false, delim = ',', quote = '\"', "
        f"escape = '\"', nullstr = '', allow_quoted_nulls = false, new_line = '\\n', "
        f"max_line_size = {_LONGEST_LINE}, columns = {{{types}}})"
    )


def _read_as(kind: str) -> str:
    return "VARCHAR" if kind == "decimal" else _TYPES[kind]


def _columns(shape: Shape) -> str:
    return ", ".join(
        _exact(each.name) if each.kind == "decimal" else f'"{each.name}"' for each in shape.columns
    )


def _exact(name: str) -> str:
    """Read a number, or fail: DuckDB would round one of more places than a column has."""
    too_long = f"regexp_matches(\"{name}\", '\\.\\d{{{_PLACES}}}\\d*[1-9]')"
    refusal = f"error('`{name}` has a number of more than {_PLACES} places: sync into PostgreSQL')"
    return f'CASE WHEN {too_long} THEN {refusal} ELSE "{name}" END::{_TYPES["decimal"]} AS "{name}"'
