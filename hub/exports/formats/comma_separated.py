"""CSV that is safe to open in a spreadsheet.

Every text stands in quotes, and one that a spreadsheet might run gets an apostrophe before it;
whoever reads the file takes one leading apostrophe off. Numbers, dates and yes or no stand bare. A
null is nothing at all, an empty text a pair of quotes.
Source: RFC 4180.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.exports.formats.cells import TEXT_KINDS, is_risky, text_of
from hub.exports.formats.sheet import Batches, Sheet
from hub.gateway.export_columns import Column, Kind, Row

GUARD = "'"
_LINE_END = "\r\n"


def write_csv(path: Path, sheet: Sheet, batches: Batches) -> None:
    """Write rows as lines of comma-separated cells, in UTF-8, under a line of names."""
    cells = [_cell(column) for column in sheet.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(quoted(column.name) for column in sheet.columns) + _LINE_END)
        for rows in batches:
            file.writelines(",".join([cell(row) for cell in cells]) + _LINE_END for row in rows)


def quoted(text: str) -> str:
    """Write a text as a cell."""
    guard = GUARD if is_risky(text) else ""
    return f'"{guard}{text.replace(chr(34), chr(34) * 2)}"'


def _cell(column: Column) -> Callable[[Row], str]:
    write = _writer(column.kind)

    def cell(row: Row) -> str:
        value = column.value(row)
        return "" if value is None else write(value)

    return cell


def _writer(kind: Kind) -> Callable[[Any], str]:
    if kind in TEXT_KINDS:
        return lambda value: quoted(text_of(kind, value))
    if kind is Kind.BOOLEAN:
        return lambda value: "true" if value else "false"
    return str
