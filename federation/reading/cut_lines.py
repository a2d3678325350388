"""Lines of text cut into cells at every separator, all of them at once.

For text that quotes nothing. A million rows as lists of cells would be a gigabyte of small texts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

_BLOCK_CHARS = 8 * 1024 * 1024
"""How much text is cut at once: cutting takes several times the memory of what is cut."""


@dataclass(frozen=True, slots=True)
class CutLines:
    """Lines that state anything, numbered from 1, and how many cells each has."""

    lines: pl.Series
    widths: pl.Series
    separator: str

    @classmethod
    def of(cls, text: str, separator: str, at: int) -> "CutLines":
        """Cut a text whose lines end at LF, from the given line on."""
        blocks = (pl.Series([block]).str.split("\n").explode() for block in _blocks(text))
        lines = pl.concat(blocks, rechunk=False).slice(at)
        lines = lines.filter(lines.str.contains(rf"[^\s{re.escape(separator)}]"))
        return cls(lines, lines.str.count_matches(separator, literal=True) + 1, separator)

    def cells(self, names: Sequence[str]) -> tuple[pl.DataFrame, list[int], list[tuple[int, str]]]:
        """Give the rows that have a cell for each name, their numbers, and the others by number."""
        numbers = pl.int_range(1, self.lines.len() + 1, dtype=pl.Int32, eager=True)
        fits = self.widths == len(names)
        others = zip(numbers.filter(~fits), self.lines.filter(~fits), strict=True)
        blocks = self.lines.filter(fits).get_chunks()
        rows = pl.concat((self._rows(block, names) for block in blocks), rechunk=False)
        return rows, numbers.filter(fits).to_list(), list(others)

    def _rows(self, lines: pl.Series, names: Sequence[str]) -> pl.DataFrame:
        cells = lines.str.split_exact(self.separator, len(names) - 1)
        return cells.struct.rename_fields(names).struct.unnest()


def _blocks(text: str) -> Iterator[str]:
    """Part a text at line ends."""
    start = 0
    while len(text) - start > _BLOCK_CHARS:
        end = text.find("\n", start + _BLOCK_CHARS)
        if end < 0:
            break
        yield text[start:end]
        start = end + 1
    yield text[start:]
