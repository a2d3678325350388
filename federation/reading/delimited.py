"""CSV and tab-separated text to native rows."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import Document, NativeTable, RejectedRow, number
from federation.reading.text import decode, decode_lines, refuse_html

MAX_CELL_CHARS = 1_000_000
"""Longest single cell, in characters; a longer one is an unclosed quote."""


def read_csv(
    document: Document,
    *,
    encodings: Sequence[str] = ("utf-8",),
    header_has: Sequence[str],
    separator: str = ",",
    stated_at: datetime | None = None,
    blanks: Sequence[str] = (),
) -> NativeTable:
    """Read quoted CSV whose header is the first row that holds all of `header_has`.

    Header texts are compared and kept without surrounding blanks. `blanks` are the source's own
    words for nothing, such as `-`. A row with more or fewer cells
    than the header is rejected as `MALFORMED_ROW` with its text; rows with no text at all are no
    rows.

    Raises:
        SourceFault: not such a file at all.
        SourceChanged: no row holds the expected header.
    """
    refuse_html(document.content, document.name)
    text = decode(document.content, encodings, document.name)
    csv.field_size_limit(MAX_CELL_CHARS)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise SourceFault(f"`{document.name}` breaks off or is badly quoted: {error}") from error
    at, header = find_header(lines, header_has, document.name)
    rows, rejected = _rows(header, lines[at + 1 :], separator, blanks)
    return NativeTable(rows, rejected, stated_at or document.stated_at)


def read_unquoted(
    document: Document,
    *,
    columns: Sequence[str] | None,
    encodings: Sequence[str],
    separator: str = "\t",
) -> NativeTable:
    """Read separated text without quoting, as the French and US registers are written.

    Args:
        document: the fetched file.
        columns: names by position where the file has no header; None where row 1 is the header.
        encodings: tried line by line.
        separator: between cells.

    Raises:
        SourceFault: not such a file, or it breaks off inside its last row.
    """
    refuse_html(document.content, document.name)
    lines = [
        line.split(separator) for line in decode_lines(document.content, encodings, document.name)
    ]
    while lines and not any(cell.strip() for cell in lines[-1]):
        lines.pop()
    if not lines:
        raise SourceFault(f"`{document.name}` holds no rows")
    header = list(columns) if columns else [cell.strip() for cell in lines.pop(0)]
    is_whole = [len(line) == len(header) for line in lines]
    if any(is_whole) and len(lines[-1]) < len(header):
        raise SourceFault(f"`{document.name}` breaks off inside its last row: pull again")
    rows, rejected = _rows(header, lines, separator, ())
    return NativeTable(rows, rejected, document.stated_at)


def find_header(
    lines: Sequence[Sequence[object]], header_has: Sequence[str], name: str
) -> tuple[int, list[str]]:
    """Find the row that holds every text of `header_has`, in the first 40 rows.

    Raises:
        SourceChanged: no row does; the message names the texts that the closest row lacks.
    """
    wanted = set(header_has)
    closest: set[str] = set()
    for index, line in enumerate(lines[:40]):
        cells = [str(cell).strip() if cell is not None else "" for cell in line]
        found = wanted & set(cells)
        if found == wanted:
            return index, cells
        closest = max(closest, found, key=len)
    missing = ", ".join(f"`{column}`" for column in header_has if column not in closest)
    raise SourceChanged(f"`{name}` has no header row with {missing}: its layout has changed")


def _rows(
    header: list[str], lines: list[list[str]], separator: str, blanks: Sequence[str]
) -> tuple[pl.DataFrame, tuple[RejectedRow, ...]]:
    if len(set(header)) != len(header):
        raise SourceChanged(f"the header names a column twice: {header}")
    kept: list[list[str]] = []
    numbers: list[int] = []
    rejected: list[RejectedRow] = []
    stated = (line for line in lines if any(cell.strip() for cell in line))
    for row, line in enumerate(stated, 1):
        if len(line) == len(header):
            kept.append(line)
            numbers.append(row)
        else:
            rejected.append(RejectedRow(row, "MALFORMED_ROW", separator.join(line)))
    rows = pl.DataFrame(kept, schema=dict.fromkeys(header, pl.String), orient="row")
    return number(rows, numbers, blanks), tuple(rejected)
