"""Lines of text cut into cells at every separator, all of them at once.

For text that quotes nothing. A million rows as lists of cells would be a gigabyte of small texts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class CutLines:
    """Lines that state anything, numbered from 1, and how many cells each has."""

    lines: pl.Series
    widths: pl.Series
    separator: str

    @classmethod
    def of(cls, text: str, separator: str, at: int) -> "CutLines":
        """Cut a text whose lines end at LF, from the given line on."""
        lines = pl.Series([text]).str.split("\n").explode().slice(at)
        lines = lines.filter(lines.str.contains(rf"[^\s{re.escape(separator)}]"))
        return cls(lines, lines.str.count_matches(separator, literal=True) + 1, separator)

    def cells(self, names: Sequence[str]) -> tuple[pl.DataFrame, list[int], list[tuple[int, str]]]:
        """Give the rows that have a cell for each name, their numbers, and the others by number."""
        numbers = pl.int_range(1, self.lines.len() + 1, dtype=pl.Int32, eager=True)
        fits = self.widths == len(names)
        parts = self.lines.filter(fits).str.split_exact(self.separator, len(names) - 1)
        others = zip(numbers.filter(~fits), self.lines.filter(~fits), strict=True)
        rows = parts.struct.rename_fields(names).struct.unnest()
        return rows, numbers.filter(fits).to_list(), list(others)
