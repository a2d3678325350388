"""What an answer shows, record by record, so that two answers to one question can be compared.

`keyed` adds the records' keys to what is asked; `shown` reads the answer to that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from federation.records.declaration import Json
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway.planning.naming import camel
from hub.gateway.planning.selection import Selected

_KEY = "?key"
"""Answers with a record's key; no GraphQL alias can be called so."""

Place = tuple[str, ...]
"""Where a record stands: response names and keys, from the root down to its own key."""


@dataclass
class Shown:
    """The values of each record that is there, by response name, and the total if it is asked."""

    records: dict[Place, Mapping[str, Any]] = field(default_factory=dict)
    total: int | None = None


def keyed(selected: Selected, record_type: RecordType) -> Selected:
    """Ask for the key of each record beside what is asked of it."""
    if selected.name == "node":
        return _record(selected, record_type)
    children = (_in_page(child, record_type) for child in selected.children)
    return replace(selected, children=tuple(children))


def shown(selected: Selected, record_type: RecordType, answer: Json) -> Shown:
    """Read an answer to what `keyed` asks."""
    found = Shown()
    place = (selected.alias,)
    if selected.name == "node":
        found.records.update(_records(selected, record_type, answer, place))
        return found
    for child in selected.children:
        value = answer[child.alias]
        if child.name == "totalCount":
            found.total = value
        elif child.name == "nodes":
            found.records.update(_records(child, record_type, value, (*place, child.alias)))
        elif child.name == "edges":
            for below in child.children:
                if below.name == "node":
                    nodes = [edge[below.alias] for edge in value]
                    under = (*place, child.alias, below.alias)
                    found.records.update(_records(below, record_type, nodes, under))
    return found


def _in_page(selected: Selected, record_type: RecordType) -> Selected:
    if selected.name == "nodes":
        return _record(selected, record_type)
    if selected.name == "edges":
        children = (
            _record(child, record_type) if child.name == "node" else child
            for child in selected.children
        )
        return replace(selected, children=tuple(children))
    return selected


def _record(selected: Selected, record_type: RecordType) -> Selected:
    children = (
        _record(child, _RELATED[record_type.name][child.name])
        if child.name in _RELATED[record_type.name]
        else child
        for child in selected.children
    )
    return replace(selected, children=(Selected("id", _KEY, {}), *children))


def _records(
    selected: Selected, record_type: RecordType, value: Json, place: Place
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    related = _RELATED[record_type.name]
    for record in value if isinstance(value, list) else [value]:
        if record is None:
            continue
        own = (*place, record[_KEY])
        yield (
            own,
            {
                child.alias: record[child.alias]
                for child in selected.children
                if child.name not in related and child.name not in _ALWAYS
            },
        )
        for child in selected.children:
            if child.name in related:
                below = record[child.alias]
                yield from _records(child, related[child.name], below, (*own, child.alias))


_ALWAYS = frozenset({"id", "__typename"})


def _related(record_type: RecordType) -> dict[str, RecordType]:
    forward = {
        camel(facts.forward): RECORD_TYPES[str(facts.refers_to)]
        for facts in record_type.fields.values()
        if facts.forward
    }
    back = {camel(each.name): RECORD_TYPES[each.from_type] for each in record_type.back_references}
    return forward | back


_RELATED = {name: _related(record_type) for name, record_type in RECORD_TYPES.items()}
"""The record type that each of a record's links leads to."""
