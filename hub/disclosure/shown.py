"""Which rows an answer showed: how many of each origin and field group, and of when they are.

A record that stands at several places of an answer counts at each.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class ShownRows:
    """Rows of one record type: counts by field group and origin, and their sources' dates."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    oldest: datetime | None = None
    newest: datetime | None = None

    def add_rows(self, group: str, origin: str, count: int) -> None:
        """Add rows of an origin that show a field group."""
        by_origin = self.rows.setdefault(str(group), {})
        by_origin[origin] = by_origin.get(origin, 0) + count

    def add_date(self, retrieved_at: datetime) -> None:
        """Add an instant at which a row was retrieved."""
        self.oldest = min(self.oldest or retrieved_at, retrieved_at)
        self.newest = max(self.newest or retrieved_at, retrieved_at)


Shown = dict[str, ShownRows]
"""By record type; of each that shows a row. Kept as JSON: `{type: {rows, oldest, newest}}`."""


def instant(milliseconds: int) -> datetime:
    """Read milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
