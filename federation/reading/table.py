"""One table of a document by its layout, whatever file an agency made of it.

A workbook or text, in any of the encodings and with any of the usual separators, quoted or not:
that is right by which the layout's header is found. Where a table has no header, its width and
the shapes of its values take the header's place. Start at `read_table`.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import StringIO
from itertools import chain, islice, tee

import polars as pl

from federation.errors import SourceChanged, SourceFault
from federation.reading.cut_lines import CutLines
from federation.reading.layout import Layout
from federation.reading.mojibake import refuse_mojibake
from federation.reading.native import Document, NativeTable, RejectedRow, number
from federation.reading.text import decode_by_line, decodings, refuse_html
from federation.reading.workbook import is_workbook, sheets

HEADER_ROWS = 40
"""Rows in which a header is looked for."""

SEPARATORS = (",", ";", "\t", "|")

MAX_CELL_CHARS = 1_000_000
"""Longest single cell of text, in characters; a longer one is an unclosed quote."""

MAX_LINE_BYTES = 8 * 1024 * 1024
"""Longest line of text."""

MAX_LINES = 5_000_000
"""Most lines of a text."""

MAX_COLUMNS = 2_000
"""Most cells of a row in which a header is looked for."""

MIN_WIDTH_SHARE = 0.9
"""Least share of the rows that must have the columns of a table without a header."""

Line = Sequence[str]

_BLOCK_CHARS = 1024 * 1024
"""How much text is parted into lines at once: it takes four bytes a character."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """One way to read a document as rows of cells; `separator` joins the text of a broken row.

    `text` is what it cuts at each separator and line end, without regard to quotes.
    """

    lines: Callable[[], Iterator[Line]]
    separator: str = "\t"
    text: str | None = None

    def below(self, at: int) -> "Sequence[Line] | CutLines":
        """Give the rows from the given one on."""
        if self.text is None:
            return list(islice(self.lines(), at, None))
        return CutLines.of(self.text, self.separator, at)


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
        raise SourceFault(
            f"`{document.name}` breaks off or is badly quoted, {error}: pull again"
        ) from error
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


def _found(document: Document, layout: Layout) -> tuple[list[str], Sequence[Line] | CutLines, str]:
    """Give the header, the rows below it and their separator, by the first grid that has both."""
    closest: list[str] = []
    grids, again = tee(_grids(document, layout))
    for grid in grids:
        at, header = _header(grid, layout)
        if not layout.lacking(header):
            layout.require(header, document.name)
            below = at + layout.has_header  # a header that the source does not write stays a row
            return header, grid.below(below), grid.separator
        closest = min(closest, header, key=lambda found: len(layout.lacking(found)))
    if not layout.has_header:
        return _placed(document, layout, again)
    top = [cell for line in first_lines(document, layout) for cell in line]
    refuse_mojibake(pl.Series(top, dtype=pl.String), document.name)
    layout.require(closest, document.name)
    raise SourceChanged(
        f"`{document.name}` holds no table: ask the member for the list it publishes"
    )


def _header(grid: _Grid, layout: Layout) -> tuple[int, list[str]]:
    """Give the first row that holds the needed columns, or else the one that lacks fewest."""
    closest: tuple[int, list[str]] = (0, [])
    with suppress(csv.Error):  # cut by a separator or quotes that are not its own
        for at, line in enumerate(islice(grid.lines(), HEADER_ROWS)):
            if len(line) > MAX_COLUMNS:
                raise SourceFault(
                    f"a row has {len(line)} cells, over {MAX_COLUMNS}: ask the member whether its "
                    "export is whole"
                )
            header = [layout.column(cell) for cell in line]
            if len(layout.lacking(header)) < len(layout.lacking(closest[1])):
                closest = at, header
    return closest


def _placed(
    document: Document, layout: Layout, grids: Iterable[_Grid]
) -> tuple[list[str], Sequence[Line] | CutLines, str]:
    """Name the columns of a table without a header by their places."""
    header = list(layout.columns)
    is_any = False
    for grid in grids:
        lines = grid.below(0)
        widths = _widths(lines)
        is_any = is_any or bool(widths.len())
        fitting = (widths == len(header)).sum()
        if widths.len() and fitting >= MIN_WIDTH_SHARE * widths.len():
            return header, lines, grid.separator
    if not is_any:
        raise SourceFault(f"`{document.name}` holds no rows: ask the member whether its export ran")
    raise SourceChanged(
        f"the rows of `{document.name}` have not the {len(header)} columns of the register: "
        "ask its publisher which was added or dropped"
    )


def _widths(lines: Sequence[Line] | CutLines) -> pl.Series:
    """Count the cells of each row that states anything."""
    if isinstance(lines, CutLines):
        return lines.widths
    stated = (len(line) for line in lines if any(cell.strip() for cell in line))
    return pl.Series(stated, dtype=pl.UInt32)


def _require_whole(header: Sequence[str], lines: Sequence[Line] | CutLines, name: str) -> None:
    """Refuse a last row that is shorter than others: a download that broke off."""
    widths = _widths(lines)
    if (widths == len(header)).any() and widths[-1] < len(header):
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
                plain = None if is_quoted else text
                yield _Grid(partial(cut, text, separator), separator, plain)


def _texts(document: Document, layout: Layout) -> Iterator[str]:
    _refuse_endless(document)
    if layout.is_quoted:
        yield from decodings(document.content, layout.encodings, document.name)
    else:
        yield decode_by_line(document.content, layout.encodings, document.name)


def _quoted(text: str, separator: str) -> Iterator[Line]:
    csv.field_size_limit(MAX_CELL_CHARS)
    lines = chain.from_iterable(StringIO(block, newline="") for block in _blocks(text))
    return csv.reader(lines, delimiter=separator, strict=True)


def _blocks(text: str) -> Iterator[str]:
    """Part a text behind line ends."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start + _BLOCK_CHARS) + 1 or len(text)
        yield text[start:stop]
        start = stop


def _unquoted(text: str, separator: str) -> Iterator[Line]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end].split(separator)
        start = end + 1
    yield text[start:].split(separator)


def _refuse_endless(document: Document) -> None:
    """Refuse a text of too many or too long lines while it is still bytes.

    Raises:
        SourceFault: it is one.
    """
    content = document.content
    count = max(content.count(b"\n"), content.count(b"\r"))
    if count > MAX_LINES:
        raise SourceFault(f"`{document.name}` has {count} lines, over {MAX_LINES}: ask the member")
    start = 0
    while len(content) - start > MAX_LINE_BYTES:
        stop = start + MAX_LINE_BYTES
        end = max(content.rfind(b"\n", start, stop), content.rfind(b"\r", start, stop))
        if end < 0:
            raise SourceFault(
                f"`{document.name}` has a line of over {MAX_LINE_BYTES} bytes: ask the member "
                "whether its export is whole"
            )
        start = end + 1


def _is_rather_quoted(text: str, separator: str) -> bool:
    """Whether quotes stand as a writer of quoted text sets them, and not as text of the source's.

    Such a writer wraps a cell that holds a quote, which it doubles, or the separator, or a line
    break; or it wraps every cell.
    """
    starts = ('\n"', '\r"', f'{separator}"')
    if '"' not in text:
        return False
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
    header: list[str],
    lines: Sequence[Line] | CutLines,
    separator: str,
    blanks: Sequence[str],
) -> tuple[pl.DataFrame, tuple[RejectedRow, ...]]:
    names = [name or f"column {at}" for at, name in enumerate(header, 1)]
    if isinstance(lines, CutLines):
        cells, numbers, broken = lines.cells(names)
    else:
        cells, numbers, broken = _fitting(lines, names, separator)
    rejected = tuple(RejectedRow(row, "MALFORMED_ROW", text) for row, text in broken)
    rows = number(cells, numbers, blanks)
    unnamed = [name for name, own in zip(names, header, strict=True) if not own]
    return rows.drop(name for name in unnamed if not rows[name].count()), rejected


def _fitting(
    lines: Iterable[Line], names: Sequence[str], separator: str
) -> tuple[pl.DataFrame, list[int], list[tuple[int, str]]]:
    """Part the rows that have a cell for each name from those that have not; number both."""
    kept: list[Line] = []
    numbers: list[int] = []
    broken: list[tuple[int, str]] = []
    stated = (line for line in lines if any(cell.strip() for cell in line))
    for row, line in enumerate(stated, 1):
        if len(line) == len(names):
            kept.append(line)
            numbers.append(row)
        else:
            broken.append((row, separator.join(line)))
    rows = pl.DataFrame(kept, schema=dict.fromkeys(names, pl.String), orient="row")
    return rows, numbers, broken
