"""Reads the disclosure log, the newest entries first, for whoever may look into it.

Who may look, and at what part of an entry, is decided by `hub/gateway/disclosures.py`: here nothing
is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log. `shown` is as `shown.py` writes it."""

    id: str
    answered_at: datetime
    issuer: str
    client: str
    subject: str
    actors: list[str]
    member: str
    organisation: str
    purpose: str
    request_id: str | None
    question_digest: str
    policy_digest: str
    opened_by: list[str]
    masked: list[str]
    shown: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for: `origin` for those that show rows of that member alone."""

    origin: str | None = None
    recipient: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None


_CONDITIONS: Mapping[str, str] = {
    "origin": "jsonb_path_exists(shown, ('$.*.rows.*.' || ${})::jsonpath)",
    "recipient": "member = ${}",
    "since": "answered_at >= ${}",
    "until": "answered_at < ${}",
    "after": "id < ${}::uuid",
}
_COLUMNS = ", ".join(["id::text", *(name for name in Entry.__slots__ if name != "id")])


async def read_entries(connection: AsyncConnection, wanted: Wanted, limit: int) -> list[Entry]:
    """Read entries, the newest first. The connection takes numbered placeholders."""
    given = {name: getattr(wanted, name) for name in _CONDITIONS}
    asked = {name: value for name, value in given.items() if value is not None}
    tests = [_CONDITIONS[name].format(place) for place, name in enumerate(asked, start=1)]
    async with connection.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(
            f"SELECT {_COLUMNS} FROM disclosure WHERE {' AND '.join(['true', *tests])} "  # noqa: S608 - own names
            f"ORDER BY disclosure.id DESC LIMIT {limit:d}",
            [*asked.values()],
        )
        return await cursor.fetchall()
