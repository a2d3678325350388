"""The columns of an exported list: what is asked of its rows, flattened, each with its type.

A record that a row names comes as columns of its own, their names joined by a point; a list of
records is one column. `Sources` keeps of all records, nested ones too, what feed they came by.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from federation.records.declaration import FieldFacts, Group, PartialDate
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway.planning.fields import by_graphql_name
from hub.gateway.planning.naming import camel
from hub.gateway.planning.selection import Selected

Row = dict[str, Any]
"""One row as GraphQL answers with it, by response name."""


class Kind(StrEnum):
    """What a column's values are."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    DATE = "date"
    TEXTS = "texts"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its response names from the row down, and what they are.

    `groups` are the field groups that it takes to see it whole.
    """

    path: tuple[str, ...]
    kind: Kind
    field: str
    groups: tuple[Group, ...] = (Group.PUBLIC,)

    @property
    def name(self) -> str:
        """What it is called."""
        return ".".join(self.path)

    def value(self, row: Row) -> object:
        """Take its value out of a row, as GraphQL has it; None where it is null or hidden."""
        found: Any = row
        for name in self.path:
            if found is None:
                return None
            found = found[name]
        return found


_KINDS = {int: Kind.INTEGER, bool: Kind.BOOLEAN, Decimal: Kind.DECIMAL, datetime: Kind.INSTANT}
_DAYS = frozenset({"earliest", "latest"})
_ALWAYS = frozenset({"id", "__typename"})


def columns_of(record_type: RecordType, children: Iterable[Selected]) -> Iterator[Column]:
    """List the columns of what is asked of a record, in its order."""
    scalars, forward = by_graphql_name(dict(record_type.fields)), _forward(record_type)
    for child in children:
        name = f"{record_type.name}.{child.name}"
        if child.name in _ALWAYS:
            yield Column((child.alias,), Kind.TEXT, name)
        elif child.name in scalars:
            yield from _of_field(scalars[child.name], child, name)
        elif child.name in forward:
            for column in columns_of(forward[child.name], child.children):
                yield replace(column, path=(child.alias, *column.path))
        else:
            below = columns_of(_back(record_type)[child.name], child.children)
            groups = {group for column in below for group in column.groups} | {Group.PUBLIC}
            in_order = tuple(group for group in Group if group in groups)
            yield Column((child.alias,), Kind.JSON, name, in_order)


def _of_field(facts: FieldFacts, child: Selected, name: str) -> Iterator[Column]:
    if facts.python_type is PartialDate:
        for part in child.children:
            kind = Kind.DATE if part.name in _DAYS else Kind.TEXT
            path = (child.alias, part.alias)
            yield Column(path, kind, f"{name}.{part.name}", (facts.group,))
        return
    kind = _KINDS.get(facts.python_type, Kind.TEXT)
    if facts.python_type is dict:
        kind = Kind.JSON
    elif facts.is_list:
        kind = Kind.TEXTS
    yield Column((child.alias,), kind, name, (facts.group,))


def _forward(record_type: RecordType) -> dict[str, RecordType]:
    return {
        camel(facts.forward): RECORD_TYPES[str(facts.refers_to)]
        for facts in record_type.fields.values()
        if facts.forward
    }


def _back(record_type: RecordType) -> dict[str, RecordType]:
    return {camel(each.name): RECORD_TYPES[each.from_type] for each in record_type.back_references}


_FEED, _DATE = "?feed", "?date"
"""Answer with where a record comes from; no GraphQL alias can be called so."""

_SOURCE = (Selected("feed", _FEED, {}), Selected("retrievedAt", _DATE, {}))


def with_source(record_type: RecordType, children: Sequence[Selected]) -> tuple[Selected, ...]:
    """Ask of each record, beside what is asked of it, by which feed it came and of what date."""
    links = _forward(record_type) | _back(record_type)
    below = (
        replace(child, children=with_source(links[child.name], child.children))
        if child.name in links
        else child
        for child in children
    )
    return (*below, *_SOURCE)


class Nested(dict[str, "Nested"]):
    """The records within a record: their response names, and those within them."""

    @classmethod
    def of(cls, record_type: RecordType, children: Iterable[Selected]) -> "Nested":
        """Find them in what is asked of a record."""
        links = _forward(record_type) | _back(record_type)
        return cls(
            (child.alias, cls.of(links[child.name], child.children))
            for child in children
            if child.name in links
        )


@dataclass
class Sources:
    """The feeds that records came by, and the newest date of each."""

    newest: dict[str, str] = field(default_factory=dict)

    def add(self, newest: Mapping[str, str]) -> None:
        """Note feeds, and the newest date of each."""
        for feed, date in newest.items():
            self.newest[feed] = max(self.newest.get(feed, date), date)

    def take(self, record: Row, nested: Nested) -> Row:
        """Note where a record and those in it come from, and take that out of it."""
        self.add({record.pop(_FEED): record.pop(_DATE)})
        for name, within in nested.items():
            below = record[name] or []
            for each in below if isinstance(below, list) else [below]:
                self.take(each, within)
        return record
