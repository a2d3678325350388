"""Native rows: what every reader yields and every mapping starts from.

A native value is text (or a list of texts where the format nests them) exactly as the source has
it; a blank cell is null. No reader interprets a value, drops a row or invents one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

ROW = "_row"
"""Column that numbers the native rows from 1, in the source's order."""


@dataclass(frozen=True, slots=True)
class Document:
    """One fetched body. `stated_at` is its Last-Modified, when the source sent one."""

    name: str
    content: bytes
    stated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A native row no mapping can use, with its text and a reason code."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class NativeTable:
    """Native rows by column name, plus `ROW`; and rows so broken that they have no columns.

    `stated_at`: the date the source itself gives the whole list, when it does. `joined`: rows that
    are headings or parts of others; the reader laid their text into a list column of those.
    `withdrawn`: national identifiers of what the source takes back, a row each.
    """

    rows: pl.DataFrame
    rejected: tuple[RejectedRow, ...] = field(default=())
    stated_at: datetime | None = None
    joined: int = 0
    withdrawn: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """All rows read, usable or not."""
        return self.rows.height + len(self.rejected) + self.joined + len(self.withdrawn)


def number(
    rows: pl.DataFrame, numbers: Sequence[int] | None = None, blanks: Sequence[str] = ()
) -> pl.DataFrame:
    """Number the rows (from 1 unless given) and turn blank text, and `blanks`, into null.

    NUL, which PostgreSQL can't hold and JSON can smuggle in, becomes U+FFFD.
    """
    text = pl.col(pl.String)
    texts = pl.element().str.replace_all("\0", "\ufffd", literal=True)
    if rows.select(pl.any_horizontal(text.str.contains("\0", literal=True).any())).item():
        rows = rows.with_columns(text.str.replace_all("\0", "\ufffd", literal=True))
    blank = text.str.strip_chars().is_in(["", *blanks])
    numbers = range(1, rows.height + 1) if numbers is None else numbers
    return rows.with_columns(
        pl.when(blank).then(None).otherwise(text).name.keep(),
        pl.col(pl.List(pl.String)).list.eval(texts),
        pl.Series(ROW, numbers, dtype=pl.Int32),
    )
