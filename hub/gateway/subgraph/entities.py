"""`_entities`: records that a router names by their keys, in one statement for each record type.

A representation is a record's type and one of its keys: see `entity_keys.py`. A record that the
caller may not see is null, as one that does not exist. Start at `entities_plan`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from federation.records.declaration import Origin
from federation.records.registry import RECORD_TYPES, RecordType
from hub.errors import InvalidInput
from hub.gateway import limits
from hub.gateway.planning import tallies
from hub.gateway.planning.cost import cost
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.plan import Compiler, Plan
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import quoted
from hub.gateway.subgraph.entity_keys import further_keys, keys_of

ENTITIES = "_entities"
"""Name of the root field."""

_BETWEEN = "\x1e"
"""The record separator, which no JSON text holds. Source: RFC 7464, section 2.1."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a representation names: the record of a type that has a value in a column."""

    record_type: str
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class EntitiesPlan:
    """What each representation names, None for no record; and the plan of each record type.

    A plan answers with one text: each record's JSON, and before it, as JSON too, the values of the
    columns by which a representation may name it.
    """

    named: tuple[Named | None, ...]
    plans: Mapping[str, Plan]

    @property
    def cost(self) -> int:
        """Count the objects that the answer can hold."""
        return sum(plan.cost for plan in self.plans.values())

    def answer(self, found: Mapping[str, str | None]) -> str:
        """Write the JSON of all representations, in their order, out of what each plan found."""
        records: dict[Named | None, str] = {}
        for name, text in found.items():
            for named, record in _read(RECORD_TYPES[name], text):
                records.setdefault(named, record)
        return f"[{','.join(records.get(each, 'null') for each in self.named)}]"


def entities_plan(
    representations: Sequence[object], select: Callable[[str], Selected], decisions: Decisions
) -> EntitiesPlan:
    """Plan the root field; `select` says what is asked of a record type.

    Raises:
        HubError: a representation is none, or a record type can't be planned.
    """
    limits.ENTITIES.check(len(representations))
    named = tuple(_named(place, each) for place, each in enumerate(representations))
    wanted: dict[str, dict[Named, None]] = {}
    for each in filter(None, named):
        wanted.setdefault(each.record_type, {})[each] = None
    plans = {
        name: _plan(RECORD_TYPES[name], select(name), list(records), decisions)
        for name, records in wanted.items()
    }
    return EntitiesPlan(named, plans)


def _named(place: int, given: Any) -> Named | None:
    """Read a representation; None for one that can name no record.

    Raises:
        InvalidInput: it is none.
    """
    name = given.get("__typename") if isinstance(given, dict) else None
    record_type = RECORD_TYPES.get(name) if isinstance(name, str) else None
    if record_type is None:
        raise _misnamed(place, "give a type of record as its `__typename`")
    keys = keys_of(record_type)
    key = next((key for key in keys if given.keys() >= {*key}), None)
    if key is None or not all(isinstance(given[field], str | None) for field in key):
        fields = ", ".join(f"`{' '.join(key)}`" for key in keys)
        raise _misnamed(place, f"name the {record_type.name} by texts, in one of {fields}")
    values = [given[field] for field in key]
    if None in values:
        return None
    if key == ("origin", "nationalId"):
        return _by_national_id(record_type, *values)
    return Named(record_type.name, "key" if key == ("id",) else key[0], values[0])


def _by_national_id(record_type: RecordType, origin: str, national_id: str) -> Named | None:
    if origin not in {*Origin}:
        return None
    return Named(record_type.name, "key", f"{origin}.{record_type.name}.{national_id}")


def _misnamed(place: int, advice: str) -> InvalidInput:
    return InvalidInput(f"representation {place + 1} names no record: {advice}", code="BAD_ENTITY")


def _plan(
    record_type: RecordType, selected: Selected, wanted: Sequence[Named], decisions: Decisions
) -> Plan:
    # Its cost is that of a page of so many.
    page = Selected(ENTITIES, selected.alias, {"first": len(wanted)}, selected.children)
    return _NamedRecords(decisions, None, cost(page)).plan(record_type, page, wanted)


class _NamedRecords(Compiler):
    """Puts the statement of one record type together."""

    def plan(self, record_type: RecordType, selected: Selected, wanted: Sequence[Named]) -> Plan:
        """Plan the records that are wanted."""
        columns = _columns(record_type)
        tests = [
            f"b.{quoted(column)} = ANY({self.statement.bind(values, 'text[]')})"
            for column in columns
            if (values := [each.value for each in wanted if each.column == column])
        ]
        part = self._record(record_type, selected.children, "r", selected.alias)
        rows = self.visible_rows(record_type, f"({' OR '.join(tests)})")
        texts = [f"coalesce(to_json(r.{quoted(column)})::text, 'null')" for column in columns]
        text = f" || '{_BETWEEN}' || ".join([*texts, f"{part.json}::text"])
        counts = tallies.over_rows(part.tallies)
        gathered = (
            f"SELECT string_agg({text}, '{_BETWEEN}' ORDER BY r.key) AS j, "  # noqa: S608 - values are bound
            f"coalesce(bit_or({part.mask}), 0) AS m{tallies.columns(counts)} "
            f"FROM ({rows}) r{part.joins}"
        )
        numbers = tallies.array(tallies.taken(counts, "n"))
        return self._finished(
            selected,
            part.tallies,
            f"SELECT n.j, n.m, {numbers} FROM ({gathered}) n",  # noqa: S608 - likewise
        )


def _columns(record_type: RecordType) -> tuple[str, ...]:
    return ("key", *further_keys(record_type))


def _read(record_type: RecordType, text: str | None) -> Iterator[tuple[Named, str]]:
    """Read what a plan found; of several records of one value, the first by key comes first."""
    columns = _columns(record_type)
    parts = iter(text.split(_BETWEEN) if text else ())
    for *values, record in zip(*[parts] * (len(columns) + 1), strict=True):
        for column, value in zip(columns, map(orjson.loads, values), strict=True):
            if value is not None:
                yield Named(record_type.name, column, value), record
