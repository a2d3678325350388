"""Execution with pass-through: root record fields are answered by the plan, byte for byte.

Everything else (arguments, variables, errors, siblings, introspection) is graphql-core's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLObjectType, GraphQLSchema
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from federation.records.registry import RECORD_TYPES
from hub.errors import HubError
from hub.gateway.cost import check_cost
from hub.gateway.documents import Refused
from hub.gateway.naming import camel
from hub.gateway.plan import Decisions, Plan, connection_plan, node_plan
from hub.gateway.plan_cache import Plans
from hub.gateway.reading import reading
from hub.gateway.selection import Selected, select
from hub.gateway.statement import Mask
from hub.identity.types import Caller
from hub.store.database import Pool

_CONNECTIONS = {camel(record_type.plural): name for name, record_type in RECORD_TYPES.items()}
_NODE = "node"


@dataclass(slots=True)
class Request:
    """One operation's context: who asks, with what predicates, and what was masked so far.

    `plans` may be given, if they were made for the same document, operation, variables and
    decisions; otherwise they are there after the execution, unless one could not be made.
    """

    caller: Caller
    decisions: Decisions
    pool: Pool
    plans: Plans | None = None
    masked: list[Mask] = field(default_factory=list)
    opened_by: set[str] = field(default_factory=set)

    def shown_policy(self) -> dict[str, Any]:
        """Say what was masked and why, and which policies opened the rest."""
        masked = sorted(self.masked, key=lambda mask: (mask.path, mask.group))
        return {
            "masked": [
                {
                    "path": mask.path,
                    "fields": list(mask.fields),
                    "recordType": mask.record_type,
                    "group": mask.group,
                    "reason": (
                        f"no agreement opens {mask.group} fields of some of these records to "
                        f"{self.caller.member} for {self.caller.purpose}"
                    ),
                }
                for mask in masked
            ],
            "openedBy": sorted(self.opened_by),
        }


class PassThroughExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, but for root record fields."""

    _plans: Mapping[str, Plan | Exception | None]

    def execute_root_grouped_field_set(
        self, root_type: Any, root_value: Any, grouped_field_set: GroupedFieldSet, *rest: Any
    ) -> Any:
        """Plan all record fields before any field runs."""
        request: Request = self.context_value
        if request.plans is None:
            self._plans = self._planned(root_type, grouped_field_set)
            failed = any(isinstance(plan, Exception) for plan in self._plans.values())
            request.plans = None if failed else cast(Plans, self._plans)
        else:
            self._plans = request.plans
        return super().execute_root_grouped_field_set(
            root_type, root_value, grouped_field_set, *rest
        )

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Answer a record field from its plan; leave all others to graphql-core."""
        if path.prev is None and path.key in self._plans:
            return self._answer(parent_type, field_details_list, path)
        return super().execute_field(
            parent_type, source, field_details_list, path, position_context
        )

    async def _answer(
        self, query: GraphQLObjectType, details: FieldDetailsList, path: Path
    ) -> orjson.Fragment | None:
        try:
            return await _run(self._plans[str(path.key)], self.context_value)
        except Exception as error:  # noqa: BLE001 - as graphql-core does for every field
            return_type = query.fields[details[0].node.name.value].type
            self.handle_field_error(error, return_type, details, path)
            return None

    def _planned(
        self, query: GraphQLObjectType, fields: GroupedFieldSet
    ) -> dict[str, Plan | Exception | None]:
        """Plan each record field; one that can't be planned fails alone, as it would if run.

        Raises:
            GraphQLError: together they would cost too much.
        """
        planned: dict[str, Plan | Exception | None] = {}
        costs: list[Selected] = []
        for name, details in fields.items():
            if (field_name := details[0].node.name.value) in _CONNECTIONS or field_name == _NODE:
                try:
                    selected, planned[name] = self._plan(query, name, details)
                    costs.append(selected)
                except Exception as error:  # noqa: BLE001 - as graphql-core does for every field
                    planned[name] = error
        try:
            check_cost(costs)
        except HubError as error:
            raise GraphQLError(error.message, original_error=error) from error
        return planned

    def _plan(
        self, query: GraphQLObjectType, alias: str, details: FieldDetailsList
    ) -> tuple[Selected, Plan | None]:
        first = details[0]
        name = first.node.name.value
        arguments = get_argument_values(
            query.fields[name],
            first.node,
            self.variable_values,
            first.fragment_variable_values,
            hide_suggestions=True,
        )
        if name in _CONNECTIONS:
            record_type = RECORD_TYPES[_CONNECTIONS[name]]
            below, make = f"{record_type.name}Connection", connection_plan
        elif type_name := _type_of_key(arguments["id"]):
            record_type = RECORD_TYPES[type_name]
            below, make = type_name, node_plan
        else:
            return Selected(name, alias, arguments), None
        object_type = cast(GraphQLObjectType, self.schema.type_map[below])
        selected = Selected(name, alias, arguments, select(self, object_type, details))
        return selected, make(record_type, selected, self.context_value.decisions)


async def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: dict[str, Any] | None,
    operation: str | None,
    request: Request,
) -> ExecutionResult:
    """Execute an operation of a valid document. A field that fails is an error of the result.

    Raises:
        Refused: there is no such operation, or a variable is none of its type.
    """
    built = PassThroughExecutor.build(
        schema,
        document,
        None,
        request,
        variables,
        operation,
        hide_suggestions=True,
    )
    if isinstance(built, list):
        raise Refused(built)
    result = built.execute_operation()
    return cast(ExecutionResult, await result if isawaitable(result) else result)


def _type_of_key(key: str) -> str | None:
    """Read the record type out of a key such as `KR.Product.195500005`."""
    parts = key.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[1] in RECORD_TYPES else None


async def _run(plan: Plan | Exception | None, request: Request) -> orjson.Fragment | None:
    if plan is None:
        return None
    if isinstance(plan, Exception):
        raise plan
    async with reading(request.pool) as connection:
        cursor = await connection.execute(plan.sql, plan.parameters)
        row = await cursor.fetchone()
    if row is None:
        return None
    answer, bits = row
    request.opened_by |= plan.opened_by
    request.masked += [mask for place, mask in enumerate(plan.masks) if bits >> place & 1]
    return orjson.Fragment(answer)
