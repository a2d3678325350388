import csv
import io
from datetime import UTC, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import SourceChanged, SourceFault
from federation.reading import table
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, RejectedRow
from federation.reading.shapes import TEXT, digits
from federation.reading.table import HEADER_ROWS, MAX_CELL_CHARS, first_lines, read_table

LISTED = Layout({"code": TEXT, "name": TEXT}, encodings=("utf-8", "cp1252"))
UNQUOTED = Layout({"code": TEXT, "name": TEXT}, separator="\t", is_quoted=False)
HEADERLESS = Layout(
    {"code": digits(3), "name": TEXT}, separator="\t", is_quoted=False, has_header=False
)
LEADS = "".join(map(chr, range(0xC2, 0xF5)))
"""Characters that damaged text has; cells of them alone are refused."""

CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc",), exclude_characters=f"\ufeff{LEADS}")
    | st.just("\n"),
    max_size=8,
)


def document(content, name="list.csv"):
    return Document(name, content.encode() if isinstance(content, str) else content)


def read(content, layout=LISTED, **how):
    return read_table(document(content), layout, **how)


def rows(content, layout=LISTED):
    return read(content, layout).rows.select(layout.needed).rows()


def workbook(lines):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet()
        for at, line in enumerate(lines):
            page.write_row(at, 0, line)
    return content.getvalue()


def test_the_header_is_found_below_a_preamble_and_without_its_blanks():
    table = read("List of 2025,,\n\n CODE , Name: ,extra\n1,x,y\n")
    assert table.rows.columns == ["code", "name", "extra", ROW]
    assert table.rows.rows() == [("1", "x", "y", 1)]


def test_no_header_is_looked_for_beyond_forty_rows():
    assert rows("x\n" * (HEADER_ROWS - 1) + "code,name\n1,x\n") == [("1", "x")]
    with pytest.raises(SourceChanged, match="no column `code`, `name`"):
        read("x\n" * HEADER_ROWS + "code,name\n1,x\n")


def test_columns_are_found_in_any_order_and_beside_new_ones():
    layout = Layout({"code": digits(1), "name": TEXT})
    assert rows("new,name,code\n?,x,1\n", layout) == [("1", "x")]


def test_a_renamed_column_is_refused_by_its_old_and_its_new_name():
    told = r"`list.csv` has no column `name`.*`name` is gone and `title`"
    with pytest.raises(SourceChanged, match=told):
        read("code,title\n1,x\n")


def test_a_column_that_stands_there_twice_is_refused():
    with pytest.raises(SourceChanged, match=r"`list.csv` names a column twice: `name`"):
        read("code,name,NAME\n1,x,y\n")


def test_optional_columns_that_are_absent_are_null():
    layout = Layout({"code": TEXT, "ended": TEXT}, optional=("ended",))
    assert read("code\n1\n", layout).rows["ended"].to_list() == [None]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("layout", [LISTED, UNQUOTED])
def test_any_usual_separator_is_found_by_the_header(separator, layout):
    text = f"code{separator}name\n1{separator}x\n"
    assert rows(text, layout) == [("1", "x")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_known_encoding_or_byte_order_mark_is_read(encoding):
    assert rows("code,name\n1,comprimé\n".encode(encoding)) == [("1", "comprimé")]


def test_of_two_encodings_that_fit_the_one_that_has_the_header_is_read():
    layout = Layout({"成分名": TEXT, "品名": TEXT}, encodings=("cp949", "cp932"))
    content = "成分名,品名\nア,錠\n".encode("cp932")
    assert content.decode("cp949")
    assert rows(content, layout) == [("ア", "錠")]


def test_bytes_in_none_of_the_encodings_are_refused():
    with pytest.raises(SourceFault, match=r"`list.csv` is in none of the encodings utf-8, cp949"):
        read(b"code,name\n1,\xff\xff\n", Layout({"code": TEXT}, encodings=("utf-8", "cp949")))


def test_headers_that_were_saved_in_a_wrong_encoding_are_refused_as_such():
    layout = Layout({"품목명": TEXT, "제조사": TEXT})
    damaged = "품목명,제조사\n정,사\n".encode().decode("cp1252", "replace")
    with pytest.raises(SourceChanged, match=r"the text of `list.csv` is damaged"):
        read(damaged, layout)


def test_quotes_separators_and_line_breaks_inside_cells_are_text():
    assert rows('code,name\n1,"a, ""b""\nc"\n') == [("1", 'a, "b"\nc')]


def test_quotes_of_a_source_that_quotes_nothing_are_text():
    assert rows('code\tname\n1\t"x\n2\ty "z"\n', UNQUOTED) == [("1", '"x'), ("2", 'y "z"')]


def test_a_source_that_quotes_nothing_may_come_quoted_all_the_same():
    assert rows('"code"\t"name"\n"1"\t"x ""y"""\n', UNQUOTED) == [("1", 'x "y"')]


@pytest.mark.parametrize("text", ['code,name\n1,"broken', 'code,name\n1,"a"b\n'])
def test_a_file_that_breaks_off_inside_quotes_is_refused(text):
    with pytest.raises(SourceFault, match="breaks off or is badly quoted"):
        read(text)


def test_an_unclosed_quote_does_not_swallow_a_file_into_one_cell():
    with pytest.raises(SourceFault, match="badly quoted"):
        read('code,name\n1,"' + "x" * (MAX_CELL_CHARS + 1) + '"\n')


def test_rows_without_any_text_are_no_rows():
    assert [code for code, _ in rows("code,name\n1,x\n,\n\n  ,\n2,y\n")] == ["1", "2"]


def test_a_row_of_another_width_is_rejected_with_its_text_and_number():
    table = read("code,name\n1,x\n2,y,z\n3\n4,v\n")
    assert table.rejected == (
        RejectedRow(2, "MALFORMED_ROW", "2,y,z"),
        RejectedRow(3, "MALFORMED_ROW", "3"),
    )
    assert table.rows[ROW].to_list() == [1, 4]


def test_the_sources_words_for_nothing_are_null():
    assert read("code,name\n1,-\n", blanks=("-",)).rows["name"].to_list() == [None]


def test_the_date_that_is_stated_goes_before_last_modified():
    served, stated = datetime(2025, 7, 15, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    listed = Document("list.csv", b"code,name\n1,x\n", served)
    assert read_table(listed, LISTED).stated_at == served
    assert read_table(listed, LISTED, stated_at=stated).stated_at == stated


def test_a_web_page_is_refused():
    with pytest.raises(SourceFault, match="is a web page"):
        read("<html><body>maintenance</body></html>")


def test_the_sheet_that_has_the_header_is_read_wherever_it_stands():
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet().write_row(0, 0, ["cover"])
        page = book.add_worksheet()
        page.write_row(3, 1, ["code", "name"])
        page.write_row(4, 1, ["1", "x"])
    assert rows(content.getvalue()) == [("1", "x")]


def test_a_used_range_of_1024_columns_has_its_own_alone():
    lines = [["code", "name", *[" "] * 1022], ["1", "x"]]
    assert read(workbook(lines)).rows.columns == ["code", "name", ROW]


def test_a_column_without_a_header_stays_where_it_holds_text():
    table = read(workbook([["code", "", "name"], ["1", "note", "x"]]))
    assert table.rows["column 2"].to_list() == ["note"]


def test_a_table_without_a_header_takes_its_names_by_place():
    assert rows("101\tx\r\n102\ty\r\n", HEADERLESS) == [("101", "x"), ("102", "y")]


def test_a_header_above_a_table_that_should_have_none_stays_a_row():
    table = read("code\tname\n101\tx\n", HEADERLESS)
    assert table.rows.select("code", "name").rows() == [("code", "name"), ("101", "x")]


@pytest.mark.parametrize("text", ["101\n102\n", "101\tx\ty\n102\tx\ty\n"])
def test_a_table_without_a_header_of_another_width_is_refused(text):
    with pytest.raises(SourceChanged, match="have not the 2 columns of the register"):
        read(text, HEADERLESS)


def test_columns_without_a_header_that_changed_places_are_refused():
    lines = "".join(f"name {at}\t10{at}\n" for at in range(9))
    with pytest.raises(SourceChanged, match=r"`code`.* are not 3 digits"):
        read(lines, HEADERLESS)


def test_a_short_row_among_others_is_rejected_alone():
    lines = [f"10{at}\tx" for at in range(10)]
    lines[4] = "104"
    assert read("\n".join(lines), HEADERLESS).rejected == (RejectedRow(5, "MALFORMED_ROW", "104"),)


@pytest.mark.parametrize("layout", [UNQUOTED, HEADERLESS])
def test_a_download_that_broke_off_inside_its_last_row_is_refused(layout):
    lines = "\n".join(f"10{at}\tx" for at in range(10))
    header = "code\tname\n" if layout is UNQUOTED else ""
    with pytest.raises(SourceFault, match=r"`list.csv` breaks off inside its last row: pull again"):
        read(f"{header}{lines}\n110", layout)


def test_a_last_row_that_is_too_long_is_rejected_alone():
    assert read("code\tname\n1\tx\n2\ty\tz\n", UNQUOTED).rejected == (
        RejectedRow(2, "MALFORMED_ROW", "2\ty\tz"),
    )


def test_blank_lines_alone_are_no_rows():
    with pytest.raises(SourceFault, match="holds no rows: ask the member"):
        read("\n\t\n \n", HEADERLESS)


def test_the_first_rows_are_given_as_the_header_s_own_separator_cuts_them():
    content = document("List;made on 2026-03-20\ncode;name\n1;x\n")
    assert list(map(list, first_lines(content, LISTED, 2))) == [
        ["List", "made on 2026-03-20"],
        ["code", "name"],
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_what_a_csv_writer_wrote_is_read_back_row_for_row(written):
    text = io.StringIO()
    csv.writer(text).writerows([("code", "name"), *written])
    table = read(text.getvalue())
    stated = [row for row in written if any(cell.strip() for cell in row)]
    expected = [tuple(cell if cell.strip() else None for cell in row) for row in stated]
    assert table.rows.select("code", "name").rows() == expected
    assert table.rejected == ()


@given(st.text('ab"\r\n,é\u2028', max_size=40), st.integers(1, 9))
def test_lines_are_the_same_however_the_text_is_parted(text, block):
    def cells(lines):
        try:
            return list(lines)
        except csv.Error as error:
            return str(error)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table, "_BLOCK_CHARS", block)
        parted = cells(table._quoted(text, ","))
    assert parted == cells(csv.reader(io.StringIO(text, newline=""), strict=True))
