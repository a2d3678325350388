"""A page of an exported list as text that PostgreSQL itself writes, and what it tells beside.

For lists in the order of keys whose rows ask for no other records: nothing of a row comes to Python
but its bytes. A page walks so many rows, seen or not, that no statement takes long, and says where
it stopped. `walk.py` walks the pages; `question.py` plans the pages of all others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.records.declaration import FieldFacts, Group, PartialDate
from federation.records.registry import RecordType
from hub.gateway.planning import filters, tallies
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.fields import FIELDS, as_json, group_column, instant, seen
from hub.gateway.planning.page import Part
from hub.gateway.planning.plan import Compiler
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import Mask, columns_in
from hub.gateway.planning.tallies import Tallies, Tally

WALKED_ROWS = 5_000
"""Rows of a page, seen or not: a tenth of a second, at the end of which the policies are asked."""

_LINE_END = r"'\x0a'::bytea"


class RowText(StrEnum):
    """How PostgreSQL writes a row."""

    JSON = "json"
    """The object that GraphQL answers with."""

    RECORD = "record"
    """Cells between commas, as in CSV, but that each backslash stands twice."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """One statement: its text, what it binds, and what its mask bits and tallies mean.

    It returns one row: lines or null, how many, mask bits, tallies, feeds with the newest date of
    each, how many rows were walked, and the key of the last of them or null.
    """

    sql: str
    parameters: tuple[object, ...]
    masks: tuple[Mask, ...]
    opened_by: frozenset[str]
    shows: tuple[Tally, ...]
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which rows a page is of: as of an instant, after a key, and at most how many are wanted."""

    as_of: datetime
    after: str | None
    most: int


def text_page(
    record_type: RecordType,
    root: Selected,
    text: RowText,
    stretch: Stretch,
    decisions: Decisions,
) -> TextPlan:
    """Plan a page of a root connection that is asked for its `nodes` alone.

    Raises:
        InvalidInput: a filter that can't be.
    """
    return _TextPage(decisions, stretch.as_of, WALKED_ROWS).plan(record_type, root, text, stretch)


class _TextPage(Compiler):
    """Puts the statement of one page together."""

    def plan(
        self, record_type: RecordType, root: Selected, text: RowText, stretch: Stretch
    ) -> TextPlan:
        """Plan the page."""
        [nodes] = root.children
        part = self._object(record_type, nodes.children, "r", f"{root.alias}.{nodes.alias}")
        shows = tallies.over_rows(self._shown(record_type, root))
        line, joins = _line(record_type, nodes, text, part)
        told = instant("max(n.retrieved_at)")
        groups = sorted(_groups(record_type, root) - {Group.PUBLIC})
        sights = "".join(f", r.{group_column(group)}" for group in groups)
        own = f"r.key, r.origin, r.feed, r.retrieved_at{sights}"
        rows = self._rows_of(record_type, root, stretch, [own, line, joins])
        sql = (
            f"WITH w AS MATERIALIZED ({self._walked(record_type, stretch, rows)}), "  # noqa: S608 - values are bound
            f"n AS MATERIALIZED (SELECT {own}, {line} AS line, {part.mask} AS mask "
            f"FROM ({rows}) r{joins}), "
            f"f AS (SELECT n.feed, {told} AS newest FROM n GROUP BY n.feed) "
            f"SELECT p.lines, p.count, p.mask, {tallies.array(tallies.taken(shows, 'p'))}, "
            "(SELECT coalesce(json_object_agg(f.feed, f.newest), '{}') FROM f), "
            "(SELECT count(*) FROM w), (SELECT max(w.key) FROM w) "
            f"FROM (SELECT string_agg(r.line, {_LINE_END} ORDER BY r.key) AS lines, count(*), "
            f"coalesce(bit_or(r.mask), 0) AS mask{tallies.columns(shows)} FROM n r) p"
        )
        statement = self.statement
        return TextPlan(
            sql,
            tuple(statement.parameters),
            tuple(statement.masks),
            frozenset(statement.opened_by),
            tuple(shows),
            frozenset(statement.types),
        )

    def _walked(self, record_type: RecordType, stretch: Stretch, rows: str) -> str:
        start = "true"
        if stretch.after is not None:
            start = f"r.key > {self.statement.bind(stretch.after, 'text')}"
        walk = self._walk(record_type, start, WALKED_ROWS)
        return walk.select(columns_in(record_type, rows))

    def _rows_of(
        self, record_type: RecordType, root: Selected, stretch: Stretch, shown: Sequence[str]
    ) -> str:
        names = FIELDS[record_type.name].scalars
        test = filters.condition(self.statement, names, root.arguments.get("filter"), "r")
        rows = self.visible_rows(
            record_type,
            groups=_groups(record_type, root),
            columns=columns_in(record_type, *shown, test),
            source="w",
        )
        return (
            f"SELECT r.* FROM ({rows}) r WHERE {test} ORDER BY r.key "  # noqa: S608 - likewise
            f"LIMIT {min(stretch.most, WALKED_ROWS)}"
        )

    def _shown(self, record_type: RecordType, root: Selected) -> Tallies:
        return self._tallies(record_type, _groups(record_type, root), "r")


def _groups(record_type: RecordType, root: Selected) -> set[Group]:
    """Find the groups that are used of the rows."""
    names = FIELDS[record_type.name].scalars
    asked = [*(child.name for child in root.children[0].children), *_filtered(root)]
    return {names[name].group for name in asked if name in names}


def _filtered(root: Selected) -> Mapping[str, object]:
    return root.arguments.get("filter") or {}


def _line(record_type: RecordType, nodes: Selected, text: RowText, part: Part) -> tuple[str, str]:
    """Write the bytes of a row, and what has to be joined for them."""
    if text is RowText.JSON:
        return f"convert_to({part.json}::text, 'UTF8')", part.joins
    cells = ", ".join(
        f"{sql} AS c{place}" for place, sql in enumerate(_cells(record_type, nodes.children))
    )
    # A record's text stands in brackets, which are cut off byte by byte: of letters it is dear.
    record = f"(SELECT convert_to(c::text, 'UTF8') AS b FROM (SELECT {cells}) c OFFSET 0)"  # noqa: S608 - likewise
    line = "substring(l.b FROM 2 FOR octet_length(l.b) - 2)"
    return line, f" CROSS JOIN LATERAL {record} l"


def _cells(record_type: RecordType, children: tuple[Selected, ...]) -> Iterator[str]:
    """Write the cells of a row, in the order of `export_columns.columns_of`."""
    names = FIELDS[record_type.name].scalars
    for child in children:
        if child.name == "__typename":
            yield f"'{record_type.name}'"
        elif child.name == "id":
            yield 'r."key"'
        else:
            yield from _cells_of(names[child.name], child)


def _cells_of(facts: FieldFacts, child: Selected) -> Iterator[str]:
    if facts.python_type is PartialDate:
        value = seen(facts, "r")
        for part in child.children:
            is_named = part.name == "__typename"
            typename = f"CASE WHEN {value} IS NOT NULL THEN 'PartialDate' END"
            yield typename if is_named else f"({value})->>'{part.name}'"
        return
    value = as_json(facts, "r", child)
    if facts.is_list:
        value = f"to_json({value})"
    elif facts.python_type is bool:
        value = f"({value})::text"
    yield value
