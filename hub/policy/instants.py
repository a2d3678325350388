"""Cedar's datetime literals as instants, and instants as PostgreSQL reads them.

Cedar accepts the years 0000 to 9999 and offsets of up to a day beyond them, more than Python's
`datetime` holds, so years are counted in cycles of 400, after which the calendar repeats.
"""

import re
from datetime import UTC, datetime, timedelta

from hub.policy.expression import Instant

# Source: Cedar language, `datetime` extension: the only forms it accepts.
_FORM = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(\.(?P<ms>\d{3}))?"
    r"(Z|(?P<sign>[+-])(?P<off_hour>\d\d)(?P<off_minute>\d\d)))?",
    re.ASCII,
)
_CYCLE_YEARS = 400
_CYCLE = timedelta(days=146_097)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def read_instant(text: str) -> Instant:
    """Read a Cedar datetime literal.

    Raises:
        ValueError: the text has another form, or names no day of the calendar.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no Cedar datetime")
    part = {name: int(value or 0) for name, value in found.groupdict().items() if name != "sign"}
    cycles, year = divmod(part["year"] + _CYCLE_YEARS, _CYCLE_YEARS)
    local = datetime(
        year + _CYCLE_YEARS,
        part["month"],
        part["day"],
        part["hour"],
        part["minute"],
        part["second"],
        part["ms"] * 1000,
        tzinfo=UTC,
    )
    offset = timedelta(hours=part["off_hour"], minutes=part["off_minute"])
    since = (local - _EPOCH) + (cycles - 2) * _CYCLE
    return Instant((since + offset if found["sign"] == "-" else since - offset) // _MS)


def instant_text(instant: Instant) -> str:
    """Write an instant as PostgreSQL reads it exactly, whatever the session's settings."""
    cycles, rest = divmod(instant.epoch_ms * _MS, _CYCLE)
    shown = _EPOCH + rest
    year = shown.year + cycles * _CYCLE_YEARS
    clock = f"{shown:%m-%d %H:%M:%S}.{shown.microsecond // 1000:03d}+00"
    return f"{year:04d}-{clock}" if year > 0 else f"{1 - year:04d}-{clock} BC"
