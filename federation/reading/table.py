"""One table of a document by its layout, whatever file an agency made of it.

A workbook or text, in any of the encodings and with any of the usual separators, quoted or not:
that is right by which the layout's header is found. Where a table has no header, its width and
the shapes of its values take the header's place. Start at `read_table`.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

import polars as pl

from federation.errors import SourceChanged, SourceFault
from federation.reading.layout import Layout
from federation.reading.mojibake import refuse_mojibake
from federation.reading.native import Document, NativeTable, RejectedRow, number
from federation.reading.text import decode_lines, decodings, refuse_html
from federation.reading.workbook import is_workbook, sheets

HEADER_ROWS = 40
"""Rows in which a header is looked for."""

SEPARATORS = (",", ";", "\t", "|")

MAX_CELL_CHARS = 1_000_000
"""Longest single cell of text, in characters; a longer one is an unclosed quote."""

MIN_WIDTH_SHARE = 0.9
"""Least share of the rows that must have the columns of a table without a header."""

Line = Sequence[str]


@dataclass(frozen=True, slots=True)
class _Grid:
    """One way to read a document as rows of cells; `separator` joins the text of a broken row."""

    lines: Callable[[], Iterator[Line]]
    separator: str = "\t"


def read_table(
    document: Document,
    layout: Layout,
    *,
    stated_at: datetime | None = None,
    blanks: Sequence[str] = (),
) -> NativeTable:
    """Read the table that has the layout's columns, named as the layout names them.

    Rows without any text are no rows; one with more or fewer cells than the header is rejected as
    `MALFORMED_ROW` with its text. `blanks` are the source's own words for nothing, such as `-`.
    A column without a header is left out where it is blank throughout.

    Raises:
        SourceFault: not such a file, or it breaks off.
        SourceChanged: no table in it has the columns, or their values are not theirs.
    """
    refuse_html(document.content, document.name)
    try:
        header, lines, separator = _found(document, layout)
    except csv.Error as error:
        raise SourceFault(f"`{document.name}` breaks off or is badly quoted: {error}") from error
    if not layout.is_quoted:
        _require_whole(header, lines, document.name)
    rows, rejected = _rows(header, lines, separator, blanks)
    layout.check(rows, document.name)
    absent = [name for name in layout.optional if name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    return NativeTable(rows, rejected, stated_at or document.stated_at)


def first_lines(document: Document, layout: Layout, rows: int = HEADER_ROWS) -> list[Line]:
    """Give the cells of the first rows, where sources put their date stamp.

    Raises:
        SourceFault: not such a file.
    """
    closest = min(
        _grids(document, layout),
        key=lambda grid: len(layout.lacking(_header(grid, layout)[1])),
    )
    top: list[Line] = []
    with suppress(csv.Error):
        top.extend(islice(closest.lines(), rows))
    return top


def _found(document: Document, layout: Layout) -> tuple[list[str], list[Line], str]:
    """Give the header, the rows below it and their separator, by the first grid that has both."""
    closest: list[str] = []
    for grid in _grids(document, layout):
        at, header = _header(grid, layout)
        if not layout.lacking(header):
            layout.require(header, document.name)
            below = at + layout.has_header  # a header that the source does not write stays a row
            return header, list(islice(grid.lines(), below, None)), grid.separator
        closest = min(closest, header, key=lambda found: len(layout.lacking(found)))
    if not layout.has_header:
        return _placed(document, layout)
    top = [cell for line in first_lines(document, layout) for cell in line]
    refuse_mojibake(pl.Series(top, dtype=pl.String), document.name)
    layout.require(closest, document.name)
    raise SourceChanged(f"`{document.name}` holds no table")


def _header(grid: _Grid, layout: Layout) -> tuple[int, list[str]]:
    """Give the first row that holds the needed columns, or else the one that lacks fewest."""
    closest: tuple[int, list[str]] = (0, [])
    with suppress(csv.Error):  # cut by a separator or quotes that are not its own
        for at, line in enumerate(islice(grid.lines(), HEADER_ROWS)):
            header = [layout.column(cell) for cell in line]
            if len(layout.lacking(header)) < len(layout.lacking(closest[1])):
                closest = at, header
    return closest


def _placed(document: Document, layout: Layout) -> tuple[list[str], list[Line], str]:
    """Name the columns of a table without a header by their places."""
    header = list(layout.columns)
    is_any = False
    for grid in _grids(document, layout):
        lines = [line for line in grid.lines() if any(cell.strip() for cell in line)]
        is_any = is_any or bool(lines)
        fitting = sum(len(line) == len(header) for line in lines)
        if lines and fitting >= MIN_WIDTH_SHARE * len(lines):
            return header, lines, grid.separator
    if not is_any:
        raise SourceFault(f"`{document.name}` holds no rows: ask the member whether its export ran")
    raise SourceChanged(
        f"the rows of `{document.name}` have not the {len(header)} columns of the register: "
        "one was added or dropped"
    )


def _require_whole(header: Sequence[str], lines: Sequence[Line], name: str) -> None:
    """Refuse a last row that is shorter than others: a download that broke off."""
    widths = [len(line) for line in lines if any(cell.strip() for cell in line)]
    if len(header) in widths and widths[-1] < len(header):
        raise SourceFault(f"`{name}` breaks off inside its last row: pull again")


def _grids(document: Document, layout: Layout) -> Iterator[_Grid]:
    """List the ways to read a document, the layout's own first."""
    if is_workbook(document):
        width = 0 if layout.has_header else len(layout.columns)
        for lines in sheets(document, width):
            yield _Grid(partial(iter, lines))
        return
    native = (layout.separator, layout.is_quoted)
    usual = [(separator, quoted) for quoted in (True, False) for separator in SEPARATORS]
    for text in _texts(document, layout):
        for separator, is_quoted in dict.fromkeys([native, *usual]):
            if is_quoted or not _is_rather_quoted(text, separator):
                cut = _quoted if is_quoted else _unquoted
                yield _Grid(partial(cut, text, separator), separator)


def _texts(document: Document, layout: Layout) -> Iterator[str]:
    if layout.is_quoted:
        yield from decodings(document.content, layout.encodings, document.name)
    else:
        lines = decode_lines(document.content, layout.encodings, document.name)
        yield "\n".join(lines)


def _quoted(text: str, separator: str) -> Iterator[Line]:
    csv.field_size_limit(MAX_CELL_CHARS)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _unquoted(text: str, separator: str) -> Iterator[Line]:
    return (line.split(separator) for line in text.split("\n"))


def _is_rather_quoted(text: str, separator: str) -> bool:
    """Whether quotes stand as a writer of quoted text sets them, and not as text of the source's.

    Such a writer wraps a cell that holds a quote, which it doubles, or the separator, or a line
    break; or it wraps every cell.
    """
    starts = ('\n"', '\r"', f'{separator}"')
    if not text.startswith('"') and not any(start in text for start in starts):
        return False  # no cell is wrapped; parsing a long file only to see that takes its time
    try:
        cells = [cell for line in _quoted(text, separator) for cell in line]
    except csv.Error:
        return False
    wrapped = [cell for cell in cells if any(sign in cell for sign in ('"', separator, "\n"))]
    inner = sum(cell.count('"') for cell in cells)
    is_minimal = text.count('"') == 2 * len(wrapped) + 2 * inner
    return is_minimal or text.count('"') == 2 * len(cells) + 2 * inner


def _rows(
    header: list[str], lines: Sequence[Line], separator: str, blanks: Sequence[str]
) -> tuple[pl.DataFrame, tuple[RejectedRow, ...]]:
    names = [name or f"column {at}" for at, name in enumerate(header, 1)]
    kept: list[Line] = []
    numbers: list[int] = []
    rejected: list[RejectedRow] = []
    stated = (line for line in lines if any(cell.strip() for cell in line))
    for row, line in enumerate(stated, 1):
        if len(line) == len(names):
            kept.append(line)
            numbers.append(row)
        else:
            rejected.append(RejectedRow(row, "MALFORMED_ROW", separator.join(line)))
    rows = pl.DataFrame(kept, schema=dict.fromkeys(names, pl.String), orient="row")
    rows = number(rows, numbers, blanks)
    unnamed = [name for name, own in zip(names, header, strict=True) if not own]
    return rows.drop(name for name in unnamed if not rows[name].count()), tuple(rejected)
