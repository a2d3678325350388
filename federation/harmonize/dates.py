"""Dates as sources state them: words, earliest and latest day, precision.

Every function gives a struct `{text, earliest, latest, precision}` (`PartialDate`), null where the
source is blank. A text that no format fits keeps its words, with no bounds and precision
`UNKNOWN`: it is counted as a defect and nothing is invented.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from federation.records.declaration import Precision

PARTIAL_DATE = pl.Struct(
    {"text": pl.String, "earliest": pl.Date, "latest": pl.Date, "precision": pl.String}
)

_EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel's 1900 date system, its phantom 29 February 1900 included."""

_OLDEST = date(1800, 1, 1)
"""No source states an older day; `%Y` reads the year 25 out of `30/06/25`, which says 2025."""


def day(text: pl.Expr, *formats: str) -> pl.Expr:
    """Read dates that state a day, by the first strptime format that fits whole."""
    return partial_date(text, _first(text, formats), _first(text, formats), Precision.DAY)


def month(text: pl.Expr, *formats: str) -> pl.Expr:
    """Read dates that state a month; formats carry no day, such as `%b-%Y`."""
    first = _first(pl.lit("01 ") + text.str.strip_chars(), [f"%d {form}" for form in formats])
    return partial_date(text, first, first.dt.month_end(), Precision.MONTH)


def year(text: pl.Expr) -> pl.Expr:
    """Read dates that are a bare year."""
    number = text.str.strip_chars().str.extract(r"^(\d{4})$").cast(pl.Int32, strict=False)
    first, last = pl.date(number, 1, 1), pl.date(number, 12, 31)
    return partial_date(text, first, last, Precision.YEAR)


def excel_serial(text: pl.Expr) -> pl.Expr:
    """Read bare Excel day numbers of five digits (1927 to 2173) as days."""
    serial = text.str.strip_chars().str.extract(r"^(\d{5})(?:\.0)?$").cast(pl.Int32, strict=False)
    found = pl.lit(_EXCEL_EPOCH) + pl.duration(days=serial)
    return partial_date(text, found, found, Precision.DAY)


def first_that_fits(*candidates: pl.Expr) -> pl.Expr:
    """Take the first candidate with a bound; else the first, which keeps the words."""
    chosen = candidates[0]
    for candidate in reversed(candidates):
        chosen = (
            pl.when(candidate.struct.field("earliest").is_not_null())
            .then(candidate)
            .otherwise(chosen)
        )
    return chosen


def partial_date(
    text: pl.Expr, earliest: pl.Expr, latest: pl.Expr, precision: Precision | pl.Expr
) -> pl.Expr:
    """Put a partial date together; without bounds its precision is `UNKNOWN`."""
    stated = precision if isinstance(precision, pl.Expr) else pl.lit(str(precision))
    bounded = earliest.is_not_null() | latest.is_not_null()
    whole = pl.struct(
        text.str.strip_chars().alias("text"),
        earliest.cast(pl.Date).alias("earliest"),
        latest.cast(pl.Date).alias("latest"),
        pl.when(bounded).then(stated).otherwise(pl.lit(str(Precision.UNKNOWN))).alias("precision"),
    )
    return pl.when(text.str.strip_chars().fill_null("") != "").then(whole).otherwise(None)


def _first(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    tidy = text.str.strip_chars()
    read = (tidy.str.to_date(form, strict=False) for form in formats)
    return pl.coalesce(pl.when(found >= _OLDEST).then(found) for found in read)
