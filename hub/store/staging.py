"""Frames into PostgreSQL's tables: records written out as its CSV and copied in, slice by slice.

Which records are staged, and what becomes of them, is `merge.py`'s matter. Whatever is staged is
gone with the transaction.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping

import polars as pl
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

from federation.harmonize.run import Batch
from federation.records.declaration import PartialDate
from federation.records.registry import RecordType

_QUOTE = "\x01"
"""Quote of the staged CSV: JSON is full of the usual one, and each would have to be doubled."""

_SLICE_ROWS = 20_000


async def stage(
    connection: AsyncConnection,
    table: Identifier,
    batch: Batch,
    names: Collection[str] | None = None,
) -> None:
    """Make a temporary table of a batch, or of its columns `names`, in the record table's types."""
    columns = {
        name: expression
        for name, expression in stage_columns(batch.mapping.record_type)
        if names is None or name in names
    }
    listed = SQL(", ").join(map(Identifier, columns))
    await connection.execute(
        SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            table, listed, Identifier(batch.mapping.record_type.table)
        )
    )
    await copy_in(connection, table, batch.frame, columns)


async def copy_in(
    connection: AsyncConnection,
    table: Identifier,
    frame: pl.DataFrame,
    columns: Mapping[str, pl.Expr],
) -> None:
    """Copy a frame into a table, the next slice being written out while one is sent."""
    # In PostgreSQL's CSV nothing at all is null and `""` is an empty text; so polars writes.
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT csv, QUOTE {})").format(
        table, SQL(", ").join(map(Identifier, columns)), Literal(_QUOTE)
    )
    parts = _csv(frame, columns)
    following = asyncio.ensure_future(asyncio.to_thread(next, parts, b""))
    try:
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            while part := await following:
                following = asyncio.ensure_future(asyncio.to_thread(next, parts, b""))
                await copy.write(part)
    finally:
        following.cancel()


def stage_columns(record_type: RecordType) -> Iterator[tuple[str, pl.Expr]]:
    """Name the staged columns, each with its text in PostgreSQL's CSV form."""
    yield "key", pl.col("key")
    yield "national_id", pl.col("national_id")
    yield "native_row", pl.col("native_row").cast(pl.String)
    yield "native", pl.col("native").struct.json_encode()
    yield "content_digest", pl.format("\\x{}", pl.col("content_digest"))
    for facts in record_type.content_fields:
        column = pl.col(facts.name)
        if facts.is_list:
            yield facts.name, _array(column)
        elif facts.python_type is PartialDate:
            yield facts.name, pl.when(column.is_not_null()).then(column.struct.json_encode())
        else:
            yield facts.name, column.cast(pl.String)


def _csv(frame: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> Iterator[bytes]:
    for part in frame.iter_slices(_SLICE_ROWS):
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
