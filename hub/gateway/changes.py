"""The root field `changes`: which records changed, in commit order, as far as the caller may see.

Pulls publish one after another, so a sequence number once seen is never followed by a lower one.
A removed part is shown to whoever could see the part.
"""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from psycopg import AsyncConnection

from federation.records.declaration import Group, Origin
from federation.records.registry import RECORD_TYPES
from hub.errors import InvalidInput
from hub.gateway.paging import page_size
from hub.gateway.plan import Decisions
from hub.gateway.statement import Statement, quoted


@strawberry.enum(description="What happened to a record.")
class ChangeKind(Enum):
    """What happened to a record."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


@strawberry.type(description="One change of one record.")
class Change:
    """One change, with its place in the feed."""

    seq: str = strawberry.field(description="Place in the change feed.")
    kind: ChangeKind
    key: strawberry.ID
    record_type: str
    origin: str
    at: datetime


@strawberry.type(description="Changes after a place in the feed, oldest first.")
class ChangePage:
    """A page of changes."""

    nodes: list[Change]
    end_cursor: str = strawberry.field(description="Pass as `since` to read on.")
    has_next_page: bool


async def changes(
    connection: AsyncConnection,
    decisions: Decisions,
    *,
    since: str | None,
    first: int,
    types: list[str] | None,
    origins: list[str] | None,
) -> ChangePage:
    """Read a page of changes.

    Raises:
        InvalidInput: an unknown record type or origin, or a cursor that is none.
    """
    start = _cursor(since)
    size = page_size(first)
    wanted = _known("types", types, RECORD_TYPES)
    owners = _known("origins", origins, Origin)
    statement = Statement()
    after, owned = statement.bind(start, "bigint"), statement.bind(owners, "text[]")
    selects = [select for name in wanted for select in _selects(name, decisions, after, owned)]
    rows: list[tuple[Any, ...]] = []
    if selects:
        sql = " UNION ALL ".join(selects) + f" ORDER BY 1 LIMIT {size + 1}"
        cursor = await connection.execute(sql, statement.parameters)
        rows = await cursor.fetchall()
    found = [_change(row) for row in rows[:size]]
    return ChangePage(
        nodes=found,
        end_cursor=found[-1].seq if found else str(start),
        has_next_page=len(rows) > size,
    )


def _selects(name: str, decisions: Decisions, after: str, owned: str) -> list[str]:
    visible = decisions.predicate(name, Group.PUBLIC).sql("b")
    table = quoted(RECORD_TYPES[name].table)
    kind = "CASE WHEN b.recorded_at = b.first_recorded_at THEN 'ADDED' ELSE 'CHANGED' END"
    return [
        f"SELECT b.{seq} AS seq, {what}, b.key, '{name}', b.origin, b.{at} FROM {table} b "
        f"WHERE b.{seq} > {after} AND b.origin = ANY({owned}) AND ({visible})"
        for seq, what, at in (
            ("change_seq", kind, "recorded_at"),
            ("removed_seq", "'REMOVED'", "superseded_at"),
        )
    ]


def _change(row: tuple[Any, ...]) -> Change:
    seq, kind, key, record_type, origin, at = row
    return Change(
        seq=str(seq),
        kind=ChangeKind(kind),
        key=strawberry.ID(key),
        record_type=record_type,
        origin=origin,
        at=at,
    )


def _cursor(since: str | None) -> int:
    if since is None:
        return 0
    if not since.isdecimal() or len(since) > 18:
        raise InvalidInput(
            f"`since` is `{since[:40]}`, not a cursor: use `endCursor`", code="BAD_CURSOR"
        )
    return int(since)


def _known(name: str, given: list[str] | None, known: Any) -> list[str]:
    names = [str(item) for item in known]
    unknown = [item for item in given or () if item not in names]
    if unknown:
        raise InvalidInput(f"`{name}` has `{unknown[0][:40]}`: use {', '.join(names)}")
    return names if given is None else [item for item in names if item in given]
