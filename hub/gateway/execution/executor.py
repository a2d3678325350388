"""Execution with pass-through: root record fields are answered by the plan, byte for byte.

Everything else (arguments, variables, errors, siblings, introspection) is graphql-core's own.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from typing import Any, cast

import orjson
import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLObjectType,
    GraphQLSchema,
    create_source_event_stream,
    map_source_to_response_event,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from psycopg import AsyncConnection
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.disclosure.asked import Asked
from hub.disclosure.ledger import AggregateLedger
from hub.disclosure.shown import Shown
from hub.gateway.changes.subscriptions import ChangeDesk, Subscription
from hub.gateway.desks import Desks
from hub.gateway.execution.observing import PLAN, SQL, Watch
from hub.gateway.execution.roots import RootPlan, RootPlans, plan_roots, plans_cost
from hub.gateway.planning.cost import compare_cost
from hub.gateway.planning.plan import Decisions, Plan
from hub.gateway.planning.statement import Mask
from hub.gateway.planning.tallies import read as read_tallies
from hub.gateway.questions.introspection import kept_answer
from hub.gateway.questions.parsed import MAX_ERRORS, Refused
from hub.gateway.reading import reading
from hub.gateway.stats.answers import Asker, answer_stats
from hub.gateway.stats.plan import StatsPlan
from hub.gateway.subgraph.entities import EntitiesPlan
from hub.identity.types import Caller
from hub.store.database import Pool


@dataclass(slots=True)
class Request:
    """One operation's context: who asks, with what predicates, and what was masked so far.

    `plans` may be given, if they were made for the same document, operation, variables and
    decisions; otherwise they are there after the execution. Without a `ledger` the hub gives no
    figures of rows that are only counted. A `subscription` is there where the operation is one.
    `asked` is the question, where it is one that can be asked again; `reads` are the record types
    that it reads beside those of its plans.
    """

    caller: Caller
    decisions: Decisions
    pool: Pool
    changes: ChangeDesk
    desks: Desks
    ledger: AggregateLedger | None = None
    subscription: Subscription | None = None
    plans: RootPlans | None = None
    asked: Asked | None = None
    reads: frozenset[str] = frozenset()
    masked: list[Mask] = field(default_factory=list)
    opened_by: set[str] = field(default_factory=set)
    shown: Shown = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)

    def shown_policy(self) -> dict[str, object]:
        """Say what was masked and why, and which policies opened the rest."""
        masked = sorted(self.masked, key=lambda mask: (mask.path, mask.group, mask.rounded_to))
        return {
            "masked": [
                {
                    "path": mask.path,
                    "fields": list(mask.fields),
                    "recordType": mask.record_type,
                    "group": mask.group,
                    "roundedTo": list(mask.rounded_to),
                    "reason": self._reason(mask),
                }
                for mask in masked
            ],
            "openedBy": sorted(self.opened_by),
        }

    def _reason(self, mask: Mask) -> str:
        whom = f"to {self.caller.member} for {self.caller.purpose}"
        if not mask.rounded_to:
            return f"no agreement opens {mask.group} fields of some of these records {whom}"
        steps = " or ".join(map(str, mask.rounded_to))
        return (
            f"{mask.group} fields of some of these records are open {whom} only as numbers "
            f"rounded down to a multiple of {steps}, without words"
        )


Info = strawberry.Info[Request, None]
"""What a resolver is handed: its context is the request."""


class PassThroughExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, but for root record fields."""

    _plans: RootPlans

    def execute_root_grouped_field_set(
        self, root_type: Any, root_value: Any, grouped_field_set: GroupedFieldSet, *rest: Any
    ) -> Any:
        """Plan all record fields before any field runs. The signature is graphql-core's."""
        request: Request = self.context_value
        with request.watch.stage(PLAN):
            self._plans = request.plans or plan_roots(
                self, root_type, grouped_field_set, request.decisions
            )
        request.plans = self._plans
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
        """Answer a record field from its plan; leave all others to graphql-core.

        The signature is its own.
        """
        if path.prev is None and path.key in self._plans:
            return self._answer(parent_type, field_details_list, path)
        plain = partial(
            super().execute_field, parent_type, source, field_details_list, path, position_context
        )
        is_root = path.prev is None
        return kept_answer(self, field_details_list[0].node, plain) if is_root else plain()

    async def _answer(
        self, query: GraphQLObjectType, details: FieldDetailsList, path: Path
    ) -> orjson.Fragment | None:
        try:
            return await _run(self._plans[str(path.key)], self.context_value)
        except Exception as error:  # noqa: BLE001 - as graphql-core does for every field
            return_type = query.fields[details[0].node.name.value].type
            self.handle_field_error(error, return_type, details, path)
            return None


async def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: dict[str, object] | None,
    operation: str | None,
    request: Request,
) -> ExecutionResult:
    """Execute an operation of a valid document. A field that fails is an error of the result.

    Raises:
        Refused: there is no such operation, or a variable is none of its type.
    """
    result = _executor(schema, document, variables, operation, request).execute_operation()
    result = await result if isawaitable(result) else result
    if request.plans:
        compare_cost(plans_cost(request.plans), request.shown)
    return cast(ExecutionResult, result)


async def subscribe(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: dict[str, object] | None,
    operation: str | None,
    request: Request,
) -> AsyncGenerator[ExecutionResult]:
    """Execute a subscription of a valid document: a result for each event, until it is closed.

    Raises:
        Refused: there is no such operation, or a variable is none of its type.
        HubError: the subscription ends.
    """
    built = _executor(schema, document, variables, operation, request)
    source = create_source_event_stream(built)
    source = await source if isawaitable(source) else source
    if isinstance(source, ExecutionResult):
        raise Refused(source.errors or [])
    async with aclosing(map_source_to_response_event(built, source)) as results:
        async for result in results:
            yield result


def _executor(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: dict[str, object] | None,
    operation: str | None,
    request: Request,
) -> PassThroughExecutor:
    owner: strawberry.Schema = schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001 - its own way back
    built = owner.execution_context_class.build(
        schema,
        document,
        None,
        request,
        variables,
        operation,
        max_coercion_errors=MAX_ERRORS,
        hide_suggestions=True,
    )
    if isinstance(built, list):
        raise Refused(built)
    return cast(PassThroughExecutor, built)


async def _run(plan: RootPlan | Exception | None, request: Request) -> orjson.Fragment | None:
    if plan is None:
        return None
    if isinstance(plan, Exception):
        raise plan
    if isinstance(plan, StatsPlan):
        return await _run_stats(plan, request)
    if isinstance(plan, EntitiesPlan):
        found = {name: await _found(each, request) for name, each in plan.plans.items()}
        return orjson.Fragment(plan.answer(found))
    answer = await _found(plan, request)
    return None if answer is None else orjson.Fragment(answer)


async def _found(plan: Plan, request: Request) -> str | None:
    """Run a plan, note what it masked and showed, and give its JSON text."""
    with request.watch.statement(plan.sql, plan.parameters):
        async with reading(request.pool) as connection:
            row = await plan_row(plan, connection)
    if row is None:
        return None
    answer, bits, numbers = row
    request.opened_by |= plan.opened_by
    request.masked += [mask for place, mask in enumerate(plan.masks) if bits >> place & 1]
    read_tallies(plan.shows, numbers, request.shown)
    return answer


PlanRow = tuple[str, int, list[int]]
"""JSON text, mask bits and tallies: see `Plan`."""


async def plan_row(plan: Plan, connection: AsyncConnection) -> PlanRow | None:
    """Fetch a plan's row, by its quick statement if that comes to one."""
    for sql in filter(None, (plan.quick, plan.sql)):
        cursor = await connection.execute(sql, plan.parameters)
        row = cast("PlanRow | None", await cursor.fetchone())
        if row is not None:
            return row
    return None


async def _run_stats(plan: StatsPlan, request: Request) -> orjson.Fragment:
    member, digest = request.caller.member, request.decisions.digest
    with request.watch.stage(SQL):
        answer = await answer_stats(plan, Asker(member, digest, request.pool, request.ledger))
    request.opened_by |= plan.opened_by
    request.masked += answer.masked
    return orjson.Fragment(answer.json)
