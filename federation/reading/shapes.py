"""What the values of a column look like: code lengths, days, numbers, vocabularies.

A feed's layout gives each column it reads a shape; `TEXT` is for prose and names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Shape:
    """What the values of one column look like.

    Attributes:
        pattern: regular expression that a value matches whole, blanks around it aside.
        says: the shape in words.
        fits: least share of the stated values that match.
        stated: least share of the rows that state a value.
    """

    pattern: str
    says: str
    fits: float = 0.9
    stated: float = 0.0

    def misfits(self, values: pl.Series) -> pl.Series:
        """Give the stated values that don't match."""
        values = values.drop_nulls()
        return values.filter(~values.str.strip_chars().str.contains(rf"^(?s:{self.pattern})$"))


TEXT = Shape(".*", "any text")
NUMBER = Shape(r"\d[\d,]*(?:\.\d+)?", "a number")

_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"

DAY = Shape(rf"{_YEAR}-{_MONTH}-{_DAY}(?: 00:00:00)?", "a day as 2026-12-31")
COMPACT_DAY = Shape(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d", "a day as 20261231")
DAY_FIRST = Shape(rf"{_DAY}/{_MONTH}/{_YEAR}", "a day as 31/12/2026", fits=0.98)
MONTH_FIRST = Shape(rf"{_MONTH}/{_DAY}/{_YEAR}", "a day as 12/31/2026", fits=0.98)
DOTTED_DAY = Shape(rf"{_DAY}\.{_MONTH}\.{_YEAR}", "a day as 31.12.2026", fits=0.98)


def digits(count: int | str, **shares: float) -> Shape:
    """Make the shape of a code of so many digits: `9`, or `7,9` for seven to nine."""
    return Shape(rf"\d{{{count}}}", f"{count} digits", **shares)


def one_of(terms: Iterable[str], **shares: float) -> Shape:
    """Make the shape of a vocabulary: nearly all terms unknown is another column."""
    listed = list(terms)
    pattern = "|".join(re.escape(term) for term in listed)
    return Shape(rf"(?i:{pattern})", f"`{'`, `'.join(listed[:3])}` …", **shares)
