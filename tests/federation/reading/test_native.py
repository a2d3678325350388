import polars as pl

from federation.reading.native import ROW, NativeTable, RejectedRow, number


def test_rows_are_numbered_from_one_in_the_order_of_the_source():
    rows = number(pl.DataFrame({"a": ["x", "y"]}))
    assert rows[ROW].to_list() == [1, 2]
    assert rows.schema[ROW] == pl.Int32


def test_given_numbers_are_kept():
    assert number(pl.DataFrame({"a": ["x", "y"]}), [3, 7])[ROW].to_list() == [3, 7]


def test_blank_text_is_null_and_other_text_keeps_its_blanks():
    assert number(pl.DataFrame({"a": ["", " \t\u00a0", " x "]}))["a"].to_list() == [
        None,
        None,
        " x ",
    ]


def test_the_sources_own_words_for_nothing_are_null():
    rows = number(pl.DataFrame({"a": [" - ", "N/A", "A-B"]}), blanks=("-", "N/A"))
    assert rows["a"].to_list() == [None, None, "A-B"]


def test_nul_becomes_the_replacement_character_in_texts_and_lists():
    rows = number(pl.DataFrame({"a": ["x\0y"], "b": [["\0", "z"]]}))
    assert rows["a"].to_list() == ["x\ufffdy"]
    assert rows["b"].to_list() == [["\ufffd", "z"]]


def test_a_table_without_rows_is_numbered_too():
    assert number(pl.DataFrame(schema={"a": pl.String})).columns == ["a", ROW]


def test_rejected_rows_count_among_the_rows_read():
    table = NativeTable(number(pl.DataFrame({"a": ["x"]})), (RejectedRow(2, "MALFORMED_ROW", "?"),))
    assert table.count == 2


def test_rows_laid_into_others_count_among_the_rows_read():
    assert NativeTable(number(pl.DataFrame({"a": ["x"]})), joined=2).count == 3
