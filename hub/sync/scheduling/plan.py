"""Cron lines on their member's own clock: which instants one names, and which lines are taken.

Reading a line is croniter's, which procrastinate brings along. A day of 23 or 25 hours neither
skips nor doubles a run: what falls in the hour that is left out runs once when it is over, and what
falls in the hour that comes twice runs in the first, unless the line names every hour.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter  # type: ignore[import-untyped]  # it has no types

from federation.feed import Feed
from hub.errors import InvalidInput

FLOOR = timedelta(minutes=5)
"""Least time between two runs of a feed."""

MOST_JITTER = timedelta(minutes=4)
"""Longest that a run waits after its slot, so that feeds of one hour don't ask at one second."""

JITTER_PART = 10
"""A run waits a tenth of the time to the next slot at most."""

FIELDS = 5

EXAMPLE = "`30 4 * * 1-5` for 04:30 from Monday to Friday"

# fmt: off
_WORDS = frozenset((
    "l", "sun", "mon", "tue", "wed", "thu", "fri", "sat",
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
))
# fmt: on
_EVERY = ["*"]
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Plan:
    """A feed's cron line and the time zone it is read in."""

    feed: str
    cron: str
    time_zone: str

    @classmethod
    def of(cls, feed: Feed, own_cron: str | None = None) -> "Plan":
        """Take the member's own line, or the feed's where there is none."""
        return cls(feed.id, own_cron or feed.cron, feed.time_zone)

    def __str__(self) -> str:
        return f"{self.cron} {self.time_zone}"

    def slot_after(self, instant: datetime) -> datetime:
        """Find the first instant that the line names after another, in UTC.

        An hour that the clock shows twice has its slots once, but for a line of every hour.
        """
        slots = croniter(self.cron, instant.astimezone(ZoneInfo(self.time_zone)))
        is_hourly = slots.expanded[1] == _EVERY
        while True:
            slot: datetime = slots.get_next(datetime)
            if is_hourly or not slot.fold:
                return slot.astimezone(UTC)

    def run_at(self, slot: datetime) -> datetime:
        """Say when the run of a slot is due: whoever asks is told the same.

        It is due at the slot or later, by no more than `MOST_JITTER`, so that not all come at once.
        """
        room = min(MOST_JITTER, (self.slot_after(slot) - slot) / JITTER_PART)
        digest = hashlib.sha256(f"{self.feed} {slot.astimezone(UTC).isoformat()}".encode()).digest()
        return slot + room * (int.from_bytes(digest[:4]) / 2**32)


def checked_line(text: str) -> str:
    """Give a cron line that a feed may be pulled by, with single spaces.

    Raises:
        InvalidInput: it is none (code `CRON_INVALID`), or runs would come closer than `FLOOR`
            (code `CRON_TOO_FREQUENT`).
    """
    fields = text.split()
    line = " ".join(fields)
    words = re.findall(r"[^\W\d]+", line.lower())
    if len(fields) != FIELDS or len(line) > 100:
        raise _not_cron(line, f"it has {len(fields)} of {FIELDS} fields")
    if strange := [word for word in words if word not in _WORDS]:
        raise _not_cron(line, f"`{strange[0][:20]}` names no weekday or month")
    try:
        parsed = croniter(line, datetime(2026, 1, 1, tzinfo=UTC))
        parsed.get_next()
    except (CroniterError, ValueError, KeyError) as error:
        raise _not_cron(line, str(error)) from error
    closest = _closest(parsed.expanded[0], parsed.expanded[1])
    if closest < FLOOR:
        raise InvalidInput(
            f"`{line}` pulls again after {closest.seconds // 60} min, and the least is "
            f"{FLOOR.seconds // 60} min: name fewer minutes, such as `*/15 * * * *`",
            code="CRON_TOO_FREQUENT",
        )
    return line


def _not_cron(line: str, fault: str) -> InvalidInput:
    return InvalidInput(
        f"`{line[:100]}` is no cron line, {fault}: write minute, hour, day, month and weekday, "
        f"such as {EXAMPLE}",
        code="CRON_INVALID",
    )


def _closest(minutes: list[int | str], hours: list[int | str]) -> timedelta:
    """Find the least time between two runs of a day, or of one day and the next."""
    every_hour = range(24) if hours == _EVERY else map(int, hours)
    every_minute = list(range(60) if minutes == _EVERY else map(int, minutes))
    runs = sorted(hour * 60 + minute for hour in every_hour for minute in every_minute)
    around = [*runs, runs[0] + _DAY_MINUTES]
    return timedelta(minutes=min(later - earlier for earlier, later in pairwise(around)))
