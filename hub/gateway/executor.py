"""Execution with pass-through: root record fields are answered by the plan, byte for byte.

Everything else (arguments, variables, errors, siblings, introspection) is graphql-core's own.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import psycopg.errors
from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from federation.records.registry import RECORD_TYPES
from hub.errors import Timeout
from hub.gateway.plan import Decisions, Plan, connection_plan, node_plan
from hub.gateway.selection import Selected, select
from hub.gateway.statement import Mask
from hub.identity.types import Caller
from hub.store.database import Pool


@dataclass(frozen=True, slots=True)
class RecordRoot:
    """What a root resolver returns in place of a value: which plan answers it."""

    record_type: str | None
    """None for `node`, whose key tells."""


@dataclass(slots=True)
class Request:
    """One operation's context: who asks, with what predicates, and what was masked so far."""

    caller: Caller
    decisions: Decisions
    pool: Pool
    masked: list[Mask] = field(default_factory=list)
    opened_by: set[str] = field(default_factory=set)


class PassThroughExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, but for root record fields."""

    def complete_value(  # noqa: PLR0917 - graphql-core's own signature
        self,
        return_type: Any,
        field_details_list: FieldDetailsList,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Answer a root record field from its plan; leave all else to graphql-core."""
        if isinstance(result, RecordRoot):
            return self._answer(result, return_type, field_details_list)
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _answer(
        self, root: RecordRoot, return_type: Any, details: FieldDetailsList
    ) -> Awaitable[orjson.Fragment | None]:
        node = details[0].node
        alias = node.alias.value if node.alias else node.name.value
        arguments = self._arguments(details)
        type_name = root.record_type or _type_of_key(arguments["id"])
        if type_name is None:
            return _nothing()
        record_type = RECORD_TYPES[type_name]
        below = get_named_type(return_type) if root.record_type else self.schema.type_map[type_name]
        children = select(self, cast(GraphQLObjectType, below), details)
        selected = Selected(node.name.value, alias, arguments, children)
        make = connection_plan if root.record_type else node_plan
        request: Request = self.context_value
        return _run(make(record_type, selected, request.decisions), request)

    def _arguments(self, details: FieldDetailsList) -> dict[str, Any]:
        first = details[0]
        query = cast(GraphQLObjectType, self.schema.query_type)
        definition = query.fields[first.node.name.value]
        return get_argument_values(
            definition, first.node, self.variable_values, first.fragment_variable_values
        )


def _type_of_key(key: str) -> str | None:
    """Read the record type out of a key such as `KR.Product.195500005`."""
    parts = key.split(".", 2)
    return parts[1] if len(parts) == 3 and parts[1] in RECORD_TYPES else None


async def _nothing() -> None:
    return None


async def _run(plan: Plan, request: Request) -> orjson.Fragment | None:
    try:
        async with request.pool.connection() as connection:
            cursor = await connection.execute(plan.sql, plan.parameters)
            row = await cursor.fetchone()
    except psycopg.errors.QueryCanceled as error:
        raise Timeout(
            "the question took too long: ask for fewer rows or narrow the filter",
            code="STATEMENT_TIMEOUT",
        ) from error
    if row is None:
        return None
    answer, bits = row
    request.opened_by |= plan.opened_by
    request.masked += [mask for place, mask in enumerate(plan.masks) if bits >> place & 1]
    return orjson.Fragment(answer)
