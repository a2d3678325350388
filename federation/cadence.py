"""How old the data of a list may become before they are stale, told by when it is pulled.

A list whose own rhythm says otherwise states its cadence: see `Feed`. What is stale at an instant
is the hub's matter.
"""

from datetime import UTC, datetime, timedelta
from functools import cache

from croniter import croniter  # type: ignore[import-untyped]  # it publishes no types

LEAST_GRACE = timedelta(hours=1)
MOST_GRACE = timedelta(days=1)
GRACE_PART = 4
"""Grace is a quarter of the time between two pulls, within these bounds: what a late pull and its
retries may take."""

_SPAN = timedelta(days=35)
"""How far to look for the longest wait, or to the second pull where there are fewer."""

_START = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def cadence_of(cron: str) -> timedelta:
    """Give the longest wait between two pulls of a cron line, and grace."""
    runs = croniter(cron, _START)
    before: datetime = runs.get_next(datetime)
    longest = timedelta()
    while before < _START + _SPAN or not longest:
        run: datetime = runs.get_next(datetime)
        longest = max(longest, run - before)
        before = run
    return longest + min(max(longest / GRACE_PART, LEAST_GRACE), MOST_GRACE)
