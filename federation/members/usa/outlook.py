"""When a US shortage should end, read out of the prose of `related_info`.

FDA has no field for it. Companies write `Estimated recovery: mid-April 2026`, `TBD`, `3 weeks` or
nothing. The words are kept, their bounds are those they state, and no day is invented. The next
delivery or release is not the end of a shortage and is not read.
"""

import polars as pl

from federation.harmonize.dates import day, first_that_fits, month, partial_date, year
from federation.records.declaration import Precision

_FORESEEN = r"(?:estimated|expected|anticipated)"
_CUE = (
    rf"{_FORESEEN}\s+(?:availability|recovery|re-?supply|(?:shortage\s+)?duration)"
    r"|(?:shortage\s+)?recovery(?:\s+duration)?"
    r"|shortage\s+(?:duration|is\s+estimated)"
    r"|re-?supply"
    r"|supply\s+(?:is\s+)?(?:currently\s+)?anticipated"
)
_STATEMENT = (
    rf"(?i)\b(?:{_CUE})(?:\s+(?:is|in|for|by)\b)*\s*:?\s*([^;\n]+?)\s*(?:\.?\s*$|[;\n]|\.\s+[A-Z])"
)

_PART_OF_MONTH = r"(?i)^(early|mid|late)[- ]+([a-z]+ [0-9]{4})$"
_MONTH_SPAN = r"(?i)^([a-z]+) ?[/-] ?([a-z]+) ([0-9]{4})$"
_QUARTER = r"(?i)^(?:q([1-4])|([1-4])q)[- ]*([0-9]{4})$"


def expected_end(text: pl.Expr) -> pl.Expr:
    """Read the end that a prose text foresees; null where it foresees none."""
    stated = text.str.extract(_STATEMENT).str.replace_all(r"\s+", " ")
    return first_that_fits(
        day(stated, "%m/%d/%Y", "%B %d, %Y"),
        month(stated, "%B %Y", "%b %Y"),
        year(stated),
        _part_of_month(stated),
        _months(stated),
        _quarter(stated),
    )


def _part_of_month(text: pl.Expr) -> pl.Expr:
    """Read the first ten days, the second ten, or the rest of a month."""
    parts = text.str.extract_groups(_PART_OF_MONTH).struct
    part, first = parts.field("1").str.to_lowercase(), _first_day(parts.field("2"))
    skipped = part.replace_strict({"early": 0, "mid": 10, "late": 20}, default=None)
    earliest = first + pl.duration(days=skipped)
    tenth = earliest + pl.duration(days=9)
    latest = pl.when(part == "late").then(first.dt.month_end()).otherwise(tenth)
    return partial_date(text, earliest, latest, Precision.ABOUT)


def _months(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(_MONTH_SPAN).struct
    first, last = (
        _first_day(pl.concat_str(parts.field(name), pl.lit(" "), parts.field("3")))
        for name in ("1", "2")
    )
    return partial_date(text, first, last.dt.month_end(), Precision.ABOUT)


def _quarter(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(_QUARTER).struct
    quarter = pl.coalesce(parts.field("1"), parts.field("2")).cast(pl.Int32)
    last_month = quarter * 3
    first, last = (
        pl.date(parts.field("3").cast(pl.Int32), number, 1)
        for number in (last_month - 2, last_month)
    )
    return partial_date(text, first, last.dt.month_end(), Precision.ABOUT)


def _first_day(month_and_year: pl.Expr) -> pl.Expr:
    dated = pl.lit("01 ") + month_and_year
    return pl.coalesce(dated.str.to_date(form, strict=False) for form in ("%d %B %Y", "%d %b %Y"))
