"""The change feed: what changed in a caller's view of the records, in commit order.

Whoever writes versions holds the publishing turn, so a number of the sequence once seen is never
followed by a lower one. A page goes on from a place: first come the rows that a policy or their age
brought into the view or took out of it since, then what was published, and what other records that
were published brought in or took out. A row that leaves the view is a tombstone, and one that never
was in it is nothing. Start at `ChangeFeed.read`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import strawberry
from psycopg import AsyncConnection

from federation.records.declaration import Group, Origin
from federation.records.registry import RECORD_TYPES
from hub.disclosure.shown import Shown, ShownRows
from hub.errors import Conflict, InvalidInput
from hub.gateway.changes.places import Place, Seal, Span
from hub.gateway.changes.types import Change, ChangeKind, ChangePage
from hub.gateway.changes.views import View, Views
from hub.gateway.planning.paging import page_size
from hub.gateway.planning.plan import Decisions
from hub.gateway.planning.statement import Statement, quoted
from hub.identity.types import Caller

MAX_SPANS = 8
"""Most changes of policy that a caller may have to be told of at once."""

NOW = "now"
"""Stands for the place after the newest change, where a cursor is asked for."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """The record types and origins whose changes are asked for."""

    types: Sequence[str]
    origins: Sequence[str]

    @classmethod
    def of(cls, types: list[str] | None, origins: list[str] | None) -> "Asked":
        """Check what a caller names; all where it names none.

        Raises:
            InvalidInput: an unknown record type or origin.
        """
        return cls(_known("types", types, RECORD_TYPES), _known("origins", origins, Origin))


@dataclass(frozen=True, slots=True)
class Found:
    """What a reading found: changes, the place after them, and whether more follow."""

    nodes: list[Change]
    place: Place
    has_more: bool


@dataclass(frozen=True, slots=True)
class ChangeFeed:
    """Reads the feed for callers. `clock` gives seconds since the epoch."""

    seal: Seal
    views: Views = field(default_factory=Views)
    clock: Callable[[], float] = time.time

    async def page(
        self,
        connection: AsyncConnection,
        caller: Caller,
        decisions: Decisions,
        asked: Asked,
        *,
        since: str | None,
        first: int,
    ) -> ChangePage:
        """Read a page of changes.

        Raises:
            InvalidInput: a page size or cursor that can't be.
            Conflict: the cursor's view is no longer known.
        """
        size = page_size(first)
        if since == NOW:
            place = await self.newest(connection, caller, decisions, asked)
            return self.shown(caller, decisions, Found([], place, has_more=False))
        place = () if since is None else self.seal.place(caller, since)
        found = await self.read(connection, caller, decisions, asked, place=place, size=size)
        return self.shown(caller, decisions, found)

    def shown(self, caller: Caller, decisions: Decisions, found: Found) -> ChangePage:
        """Show a reading to its caller."""
        return ChangePage(
            nodes=found.nodes,
            end_cursor=self.seal.cursor(caller, found.place),
            has_next_page=found.has_more,
            sight=self.seal.mark(caller, self.views.of(decisions).sight),
        )

    async def read(
        self,
        connection: AsyncConnection,
        caller: Caller,
        decisions: Decisions,
        asked: Asked,
        *,
        place: Place,
        size: int,
        silent: Span | None = None,
    ) -> Found:
        """Read at most `size` changes after a place.

        Args:
            connection: to read with.
            caller: whose cursors are written.
            decisions: the caller's.
            asked: record types and origins.
            place: where to go on; empty for the beginning.
            size: most changes.
            silent: up to where nothing more can come after the place, if the view is still this.

        Raises:
            Conflict: the place's view is no longer known.
        """
        reading = await self._reading(
            connection, caller, decisions, asked, place=place, silent=silent
        )
        rows = await reading.rows(connection, size + 1)
        found = [
            _change(row, self.seal.cursor(caller, reading.place(row[0]))) for row in rows[:size]
        ]
        if len(rows) > size:
            return Found(found, reading.place(rows[size - 1][0]), has_more=True)
        last = rows[-1][0] if rows else 0
        return Found(found, reading.place(max(last, reading.start)), has_more=False)

    async def newest(
        self, connection: AsyncConnection, caller: Caller, decisions: Decisions, asked: Asked
    ) -> Place:
        """Find the place after the newest change that the caller may see."""
        reading = await self._reading(connection, caller, decisions, asked)
        rows = await reading.rows(connection, 1, order="DESC")
        return reading.place(rows[0][0] if rows else 0)

    def hour(self) -> int:
        """Count the hours since the epoch: the age of rows is asked as of a full hour."""
        return int(self.clock() // 3600)

    async def _reading(
        self,
        connection: AsyncConnection,
        caller: Caller,
        decisions: Decisions,
        asked: Asked,
        *,
        place: Place = (),
        silent: Span | None = None,
    ) -> "_Reading":
        view = self.views.of(decisions)
        hour = max([self.hour(), *(span.hour for span in place)]) if view.aging else 0
        if len(place) > MAX_SPANS:
            raise _expired()
        before = []
        for span in place:
            past = await self.views.find(connection, span.view, caller)
            if past is None:
                raise _expired()
            before.append((span, past))
        is_silent = silent and {(each.view, each.hour) for each in (silent, *place)} == {
            (view.id, hour)
        }
        return _Reading(view, hour, asked, before, silent.upto if silent and is_silent else 0)


class _Reading:
    """One statement over the feed, and the places of what it finds."""

    def __init__(
        self,
        view: View,
        hour: int,
        asked: Asked,
        before: Sequence[tuple[Span, View]],
        silent_upto: int,
    ) -> None:
        self.start = before[-1][0].upto if before else 0
        self._view = view
        self._hour = hour
        self._asked = asked
        self._before = before
        self._statement = Statement()
        self._after = self._statement.bind(max(self.start, silent_upto), "bigint")
        self._owned = self._statement.bind(list(asked.origins), "text[]")
        self._instant = self._bind_hour(hour)

    def place(self, seq: int) -> Place:
        """Give the place after a change: up to it, all is told under the view of now."""
        rest = tuple(span for span, _ in self._before if span.upto > seq)
        return (Span(seq, self._view.id, self._hour), *rest)

    async def rows(
        self, connection: AsyncConnection, limit: int, order: str = "ASC"
    ) -> list[tuple[Any, ...]]:
        """Read changes: place in the sequence, kind, key, record type, origin and instant."""
        end = f"ORDER BY 1 {order} LIMIT {limit}"
        selects = [
            f"({select} {end})" for name in self._asked.types for select in self._selects(name)
        ]
        if not selects:
            return []
        sql = f"{' UNION ALL '.join(selects)} {end}"
        cursor = await connection.execute(sql, self._statement.parameters)
        return await cursor.fetchall()

    def _selects(self, name: str) -> Iterator[str]:
        yield from self._moved(name)
        yield self._published(name)
        yield self._removed(name)
        if self._is_conditioned(name):
            yield self._reconditioned(name)

    def _published(self, name: str) -> str:
        """Select the new versions that are in the view, or that replaced one that was."""
        table = quoted(RECORD_TYPES[name].table)
        had = (
            f"b.recorded_at > b.first_recorded_at AND EXISTS (SELECT FROM {table} p WHERE "
            f"p.key = b.key AND p.superseded_at = b.recorded_at AND {self._sees(name, 'p')})"
        )
        return (
            f"SELECT n.seq, CASE WHEN NOT n.seen THEN 'LEFT' WHEN n.is_first THEN 'ADDED' "
            f"WHEN n.had THEN 'CHANGED' ELSE 'ENTERED' END, n.key, '{name}', n.origin, n.at "
            f"FROM (SELECT b.change_seq AS seq, b.key, b.origin, b.recorded_at AS at, "
            f"b.recorded_at = b.first_recorded_at AS is_first, {self._sees(name, 'b')} AS seen, "
            f"{had} AS had FROM {self._versions(name)} b "
            f"WHERE b.change_seq > {self._after} AND b.origin = ANY({self._owned})) n "
            f"WHERE n.seen OR n.had"
        )

    def _removed(self, name: str) -> str:
        """Select the versions of the view that were removed for good."""
        return (
            f"SELECT b.removed_seq, 'REMOVED', b.key, '{name}', b.origin, b.superseded_at "
            f"FROM {quoted(RECORD_TYPES[name].table)} b WHERE b.removed_seq > {self._after} "
            f"AND b.origin = ANY({self._owned}) AND {self._sees(name, 'b')}"
        )

    def _moved(self, name: str) -> Iterator[str]:
        """Select what was current at the place and came into the view, or left it, without change.

        One statement a span: the rows of each were read under another view.
        """
        table = quoted(RECORD_TYPES[name].table)
        was_current = (
            f"(b.superseded_at IS NULL OR b.removed_seq > {self._after} OR EXISTS (SELECT "
            f"FROM {table} n WHERE n.key = b.key AND n.recorded_at = b.superseded_at "
            f"AND n.change_seq > {self._after}))"
        )
        low = 0
        for span, past in self._before:
            if not self._is_same(name, span, past):
                saw = past.saw(name, "b", self._bind_hour(span.hour))
                sees = self._sees(name, "b")
                lower = self._statement.bind(low, "bigint")
                upper = self._statement.bind(span.upto, "bigint")
                yield (
                    f"SELECT b.change_seq, CASE WHEN {sees} THEN 'ENTERED' ELSE 'LEFT' END, b.key, "
                    f"'{name}', b.origin, NULL::timestamptz FROM {self._versions(name)} b "
                    f"WHERE b.change_seq > {lower} AND b.change_seq <= {upper} "
                    f"AND b.origin = ANY({self._owned}) AND {sees} <> {saw} AND {was_current}"
                )
            low = span.upto

    def _reconditioned(self, name: str) -> str:
        """Select the versions that came into the view, or left it, by what other records say."""
        table = quoted(RECORD_TYPES[name].table)
        was, is_now = (
            f"(SELECT {self._sees(name, 'w')} FROM (SELECT {_attributes(name, 'b', told)}) w)"
            for told in ("c.{}_before", "c.{}_after")
        )
        return (
            f"SELECT n.seq, CASE WHEN n.is_now THEN 'ENTERED' ELSE 'LEFT' END, n.key, '{name}', "
            f"n.origin, NULL::timestamptz FROM (SELECT c.seq, b.key, b.origin, {was} AS was, "
            f"{is_now} AS is_now FROM condition_change c JOIN {table} b USING (version_id) "
            f"WHERE c.record_type = '{name}' AND c.seq > {self._after} "
            f"AND b.origin = ANY({self._owned})) n WHERE n.was <> n.is_now"
        )

    def _versions(self, name: str) -> str:
        """Write what versions are read of: with what was known at the place, or on publication."""
        table = quoted(RECORD_TYPES[name].table)
        if not self._is_conditioned(name):
            return table
        columns = ", ".join(f"b.{each}" for each in ("superseded_at", "removed_seq", "change_seq"))
        known = _attributes(name, "b", "coalesce(c.{0}_before, b.{0})")
        return (
            f"(SELECT {columns}, {known} FROM {table} b LEFT JOIN LATERAL (SELECT * "
            f"FROM condition_change c WHERE c.record_type = '{name}' "
            f"AND c.version_id = b.version_id AND c.seq > {self._after} "
            f"ORDER BY c.seq LIMIT 1) c ON true)"
        )

    def _is_conditioned(self, name: str) -> bool:
        views = (self._view, *(past for _, past in self._before))
        return any(name in view.conditioned for view in views)

    def _is_same(self, name: str, span: Span, past: View) -> bool:
        is_as_old = name not in self._view.aging or span.hour == self._hour
        return is_as_old and self._view.is_same_for(name, past)

    def _sees(self, name: str, row: str) -> str:
        """Write the condition that a row is in the view: as of the hour, and at this moment."""
        seen = self._view.sees(name, row)
        if name not in self._view.aging:
            return seen
        return f"({seen} AND {self._view.saw(name, row, self._instant)})"

    def _bind_hour(self, hour: int) -> str:
        return self._statement.bind(_EPOCH + timedelta(hours=hour), "timestamptz")


async def head(connection: AsyncConnection) -> int:
    """Give the newest place of the sequence: all before it is committed, shown or not."""
    newest = ", ".join(
        f"(SELECT max(change_seq) FROM {quoted(record_type.table)})"
        for record_type in RECORD_TYPES.values()
    )
    told = "(SELECT max(seq) FROM condition_change)"
    cursor = await connection.execute(f"SELECT greatest(0, {told}, {newest})")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


def count_rows(page: ChangePage, shown: Shown) -> None:
    """Add to what is shown the rows that a page tells of: their keys, and no more."""
    for change in page.nodes:
        rows = shown.setdefault(change.record_type, ShownRows())
        rows.add_rows(Group.PUBLIC, change.origin, 1)


def openers(decisions: Decisions, asked: Asked) -> set[str]:
    """Name the policies that open the rows of these record types."""
    return {
        policy
        for name in asked.types
        for policy in decisions.predicate(name, Group.PUBLIC).agreements
    }


def _attributes(name: str, row: str, condition: str) -> str:
    """List the columns of a version that decide on it, conditions as they are written."""
    conditions = {facts.name for facts in RECORD_TYPES[name].conditions}
    others = {"key", "origin", "recorded_at", "first_recorded_at"}
    others |= {facts.name for facts in RECORD_TYPES[name].policy_attributes}
    return ", ".join(
        [f"{row}.{quoted(each)}" for each in sorted(others - conditions)]
        + [f"{condition.format(each)} AS {quoted(each)}" for each in sorted(conditions)]
    )


def _change(row: tuple[Any, ...], cursor: str) -> Change:
    _, kind, key, record_type, origin, at = row
    return Change(
        seq=cursor,
        kind=ChangeKind(kind),
        key=strawberry.ID(key),
        record_type=record_type,
        origin=origin,
        at=at,
    )


def _expired() -> Conflict:
    return Conflict(
        "the policies have changed since this cursor, and what you saw then is no longer known: "
        "start again without `since`, and delete what you hold and do not get again",
        code="CURSOR_EXPIRED",
    )


def _known(name: str, given: list[str] | None, known: Any) -> list[str]:
    names = [str(item) for item in known]
    unknown = [item for item in given or () if item not in names]
    if unknown:
        raise InvalidInput(f"`{name}` has `{unknown[0][:40]}`: use {', '.join(names)}")
    return names if given is None else [item for item in names if item in given]
