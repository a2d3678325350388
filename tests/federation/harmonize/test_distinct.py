"""Values made once for each distinct row are those made row by row."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from federation.harmonize.dates import day
from federation.harmonize.distinct import MIN_ROWS, by_distinct, is_by_row
from federation.harmonize.mapping import dose_form, routes, term, texts
from federation.members.europe.french_forms import DOSE_FORM
from federation.members.registry import FEEDS
from federation.reading.native import ROW

FORM, ROUTES = pl.col("form"), texts(pl.col("routes"), ";")
BY_ROW = {
    "day": day(pl.col("on"), "%d/%m/%Y"),
    "dose_form": dose_form(FORM, ROUTES, DOSE_FORM),
    "key": pl.format("EU.Product.{}", pl.col("no")),
    "routes": routes(dose_form(FORM, ROUTES, DOSE_FORM), ROUTES),
    "term": term(FORM, DOSE_FORM),
    "whole": pl.when(FORM.is_null()).then(pl.lit("none")).otherwise(FORM.str.to_uppercase()),
}
OVER_ROWS = {
    "count": FORM.cum_count().over(ROW),
    "first": FORM.first(),
    "firsts": pl.col("on").is_first_distinct(),
    "length": pl.int_range(1, pl.len() + 1).over(FORM),
    "next": FORM.shift(1),
    "python": FORM.map_batches(lambda texts: texts.reverse(), return_dtype=pl.String),
}


@pytest.fixture
def source():
    height = 2 * MIN_ROWS
    return pl.DataFrame(
        {
            ROW: range(height),
            "no": [str(number) for number in range(height)],
            "form": [
                [None, "comprimé", "gel", "unheard of"][number % 4] for number in range(height)
            ],
            "routes": [["orale", "cutanée;orale", None][number % 3] for number in range(height)],
            "on": [f"{1 + number % 28:02}/02/2026" for number in range(height)],
        }
    )


@pytest.mark.parametrize("name", BY_ROW)
def test_what_is_made_of_one_row_is_known_to_be(name):
    assert is_by_row(BY_ROW[name])


@pytest.mark.parametrize("name", OVER_ROWS)
def test_what_looks_at_other_rows_is_left_to_polars(name):
    assert not is_by_row(OVER_ROWS[name])


@pytest.mark.parametrize("heads", [MIN_ROWS - 1, 2 * MIN_ROWS])
def test_values_are_those_of_a_plain_selection(source, heads):
    rows = source.head(heads)
    asked = [made.alias(name) for name, made in (BY_ROW | OVER_ROWS).items()]
    asked.append(pl.lit("HUMAN").alias("species"))
    assert_frame_equal(rows.select(by_distinct(rows, asked)), rows.select(asked))


def test_few_distinct_rows_are_looked_at_once_each(source):
    (forms, key) = by_distinct(source, [BY_ROW["term"].alias("term"), BY_ROW["key"].alias("key")])
    assert isinstance(forms, pl.Series)
    assert isinstance(key, pl.Expr)


def test_most_fields_of_all_feeds_are_known_to_be_made_by_row():
    fields = [
        made
        for feed in FEEDS.values()
        for mapping in feed.mappings
        for made in mapping.values.values()
    ]
    assert sum(map(is_by_row, fields)) > 0.8 * len(fields)
