"""Variables of an operation that was asked before, read the short way.

Each variable's type is compiled to a reader. It takes a raw value apart into its form (what is
there, and what is null), values for which slots can stand, and parts that plans hang on as they
are. What is not plainly right raises `Unusual`: graphql-core reads it, or says what is wrong.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import orjson
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    TypeNode,
    type_from_ast,
)
from strawberry.scalars import JSON

_THERE, _ABSENT = "there", "absent"
_Coerce = Callable[[Any], Any]


class Unusual(Exception):
    """Something that the hot tier leaves to the reference tier."""


@dataclass(slots=True)
class Read:
    """Variables that were read: what of them tells plans apart, and the values for slots."""

    form: list[Hashable] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


class _Reader(Protocol):
    def read(self, raw: Any, into: Read) -> None:
        """Take a raw value apart."""

    def slotted(self, coerced: Any, raw: Any, slots: Iterator[Any]) -> Any:
        """Put slots in the places of a coerced value's values, in the order they were read."""


class _Value:
    """Of a value that a slot can stand for."""

    def __init__(self, coerce: _Coerce) -> None:
        self._coerce = coerce

    def read(self, raw: Any, into: Read) -> None:
        if raw is None:
            into.form.append(None)
            return
        into.form.append(_THERE)
        into.values.append(self._coerce(raw))

    def slotted(self, _: Any, raw: Any, slots: Iterator[Any]) -> Any:
        return None if raw is None else next(slots)


class _Part:
    """Of what a plan hangs on as it is."""

    def read(self, raw: Any, into: Read) -> None:
        into.parts.append(orjson.dumps(raw))

    def slotted(self, coerced: Any, _raw: Any, _slots: Iterator[Any]) -> Any:
        return coerced


class _Object:
    """Of an input object. Its fields are compiled when they are first met."""

    def __init__(self, kind: GraphQLInputObjectType) -> None:
        self._kind = kind
        self._fields: dict[str, tuple[str, _Reader]] = {}

    def read(self, raw: Any, into: Read) -> None:
        if raw is None:
            into.form.append(None)
            return
        if raw.__class__ is not dict:
            raise Unusual
        into.form.append(len(raw))
        for name, value in raw.items():
            into.form.append(name)
            self._field(name)[1].read(value, into)

    def slotted(self, coerced: Any, raw: Any, slots: Iterator[Any]) -> Any:
        if raw is None:
            return None
        found = dict(coerced)
        for name, value in raw.items():
            own_name, reader = self._field(name)
            found[own_name] = reader.slotted(coerced[own_name], value, slots)
        return found

    def _field(self, name: str) -> tuple[str, _Reader]:
        known = self._fields.get(name)
        if known is None:
            if name not in self._kind.fields:
                raise Unusual
            declared = self._kind.fields[name]
            known = self._fields[name] = declared.out_name or name, _reader(declared.type)
        return known


class VariableReader:
    """Reads the variables of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._readers = [
            (declared.variable.name.value, _reader(_type(schema, declared.type)))
            for declared in operation.variable_definitions or ()
        ]

    def read(self, given: Mapping[str, object]) -> Read:
        """Take variables apart. Whether one may be absent or null is not checked.

        Raises:
            Unusual: one must be read by graphql-core.
        """
        into = Read()
        for name, reader in self._readers:
            if name in given:
                reader.read(given[name], into)
            else:
                into.form.append(_ABSENT)
        return into

    def slotted(
        self, coerced: Mapping[str, object], given: Mapping[str, object], slots: Iterator[object]
    ) -> dict[str, object]:
        """Put slots in the places of coerced variables' values, in the order they were read."""
        return {**coerced} | {
            name: reader.slotted(coerced[name], given[name], slots)
            for name, reader in self._readers
            if name in given
        }


def _type(schema: GraphQLSchema, node: TypeNode) -> GraphQLInputType:
    found: Any = type_from_ast(schema, node)
    return found  # type: ignore[no-any-return]  # of a valid document's variable, an input type


def _reader(kind: GraphQLInputType) -> _Reader:
    if isinstance(kind, GraphQLNonNull):
        return _reader(kind.of_type)
    if isinstance(kind, GraphQLInputObjectType):
        return _Object(kind)
    coerce = _coercion(kind)
    return _Value(coerce) if coerce else _Part()


def _coercion(kind: GraphQLInputType) -> _Coerce | None:
    """Find how a value is coerced; None for what is read as it is.

    INVARIANT: no boolean is a value of its own. graphql-core tells by `is True` what
    `@include` and `@skip` ask.
    """
    if isinstance(kind, GraphQLNonNull):
        return _coercion(kind.of_type)
    if isinstance(kind, GraphQLList):
        coerce = _coercion(kind.of_type)
        return coerce and partial(_each, coerce)
    if isinstance(kind, GraphQLEnumType):
        return partial(_term, {name: kind.coerce_input_value(name) for name in kind.values})
    if not isinstance(kind, GraphQLScalarType) or kind.name in _AS_THEY_ARE:
        return None
    return _COERCED.get(kind.name) or partial(_scalar, kind)


def _each(coerce: _Coerce, raw: Any) -> list[Any]:
    if raw.__class__ is not list:
        raise Unusual
    return [coerce(each) for each in raw]


def _term(terms: Mapping[str, Any], raw: Any) -> Any:
    if raw.__class__ is not str or raw not in terms:
        raise Unusual
    return terms[raw]


def _scalar(kind: GraphQLScalarType, raw: Any) -> Any:
    if raw is None:
        raise Unusual
    try:
        return kind.coerce_input_value(raw)
    except Exception as error:
        raise Unusual from error


def _text(raw: Any) -> str:
    if raw.__class__ is not str:
        raise Unusual
    return raw


def _integer(raw: Any) -> int:
    if raw.__class__ is not int or not -(2**31) <= raw < 2**31:
        raise Unusual
    return raw


_COERCED: Mapping[str, _Coerce] = {
    GraphQLString.name: _text,
    GraphQLID.name: _text,
    GraphQLInt.name: _integer,
}
_AS_THEY_ARE = frozenset({GraphQLBoolean.name, GraphQLFloat.name, JSON.__name__})
