"""Lines cut all at once are those cut one by one."""

import pytest

from federation.reading.cut_lines import CutLines

TEXT = 'a\tb\nc\td\n\t\n \t \n"e\tf\nonly\ng\th\ti\n\tj\n'


def test_rows_of_the_width_are_columns_and_the_others_texts_by_number():
    cells, numbers, others = CutLines.of(TEXT, "\t", 0).cells(["x", "y"])
    assert cells.rows() == [("a", "b"), ("c", "d"), ('"e', "f"), ("", "j")]
    assert numbers == [1, 2, 3, 6]
    assert others == [(4, "only"), (5, "g\th\ti")]


@pytest.mark.parametrize(("at", "first"), [(0, "a"), (1, "c")])
def test_rows_above_are_left_out(at, first):
    cells, numbers, _ = CutLines.of(TEXT, "\t", at).cells(["x", "y"])
    assert (cells["x"][0], numbers[0]) == (first, 1)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "^", "]"])
def test_a_line_of_separators_and_blanks_states_nothing(separator):
    text = f"{separator}\n \u00a0{separator}\n\na{separator}\n"
    assert CutLines.of(text, separator, 0).widths.to_list() == [2]


def test_a_text_without_lines_has_no_rows():
    cut = CutLines.of("", "\t", 0)
    assert cut.widths.len() == 0
    assert cut.cells(["x", "y"])[0].shape == (0, 2)
