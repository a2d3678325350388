"""The plans of an operation's record fields at the root, made before any of it runs."""

from collections.abc import Mapping
from typing import Any, cast

from graphql import GraphQLError, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from federation.records.registry import RECORD_TYPES
from hub.errors import HubError
from hub.gateway.cost import check_cost
from hub.gateway.naming import camel
from hub.gateway.plan import Decisions, Plan, connection_plan, node_plan
from hub.gateway.selection import Selected, select

RootPlans = Mapping[str, Plan | Exception | None]
"""What answers each record field at the root, by response name: a plan, why there is none, or
None for a field that is null."""

_CONNECTIONS = {camel(record_type.plural): name for name, record_type in RECORD_TYPES.items()}
_NODE = "node"


def plan_roots(
    executor: Executor[Any], query: GraphQLObjectType, fields: GroupedFieldSet, decisions: Decisions
) -> RootPlans:
    """Plan each record field; one that can't be planned fails alone, as it would if it ran.

    Raises:
        GraphQLError: together they would cost too much.
    """
    plans: dict[str, Plan | Exception | None] = {}
    for alias, details in fields.items():
        name = details[0].node.name.value
        if name in _CONNECTIONS or name == _NODE:
            try:
                plans[alias] = _plan(executor, query.fields[name], alias, details, decisions)
            except Exception as error:  # noqa: BLE001 - as graphql-core does for every field
                plans[alias] = error
    try:
        check_cost(sum(plan.cost for plan in plans.values() if isinstance(plan, Plan)))
    except HubError as error:
        raise GraphQLError(error.message, original_error=error) from error
    return plans


def _plan(
    executor: Executor[Any], field: Any, alias: str, details: FieldDetailsList, decisions: Decisions
) -> Plan | None:
    first = details[0]
    name = first.node.name.value
    arguments = get_argument_values(
        field,
        first.node,
        executor.variable_values,
        first.fragment_variable_values,
        hide_suggestions=True,
    )
    type_name = _CONNECTIONS.get(name) or _type_of_key(arguments["id"])
    if type_name is None:
        return None
    below = type_name if name == _NODE else f"{type_name}Connection"
    object_type = cast(GraphQLObjectType, executor.schema.type_map[below])
    selected = Selected(name, alias, arguments, select(executor, object_type, details))
    make = node_plan if name == _NODE else connection_plan
    return make(RECORD_TYPES[type_name], selected, decisions)


def _type_of_key(key: str) -> str | None:
    """Read the record type out of a key such as `KR.Product.195500005`."""
    parts = key.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[1] in RECORD_TYPES else None
