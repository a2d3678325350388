import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.reading.workbook import is_workbook, sheet_names, sheets

NO_ZONE = datetime(2025, 7, 15, 18, 30)  # noqa: DTZ001  Excel has no zones


def workbook(*pages):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd"}) as book:
        for lines in pages:
            sheet = book.add_worksheet()
            for at, line in enumerate(lines):
                sheet.write_row(at, 0, line)
    return Document("list.xlsx", content.getvalue())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (date(2025, 7, 15), "2025-07-15"),
        (NO_ZONE, "2025-07-15T18:30:00"),
        (True, "TRUE"),
        ("0012", "0012"),
        (" x ", " x "),
        ("", ""),
    ],
)
def test_a_cell_of_any_type_becomes_text(cell, text):
    assert list(sheets(workbook([["a", cell, "b"]]))) == [[["a", text, "b"]]]


def test_every_sheet_is_given_in_its_order_with_blank_cells_as_blanks():
    given = list(sheets(workbook([["cover"]], [[], ["", "x"], ["y"]])))
    assert given == [[["cover"]], [["", ""], ["", "x"], ["y", ""]]]


def test_rows_are_as_wide_as_asked_or_wider():
    assert list(sheets(workbook([["a", "b", "c"]]), width=2)) == [[["a", "b", "c"]]]
    assert list(sheets(workbook([["a"]]), width=2)) == [[["a", ""]]]


def test_sheets_are_listed_by_name():
    assert sheet_names(workbook([["x"]], [["y"]])) == ["Sheet1", "Sheet2"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (workbook([["x"]]).content, True),
        (b"\xd0\xcf\x11\xe0 and more", True),
        (b"code,name\n", False),
        (b"", False),
    ],
)
def test_a_workbook_is_known_by_its_first_bytes_new_or_old(content, expected):
    assert is_workbook(Document("list", content)) == expected


def damaged():
    whole = zipfile.ZipFile(io.BytesIO(workbook([["code", "name"], ["1", "x"]]).content))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as out:
        for name in whole.namelist():
            body = whole.read(name)
            out.writestr(name, body[: len(body) // 2] if "sheet1" in name else body)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"code,name\n1,x", workbook([["code"], ["1"]]).content[:-200], damaged()],
    ids=["nothing", "a csv", "half a file", "a damaged sheet"],
)
def test_what_is_no_readable_workbook_is_refused(content):
    with pytest.raises(SourceFault, match=r"list\.xlsx"):
        list(sheets(Document("list.xlsx", content)))
