"""A native file: rows with native column names, and how a member writes them as bytes.

Writers know formats and no member. Bytes depend on the rows alone: no clock, and archives stored
rather than compressed, because two builds of zlib may compress the same input differently.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import xlsxwriter  # type: ignore[import-untyped]  # the package ships no type information

Row = dict[str, Any]
Writer = Callable[[Sequence[Row]], bytes]
Quoting = Literal[0, 1]

WHERE_NEEDED: Quoting = csv.QUOTE_MINIMAL
EVERYWHERE: Quoting = csv.QUOTE_ALL

WRITTEN_AT = datetime(2026, 3, 20, tzinfo=UTC)
"""The creation time that the workbooks state."""


@dataclass(slots=True)
class NativeFile:
    """One native file before it is written.

    `path` is relative to the folder of the manifest; `key` names the columns that identify a row.
    """

    path: str
    key: tuple[str, ...]
    write: Writer
    rows: list[Row] = field(default_factory=list)

    def identity(self, row: Row) -> str:
        """Say which row this is: its key columns, joined by blanks."""
        return " ".join(str(row[column]) for column in self.key)

    def content(self) -> bytes:
        """Write the file."""
        return self.write(self.rows)


def csv_writer(
    columns: Sequence[str],
    *,
    line_end: str,
    encoding: str = "utf-8",
    header: Quoting = WHERE_NEEDED,
    body: Quoting = WHERE_NEEDED,
    separator: str = ",",
) -> Writer:
    """Write separated values below a header, quoting everything or only where needed."""

    def write(rows: Sequence[Row]) -> bytes:
        text = io.StringIO()
        lines = [[row[column] for column in columns] for row in rows]
        csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=header).writerow(
            columns
        )
        csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=body).writerows(
            lines
        )
        return text.getvalue().encode(encoding)

    return write


def tab_writer(
    columns: Sequence[str], *, header: bool = True, encoding: str = "utf-8", line_end: str = "\r\n"
) -> Writer:
    """Write tab-separated values without quoting, as government exports do."""

    def write(rows: Sequence[Row]) -> bytes:
        lines = [columns] if header else []
        lines += [[row[column] for column in columns] for row in rows]
        return "".join("\t".join(line) + line_end for line in lines).encode(encoding)

    return write


def json_writer(
    indent: int, *, end: str = "", envelope: Callable[[int], Row] | None = None
) -> Writer:
    """Write a list of records; an envelope is told their number and gets them as `results`."""

    def write(rows: Sequence[Row]) -> bytes:
        content = {**envelope(len(rows)), "results": rows} if envelope else rows
        return (json.dumps(content, ensure_ascii=False, indent=indent) + end).encode()

    return write


def sheet_writer(sheet: str, columns: Sequence[str]) -> Writer:
    """Write a workbook of one sheet, its header on row 1."""

    def write(rows: Sequence[Row]) -> bytes:
        return workbook(sheet, [columns, *([row[column] for column in columns] for row in rows)])

    return write


def workbook(sheet: str, lines: Sequence[Sequence[object]], *, last_column: int = 0) -> bytes:
    """Write one sheet; dates become date cells, None and empty texts stay no cells at all.

    `last_column` (zero-based) gets one formatted blank, which stretches the used range to it.
    """
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": WRITTEN_AT.replace(tzinfo=None)})
        day = book.add_format({"num_format": "yyyy-mm-dd h:mm:ss"})
        page = book.add_worksheet(sheet)
        for at, line in enumerate(lines):
            for column, value in enumerate(line):
                if isinstance(value, date):
                    page.write_datetime(at, column, value, day)
                elif value not in {None, ""}:
                    page.write(at, column, value)
        if last_column:
            page.write_blank(len(lines) - 1, last_column, None, day)
    return _stored(target.getvalue())


def _stored(archive: bytes) -> bytes:
    target = io.BytesIO()
    with ZipFile(io.BytesIO(archive)) as packed, ZipFile(target, "w", ZIP_STORED) as unpacked:
        for name in packed.namelist():
            member = ZipInfo(name)
            member.create_system = 0  # else it says which system wrote it
            unpacked.writestr(member, packed.read(name))
    return target.getvalue()
