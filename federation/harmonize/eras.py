"""Dates counted in Japanese eras: `R8.3.31まで`, `令和８年８月14日現在`, `昭和51年9月`.

Digits and letters may be full-width, half-width or both. Years beyond an era's last are counted
on, as papers printed before a change do. Results are partial dates as in `dates.py`.
"""

from datetime import date

import polars as pl

from federation.harmonize.dates import partial_date
from federation.records.declaration import Precision

_YEAR_BEFORE = {
    **dict.fromkeys(("令和", "R"), 2018),
    **dict.fromkeys(("平成", "H"), 1988),
    **dict.fromkeys(("昭和", "S"), 1925),
    **dict.fromkeys(("大正", "T"), 1911),
    **dict.fromkeys(("明治", "M"), 1867),
}
"""The year before an era's first, by its name and its letter."""

_MONTH = rf"({'|'.join(_YEAR_BEFORE)})\s*(元|\d{{1,2}})\s*[年./-]\s*(\d{{1,2}})\s*"
_DAY = r"[月./-]\s*(\d{1,2})\s*日?"


def era_date(text: pl.Expr, words: str = "") -> pl.Expr:
    """Read era dates that state a day or a month.

    Args:
        text: the native text; its words are kept as they are.
        words: regular expression of what may stand behind the date, such as `まで`; anything else
            there makes it no date.
    """
    plain = text.str.normalize("NFKC").str.strip_chars()
    parts = plain.str.extract_groups(rf"^{_MONTH}(?:{_DAY}|月)?\s*(?:{words})$").struct
    before = parts.field("1").replace_strict(_YEAR_BEFORE, default=None, return_dtype=pl.Int32)
    year = before + parts.field("2").replace("元", "1").cast(pl.Int32, strict=False)
    stated_day = parts.field("4")
    iso = pl.format("{}-{}-{}", year, parts.field("3"), stated_day.fill_null("1"))
    first = iso.str.to_date("%Y-%m-%d", strict=False)
    is_month = stated_day.is_null()
    return partial_date(
        text,
        first,
        pl.when(is_month).then(first.dt.month_end()).otherwise(first),
        pl.when(is_month).then(pl.lit(str(Precision.MONTH))).otherwise(pl.lit(str(Precision.DAY))),
    )


def day_in(text: str) -> date | None:
    """Read the first era day in a running text, such as a sheet's title; months are passed over."""
    found = pl.lit(text).str.normalize("NFKC").str.extract(f"({_MONTH}{_DAY})")
    day: date | None = pl.select(era_date(found).struct.field("earliest")).item()
    return day
