import polars as pl
import pytest

from federation.reading.shapes import (
    COMPACT_DAY,
    DAY,
    DAY_FIRST,
    DOTTED_DAY,
    MONTH_FIRST,
    NUMBER,
    TEXT,
    Shape,
    digits,
    one_of,
)


def misfits(shape, *values):
    return shape.misfits(pl.Series(values, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    ("shape", "fitting", "unlike"),
    [
        (DAY, ["2026-12-31", "2026-1-2", "2026-12-31 00:00:00"], ["31/12/2026", "2026-13-01"]),
        (COMPACT_DAY, ["20261231"], ["20261331", "2026-12-31", "202612311"]),
        (DAY_FIRST, ["31/12/2026", "1/2/2026"], ["12/31/2026", "31.12.2026"]),
        (MONTH_FIRST, ["12/31/2026", "1/2/2026"], ["31/12/2026"]),
        (DOTTED_DAY, ["31.12.2026"], ["31/12/2026"]),
        (NUMBER, ["7", "1,234.50"], ["-7", "7 mg", ".5"]),
        (digits(9), ["123456789"], ["12345678", "1234567890", "12345678A"]),
        (digits("7,9"), ["1234567", "123456789"], ["123456"]),
        (one_of(["Yes", "a+b"]), ["yes", "A+B"], ["aab", "no", "yes and no"]),
        (TEXT, ["any", "two\nlines"], []),
    ],
)
def test_a_shape_tells_its_values_from_others(shape, fitting, unlike):
    assert misfits(shape, *fitting, *unlike) == unlike


def test_blanks_around_a_value_and_nulls_are_no_misfits():
    assert misfits(digits(2), " 12 ", "12\n", None) == []


def test_a_pattern_of_alternatives_is_matched_whole():
    assert misfits(Shape("a|b", "a or b"), "a", "b", "ab", "ax") == ["ab", "ax"]


def test_a_vocabulary_is_said_by_its_first_three_terms():
    assert one_of(["a", "b", "c", "d"]).says == "`a`, `b`, `c` …"


def test_the_shares_of_a_made_shape_can_be_set():
    assert (digits(2, fits=0.5).fits, one_of("ab", stated=0.8).stated) == (0.5, 0.8)
