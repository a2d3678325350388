"""What is kept of each record type: read out of the hub's own schema, so that a new one needs none.

A record type is what a root connection lists; its fields are kept flat, links as the keys that they
hold. A partial date becomes four columns.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub_client.errors import Misconfigured

_KINDS = {
    "Int": "integer",
    "Boolean": "boolean",
    "DateTime": "instant",
    "Decimal": "decimal",
    "Date": "date",
    "JSON": "json",
}
_PARTS = {"text": "text", "earliest": "date", "latest": "date", "precision": "text"}
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its path in a record as the hub has it, and its kind as a manifest states it."""

    path: tuple[str, ...]
    kind: str

    @property
    def name(self) -> str:
        """What a table calls it."""
        return "_".join(snake(part) for part in self.path)

    def value(self, record: Mapping[str, object]) -> object:
        """Take its value out of a record."""
        found: Any = record
        for part in self.path:
            found = None if found is None else found[part]
        return found


@dataclass(frozen=True, slots=True)
class Shape:
    """A record type: its name, the root field that lists it, and its columns, the key first."""

    name: str
    root: str
    columns: tuple[Column, ...]

    @property
    def table(self) -> str:
        """What its table is called."""
        return snake(self.name)

    @property
    def selection(self) -> str:
        """Write all its fields in GraphQL."""
        below: dict[str, list[str]] = {}
        for column in self.columns:
            below.setdefault(column.path[0], []).extend(column.path[1:])
        return " ".join(
            f"{name} {{ {' '.join(parts)} }}" if parts else name for name, parts in below.items()
        )

    @property
    def list_document(self) -> str:
        """Ask for all of them."""
        return f"{{ {self.root} {{ nodes {{ {self.selection} }} }} }}"

    @property
    def records_document(self) -> str:
        """Ask for some of them by their keys."""
        return (
            "query ($keys: [_Any!]!) { records: _entities(representations: $keys) "
            f"{{ ... on {self.name} {{ {self.selection} }} }} }}"
        )


def snake(name: str) -> str:
    """Write a GraphQL name as tables have it."""
    return _HUMPS.sub("_", name).lower()


def digest_of(sdl: str) -> str:
    """Tell a schema from all others."""
    return hashlib.sha256(sdl.encode()).hexdigest()


def shapes_of(sdl: str, types: list[str] | None) -> tuple[Shape, ...]:
    """Find the record types, all or those named.

    Raises:
        Misconfigured: a type that the hub does not have.
    """
    # It is not needed while the schema stays the same, and takes a while.
    from graphql import build_schema  # noqa: PLC0415 - a tenth of a second that most runs are spared

    schema = build_schema(sdl, assume_valid=True, assume_valid_sdl=True)
    query = schema.query_type
    found = {}
    for name, field in query.fields.items() if query else ():
        listed = _listed(field.type)
        if listed is not None:
            found[listed.name] = Shape(listed.name, name, tuple(_columns(listed)))
    unknown = sorted(set(types or ()) - found.keys())
    if unknown:
        raise Misconfigured(f"the hub has no `{unknown[0]}`: choose of {', '.join(sorted(found))}")
    return tuple(shape for name, shape in sorted(found.items()) if types is None or name in types)


def _listed(field_type: Any) -> Any:
    """Find the record type that a root connection lists; None of another field."""
    from graphql import get_named_type  # noqa: PLC0415 - as above

    connection = get_named_type(field_type)
    if not connection.name.endswith("Connection"):
        return None
    nodes = connection.fields.get("nodes")
    listed = get_named_type(nodes.type) if nodes else None
    fields = getattr(listed, "fields", {})
    is_record = connection.name == f"{getattr(listed, 'name', '')}Connection"
    return listed if is_record and {"key", "recordedAt"} <= fields.keys() else None


def _columns(record: Any) -> Iterator[Column]:
    yield Column(("key",), "text")
    for name, field in record.fields.items():
        if name not in {"id", "key"} and not field.args:
            yield from _columns_of(name, field.type)


def _columns_of(name: str, field_type: Any) -> Iterator[Column]:
    from graphql import (  # noqa: PLC0415 - as above
        GraphQLList,
        get_named_type,
        get_nullable_type,
        is_leaf_type,
    )

    named = get_named_type(field_type)
    if named.name == "PartialDate":
        for part, kind in _PARTS.items():
            yield Column((name, part), kind)
    elif is_leaf_type(named):
        is_list = isinstance(get_nullable_type(field_type), GraphQLList)
        yield Column((name,), "texts" if is_list else _KINDS.get(named.name, "text"))
