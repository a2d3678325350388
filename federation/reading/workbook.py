"""Excel workbooks to sheets of texts, by calamine; `federation/reading/table.py` finds the table.

A date cell becomes ISO text, a whole number its digits, so that a mapping sees text whatever type
a clerk's Excel gave the cell.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import python_calamine

from federation.errors import SourceFault
from federation.reading.native import Document


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
        texts = [[_text(cell) for cell in line] for line in _lines(workbook, name, document.name)]
        yield [line + [""] * (width - len(line)) for line in texts]


def sheet_names(document: Document) -> list[str]:
    """List the sheets' names, in which some sources state the day of the list.

    Raises:
        SourceFault: not a workbook.
    """
    return _open(document).sheet_names


def _open(document: Document) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(document.content))
    except python_calamine.CalamineError as error:
        raise SourceFault(
            f"`{document.name}` is not a text file, nor a readable workbook: {error}"
        ) from error


def _lines(
    workbook: python_calamine.CalamineWorkbook, sheet: str, name: str
) -> Sequence[Sequence[object]]:
    try:
        return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise SourceFault(f"sheet `{sheet}` of `{name}` can't be read: {error}") from error


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
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
