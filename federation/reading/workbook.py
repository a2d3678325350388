"""Excel workbooks to native rows, by calamine.

A date cell becomes ISO text, a whole number its digits, so that a mapping sees text whatever type
a clerk's Excel gave the cell.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import polars as pl
import python_calamine

from federation.errors import SourceChanged, SourceFault
from federation.reading.delimited import find_header
from federation.reading.native import Document, NativeTable, number
from federation.reading.text import refuse_html


def read_workbook(
    document: Document,
    *,
    header_has: Sequence[str],
    optional: Sequence[str] = (),
    stated_at: datetime | None = None,
    blanks: Sequence[str] = (),
) -> NativeTable:
    """Read the first sheet that has a header row holding all of `header_has`.

    White space and line breaks inside header texts count as one blank. Columns without a header
    text are left out, as are rows without any text below the header. `optional` columns may be
    absent and are null then. `blanks` are the source's own words for nothing, such as `.`.

    Raises:
        SourceFault: not a workbook.
        SourceChanged: no sheet has such a header row.
    """
    refuse_html(document.content, document.name)
    at, header, lines = _find_sheet(document, header_has)
    columns = {name: index for index, name in enumerate(header) if name}
    if len(columns) != sum(1 for name in header if name):
        raise SourceChanged(f"`{document.name}` names a column twice in its header")
    cells = [[_text(line[index]) for index in columns.values()] for line in lines[at + 1 :]]
    kept = [line for line in cells if any(cell and cell.strip() for cell in line)]
    rows = pl.DataFrame(kept, schema=dict.fromkeys(columns, pl.String), orient="row")
    absent = [pl.lit(None, pl.String).alias(name) for name in optional if name not in columns]
    rows = number(rows.with_columns(absent), blanks=blanks)
    return NativeTable(rows, (), stated_at or document.stated_at)


def is_workbook(document: Document) -> bool:
    """Whether the document begins as Excel files do, new or old."""
    return document.content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def sheets(document: Document, width: int = 0) -> Iterator[list[list[str]]]:
    """Give the texts of every sheet's cells, blank where a cell is; rows are `width` or wider.

    Raises:
        SourceFault: not a workbook.
    """
    workbook = _open(document)
    for name in workbook.sheet_names:
        lines = _lines(workbook, name, document.name)
        texts = [[_text(cell) or "" for cell in line] for line in lines]
        yield [line + [""] * (width - len(line)) for line in texts]


def sheet_names(document: Document) -> list[str]:
    """List the sheets' names, in which some sources state the day of the list.

    Raises:
        SourceFault: not a workbook.
    """
    return _open(document).sheet_names


def preamble(document: Document, rows: int = 10) -> str:
    """Give the text of a workbook's first rows, where sources put their date stamp.

    Raises:
        SourceFault: not a workbook.
    """
    return "\n".join(" ".join(line).strip() for line in top_rows(document, rows))


def top_rows(document: Document, rows: int = 40) -> list[list[str]]:
    """Give the cells of the first sheet's first rows, for titles and headers found by their words.

    Raises:
        SourceFault: not a workbook.
    """
    sheet = _open(document).get_sheet_by_index(0)
    lines = sheet.to_python(skip_empty_area=False, nrows=rows)
    return [[_text(cell) or "" for cell in line] for line in lines]


def _find_sheet(
    document: Document, header_has: Sequence[str]
) -> tuple[int, list[str], list[list[object]]]:
    workbook = _open(document)
    problem: SourceChanged | None = None
    for name in workbook.sheet_names:
        lines = _lines(workbook, name, document.name)
        tidy = [[" ".join(str(cell).split()) for cell in line] for line in lines[:40]]
        try:
            at, header = find_header(tidy, header_has, document.name)
        except SourceChanged as error:
            problem = problem or error
            continue
        return at, header, lines
    raise problem or SourceChanged(f"`{document.name}` holds no sheet")


def _open(document: Document) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(document.content))
    except python_calamine.CalamineError as error:
        raise SourceFault(
            f"`{document.name}` is not a text file, nor a readable workbook: {error}"
        ) from error


def _lines(
    workbook: python_calamine.CalamineWorkbook, sheet: str, name: str, rows: int | None = None
) -> list[list[object]]:
    try:
        cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=rows)
    except python_calamine.CalamineError as error:
        raise SourceFault(f"sheet `{sheet}` of `{name}` can't be read: {error}") from error
    return [list(line) for line in cells]


def _text(cell: object) -> str | None:
    match cell:
        case None | "":
            return None
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time(0):
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
