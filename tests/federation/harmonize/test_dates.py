from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.dates import (
    PARTIAL_DATE,
    day,
    excel_serial,
    first_that_fits,
    month,
    year,
)
from federation.records.declaration import Precision

DAYS = st.dates(date(1900, 1, 1), date(2173, 10, 13))


def read(function, text, *formats):
    return pl.select(function(pl.lit(text, dtype=pl.String), *formats)).item()


def bounds(found):
    return found["earliest"], found["latest"], found["precision"]


@given(DAYS)
def test_a_day_is_read_back_from_its_own_form(stated):
    found = read(day, stated.strftime("%d/%m/%Y"), "%d/%m/%Y")
    assert bounds(found) == (stated, stated, Precision.DAY)


def test_the_words_are_kept_without_surrounding_blanks():
    assert read(day, " 15/07/2025\u00a0", "%d/%m/%Y")["text"] == "15/07/2025"


@pytest.mark.parametrize("text", [None, "", "  "])
@pytest.mark.parametrize(
    "function", [lambda t: day(t, "%d/%m/%Y"), lambda t: month(t, "%b-%Y"), year, excel_serial]
)
def test_a_blank_is_null_whatever_the_form(function, text):
    assert read(function, text) is None


@pytest.mark.parametrize(
    "text",
    ["31/02/2025", "15/07/2025 - 18:00", "2025-07-15", "soon", "00/00/0000", "07/15/2025", "2027"],
)
def test_what_is_no_such_day_keeps_its_words_and_gets_no_bounds(text):
    assert read(day, text, "%d/%m/%Y") == {
        "text": text,
        "earliest": None,
        "latest": None,
        "precision": Precision.UNKNOWN,
    }


def test_a_year_of_two_digits_is_not_taken_for_one_of_four():
    assert read(day, "30/06/25", "%d/%m/%Y")["earliest"] is None
    assert read(day, "30/06/25", "%d/%m/%Y", "%d/%m/%y")["earliest"] == date(2025, 6, 30)
    assert read(month, "Jun-25", "%b-%Y", "%b-%y")["earliest"] == date(2025, 6, 1)


def test_formats_are_tried_in_their_order():
    assert read(day, "03/04/2025", "%d/%m/%Y", "%m/%d/%Y")["earliest"] == date(2025, 4, 3)
    assert read(day, "04/30/2025", "%d/%m/%Y", "%m/%d/%Y")["earliest"] == date(2025, 4, 30)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Feb-2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("DEC-2025", date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_a_month_runs_from_its_first_to_its_last_day(text, first, last):
    assert bounds(read(month, text, "%b-%Y")) == (first, last, Precision.MONTH)


def test_a_year_runs_from_its_first_to_its_last_day():
    assert bounds(read(year, " 2027 ")) == (date(2027, 1, 1), date(2027, 12, 31), Precision.YEAR)


@pytest.mark.parametrize("text", ["27", "20271", "2027/28", "in 2027"])
def test_a_year_is_four_digits_and_nothing_else(text):
    assert read(year, text)["precision"] == Precision.UNKNOWN


@given(st.dates(date(1927, 5, 19), date(2173, 10, 13)), st.sampled_from(["", ".0"]))
def test_an_excel_serial_is_the_day_excel_shows(stated, tail):
    serial = (stated - date(1899, 12, 30)) // timedelta(days=1)
    assert bounds(read(excel_serial, f"{serial}{tail}")) == (stated, stated, Precision.DAY)


def test_the_first_candidate_with_a_bound_is_taken():
    text = pl.Series("t", ["45853", "15/07/2025", "July"])
    found = pl.DataFrame([text]).select(
        first_that_fits(day(pl.col("t"), "%d/%m/%Y"), excel_serial(pl.col("t")), year(pl.col("t")))
    )
    assert found.to_series().struct.field("earliest").to_list() == [
        date(2025, 7, 15),
        date(2025, 7, 15),
        None,
    ]
    assert found.to_series().struct.field("text").to_list() == ["45853", "15/07/2025", "July"]


@pytest.mark.parametrize(
    "expression",
    [
        day(pl.col("t"), "%d/%m/%Y"),
        month(pl.col("t"), "%b-%Y"),
        year(pl.col("t")),
        excel_serial(pl.col("t")),
        first_that_fits(year(pl.col("t")), excel_serial(pl.col("t"))),
    ],
)
def test_every_form_gives_one_shape_and_names_its_column(expression):
    frame = pl.DataFrame({"t": ["15/07/2025", None]}).select(expression.alias("d"))
    assert frame.schema["d"] == PARTIAL_DATE
    assert set(expression.meta.root_names()) == {"t"}
