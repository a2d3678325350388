"""Parquet, typed: numbers, dates and instants are what they are, and texts byte for byte.

What a column's kind is, the gateway says (`hub/gateway/export/columns.py`). polars writes the file
group by group, so that a long list is never whole in memory.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from hub.exports.formats.cells import text_of
from hub.exports.formats.sheet import Batches, Sheet, does_not_fit
from hub.gateway.export.columns import Column, Kind, Row

ROW_GROUP = 20_000
"""Rows of a group: what is held in memory while writing."""

DECIMAL_DIGITS, DECIMAL_PLACES = 38, 9
"""Of all digits, and of those after the point; a number with more is refused, never rounded."""

_DECIMAL = pl.Decimal(DECIMAL_DIGITS, DECIMAL_PLACES)
_WHOLE_DIGITS = DECIMAL_DIGITS - DECIMAL_PLACES
_FITTING = re.compile(rf"-?0*\d{{1,{_WHOLE_DIGITS}}}(?:\.\d{{0,{DECIMAL_PLACES}}}0*)?")
_TYPES: dict[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.DECIMAL: _DECIMAL,
    Kind.BOOLEAN: pl.Boolean(),
    Kind.INSTANT: pl.Datetime("ms", "UTC"),
    Kind.DATE: pl.Date(),
    Kind.TEXTS: pl.List(pl.String()),
    Kind.JSON: pl.String(),
}


def write_parquet(path: Path, sheet: Sheet, batches: Batches) -> None:
    """Write rows as Parquet in groups of `ROW_GROUP`.

    Raises:
        InvalidInput: a number has more digits than a column can hold.
    """
    schema = {column.name: _TYPES[column.kind] for column in sheet.columns}

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        for rows in batches:
            yield pl.DataFrame([_series(column, rows) for column in sheet.columns])

    register_io_source(frames, schema=schema).sink_parquet(
        path, row_group_size=ROW_GROUP, engine="streaming"
    )


def _series(column: Column, rows: list[Row]) -> pl.Series:
    values = [column.value(row) for row in rows]
    if convert := _converter(column):
        values = [None if value is None else convert(value) for value in values]
    return pl.Series(column.name, values, _TYPES[column.kind])


def _converter(column: Column) -> Any:
    return {
        Kind.DECIMAL: partial(_decimal, column),
        Kind.INSTANT: datetime.fromisoformat,
        Kind.DATE: date.fromisoformat,
        Kind.JSON: partial(text_of, Kind.JSON),
    }.get(column.kind)


def _decimal(column: Column, text: str) -> Decimal:
    if not _FITTING.fullmatch(text):
        raise does_not_fit(
            column,
            f"has more than {_WHOLE_DIGITS} digits before the point or {DECIMAL_PLACES} after it, "
            "which Parquet's numbers do not hold: export as NDJSON or CSV",
        )
    return Decimal(text)
