"""CSV: safe to open in a spreadsheet, or for programs alone.

Every text stands in quotes, and one that a spreadsheet might run gets an apostrophe before it;
whoever reads the file takes one leading apostrophe off. Numbers, dates and yes or no stand bare. A
null is nothing at all, an empty text a pair of quotes. For programs (`copy`) no text is changed,
and lines end as PostgreSQL's `COPY` has them.
Source: RFC 4180.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hub.exports.formats.cells import TEXT_KINDS, is_risky, text_of
from hub.exports.formats.sheet import Batches, Sheet
from hub.gateway.export.columns import Column, Kind, Row

GUARD = "'"

_Quote = Callable[[str], str]


def write_csv(path: Path, sheet: Sheet, batches: Batches) -> None:
    """Write rows as lines of comma-separated cells, in UTF-8, under a line of names."""
    _write(path, sheet, batches, guarded, "\r\n")


def write_copy(path: Path, sheet: Sheet, batches: Batches) -> None:
    """Write the same as it is, for `COPY … (FORMAT csv, HEADER)`."""
    _write(path, sheet, batches, quoted, "\n")


def join_copy(path: Path, sheet: Sheet, pages: Iterator[bytes]) -> None:
    """Write lines of records, in which each backslash stands twice, under a line of names."""
    with path.open("wb") as file:
        file.write((",".join(quoted(column.name) for column in sheet.columns) + "\n").encode())
        file.writelines(page.replace(b"\\\\", b"\\") for page in pages)


def _write(path: Path, sheet: Sheet, batches: Batches, quote: _Quote, line_end: str) -> None:
    cells = [_cell(column, quote) for column in sheet.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(quote(column.name) for column in sheet.columns) + line_end)
        for rows in batches:
            file.writelines(",".join([cell(row) for cell in cells]) + line_end for row in rows)


def guarded(text: str) -> str:
    """Write a text as a cell that no spreadsheet runs."""
    return quoted(GUARD + text if is_risky(text) else text)


def quoted(text: str) -> str:
    """Write a text as a cell."""
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


def _cell(column: Column, quote: _Quote) -> Callable[[Row], str]:
    write = _writer(column.kind, quote)

    def cell(row: Row) -> str:
        value = column.value(row)
        return "" if value is None else write(value)

    return cell


def _writer(kind: Kind, quote: _Quote) -> Callable[[Any], str]:
    if kind in TEXT_KINDS:
        return lambda value: quote(text_of(kind, value))
    if kind is Kind.BOOLEAN:
        return lambda value: "true" if value else "false"
    return str
