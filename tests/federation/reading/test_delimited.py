import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import SourceChanged, SourceFault
from federation.reading.delimited import find_header, read_csv, read_unquoted
from federation.reading.native import ROW, Document, RejectedRow

HEADER = ("code", "name")
CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc",), exclude_characters="\ufeff")
    | st.just("\n"),
    max_size=8,
)


def as_csv(text, **how):
    return read_csv(Document("list.csv", text.encode()), header_has=HEADER, **how)


def as_lines(text, columns=None):
    return read_unquoted(Document("list.txt", text.encode()), columns=columns, encodings=("utf-8",))


def test_quotes_separators_and_line_breaks_inside_cells_are_text():
    table = as_csv('code,name\n1,"a, ""b""\nc"\n')
    assert table.rows["name"].to_list() == ['a, "b"\nc']


def test_the_header_is_found_below_a_preamble_and_without_its_blanks():
    table = as_csv("List of 2025,,\n\n code , name ,extra\n1,x,y\n")
    assert table.rows.columns == ["code", "name", "extra", ROW]
    assert table.rows.rows() == [("1", "x", "y", 1)]


def test_rows_without_any_text_are_no_rows():
    assert as_csv("code,name\n1,x\n,\n\n  ,\n2,y\n").rows["code"].to_list() == ["1", "2"]


def test_a_row_of_another_length_is_rejected_with_its_text_and_number():
    table = as_csv("code,name\n1,x\n2,y,z\n3\n4,v\n")
    assert table.rejected == (
        RejectedRow(2, "MALFORMED_ROW", "2,y,z"),
        RejectedRow(3, "MALFORMED_ROW", "3"),
    )
    assert table.rows[ROW].to_list() == [1, 4]
    assert table.count == 4


def test_the_sources_words_for_nothing_are_null():
    assert as_csv("code,name\n1,-\n", blanks=("-",)).rows["name"].to_list() == [None]


def test_a_missing_column_is_named():
    with pytest.raises(SourceChanged, match=r"`list.csv` has no header row with `name`: its"):
        as_csv("code,title\n1,x\n")


def test_a_column_named_twice_is_refused():
    with pytest.raises(SourceChanged, match="names a column twice"):
        as_csv("code,name,name\n1,x,y\n")


@pytest.mark.parametrize("text", ['code,name\n1,"broken', 'code,name\n1,"a"b\n'])
def test_a_file_that_breaks_off_inside_quotes_is_refused(text):
    with pytest.raises(SourceFault, match="breaks off or is badly quoted"):
        as_csv(text)


def test_an_unclosed_quote_does_not_swallow_a_file_into_one_cell():
    with pytest.raises(SourceFault, match="badly quoted"):
        as_csv('code,name\n1,"' + "x" * 1_000_001 + '"\n')


@pytest.mark.parametrize("read", [as_csv, as_lines])
def test_a_web_page_is_refused(read):
    with pytest.raises(SourceFault, match="is a web page"):
        read("<html><body>maintenance</body></html>")


@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_what_a_csv_writer_wrote_is_read_back_row_for_row(rows):
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    table = as_csv(text.getvalue())
    stated = [row for row in rows if any(cell.strip() for cell in row)]
    expected = [tuple(cell if cell.strip() else None for cell in row) for row in stated]
    assert table.rows.select(HEADER).rows() == expected
    assert table.rejected == ()


def test_unquoted_cells_keep_their_quotes():
    assert as_lines('code\tname\n1\t"x\n').rows["name"].to_list() == ['"x']


def test_a_file_without_a_header_takes_the_given_names():
    table = as_lines("1\tx\r\n2\ty\r\n", columns=HEADER)
    assert table.rows.rows() == [("1", "x", 1), ("2", "y", 2)]


def test_a_file_that_breaks_off_inside_its_last_row_is_refused():
    with pytest.raises(SourceFault, match=r"`list.txt` breaks off inside its last row: pull again"):
        as_lines("1\tx\n2\ty\n3", columns=HEADER)


def test_a_short_row_further_up_is_rejected_alone():
    assert as_lines("1\tx\n2\n3\tz\n", columns=HEADER).rejected == (
        RejectedRow(2, "MALFORMED_ROW", "2"),
    )


def test_a_file_whose_every_row_has_other_columns_is_no_half_file():
    assert len(as_lines("1\n2\n3\n", columns=HEADER).rejected) == 3


def test_blank_lines_alone_are_no_rows():
    with pytest.raises(SourceFault, match="holds no rows"):
        as_lines("\n\t\n \n", columns=HEADER)


def test_the_header_is_the_first_row_with_all_its_words():
    lines = [["code"], ["name", None, "code"], ["code", "name"]]
    assert find_header(lines, HEADER, "f") == (1, ["name", "", "code"])


def test_no_header_is_looked_for_beyond_forty_rows():
    lines = [["x"]] * 40 + [["code", "name"]]
    with pytest.raises(SourceChanged, match="`code`, `name`"):
        find_header(lines, HEADER, "f")
