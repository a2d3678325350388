"""From a selection to one SQL statement, with the caller's predicates inside.

This is the only module that writes SQL over record tables for a caller. Every row source, nested
ones too, carries the predicate of its own record type's public group; every field outside that
group is a CASE over its group's predicate, computed once a row. Masked places come back as bits.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway import filters, paging
from hub.gateway.cost import cost
from hub.gateway.fields import as_json, by_graphql_name, group_column
from hub.gateway.naming import camel
from hub.gateway.selection import Selected
from hub.gateway.statement import Mask, Statement, json_object, quoted


class Predicate(Protocol):
    """What the policy room says of one (record type, field group)."""

    @property
    def agreements(self) -> Sequence[str]:
        """Policies that open it."""
        ...

    def sql(self, alias: str) -> str:
        """Boolean SQL over a row of the record's table; never null."""
        ...


class Decisions(Protocol):
    """A caller's predicates, which `digest` and `class_key` tell from all others."""

    @property
    def digest(self) -> str:
        """Digest of the policy set in force."""
        ...

    @property
    def class_key(self) -> Hashable:
        """The class of callers they hold for."""
        ...

    def predicate(self, record_type: str, group: Group) -> Predicate:
        """Give the predicate of a record type's group."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement: its text, what it binds, and what its mask bits mean.

    It returns one row of (JSON text or null, mask bits); or none. `cost` is the most objects that
    the answer can hold.
    """

    sql: str
    parameters: tuple[Any, ...]
    cost: int
    masks: tuple[Mask, ...]
    opened_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """SQL of an object's JSON and mask bits, and of what has to be joined for them."""

    json: str
    mask: str
    joins: str


_PLACE = quoted("?place")
"""Names a row's place in its page; no column of a record can be called so."""


class _Fields:
    """A record type's names as GraphQL has them."""

    def __init__(self, record_type: RecordType) -> None:
        self.scalars = by_graphql_name(dict(record_type.fields))
        self.forward = {
            camel(facts.forward): facts for facts in record_type.fields.values() if facts.forward
        }
        self.back = {camel(back.name): back for back in record_type.back_references}


_FIELDS = {name: _Fields(record_type) for name, record_type in RECORD_TYPES.items()}


def connection_plan(record_type: RecordType, selected: Selected, decisions: Decisions) -> Plan:
    """Plan a root connection.

    Raises:
        InvalidInput: a page size, cursor or filter that can't be.
    """
    return _Compiler(decisions, selected.arguments.get("asOf")).connection(record_type, selected)


def node_plan(record_type: RecordType, selected: Selected, decisions: Decisions) -> Plan:
    """Plan the root field `node` for a key whose record type is known."""
    return _Compiler(decisions, None).node(record_type, selected)


class _Compiler:
    """Puts one statement together."""

    def __init__(self, decisions: Decisions, as_of: datetime | None) -> None:
        self._decisions = decisions
        self._statement = Statement()
        self._as_of = as_of and self._statement.bind(as_of, "timestamptz")

    def connection(self, record_type: RecordType, selected: Selected) -> Plan:
        given = selected.arguments
        names = _FIELDS[record_type.name].scalars
        size = paging.page_size(given["first"])
        order = paging.orders(record_type.name, names, given.get("orderBy"), "r")
        page = _Page(size, cursor=paging.cursor(order), is_first=given.get("after") is None)
        for child in selected.children:
            self._page_field(page, record_type, child, selected.alias)
        test = filters.condition(self._statement, names, given.get("filter"), "r")
        rows = self._base(record_type)
        start = paging.after(self._statement, order, given.get("after"))
        by = ", ".join(item.sql for item in order)
        sql = page.sql(
            f"SELECT r.*, row_number() OVER (ORDER BY {by}) AS {_PLACE} FROM ({rows}) r "
            f"WHERE {test} AND {start} ORDER BY {by} LIMIT {size + 1}"
        )
        if page.is_counted:
            sql += f" CROSS JOIN (SELECT count(*) AS total FROM ({rows}) r WHERE {test}) t"
        return self._finished(sql, selected)

    def node(self, record_type: RecordType, selected: Selected) -> Plan:
        part = self._object(record_type, selected.children, "r", selected.alias)
        key = self._statement.bind(selected.arguments["id"], "text")
        rows = self._base(record_type, f"b.key = {key}")
        sql = f"SELECT {part.json}::text, {part.mask} FROM ({rows}) r{part.joins}"
        return self._finished(sql, selected)

    def _finished(self, sql: str, selected: Selected) -> Plan:
        return Plan(
            sql,
            tuple(self._statement.parameters),
            cost(selected),
            tuple(self._statement.masks),
            frozenset(self._statement.opened_by),
        )

    def _page_field(
        self, page: "_Page", record_type: RecordType, child: Selected, path: str
    ) -> None:
        place = f"{path}.{child.alias}"
        match child.name:
            case "nodes":
                part = self._object(record_type, child.children, "r", place)
                page.add_list(child.alias, part.json, part)
            case "edges":
                columns = []
                for below in child.children:
                    if below.name == "node":
                        name = f"{place}.{below.alias}"
                        part = self._object(record_type, below.children, "r", name)
                        page.add_part(part)
                        columns.append((below.alias, part.json))
                    else:
                        typename = f"'{record_type.name}Edge'"
                        is_cursor = below.name == "cursor"
                        columns.append((below.alias, page.cursor if is_cursor else typename))
                page.add_list(child.alias, json_object(columns))
            case "pageInfo":
                page.add_info(child)
            case "totalCount":
                page.is_counted = True
                page.answer.append((child.alias, "t.total"))
            case _:
                page.answer.append((child.alias, f"'{record_type.name}Connection'"))

    def _base(self, record_type: RecordType, test: str = "true") -> str:
        """Select the rows a caller may see, each with one boolean for every further group.

        Both tests of a version, current and as of an instant, stand here and nowhere else.
        """
        groups = [group for group in record_type.groups if group is not Group.PUBLIC]
        shown = "".join(
            f", {self._opened(record_type, group)} AS {group_column(group)}" for group in groups
        )
        version = (
            f"b.recorded_at <= {self._as_of} "
            f"AND (b.superseded_at IS NULL OR b.superseded_at > {self._as_of})"
            if self._as_of
            else "b.superseded_at IS NULL"
        )
        visible = self._opened(record_type, Group.PUBLIC)
        return (
            f"SELECT b.*{shown} FROM {quoted(record_type.table)} b "
            f"WHERE {version} AND {test} AND {visible}"
        )

    def _opened(self, record_type: RecordType, group: Group) -> str:
        return f"({self._decisions.predicate(record_type.name, group).sql('b')})"

    def _object(
        self, record_type: RecordType, children: Iterable[Selected], row: str, path: str
    ) -> _Part:
        names = _FIELDS[record_type.name]
        columns: list[tuple[str, str]] = []
        parts: list[_Part] = []
        masked: dict[Group, list[str]] = {Group.PUBLIC: []}
        for child in children:
            below = f"{path}.{child.alias}"
            if child.name == "__typename":
                columns.append((child.alias, f"'{record_type.name}'"))
            elif child.name == "id":
                columns.append((child.alias, f'{row}."key"'))
            elif child.name in names.scalars:
                facts = names.scalars[child.name]
                columns.append((child.alias, as_json(facts, row, child)))
                masked.setdefault(facts.group, []).append(child.alias)
            else:
                part = self._related(record_type, child, row, below)
                columns.append((child.alias, part.json))
                parts.append(part)
        own = [
            self._mask(record_type, group, fields, row, path) for group, fields in masked.items()
        ]
        bits = [bit for bit in own if bit] + [part.mask for part in parts]
        return _Part(
            json_object(columns),
            " | ".join(bits) or "0::bigint",
            "".join(part.joins for part in parts),
        )

    def _mask(
        self, record_type: RecordType, group: Group, fields: list[str], row: str, path: str
    ) -> str | None:
        self._statement.opened_by.update(
            self._decisions.predicate(record_type.name, group).agreements
        )
        if group is Group.PUBLIC:
            return None
        bit = self._statement.mask(Mask(path, record_type.name, group, tuple(fields)))
        return f"CASE WHEN {row}.{group_column(group)} THEN 0 ELSE {bit} END::bigint"

    def _related(self, record_type: RecordType, child: Selected, row: str, path: str) -> _Part:
        names = _FIELDS[record_type.name]
        inner, outer = self._statement.name("r"), self._statement.name("l")
        if child.name in names.forward:
            link = names.forward[child.name]
            target = RECORD_TYPES[str(link.refers_to)]
            part = self._object(target, child.children, inner, path)
            rows = self._base(target, f"b.key = {row}.{quoted(link.name)}")
            select = f"SELECT {part.json} AS j, {part.mask} AS m FROM ({rows}) {inner}{part.joins}"
            found = f"{outer}.j"
        else:
            back = names.back[child.name]
            size = paging.page_size(child.arguments["first"], paging.MAX_NESTED)
            source = RECORD_TYPES[back.from_type]
            part = self._object(source, child.children, inner, path)
            test = (
                f"b.{quoted(back.from_field)} = {row}.{quoted(back.to_field)} "
                f"AND b.listing = 'LISTED'"
            )
            if back.to_field != "key":
                test += f' AND b.key <> {row}."key"'
            rows = f"{self._base(source, test)} ORDER BY b.key LIMIT {size}"
            select = (
                f"SELECT json_agg({part.json} ORDER BY {inner}.key) AS j, "
                f"bit_or({part.mask}) AS m FROM ({rows}) {inner}{part.joins}"
            )
            found = f"coalesce({outer}.j, '[]')"
        join = f" LEFT JOIN LATERAL ({select}) {outer} ON true"
        return _Part(found, f"coalesce({outer}.m, 0)", join)


class _Page:
    """A root connection's page: the JSON of each row gathered into lists, and where it stands."""

    def __init__(self, size: int, *, cursor: str, is_first: bool) -> None:
        self.cursor = cursor
        self.is_counted = False
        self.answer: list[tuple[str, str]] = []
        self._size = size
        self._is_first = is_first
        self._rows: list[str] = []
        self._joins: list[str] = []
        self._masks: list[str] = []

    def add_part(self, part: _Part) -> None:
        """Join what an object of the rows needs, and gather its mask bits."""
        self._joins.append(part.joins)
        self._masks.append(part.mask)

    def add_list(self, alias: str, row_json: str, part: _Part | None = None) -> None:
        """Answer with one JSON value a row."""
        if part:
            self.add_part(part)
        name = f"c{len(self._rows)}"
        self._rows.append(f"{row_json} AS {name}")
        self.answer.append((alias, f"p.{name}"))

    def add_info(self, child: Selected) -> None:
        """Answer with where the page stands."""
        parts = {
            "hasNextPage": "p.more",
            "hasPreviousPage": "false" if self._is_first else "true",
            "startCursor": "p.starts",
            "endCursor": "p.ends",
            "__typename": "'PageInfo'",
        }
        columns = [(below.alias, parts[below.name]) for below in child.children]
        self.answer.append((child.alias, json_object(columns)))

    def sql(self, page: str) -> str:
        """Put the statement around the page's rows."""
        shown = f"FILTER (WHERE n.{_PLACE} <= {self._size})"
        gathered = [
            f"coalesce(json_agg(n.c{index} ORDER BY n.{_PLACE}) {shown}, '[]') AS c{index}"
            for index in range(len(self._rows))
        ]
        gathered += [
            f"coalesce(bit_or(n.mask) {shown}, 0) AS mask",
            f"count(*) > {self._size} AS more",
            f"min(n.cursor) FILTER (WHERE n.{_PLACE} = 1) AS starts",
            f"(array_agg(n.cursor ORDER BY n.{_PLACE} DESC) {shown})[1] AS ends",
        ]
        mask = " | ".join(self._masks) or "0::bigint"
        columns = [*self._rows, f"{self.cursor} AS cursor", f"{mask} AS mask", f"r.{_PLACE}"]
        return (
            f"SELECT {json_object(self.answer)}::text, p.mask FROM (SELECT {', '.join(gathered)} "
            f"FROM (SELECT {', '.join(columns)} FROM ({page}) r{''.join(self._joins)}) n) p"
        )
