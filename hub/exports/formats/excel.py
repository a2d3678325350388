"""Excel: one sheet, numbers and dates as such where Excel holds them exactly, else as text.

No text is ever a formula; one that would become one when it is edited bears Excel's own mark for
text, which changes nothing of its value.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # no type information is published

from hub.errors import TooLarge
from hub.exports.formats.cells import is_risky, text_of
from hub.exports.formats.sheet import Batches, Sheet, does_not_fit
from hub.gateway.export.columns import Column, Kind

MOST_ROWS = 1_048_575
"""Rows of an Excel sheet, below that of the names."""

MOST_LETTERS = 32_767
"""Letters of an Excel cell."""

_EPOCH = date(1900, 3, 1)
"""Excel takes 1900 for a leap year, so that days before this are other days than they seem."""

_INSTANT, _DAY = "yyyy-mm-dd hh:mm:ss.000", "yyyy-mm-dd"


def write_excel(path: Path, sheet: Sheet, batches: Batches) -> None:
    """Write rows as a workbook.

    Raises:
        TooLarge: there are more rows than a sheet holds.
        InvalidInput: a text is longer than a cell may be.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent), "use_zip64": True}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": sheet.as_of.replace(tzinfo=None)})
    page = book.add_worksheet(sheet.title)
    try:
        _write_rows(_Cells(book, page), sheet.columns, batches)
    except BaseException:
        page.row_data_fh.close()  # A book that is not closed leaves its rows' file open.
        raise
    book.close()


def _write_rows(cells: "_Cells", columns: Sequence[Column], batches: Batches) -> None:
    for place, column in enumerate(columns):
        cells.write_text(0, place, column, column.name)
    number = 0
    for rows in batches:
        if number + len(rows) > MOST_ROWS:
            raise TooLarge(
                f"an Excel sheet holds {MOST_ROWS} rows: export as CSV or Parquet, or narrow the "
                "filter",
                code="EXPORT_TOO_LARGE",
            )
        for row in rows:
            number += 1
            for place, column in enumerate(columns):
                value = column.value(row)
                if value is not None:
                    cells.write(number, place, column, value)


class _Cells:
    """The cells of one sheet."""

    def __init__(self, book: Any, sheet: Any) -> None:
        self._sheet = sheet
        self._instant = book.add_format({"num_format": _INSTANT})
        self._day = book.add_format({"num_format": _DAY})
        self._text = book.add_format({"quote_prefix": True})

    def write(self, row: int, place: int, column: Column, value: Any) -> None:
        """Write a value of a column."""
        match column.kind:
            case Kind.INTEGER:
                self._sheet.write_number(row, place, value)
            case Kind.DECIMAL if Decimal(repr(float(value))) == Decimal(value):
                self._sheet.write_number(row, place, float(value))
            case Kind.BOOLEAN:
                self._sheet.write_boolean(row, place, value)
            case Kind.INSTANT if date.fromisoformat(value[:10]) >= _EPOCH:
                instant = datetime.fromisoformat(value).replace(tzinfo=None)
                self._sheet.write_datetime(row, place, instant, self._instant)
            case Kind.DATE if date.fromisoformat(value) >= _EPOCH:
                self._sheet.write_datetime(row, place, date.fromisoformat(value), self._day)
            case Kind.TEXTS | Kind.JSON:
                self.write_text(row, place, column, text_of(column.kind, value))
            case _:
                self.write_text(row, place, column, value)

    def write_text(self, row: int, place: int, column: Column, text: str) -> None:
        """Write a text as such."""
        if len(text) > MOST_LETTERS:
            raise does_not_fit(
                column,
                f"has {len(text)} letters, and an Excel cell holds {MOST_LETTERS}: "
                "export as CSV or Parquet",
            )
        self._sheet.write_string(row, place, text, self._text if is_risky(text) else None)
