"""Watermarks: feeds of which a pull asks for the newest part alone.

The mark is the newest day that a served row bears. A pull asks for rows from some days before it:
sources add rows out of order. What comes later still is found by its absence from the count, and by
the full read that is due now and then. What a hub keeps of it is in
`hub/sync/fetching/coverage.py`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from federation.reading.native import NativeTable
from federation.sources.exchange import Since


@dataclass(frozen=True, slots=True)
class Watermark:
    """How a feed is read in part.

    Attributes:
        column: native column, and the source's own name, of the day that dates a row.
        formats: how the column writes a day.
        overlap_days: how many days before the mark are read again, for rows that come late.
        full_days: after how many days the whole list is read again.
    """

    column: str
    formats: tuple[str, ...]
    overlap_days: int
    full_days: int

    def reached(self, native: NativeTable, today: date) -> date | None:
        """Give the newest day of the rows that is not to come; None where no row bears one."""
        if self.column not in native.rows.columns:
            return None
        text = pl.col(self.column).str.strip_chars()
        days = pl.coalesce(*(text.str.to_date(form, strict=False) for form in self.formats))
        known = native.rows.select(days.alias("day")).filter(pl.col("day") <= today)
        return known["day"].max()  # type: ignore[return-value]  # of a column of days

    def since(self, mark: date, today: date) -> Since:
        """Say which part to ask for.

        A mark that is still to come was set by a clock that has stepped back since, and counts as
        today.
        """
        return Since(self.column, min(mark, today) - timedelta(days=self.overlap_days))

    def is_full_due(self, full_read_at: datetime | None, now: datetime) -> bool:
        """Say whether the whole list is to be read: never yet, too long ago, or at a time to come.

        The last one was told by a clock that has stepped back since.
        """
        if full_read_at is None:
            return True
        return not timedelta() <= now - full_read_at < timedelta(days=self.full_days)
