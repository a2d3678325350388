"""From a selection to one SQL statement, with the caller's predicates inside.

Of this room, only this module reads record tables; the other rooms that do are named in
`docs/architecture.md`. Every row source, nested ones too, carries the predicate of its own record
type's public group; every field outside that group is a CASE over its group's predicate, computed
once a row. Masked places come back as bits.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from federation.records.declaration import ENVELOPE, Group, Origin
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway.planning import filters, paging, tallies
from hub.gateway.planning.cost import MAX_COST, cost
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.fields import FIELDS, as_json, group_column
from hub.gateway.planning.page import Page, Part, Walk
from hub.gateway.planning.rounding import GroupSight, own_columns, step_column
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import Mask, Statement, columns_in, json_object, named, quoted
from hub.gateway.planning.tallies import Tallies, Tally

__all__ = ["WALKED_ROWS", "Compiler", "Decisions", "Plan", "connection_plan", "node_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement: its text, what it binds, and what its mask bits and tallies mean.

    It returns one row of (JSON text or null, mask bits, tallies); or none. `quick`, with the same
    bound values, returns the same row in less time or none. `cost` is the most objects that the
    answer can hold. There is one number in the tallies for each of `shows`, none of them null.
    `types` are the record types that it reads.
    """

    sql: str
    quick: str | None
    parameters: tuple[object, ...]
    cost: int
    masks: tuple[Mask, ...]
    opened_by: frozenset[str]
    shows: tuple[Tally, ...]
    types: frozenset[str]


WALKED_ROWS = 40
"""Rows that are looked at for each row of a page, before all that can be seen are sorted."""


def connection_plan(record_type: RecordType, selected: Selected, decisions: Decisions) -> Plan:
    """Plan a root connection.

    Raises:
        InvalidInput: a page size, cursor or filter that can't be.
    """
    as_of = selected.arguments.get("asOf")
    return Compiler(decisions, as_of, cost(selected)).connection(record_type, selected)


def node_plan(record_type: RecordType, selected: Selected, decisions: Decisions) -> Plan:
    """Plan the root field `node` for a key whose record type is known.

    Raises:
        InvalidInput: the size of a nested page can't be, or too much is masked.
    """
    as_of = selected.arguments.get("asOf")
    return Compiler(decisions, as_of, cost(selected)).node(record_type, selected)


def _row_fields(selected: Selected) -> Iterator[str]:
    """List the fields asked of a connection's rows, those of other records left out."""
    for child in selected.children:
        if child.name == "nodes":
            yield from (field.name for field in child.children)
        for below in child.children:
            if below.name == "node":
                yield from (field.name for field in below.children)


class Compiler:
    """Puts one statement together, which can bring at most `most` objects."""

    def __init__(self, decisions: Decisions, as_of: datetime | None, most: int = MAX_COST) -> None:
        self._decisions = decisions
        self._most = min(most, MAX_COST)
        self.statement = Statement()
        self._as_of = as_of and self.statement.bind(as_of, "timestamptz")

    def connection(self, record_type: RecordType, selected: Selected) -> Plan:
        """Plan a root connection.

        `Raises:` as `connection_plan`.
        """
        given = selected.arguments
        names = FIELDS[record_type.name].scalars
        size = paging.page_size(given["first"])
        order = paging.orders(record_type.name, names, given.get("orderBy"), "r")
        page = Page(size, order, is_first=given.get("after") is None)
        for child in selected.children:
            self._page_field(page, record_type, child, selected.alias)
        test = filters.condition(self.statement, names, given.get("filter"), "r")
        start = paging.after(self.statement, order, given.get("after"))
        filtered = {names[name].name: names[name].group for name in given.get("filter") or ()}
        groups = {*filtered.values()}
        total = self._total(record_type, filtered, test) if page.is_counted else ""
        groups |= {names[name].group for name in _row_fields(selected) if name in names}
        groups |= {names[item.name.split()[0]].group for item in order[:-1]}
        if page.tells_of_rows:
            page.add_tallies(self._tallies(record_type, groups, "r"))
        used = columns_in(record_type, page.sql("", total), test, start)
        # Fenced off, so that no order of an index tempts the planner: see `Walk`.
        rows = self.visible_rows(record_type, groups=groups, columns=used)
        sql = page.sql(f"SELECT r.* FROM ({rows}) r WHERE {test} AND {start} OFFSET 0", total)
        if len(order) > 1:
            return self._finished(selected, page.tallies, sql)
        walk = self._walk(record_type, start, WALKED_ROWS * (size + 1))
        source = f"({walk.select(columns_in(record_type, rows))})"
        rows = self.visible_rows(record_type, groups=groups, columns=used, source=source)
        quick = page.sql(f"SELECT r.* FROM ({rows}) r WHERE {test}", total, walk)
        return self._finished(selected, page.tallies, sql, quick)

    def _walk(self, record_type: RecordType, start: str, most: int) -> Walk:
        bounds = ""
        origins = self._decisions.predicate(record_type.name, Group.PUBLIC).origins
        if origins:
            # A key begins with its origin and a point; `/` is what comes after it.
            bounds = f" AND r.key >= '{min(origins)}.' AND r.key < '{max(origins)}/'"
        rows = f"{quoted(record_type.table)} r WHERE {self._version('r')} AND {start}{bounds}"
        return Walk(rows, most)

    def _total(self, record_type: RecordType, filtered: Mapping[str, Group], test: str) -> str:
        indexed = FIELDS[record_type.name].indexed
        parts: Sequence[str] = (self._opened(record_type, Group.PUBLIC),)
        # Worth it only where the index that a type of further attributes has says it all.
        if filtered.keys() <= indexed and indexed - ENVELOPE and not self._as_of:
            parts = self._decisions.predicate(record_type.name, Group.PUBLIC).disjoint_sql("b")
        return " + ".join(
            f"(SELECT count(*) FROM ({rows}) r WHERE {test})"
            for rows in (self._rows(record_type, each, groups=filtered.values()) for each in parts)
        )

    def node(self, record_type: RecordType, selected: Selected) -> Plan:
        """Plan the root field `node`.

        `Raises:` as `node_plan`.
        """
        part = self._record(record_type, selected.children, "r", selected.alias)
        key = self.statement.bind(selected.arguments["id"], "text")
        rows = self.visible_rows(record_type, f"b.key = {key}")
        numbers = tallies.array(part.tallies)
        sql = f"SELECT {part.json}::text, {part.mask}, {numbers} FROM ({rows}) r{part.joins}"
        return self._finished(selected, part.tallies, sql)

    def _finished(
        self, selected: Selected, shows: Tallies, sql: str, quick: str | None = None
    ) -> Plan:
        return Plan(
            sql,
            quick,
            tuple(self.statement.parameters),
            cost(selected),
            tuple(self.statement.masks),
            frozenset(self.statement.opened_by),
            tuple(shows),
            frozenset(self.statement.types),
        )

    def _page_field(self, page: Page, record_type: RecordType, child: Selected, path: str) -> None:
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
                page.add_total(child.alias)
            case _:
                page.answer.append((child.alias, f"'{record_type.name}Connection'"))

    def visible_rows(
        self,
        record_type: RecordType,
        test: str = "true",
        *,
        groups: Collection[Group] | None = None,
        columns: Collection[str] | None = None,
        source: str | None = None,
        versions: str | None = None,
    ) -> str:
        """Select the rows a caller may see, each with one boolean for every further group.

        Args:
            record_type: whose rows.
            test: a further condition on the row `b`.
            groups: those that are used of the rows; all if none are given.
            columns: those that are used of the rows; all if none are given.
            source: SQL of rows to choose from; the whole table if none is given.
            versions: which of them, on the row `b`; those current if nothing is given.
        """
        visible = f"{test} AND {self._opened(record_type, Group.PUBLIC)}"
        return self._rows(
            record_type, visible, groups=groups, columns=columns, source=source, versions=versions
        )

    def _rows(
        self,
        record_type: RecordType,
        visible: str,
        *,
        groups: Collection[Group] | None,
        columns: Collection[str] | None = None,
        source: str | None = None,
        versions: str | None = None,
    ) -> str:
        self.statement.types.add(record_type.name)
        sights = [
            self._sight(record_type, group)
            for group in record_type.groups
            if group is not Group.PUBLIC and (groups is None or group in groups)
        ]
        shown = "".join(f", {sight.columns}" for sight in sights)
        return (
            f"SELECT {own_columns(record_type, sights, 'b', columns)}{shown} "
            f"FROM {source or quoted(record_type.table)} b "
            f"WHERE {versions or self._version('b')} AND {visible}"
        )

    def _version(self, row: str) -> str:
        """Write the test that a version is the current one, or was as of an instant."""
        if not self._as_of:
            return f"{row}.superseded_at IS NULL"
        return (
            f"{row}.recorded_at <= {self._as_of} "
            f"AND ({row}.superseded_at IS NULL OR {row}.superseded_at > {self._as_of})"
        )

    def _opened(self, record_type: RecordType, group: Group) -> str:
        return f"({self._decisions.predicate(record_type.name, group).sql('b')})"

    def _sight(self, record_type: RecordType, group: Group) -> GroupSight:
        roundings = self._decisions.roundings(record_type.name, group)
        steps = tuple((each.step, f"({each.predicate.sql('b')})") for each in roundings)
        return GroupSight(group, self._opened(record_type, group), steps)

    def _object(
        self, record_type: RecordType, children: Iterable[Selected], row: str, path: str
    ) -> Part:
        names = FIELDS[record_type.name]
        columns: list[tuple[str, str]] = []
        parts: list[Part] = []
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
        bits = [
            bit
            for group, fields in masked.items()
            for bit in self.masks(record_type, group, fields, row, path)
        ]
        bits += [part.mask for part in parts]
        # A joined row costs less than a subselect, which would be run anew for each row.
        name = self.statement.name("o")
        joins = "".join(part.joins for part in parts)
        return Part(
            f"row_to_json({name})",
            " | ".join(bits) or "0::bigint",
            f"{joins} CROSS JOIN LATERAL (SELECT {named(columns)}) {name}",
            tallies.together(part.tallies for part in parts),
        )

    def _record(
        self, record_type: RecordType, children: Collection[Selected], row: str, path: str
    ) -> Part:
        """Write a record as an object, and count it."""
        part = self._object(record_type, children, row, path)
        names = FIELDS[record_type.name].scalars
        groups = {names[child.name].group for child in children if child.name in names}
        own = self._tallies(record_type, groups, row)
        return replace(part, tallies=tallies.together([own, part.tallies]))

    def _tallies(self, record_type: RecordType, groups: Collection[Group], row: str) -> Tallies:
        """Count a row under each group that is used of it."""
        used = [each for each in record_type.groups if each in groups or each is Group.PUBLIC]
        seen = self._decisions.predicate(record_type.name, Group.PUBLIC).origins
        origins = [str(each) for each in Origin if seen is None or each in seen]
        return tallies.of_row(record_type.name, used, row, origins, self._most)

    def masks(
        self, record_type: RecordType, group: Group, fields: list[str], row: str, path: str
    ) -> Iterator[str]:
        """Write the mask bits of a row's fields of one group, and note what opens them."""
        name = record_type.name
        roundings = self._decisions.roundings(name, group)
        for predicate in (
            self._decisions.predicate(name, group),
            *(each.predicate for each in roundings),
        ):
            self.statement.opened_by.update(predicate.agreements)
        if group is Group.PUBLIC:
            return
        mask = Mask(path, name, group, tuple(fields))
        bit = self.statement.mask(mask)
        yield f"CASE WHEN {row}.{group_column(group)} THEN 0 ELSE {bit} END::bigint"
        if roundings:
            steps = tuple(each.step for each in roundings)
            bit = self.statement.mask(replace(mask, rounded_to=steps))
            yield f"CASE WHEN {row}.{step_column(group)} > 0 THEN {bit} ELSE 0 END::bigint"

    def _related(self, record_type: RecordType, child: Selected, row: str, path: str) -> Part:
        names = FIELDS[record_type.name]
        inner, outer = self.statement.name("r"), self.statement.name("l")
        if child.name in names.forward:
            link = names.forward[child.name]
            target = RECORD_TYPES[str(link.refers_to)]
            part = self._record(target, child.children, inner, path)
            rows = self.visible_rows(target, f"b.key = {row}.{quoted(link.name)}")
            counts = part.tallies
            select = f"SELECT {part.json} AS j, {part.mask} AS m"
            found = f"{outer}.j"
        else:
            back = names.back[child.name]
            size = paging.page_size(child.arguments["first"], paging.MAX_NESTED)
            source = RECORD_TYPES[back.from_type]
            part = self._record(source, child.children, inner, path)
            test = (
                f"b.{quoted(back.from_field)} = {row}.{quoted(back.to_field)} "
                f"AND b.listing = 'LISTED'"
            )
            if back.to_field != "key":
                test += f' AND b.key <> {row}."key"'
            used = columns_in(source, "key", part.json, part.joins, *part.tallies.values())
            rows = self.visible_rows(source, test, columns=used)
            rows = f"{rows} ORDER BY b.key LIMIT {size}"
            counts = tallies.over_rows(part.tallies)
            select = (
                f"SELECT json_agg({part.json} ORDER BY {inner}.key) AS j, bit_or({part.mask}) AS m"
            )
            found = f"coalesce({outer}.j, '[]')"
        select += f"{tallies.columns(counts)} FROM ({rows}) {inner}{part.joins}"
        join = f" LEFT JOIN LATERAL ({select}) {outer} ON true"
        return Part(found, f"coalesce({outer}.m, 0)", join, tallies.taken(counts, outer))
