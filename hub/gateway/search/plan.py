"""A search: from a text to one statement, which ranks what is found and answers a page of it.

Records come by rank, then by key: a total order, so that pages join. `finds.py` says what is
found; each record's own fields are written as everywhere else. Start at `search_plan`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from federation.records.declaration import Group
from federation.records.registry import RECORD_TYPES, RecordType
from hub.errors import InvalidInput
from hub.gateway.limits import SEARCH_CHARS
from hub.gateway.planning import paging, tallies
from hub.gateway.planning.cost import cost
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.fields import FIELDS
from hub.gateway.planning.page import Page, Part
from hub.gateway.planning.plan import Plan
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.slots import made_of
from hub.gateway.planning.statement import json_object
from hub.gateway.search.finds import LEVELS, RANKS_OF_LEVEL, SearchCompiler
from hub.search.terms import Sought

SEARCH = "search"
"""Name of the root field."""

_ORDER = (
    paging.Order("r.rank", "integer", is_descending=False, name="rank", is_nullable=False),
    paging.Order('r."key"', "text", is_descending=False, name="key of a find", is_nullable=False),
)

_MATCH = {
    "field": "r.field",
    "text": "r.text",
    "how": f"(ARRAY{list(LEVELS)})[1 + r.rank / {RANKS_OF_LEVEL}]",
    "substance": "r.substance",
    "__typename": "'SearchMatch'",
}


def search_plan(selected: Selected, decisions: Decisions) -> Plan:
    """Plan a search.

    Args:
        selected: what is asked; below `nodes` and `node`, one selection for each record type.
        decisions: the caller's predicates.

    Raises:
        InvalidInput: a text, page size or cursor that can't be.
    """
    most = search_cost(selected)
    return replace(_Search(decisions, None, most).plan(selected), cost=most)


def search_cost(selected: Selected) -> int:
    """Count the objects a search may bring; a record found is of one type only."""
    return int(selected.arguments["first"]) * _each(selected)


def _each(selected: Selected) -> int:
    if _is_of_records(selected):
        return max(map(cost, selected.children))
    return 1 + sum(_each(child) for child in selected.children if child.children)


def _is_of_records(selected: Selected) -> bool:
    return selected.name in {"nodes", "node"}


def sought(text: str) -> Sought:
    """Read the text of a search.

    Raises:
        InvalidInput: it is too long, or holds nothing to look for.
    """
    SEARCH_CHARS.check(len(text))
    found = Sought.of(text)
    if not found.form:
        raise InvalidInput(
            "`text` holds no letter and no digit: search for a name or a code",
            code=SEARCH_CHARS.code,
        )
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the answer records are asked for, and what of each type."""

    path: str
    of_type: Mapping[str, Selected]
    column: str


@dataclass(slots=True)
class _Answer:
    """An answer being laid out: its page, the record types in it, and where they are asked for."""

    page: Page
    types: Iterable[RecordType]
    places: list[_Place] = field(default_factory=list)

    def add(self, child: Selected, path: str) -> None:
        """Lay a field of the connection out."""
        match child.name:
            case "nodes":
                self.page.add_list(child.alias, self._record(child, path))
            case "edges":
                columns = [(each.alias, self._of_edge(each, path)) for each in child.children]
                self.page.add_list(child.alias, json_object(columns))
            case "pageInfo":
                self.page.add_info(child)
            case _:
                self.page.answer.append((child.alias, "'SearchConnection'"))

    def _of_edge(self, child: Selected, path: str) -> str:
        match child.name:
            case "node":
                return self._record(child, f"{path}.{child.alias}")
            case "matched":
                return json_object([(each.alias, _MATCH[each.name]) for each in child.children])
            case "cursor":
                return self.page.cursor
            case _:
                return "'SearchEdge'"

    def _record(self, child: Selected, path: str) -> str:
        place = _Place(path, {each.name: each for each in child.children}, f"j{len(self.places)}")
        self.places.append(place)
        return f"coalesce({', '.join(f'{each.table}_.{place.column}' for each in self.types)})"


class _Search(SearchCompiler):
    """Puts the statement of a search together."""

    def plan(self, selected: Selected) -> Plan:
        """Plan a search."""
        given = selected.arguments
        types = [RECORD_TYPES[name] for name in _names(given.get("types")) or RECORD_TYPES]
        size = paging.page_size(given["first"])
        answer = _Answer(Page(size, _ORDER, is_first=given.get("after") is None), types)
        for child in selected.children:
            answer.add(child, f"{selected.alias}.{child.alias}")
        if answer.page.tells_of_rows:
            for record_type in types:
                answer.page.add_part(self._of_type(record_type, answer.places))
        rows = self.finds(types, made_of(given["text"], sought), _names(given.get("origins")))
        start = paging.after(self.statement, _ORDER, given.get("after"))
        found = f"SELECT r.* FROM ({rows}) r WHERE {start}"
        sql = answer.page.sql(found, "")
        return self._finished(selected, answer.page.tallies, sql)

    def _of_type(self, record_type: RecordType, places: Iterable[_Place]) -> Part:
        """Write the records of one type on the page, at each place as it is asked there."""
        row, alias = self.statement.name("r"), f"{record_type.table}_"
        asked = [(place, place.of_type[record_type.name].children) for place in places]
        names = FIELDS[record_type.name].scalars
        groups = {names[one.name].group for _, all_ in asked for one in all_ if one.name in names}
        parts = [self._object(record_type, all_, row, place.path) for place, all_ in asked]
        counts = tallies.together(
            [self._tallies(record_type, groups, row), *(part.tallies for part in parts)]
        )
        test = f"b.key = r.key AND r.record_type = '{record_type.name}'"
        rows = self.visible_rows(record_type, test, groups=groups | {Group.PUBLIC})
        columns = "".join(
            f"{part.json} AS {place.column}, "
            for part, (place, _) in zip(parts, asked, strict=True)
        )
        mask = " | ".join(part.mask for part in parts) or "0::bigint"
        joins = "".join(part.joins for part in parts)
        return Part(
            "",
            f"coalesce({alias}.m, 0)",
            f" LEFT JOIN LATERAL (SELECT {columns}{mask} AS m{tallies.columns(counts)} "
            f"FROM ({rows}) {row}{joins} OFFSET 0) {alias} ON true",
            tallies.taken(counts, alias),
        )


def _names(given: Iterable[Any] | None) -> list[str]:
    """Read a list of enum values, each once."""
    return list(dict.fromkeys(str(getattr(each, "value", each)) for each in given or ()))
