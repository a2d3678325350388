"""`python -m bench.copying [ROWS]`: what one new product costs PostgreSQL.

The rows of `bench.ingest`'s register are published once, and then copied over and over into tables
like theirs: with all indexes and checks, without, with each index alone, and as bare lines of text.
Processor time is that of the one process which takes a COPY, in microseconds a row.
"""

import asyncio
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import psutil
import psycopg
from psycopg.sql import SQL, Identifier
from rich.console import Console
from rich.table import Table

from bench import french_products
from bench.ingest import ADDRESS, FEED, published, serving
from hub.opening import open_database
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.store.embedded import embedded_postgres

ROWS = 150_000
ROUNDS = 3
BLOCK = 1 << 20
PLAIN = "INCLUDING DEFAULTS INCLUDING IDENTITY"
FORMS = {
    "all": f"{PLAIN} INCLUDING CONSTRAINTS INCLUDING INDEXES",
    "without checks": f"{PLAIN} INCLUDING INDEXES",
    "without indexes": f"{PLAIN} INCLUDING CONSTRAINTS",
    "without either": PLAIN,
}
Rows = dict[str, float]


def run(rows: int = ROWS) -> Rows:
    """Print the table and give its medians."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        state, file = Path(name), Path(name) / "CIS_bdpm.txt"
        french_products.write(file, rows)
        with embedded_postgres(state) as url:
            with serving(file):
                asyncio.run(_publish(state, url))
            with psycopg.connect(url, autocommit=True) as connection:
                found = _copies(connection, rows)
    figures = {form: statistics.median(each) for form, each in found.items()}
    show(figures, rows)
    return figures


async def _publish(state: Path, url: str) -> None:
    settings = Settings(
        state_dir=state,
        database_url=url,
        allow_loopback_sources=True,
        source_base_urls={FEED: ADDRESS},
    )
    async with (
        open_database(settings) as opened,
        writing_pool(opened) as pool,
        open_pulls(settings, pool) as tools,
    ):
        await published(tools)


def _copies(connection: psycopg.Connection, rows: int) -> dict[str, list[float]]:
    """Copy the products into each form in turn, round by round."""
    listed = SQL(", ").join(_filled(connection))
    lines = _read(connection, SQL("COPY product ({}) TO STDOUT").format(listed))
    bare = lines.replace(b"\t", b" ")
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'product'"
    ).fetchall()
    found = defaultdict(list)
    for _ in range(ROUNDS):
        for form, like in FORMS.items():
            _make(connection, f"LIKE product {like}")
            found[form].append(_copy(connection, lines, listed) / rows)
        for name, definition in indexes:
            _make(connection, f"LIKE product {PLAIN}")
            connection.execute(
                definition.replace(name, f"copied_{name}").replace("public.product ", "copied ")
            )
            found[f"of indexes, {name} alone"].append(_copy(connection, lines, listed) / rows)
        _make(connection, "line text")
        found["as lines of text"].append(_copy(connection, bare, SQL("line")) / rows)
    return found


def _filled(connection: psycopg.Connection) -> list[Identifier]:
    """Name the columns that a product has a value in; its number is drawn anew."""
    names = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'product'::regclass "
        "AND attnum > 0 AND attname <> 'version_id' ORDER BY attnum"
    ).fetchall()
    is_filled = SQL("SELECT EXISTS (SELECT FROM product WHERE {} IS NOT NULL)")
    columns = [Identifier(name) for (name,) in names]
    return [
        each for each in columns if connection.execute(is_filled.format(each)).fetchone() == (True,)
    ]


def _read(connection: psycopg.Connection, statement) -> bytes:
    with connection.cursor().copy(statement) as copy:
        return b"".join(bytes(part) for part in copy)


def _make(connection: psycopg.Connection, columns: str) -> None:
    connection.execute("DROP TABLE IF EXISTS copied")
    connection.execute(f"CREATE TABLE copied ({columns})")


def _copy(connection: psycopg.Connection, lines: bytes, columns) -> float:
    """Copy, and give the microseconds of processor time that PostgreSQL took."""
    backend = psutil.Process(connection.info.backend_pid)
    before = backend.cpu_times()
    with connection.cursor().copy(SQL("COPY copied ({}) FROM STDIN").format(columns)) as copy:
        for start in range(0, len(lines), BLOCK):
            copy.write(lines[start : start + BLOCK])
    after = backend.cpu_times()
    return (after.user + after.system - before.user - before.system) * 1e6


def show(figures: Rows, rows: int) -> None:
    table = Table("", "µs of PostgreSQL's CPU a row", title=f"COPY of {rows:,} products")
    for form, microseconds in figures.items():
        table.add_row(form, f"{microseconds:.1f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
