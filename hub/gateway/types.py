"""The GraphQL types, derived from the record declarations.

For each record type: the object, its connection and edge, a filter and an order input. They are
made as module attributes, so that Strawberry resolves their names to one another. Values never
pass through these classes: the plan's SQL makes the JSON.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from types import GenericAlias
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.annotation import StrawberryAnnotation
from strawberry.federation.schema_directives import Key, Shareable
from strawberry.federation.types import FieldSet
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from federation.records import declaration
from federation.records.declaration import FieldFacts, Group, Precision
from federation.records.registry import RECORD_TYPES, BackReference, RecordType
from hub.gateway.planning.naming import camel
from hub.gateway.subgraph.entity_keys import keys_of

_HERE = sys.modules[__name__]


def _instant(text: Any) -> datetime:
    """Read an instant; one that names no zone is in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise GraphQLError(
            f"`{text}` is no instant: write it as 2026-01-31T12:00:00Z", original_error=error
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _instant_text(instant: datetime) -> str:
    """Write an instant as the plan's SQL does."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, with milliseconds: `2026-01-31T12:00:00.000Z`.",
        parse_value=_instant,
        serialize=_instant_text,
    ),
}
"""Scalars of our own, for the schema's configuration."""


@strawberry.enum(description="Ascending or descending.")
class Direction(Enum):
    """Direction of an order."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.interface(description="Anything with a stable key.")
class Node:
    """The Relay node."""

    id: strawberry.ID = strawberry.field(description="The record's key.")


@strawberry.type(description="Where a page stands in its list.", directives=[Shareable()])
class PageInfo:
    """Relay page information; pages run forward only."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


PrecisionEnum = strawberry.enum(Precision, description="How exactly a source states a date.")


@strawberry.type(description="A date as a source states it: its words and what they can mean.")
class PartialDate:
    """See `federation.records.declaration.PartialDate`."""

    text: str = strawberry.field(description="The source's own words.")
    earliest: date | None = strawberry.field(description="First day the words can mean.")
    latest: date | None = strawberry.field(description="Last day the words can mean.")
    precision: PrecisionEnum = strawberry.field(  # type: ignore[valid-type]
        description="How exactly the source states it."
    )


@cache
def _annotation(hint: Any) -> StrawberryAnnotation:
    """Have Strawberry read a hint once for all fields that have it, which else takes longest."""
    return StrawberryAnnotation(hint, namespace=vars(_HERE))


def _later(type_name: str) -> Any:
    """Name a type that may not be made yet."""
    return Annotated[type_name, strawberry.lazy(__name__)]


def _input(name: str, doc: str, fields: dict[str, Any]) -> None:
    """Make an input type whose fields are all optional."""
    annotations = {
        f"{key}_" if key == "in" else key: _annotation(hint | None) for key, hint in fields.items()
    }
    namespace: dict[str, Any] = {"__annotations__": annotations, "__module__": __name__}
    for key in fields:
        python = f"{key}_" if key == "in" else key
        namespace[python] = strawberry.field(name=key, default=strawberry.UNSET)
    setattr(_HERE, name, strawberry.input(type(name, (), namespace), description=doc))


_SCALARS: dict[type, Any] = {
    str: str,
    int: int,
    bool: bool,
    datetime: datetime,
    Decimal: Decimal,
    declaration.PartialDate: PartialDate,
    dict: JSON,
}

_input(
    "StringFilter",
    "Conditions on a text; all given must hold.",
    {
        "eq": str,
        "ne": str,
        "in": list[str],
        "contains": str,
        "startsWith": str,
        "isNull": bool,
    },
)
_input(
    "TextListFilter",
    "Conditions on a list of texts.",
    {"has": str, "hasAny": list[str], "isEmpty": bool},
)
_input("BooleanFilter", "Conditions on a yes or no.", {"eq": bool, "isNull": bool})
_input(
    "IntFilter",
    "Conditions on a whole number.",
    {"eq": int, "gt": int, "gte": int, "lt": int, "lte": int, "isNull": bool},
)
_input(
    "DecimalFilter",
    "Conditions on an exact number.",
    dict.fromkeys(("eq", "gt", "gte", "lt", "lte"), Decimal) | {"isNull": bool},
)
_input(
    "DateTimeFilter",
    "Conditions on an instant.",
    dict.fromkeys(("gt", "gte", "lt", "lte"), datetime) | {"isNull": bool},
)
_input(
    "PartialDateFilter",
    "Conditions on a partial date: `onOrAfter` by its latest day, `onOrBefore` by its earliest.",
    {"onOrAfter": date, "onOrBefore": date, "isNull": bool},
)

_FILTERS: dict[type, str] = {
    str: "StringFilter",
    bool: "BooleanFilter",
    int: "IntFilter",
    Decimal: "DecimalFilter",
    datetime: "DateTimeFilter",
    declaration.PartialDate: "PartialDateFilter",
}


def filter_name(facts: FieldFacts) -> str:
    """Name the filter input of a field."""
    if facts.is_list:
        return "TextListFilter"
    if issubclass(facts.python_type, StrEnum):
        return f"{facts.python_type.__name__}Filter"
    return _FILTERS[facts.python_type]


def _enum(kind: type[StrEnum]) -> Any:
    """Make a vocabulary's enum and its filter once."""
    if not hasattr(_HERE, kind.__name__):
        doc = (kind.__doc__ or "").strip()
        setattr(_HERE, kind.__name__, strawberry.enum(kind, description=doc))
        term = getattr(_HERE, kind.__name__)
        _input(
            f"{kind.__name__}Filter",
            f"Conditions on a term of {kind.__name__}.",
            {"eq": term, "ne": term, "in": GenericAlias(list, (term,)), "isNull": bool},
        )
    return getattr(_HERE, kind.__name__)


def _hint(facts: FieldFacts) -> Any:
    kind = facts.python_type
    plain = _enum(kind) if issubclass(kind, StrEnum) else _SCALARS[kind]
    hint = GenericAlias(list, (plain,)) if facts.is_list else plain
    return hint | None if facts.is_nullable or facts.group is not Group.PUBLIC else hint


def _object(record_type: RecordType) -> None:
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {"__module__": __name__}
    for facts in record_type.fields.values():
        annotations[facts.name] = _annotation(_hint(facts))
        doc = f"{facts.doc} Group: {facts.group}."
        namespace[facts.name] = strawberry.field(description=doc)
        if facts.refers_to and facts.forward:
            annotations[facts.forward] = _annotation(_later(facts.refers_to) | None)
            doc = f"The record that `{camel(facts.name)}` names, if you may see it."
            namespace[facts.forward] = strawberry.field(description=doc)
    for back in record_type.back_references:
        annotations[back.name] = _annotation(GenericAlias(list, (_later(back.from_type),)))
        namespace[back.name] = strawberry.field(
            resolver=_list_resolver(back.from_type),
            description=_list_doc(back),
        )
    namespace["__annotations__"] = annotations
    made = type(record_type.name, (Node,), namespace)
    keys = [
        Key(fields=FieldSet(" ".join(key)), resolvable=strawberry.UNSET)
        for key in keys_of(record_type)
    ]
    made = strawberry.type(made, description=record_type.doc, directives=keys)
    setattr(_HERE, record_type.name, made)


def _list_doc(back: BackReference) -> str:
    if back.to_field == "key":
        return f"Records of {back.from_type} that name this one, if you may see them."
    return f"Other {back.from_type} records of the same `{camel(back.to_field)}`, if you see them."


def _list_resolver(type_name: str) -> Callable[..., Any]:
    """Declare a nested list's arguments; the plan answers it, never this function."""

    def resolve(first: int = 20) -> Any:  # noqa: ARG001 - read as a declaration
        raise AssertionError("nested lists are answered by the plan")

    resolve.__annotations__["return"] = GenericAlias(list, (_later(type_name),))
    resolve.__module__ = __name__
    return resolve


def _connection(record_type: RecordType) -> None:
    name = record_type.name
    made = getattr(_HERE, name)
    edge = type(
        f"{name}Edge",
        (),
        {"__module__": __name__, "__annotations__": {"node": made, "cursor": str}},
    )
    edge = strawberry.type(edge, description=f"One {name} of a page.")
    setattr(_HERE, f"{name}Edge", edge)
    connection = type(
        f"{name}Connection",
        (),
        {
            "__module__": __name__,
            "__annotations__": {
                "nodes": GenericAlias(list, (made,)),
                "edges": GenericAlias(list, (edge,)),
                "page_info": PageInfo,
                "total_count": int,
            },
        },
    )
    doc = f"A page of {name} records that you may see."
    setattr(_HERE, f"{name}Connection", strawberry.type(connection, description=doc))


def _filter_and_order(record_type: RecordType) -> None:
    name = record_type.name
    fields: dict[str, Any] = {}
    for facts in record_type.fields.values():
        if facts.is_filterable:
            fields[camel(facts.name)] = getattr(_HERE, filter_name(facts))
    _input(f"{name}Filter", f"Conditions on {name}; all given must hold.", fields)
    terms = {
        facts.name.upper(): camel(facts.name)
        for facts in record_type.fields.values()
        if facts.is_filterable and not facts.is_list
    }
    choices = Enum(f"{name}OrderField", terms, module=__name__)  # type: ignore[misc]
    doc = f"Fields that {name} can be ordered by."
    order_field = strawberry.enum(choices, description=doc)
    setattr(_HERE, f"{name}OrderField", order_field)
    order = type(
        f"{name}Order",
        (),
        {
            "__module__": __name__,
            "__annotations__": {"field": order_field, "direction": Direction},
            "direction": Direction.ASC,
        },
    )
    setattr(_HERE, f"{name}Order", strawberry.input(order, description=f"One order of {name}."))


for _record_type in RECORD_TYPES.values():
    for _facts in _record_type.fields.values():
        if issubclass(_facts.python_type, StrEnum):
            _enum(_facts.python_type)
for _record_type in RECORD_TYPES.values():
    _object(_record_type)
    _connection(_record_type)
    _filter_and_order(_record_type)

RECORD_OBJECTS: tuple[type, ...] = tuple(getattr(_HERE, name) for name in RECORD_TYPES)
"""The record object types, for the schema's list of types."""
