"""The plans of an operation's record fields at the root, made before any of it runs.

Each plan is made in its own room: `planning/`, `search/`, `stats/`, `history/` or `subgraph/`. Here
the arguments and what is selected are read, and the costs added up; `executor.py` runs the plans.
Start reading at `plan_roots`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLError, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import get_argument_values

from federation.records.registry import RECORD_TYPES, RecordType
from hub.errors import HubError
from hub.gateway.history.plan import HISTORY, history_plan
from hub.gateway.planning.cost import check_cost
from hub.gateway.planning.naming import camel
from hub.gateway.planning.plan import Decisions, Plan, connection_plan, node_plan
from hub.gateway.planning.selection import AnyExecutor, Selected, select
from hub.gateway.planning.slots import told_of
from hub.gateway.search.plan import SEARCH, search_plan
from hub.gateway.stats.plan import StatsPlan, stats_plan
from hub.gateway.stats.types import stats_root
from hub.gateway.subgraph.entities import ENTITIES, EntitiesPlan, entities_plan

RootPlan = Plan | StatsPlan | EntitiesPlan

RootPlans = Mapping[str, RootPlan | Exception | None]
"""What answers each record field at the root, by response name: a plan, why there is none, or
None for a field that is null."""

_Planner = Callable[[RecordType, Selected, Decisions], Plan | StatsPlan]

_OF_TYPE: Mapping[str, tuple[str, str, _Planner]] = {
    camel(each.plural): (each.name, "Connection", connection_plan) for each in RECORD_TYPES.values()
} | {stats_root(each): (each.name, "Stats", stats_plan) for each in RECORD_TYPES.values()}
"""Root fields of one record type: its name, what its own follows in the answer's, the planner."""

_BY_KEY: Mapping[str, tuple[str, str | None, _Planner]] = {
    "node": ("id", None, cast(_Planner, node_plan)),
    HISTORY: ("key", "RecordVersionConnection", history_plan),
}
"""Root fields of one record: the argument that holds its key, the type they answer with if it is
not the record's own, the planner."""


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


def plans_cost(plans: RootPlans) -> int:
    """Count the objects that all root fields may bring together."""
    return sum(each.cost for each in plans.values() if isinstance(each, RootPlan))


def plan_roots(
    executor: AnyExecutor, query: GraphQLObjectType, fields: GroupedFieldSet, decisions: Decisions
) -> RootPlans:
    """Plan each record field; one that can't be planned fails alone, as it would if it ran.

    Raises:
        GraphQLError: together they would cost too much.
    """
    plans: dict[str, RootPlan | Exception | None] = {}
    for alias, details in fields.items():
        name = details[0].node.name.value
        if name in _OF_TYPE or name in _BY_KEY or name in {ENTITIES, SEARCH}:
            try:
                plans[alias] = _plan(executor, query, alias, details, decisions)
            except Exception as error:  # noqa: BLE001 - as graphql-core does for every field
                plans[alias] = error
    try:
        check_cost(plans_cost(plans))
    except HubError as error:
        raise GraphQLError(error.message, original_error=error) from error
    return plans


def _plan(
    executor: AnyExecutor,
    query: GraphQLObjectType,
    alias: str,
    details: FieldDetailsList,
    decisions: Decisions,
) -> RootPlan | None:
    if details[0].node.name.value == ENTITIES:
        return _entities(executor, query, alias, details, decisions)
    if details[0].node.name.value == SEARCH:
        return _search(executor, query, alias, details, decisions)
    found = root_field(executor, query, alias, details)
    return found.plan(decisions) if found else None


def _entities(
    executor: AnyExecutor,
    query: GraphQLObjectType,
    alias: str,
    details: FieldDetailsList,
    decisions: Decisions,
) -> EntitiesPlan:
    arguments = _arguments(executor, query, details)

    def selected(type_name: str) -> Selected:
        object_type = cast(GraphQLObjectType, executor.schema.type_map[type_name])
        return Selected(ENTITIES, alias, {}, select(executor, object_type, details))

    return entities_plan(arguments["representations"], selected, decisions)


def _search(
    executor: AnyExecutor,
    query: GraphQLObjectType,
    alias: str,
    details: FieldDetailsList,
    decisions: Decisions,
) -> Plan:
    connection = cast(GraphQLObjectType, executor.schema.type_map["SearchConnection"])
    arguments = _arguments(executor, query, details)
    asked = Selected(SEARCH, alias, arguments, select(executor, connection, details))
    return search_plan(asked, decisions)


def _arguments(
    executor: AnyExecutor, query: GraphQLObjectType, details: FieldDetailsList
) -> dict[str, Any]:
    first = details[0]
    return get_argument_values(
        query.fields[first.node.name.value],
        first.node,
        executor.variable_values,
        first.fragment_variable_values,
        hide_suggestions=True,
    )


def root_field(
    executor: AnyExecutor, query: GraphQLObjectType, alias: str, details: FieldDetailsList
) -> RootField | None:
    """Read what is asked of a root field; None where it is of no record type.

    Raises:
        HubError: it can't be.
    """
    name = details[0].node.name.value
    if name not in _BY_KEY and name not in _OF_TYPE:
        return None
    arguments = _arguments(executor, query, details)
    if name in _BY_KEY:
        argument, answer_type, make = _BY_KEY[name]
        type_name = told_of(arguments[argument], _type_of_key)
        if type_name is None:
            return None
    else:
        type_name, kind, make = _OF_TYPE[name]
        answer_type = f"{type_name}{kind}"
    object_type = cast(GraphQLObjectType, executor.schema.type_map[answer_type or type_name])
    selected = Selected(name, alias, arguments, select(executor, object_type, details))
    return RootField(RECORD_TYPES[type_name], selected, make)


def _type_of_key(key: str) -> str | None:
    """Read the record type out of a key such as `KR.Product.195500005`."""
    parts = key.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[1] in RECORD_TYPES else None
