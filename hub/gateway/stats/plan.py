"""From a question for statistics to one SQL statement, with the caller's predicates inside.

A row stands in a part: one of the rows that the caller may read, gathered by the dimensions, or one
holder's of those that are only counted, gathered by the dimensions and the filter's fields. Filters
on a row that is only counted choose among figures, never among rows: `answers.py` withholds figures
first and applies the filter then, so that no filter can be drawn around a holder.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from federation.records.declaration import Group
from federation.records.registry import RecordType
from hub.errors import InvalidInput
from hub.gateway.planning import filters
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.fields import by_graphql_name, seen
from hub.gateway.planning.plan import Compiler
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import Mask, quoted
from hub.gateway.stats.counted import CountedDecisions
from hub.gateway.stats.types import MAX_DIMENSIONS, dimensions, quantities, stats_root

MAX_TABLE_DIMENSIONS = 5
"""Most dimensions of a table of counted rows, the fields of the filter among them."""

MAX_GROUPS = 1_000
"""Most groups of one answer."""

MAX_CELLS = 5_000
"""Most groups that counted rows make before any is withheld."""

MAX_PARTS = 200_000
"""Most groups times holders of counted rows that one answer is made of."""

COST = 5_000
"""What statistics cost of a question's `MAX_COST`: they read every row that the caller may see."""


@dataclass(frozen=True, slots=True)
class StatsPlan:
    """One statement and what its rows mean: see `Part` in `answers.py` for its columns.

    `table` names the dimensions of counted rows, sorted, and `grouped` those that were asked for.
    Without a `smallest_cell` no row is only counted.
    """

    sql: str
    parameters: tuple[object, ...]
    masks: tuple[Mask, ...]
    opened_by: frozenset[str]
    record_type: str
    question: str
    selected: Selected
    grouped: tuple[str, ...]
    table: tuple[str, ...]
    sums: tuple[str, ...]
    smallest_cell: int | None
    note: str | None
    cost: int = COST


def stats_plan(record_type: RecordType, selected: Selected, decisions: Decisions) -> StatsPlan:
    """Plan a root field of statistics.

    Raises:
        InvalidInput: too many dimensions, or a filter that can't be.
    """
    return _Planner(record_type, selected, decisions).plan()


class _Planner:
    def __init__(self, record_type: RecordType, selected: Selected, decisions: Decisions) -> None:
        self._type = record_type
        self._selected = selected
        self._fields = dimensions(record_type) | quantities(record_type)
        asked = [str(getattr(each, "value", each)) for each in selected.arguments["groupBy"]]
        self._grouped = tuple(dict.fromkeys(asked))
        self._sums = tuple(_sums(selected))
        self._has_holders = any(each.name == "holders" for each in _groups(selected))
        test = selected.arguments.get("filter") or {}
        filtered = [name for name in test if test[name]]
        self._untold = [name for name in filtered if name not in dimensions(record_type)]
        self._table = tuple(sorted({*self._grouped, *(() if self._untold else filtered)}))
        self._counted = CountedDecisions(decisions)
        self._smallest_cell = self._counted.smallest_cell(record_type.name, self._used_groups)
        self._is_counting = self._smallest_cell is not None and not self._untold
        if not self._is_counting:
            self._table = tuple(sorted(self._grouped))
        sight = self._counted if self._is_counting else decisions
        self._compiler = Compiler(sight, selected.arguments.get("asOf"))
        _check(len(self._grouped), MAX_DIMENSIONS)
        _check(len(self._table), MAX_TABLE_DIMENSIONS)

    def plan(self) -> StatsPlan:
        sql = self._sql()
        statement = self._compiler.statement
        by = ", ".join(self._table) or "nothing"
        return StatsPlan(
            sql,
            tuple(statement.parameters),
            tuple(statement.masks),
            frozenset(statement.opened_by),
            self._type.name,
            f"{stats_root(self._type)} by {by}",
            self._selected,
            self._grouped,
            self._table,
            self._sums,
            self._smallest_cell if self._is_counting else None,
            self._note(),
        )

    @property
    def _used_groups(self) -> list[Group]:
        names = {*self._table, *self._sums}
        used = {Group.PUBLIC, *(self._fields[name].group for name in names)}
        return [group for group in self._type.groups if group in used]

    def _note(self) -> str | None:
        if self._smallest_cell is None:
            return None
        if self._untold:
            names = ", ".join(f"`{name}`" for name in self._untold)
            return f"only records you may read are counted, since no group is made by {names}"
        return (
            f"records that you may only have counted are in figures of {self._smallest_cell} "
            "holders or more; figures of fewer, and those that would give them away, are left "
            "out, and nothing in the groups tells whether there are any"
        )

    def _sql(self) -> str:
        rows = self._compiler.visible_rows(self._type)
        test = filters.condition(
            self._compiler.statement,
            by_graphql_name(dict(self._type.fields)),
            self._selected.arguments.get("filter"),
            "r",
        )
        columns = [
            f"{self._is_exact()} AS is_exact",
            f"{_holder(self._type)} AS holder",
            f"({test}) AS is_match",
            f"{' | '.join(self._masks()) or '0::bigint'} AS mask",
            *(f"{seen(self._fields[n], 'r')} AS {quoted(n)}" for n in (*self._table, *self._sums)),
        ]
        inner = f"SELECT r.key, {', '.join(columns)} FROM ({rows}) r"
        return self._gathered(f"SELECT * FROM ({inner}) i WHERE i.is_match OR NOT i.is_exact")

    def _gathered(self, rows: str) -> str:
        """Gather rows into parts; those seen exactly are not told apart by what was not asked."""
        shown = [
            f"r.{quoted(name)}"
            if name in self._grouped
            else f"CASE WHEN NOT r.is_exact THEN r.{quoted(name)} END"
            for name in self._table
        ]
        heads = ["r.is_exact", "CASE WHEN NOT r.is_exact THEN r.holder END", "r.is_match", *shown]
        columns = [
            *heads,
            "count(*)",
            # Telling holders apart takes a sort of all rows, so only where they are asked for.
            "count(DISTINCT r.holder)" if self._has_holders else "0",
            "bit_or(r.mask) FILTER (WHERE r.is_exact)",
            f"array_agg({_digest('r.key')}) FILTER (WHERE NOT r.is_exact)",
        ]
        for name in self._sums:
            value = f"r.{quoted(name)}"
            item = _digest(f"r.key || ' ' || {value}::text")
            columns += [
                f"sum({value})",
                f"array_agg({item}) FILTER (WHERE NOT r.is_exact AND {value} IS NOT NULL)",
            ]
        limit = (MAX_PARTS if self._is_counting else MAX_GROUPS) + 1
        by = ", ".join(str(place) for place in range(1, len(heads) + 1))
        return f"SELECT {', '.join(columns)} FROM ({rows}) r GROUP BY {by} LIMIT {limit}"

    def _is_exact(self) -> str:
        if not self._is_counting:
            return "true"
        hidden = [
            self._counted.only_counted(self._type.name, group, "r") for group in self._used_groups
        ]
        return f"NOT ({' OR '.join(hidden)})"

    def _masks(self) -> Iterator[str]:
        path = f"{self._selected.alias}.groups"
        by_group: dict[Group, list[str]] = {Group.PUBLIC: []}
        for name in (*self._grouped, *self._sums):
            by_group.setdefault(self._fields[name].group, []).append(name)
        for group, names in by_group.items():
            yield from self._compiler.masks(self._type, group, names, "r", path)


def _check(found: int, limit: int) -> None:
    if found > limit:
        raise InvalidInput(
            f"the question makes groups by {found} fields, those of its filter among them where "
            f"rows are only counted, {limit} at most: leave some out",
            code="TOO_MANY_DIMENSIONS",
        )


def _sums(selected: Selected) -> Iterator[str]:
    """Name the sums asked for, each once."""
    sums = (below for below in _groups(selected) if below.name == "sums")
    names = (each.name for below in sums for each in below.children)
    yield from dict.fromkeys(name for name in names if name != "__typename")


def _groups(selected: Selected) -> Iterator[Selected]:
    """List what is asked of groups."""
    for child in selected.children:
        if child.name == "groups":
            yield from child.children


def _holder(record_type: RecordType) -> str:
    """Write who holds a row: the first organisation it names; where none can be, itself."""
    links = (f for f in record_type.fields.values() if f.refers_to == "Organization")
    column = next((quoted(facts.name) for facts in links), None)
    return _digest(f"coalesce(r.{column}, '')" if column else "r.key")


def _digest(text: str) -> str:
    return f"hashtextextended({text}, 0)"
