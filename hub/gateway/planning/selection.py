"""What an operation asks of one root field, by GraphQL's own rules.

graphql-core collects the fields: merged selections, fragments, type conditions, `@skip` and
`@include` come out exactly as its own executor would have them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from hub.errors import InvalidInput
from hub.gateway.limits import ALIAS_CHARS

AnyExecutor = Executor[Any]
"""graphql-core's executor, of whatever it carries along for `@defer`: nothing here looks at it."""

MAX_ALIAS_BYTES = ALIAS_CHARS.most
"""PostgreSQL cuts longer column names off silently."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One field asked for: its name, the name it answers under, arguments and what is below it."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    children: tuple["Selected", ...] = ()


def select(
    executor: AnyExecutor, object_type: GraphQLObjectType, details: FieldDetailsList
) -> tuple[Selected, ...]:
    """Collect all that is asked below a field, for one concrete type.

    Raises:
        InvalidInput: an alias is longer than `MAX_ALIAS_BYTES`.
    """
    grouped = executor.collect_subfields(object_type, details).grouped_field_set
    return tuple(_one(executor, object_type, alias, found) for alias, found in grouped.items())


def _one(
    executor: AnyExecutor, object_type: GraphQLObjectType, alias: str, details: FieldDetailsList
) -> Selected:
    if len(alias) > MAX_ALIAS_BYTES:
        raise InvalidInput(
            f"the alias `{alias[:MAX_ALIAS_BYTES]}…` has {len(alias)} characters: "
            f"{ALIAS_CHARS.most} at most: {ALIAS_CHARS.advice}",
            code="ALIAS_TOO_LONG",
        )
    first = details[0]
    name = first.node.name.value
    definition = executor.schema.get_field(object_type, name)
    if definition is None:
        raise AssertionError(f"a validated document asks for the unknown field {name}")
    arguments = get_argument_values(
        definition, first.node, executor.variable_values, first.fragment_variable_values
    )
    below = get_named_type(definition.type)
    return Selected(name, alias, arguments, _below(executor, below, details))


def _below(
    executor: AnyExecutor, kind: GraphQLNamedType, details: FieldDetailsList
) -> tuple[Selected, ...]:
    """Collect what is below a field; of an interface, a selection for each type that has it."""
    if isinstance(kind, GraphQLObjectType):
        return select(executor, kind, details)
    if not isinstance(kind, GraphQLInterfaceType):
        return ()
    return tuple(
        Selected(each.name, each.name, {}, select(executor, each, details))
        for each in executor.schema.get_possible_types(kind)
    )
