"""Statistics in plain Python over the rows, by Cedar's full decision on each row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import psycopg

from federation.records.declaration import FieldFacts, Group
from federation.records.registry import RECORD_TYPES, RecordType
from hub.disclosure.suppression import Rule, withheld
from hub.gateway.planning.naming import camel
from hub.gateway.stats.types import dimensions
from hub.identity.types import Caller
from hub.policy.policy_set import PolicySet, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.schema import ALLIANCE, Action, Level
from tests.hub.gateway.oracle import _CONDITIONS, Sight, _decided, _is_version
from tests.hub.gateway.world import Row, World, at


@dataclass(frozen=True)
class Asked:
    """A question for statistics."""

    record_type: RecordType
    group_by: tuple[str, ...]
    filter: Mapping[str, Mapping[str, Any]]
    as_of: str | None
    sums: tuple[str, ...]

    @property
    def fields(self) -> dict[str, FieldFacts]:
        return {camel(name): facts for name, facts in self.record_type.fields.items()}

    @property
    def is_by_dimensions(self) -> bool:
        return self.filter.keys() <= dimensions(self.record_type).keys()

    @property
    def used(self) -> set[Group]:
        """Groups that the figures are made of."""
        names = {*self.group_by, *self.sums, *(self.filter if self.is_by_dimensions else ())}
        return {Group.PUBLIC, *(self.fields[name].group for name in names)}


class StatsOracle:
    """Answers as one caller should be."""

    def __init__(
        self,
        world: World,
        policies: PolicySet,
        caller: Caller,
        now: datetime,
        digests: Mapping[str, int],
    ) -> None:
        self._world = world
        self._digests = digests
        self._sight = Sight(world, policies, caller, now)
        self._counted: set[tuple[int, Group]] = set()
        self._smallest: dict[tuple[str, Group], int] = {}
        for action in ALLIANCE.actions_at(Level.COUNT):
            covering = [each for each in policies.policies if each.covers(action)]
            self._count(action, covering, PrincipalClass.of(caller), now)

    def _count(
        self, action: Action, covering: list[Any], principal: PrincipalClass, now: datetime
    ) -> None:
        rows = self._world.rows[action.record_type]
        decided = _decided(PolicySlice.of(covering), principal, action, rows, now)
        self._counted |= {
            (id(row), action.group) for row, seen in zip(rows, decided, strict=True) if seen
        }
        sizes = [each.smallest_cell for each in covering if each.smallest_cell]
        if sizes and any(decided):
            self._smallest[action.record_type, action.group] = max(sizes)

    def answer(self, asked: Asked) -> dict[str, Any]:
        """Answer with the groups by their values, and whether some are left out."""
        with localcontext(prec=1000):
            return self._answer(asked)

    def _answer(self, asked: Asked) -> dict[str, Any]:
        name = asked.record_type.name
        sizes = [self._smallest[name, g] for g in asked.used if (name, g) in self._smallest]
        is_counting = bool(sizes) and asked.is_by_dimensions
        table = sorted({*asked.group_by, *(asked.filter if is_counting else ())})
        exact: dict[tuple, list[Row]] = {}
        cells: dict[tuple, list[Row]] = {}
        for row in self._rows(asked, is_counting=is_counting):
            values = {each: self._value(row, asked.fields[each], is_counting) for each in table}
            if is_counting and any(self._is_counted(row, group) for group in asked.used):
                cells.setdefault(tuple(values.values()), []).append(row)
            elif self._meets(row, asked, is_counting):
                place = tuple(values[each] for each in asked.group_by)
                exact.setdefault(place, []).append(row)
        groups = {place: self._exact(rows, asked) for place, rows in exact.items()}
        hidden = self._add(groups, cells, table, asked, max(sizes, default=0))
        return {"groups": groups, "isSuppressed": hidden}

    def _rows(self, asked: Asked, *, is_counting: bool) -> Iterable[Row]:
        as_of = at(asked.as_of) if asked.as_of else None
        for row in self._world.rows[asked.record_type.name]:
            counts = is_counting and (id(row), Group.PUBLIC) in self._counted
            if _is_version(row, as_of) and (self._sight.of(row) or counts):
                yield row

    def _is_counted(self, row: Row, group: Group) -> bool:
        is_seen = self._sight.of(row, group) or self._sight.step(row, group)
        return not is_seen and (id(row), group) in self._counted

    def _value(self, row: Row, facts: FieldFacts, is_counting: bool) -> Any:
        if is_counting and self._is_counted(row, facts.group):
            return row[facts.name]
        return self._sight.value(row, facts)

    def _meets(self, row: Row, asked: Asked, is_counting: bool) -> bool:
        return all(
            _CONDITIONS[operator](self._value(row, asked.fields[name], is_counting), expected)
            for name, operators in asked.filter.items()
            for operator, expected in operators.items()
        )

    def _exact(self, rows: list[Row], asked: Asked) -> dict[str, Any]:
        return {
            "count": len(rows),
            "holders": len({_holder(asked.record_type, row) for row in rows}),
            "sums": {
                name: _sum(self._value(row, asked.fields[name], False) for row in rows)
                for name in asked.sums
            },
            "isSuppressed": False,
        }

    def _add(
        self,
        groups: dict[tuple, dict[str, Any]],
        cells: dict[tuple, list[Row]],
        table: list[str],
        asked: Asked,
        smallest: int,
    ) -> bool:
        """Add what is told of counted rows; say whether groups are left out."""
        kind = asked.record_type
        counts = {place: self._by_holder(kind, rows, lambda _: 1) for place, rows in cells.items()}
        whole = tuple(range(len(table)))
        gone_by_axes = withheld(counts, Rule(smallest))
        hidden = gone_by_axes.get(whole, frozenset())
        hidden_sums = {}
        for name in asked.sums:
            facts = asked.fields[name]
            amounts = {
                place: self._by_holder(kind, rows, lambda row, f=facts: self._value(row, f, True))
                for place, rows in cells.items()
            }
            stated = {place: cell for place, cell in amounts.items() if cell}
            gone = withheld(stated, Rule(smallest, is_sum=True), gone_by_axes)
            hidden_sums[name] = gone.get(whole, frozenset())
        holders: dict[tuple, set] = {}
        for place, rows in cells.items():
            if place in hidden or not self._meets(rows[0], asked, True):
                continue
            asked_place = tuple(place[table.index(name)] for name in asked.group_by)
            group = groups.setdefault(asked_place, self._exact([], asked))
            group["count"] += len(rows)
            holders.setdefault(asked_place, set()).update(_holder(kind, row) for row in rows)
            for name, gone in hidden_sums.items():
                group["isSuppressed"] |= place in gone
                if place not in gone:
                    amounts = [self._value(row, asked.fields[name], True) for row in rows]
                    group["sums"][name] = _sum([group["sums"][name], *amounts])
        for place, found in holders.items():
            groups[place]["holders"] += len(found)
        together = self._by_holder(
            kind, [row for place in hidden for row in cells[place]], lambda _: 1
        )
        return bool(hidden) and len(together) >= smallest

    def _by_holder(
        self, record_type: RecordType, rows: Iterable[Row], value: Any
    ) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        for row in rows:
            amount = value(row)
            if amount is not None:
                holder = self._digests[_holder(record_type, row)]
                found[holder] = found.get(holder, Decimal(0)) + Decimal(amount)
        return found


async def digests(url: str, world: World) -> dict[str, int]:
    """The database's digests of all that can be a holder: they break ties."""
    texts = {""} | {
        text
        for rows in world.rows.values()
        for row in rows
        for text in (row["key"], *(row.get(name) for name in _LINKS))
        if text
    }
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(
            "SELECT t, hashtextextended(t, 0) FROM unnest(%s::text[]) t", [list(texts)]
        )
        return dict(await cursor.fetchall())


_LINKS = {
    facts.name
    for record_type in RECORD_TYPES.values()
    for facts in record_type.fields.values()
    if facts.refers_to == "Organization"
}


def _holder(record_type: RecordType, row: Row) -> Any:
    links = [f.name for f in record_type.fields.values() if f.refers_to == "Organization"]
    return (row[links[0]] or "") if links else row["key"]


def _sum(values: Iterable[Any]) -> Fraction | None:
    stated = [Fraction(value) for value in values if value is not None]
    return sum(stated, Fraction(0)) if stated else None
