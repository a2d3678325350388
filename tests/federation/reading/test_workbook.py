import io
import zipfile
from datetime import UTC, date, datetime

import pytest
import xlsxwriter

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import ROW, Document
from federation.reading.workbook import preamble, read_workbook, sheet_names

HEADER = ("code", "name")


def workbook(*sheets):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd"}) as book:
        for lines in sheets:
            sheet = book.add_worksheet()
            for at, line in enumerate(lines):
                sheet.write_row(at, 0, line)
    return Document("list.xlsx", content.getvalue())


def read(*sheets, **how):
    return read_workbook(workbook(*sheets), header_has=HEADER, **how)


def test_the_header_is_found_by_its_words_wherever_it_stands():
    table = read([["List"], [], ["as of", "15/07/2025"], ["code", "name"], ["1", "x"]])
    assert table.rows.rows() == [("1", "x", 1)]


def test_line_breaks_inside_header_texts_count_as_one_blank():
    table = read([["code", "name", "Species\n(veterinary)", " two  words "], ["1", "x", "d", "e"]])
    assert table.rows.columns == ["code", "name", "Species (veterinary)", "two words", ROW]


def test_columns_without_a_header_and_rows_without_text_are_left_out():
    table = read([["code", "", "name"], ["1", "note", "x"], ["", "note", " "], ["2", "", "y"]])
    assert table.rows.rows() == [("1", "x", 1), ("2", "y", 2)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (date(2025, 7, 15), "2025-07-15"),
        (datetime(2025, 7, 15, 18, 30), "2025-07-15T18:30:00"),  # noqa: DTZ001  Excel has no zones
        (True, "TRUE"),
        ("0012", "0012"),
        (" ", None),
    ],
)
def test_a_cell_of_any_type_becomes_text(cell, text):
    assert read([["code", "name"], ["1", cell]]).rows["name"].to_list() == [text]


def test_the_sheet_with_the_header_is_read_and_the_others_are_not():
    assert read([["cover"]], [["code", "name"], ["1", "x"]]).count == 1


def test_optional_columns_that_are_absent_are_null_and_present_ones_are_read():
    table = read(
        [["code", "name", "old"], ["1", "x", "y"]],
        optional=("old", "new"),
    )
    assert table.rows.select("old", "new").rows() == [("y", None)]


def test_the_date_that_is_stated_goes_before_last_modified():
    document = workbook([["code", "name"], ["1", "x"]])
    stated = datetime(2025, 7, 15, tzinfo=UTC)
    assert read_workbook(document, header_has=HEADER, stated_at=stated).stated_at == stated
    served = Document(document.name, document.content, stated)
    assert read_workbook(served, header_has=HEADER).stated_at == stated


def test_a_renamed_column_is_named():
    with pytest.raises(SourceChanged, match=r"`list.xlsx` has no header row with `name`"):
        read([["code", "title"], ["1", "x"]])


def test_a_column_named_twice_is_refused():
    with pytest.raises(SourceChanged, match="names a column twice"):
        read([["code", "name", "name"], ["1", "x", "y"]])


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
    [b"", b"code,name\n1,x", workbook([HEADER, ["1", "x"]]).content[:-200], damaged()],
    ids=["nothing", "a csv", "half a file", "a damaged sheet"],
)
def test_what_is_no_readable_workbook_is_refused(content):
    with pytest.raises(SourceFault, match=r"list\.xlsx"):
        read_workbook(Document("list.xlsx", content), header_has=HEADER)


def test_the_preamble_is_the_text_of_the_first_rows():
    document = workbook([["Content type:", "Medicine"], [], ["on:", "15/07/2025 - 18:00"]])
    assert preamble(document) == "Content type: Medicine\n\non: 15/07/2025 - 18:00"
    assert preamble(document, rows=1) == "Content type: Medicine"


def test_the_sources_own_words_for_nothing_are_null():
    assert read([["code", "name"], ["1", "."]], blanks=(".",)).rows["name"].to_list() == [None]


def test_sheets_are_listed_by_name():
    assert sheet_names(workbook([["x"]], [["y"]])) == ["Sheet1", "Sheet2"]
