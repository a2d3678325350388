"""The plans of an operation's record fields at the root, made before any of it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLError, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from federation.records.registry import RECORD_TYPES, RecordType
from hub.errors import HubError
from hub.gateway.cost import check_cost
from hub.gateway.naming import camel
from hub.gateway.plan import Decisions, Plan, connection_plan, node_plan
from hub.gateway.selection import Selected, select
from hub.gateway.stats_plan import StatsPlan, stats_plan
from hub.gateway.stats_types import stats_root

RootPlans = Mapping[str, Plan | StatsPlan | Exception | None]
"""What answers each record field at the root, by response name: a plan, why there is none, or
None for a field that is null."""

_Planner = Callable[[RecordType, Selected, Decisions], Plan | StatsPlan]

_OF_TYPE: Mapping[str, tuple[str, str, _Planner]] = {
    camel(each.plural): (each.name, "Connection", connection_plan) for each in RECORD_TYPES.values()
} | {stats_root(each): (each.name, "Stats", stats_plan) for each in RECORD_TYPES.values()}
"""Root fields of one record type: its name, what its own follows in the answer's, the planner."""

_NODE = "node"


@dataclass(frozen=True, slots=True)
class RootField:
    """A record field at the root as it is asked, yet to be planned."""

    record_type: RecordType
    selected: Selected
    planner: _Planner

    def plan(self, decisions: Decisions) -> Plan | StatsPlan:
        """Plan it for a caller.

        Raises:
            HubError: it can't be planned.
        """
        return self.planner(self.record_type, self.selected, decisions)


def plan_roots(
    executor: Executor[Any], query: GraphQLObjectType, fields: GroupedFieldSet, decisions: Decisions
) -> RootPlans:
    """Plan each record field; one that can't be planned fails alone, as it would if it ran.

    Raises:
        GraphQLError: together they would cost too much.
    """
    plans: dict[str, Plan | StatsPlan | Exception | None] = {}
    for alias, details in fields.items():
        name = details[0].node.name.value
        if name in _OF_TYPE or name == _NODE:
            try:
                found = root_field(executor, query, alias, details)
                plans[alias] = found.plan(decisions) if found else None
            except Exception as error:  # noqa: BLE001 - as graphql-core does for every field
                plans[alias] = error
    try:
        check_cost(sum(each.cost for each in plans.values() if isinstance(each, Plan | StatsPlan)))
    except HubError as error:
        raise GraphQLError(error.message, original_error=error) from error
    return plans


def root_field(
    executor: Executor[Any], query: GraphQLObjectType, alias: str, details: FieldDetailsList
) -> RootField | None:
    """Read what is asked of a root field; None where it is of no record type.

    Raises:
        HubError: it can't be.
    """
    first = details[0]
    name = first.node.name.value
    if name not in _OF_TYPE and name != _NODE:
        return None
    arguments = get_argument_values(
        query.fields[name],
        first.node,
        executor.variable_values,
        first.fragment_variable_values,
        hide_suggestions=True,
    )
    type_name: str | None
    if name == _NODE:
        type_name, kind, make = _type_of_key(arguments["id"]), "", cast(_Planner, node_plan)
    else:
        type_name, kind, make = _OF_TYPE[name]
    if type_name is None:
        return None
    object_type = cast(GraphQLObjectType, executor.schema.type_map[f"{type_name}{kind}"])
    selected = Selected(name, alias, arguments, select(executor, object_type, details))
    return RootField(RECORD_TYPES[type_name], selected, make)


def _type_of_key(key: str) -> str | None:
    """Read the record type out of a key such as `KR.Product.195500005`."""
    parts = key.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[1] in RECORD_TYPES else None
