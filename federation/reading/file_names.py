"""What a file's name says of its contents."""

import re
from contextlib import suppress
from datetime import UTC, datetime

_DAY = re.compile(r"(?<!\d)((?:19|20)\d{6})(?!\d)")


def day_in_name(name: str) -> datetime | None:
    """Find the day that a file's name states as `yyyymmdd`; it begins at midnight UTC."""
    if found := _DAY.search(name):
        with suppress(ValueError):
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC)
    return None
