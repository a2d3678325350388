"""What may be exported: an operation that asks for one list of records, all its pages.

`ExportReader` tells whether an operation is one; `ExportQuestion.page` plans a page of it, as the
page route does. `walk.py` walks the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import strawberry
from graphql import DocumentNode, OperationType
from graphql.execution.collect_fields import FieldDetailsList, collect_fields
from graphql.execution.executor import Executor

from federation.records.declaration import Json
from federation.records.registry import RecordType
from hub.errors import InvalidInput
from hub.gateway.execution.roots import RootField, root_field
from hub.gateway.export.columns import Column, Nested, Row, columns_of, with_source
from hub.gateway.export.text import RowText, Stretch, TextPlan, text_page
from hub.gateway.planning.cost import MAX_COST, check_cost, cost
from hub.gateway.planning.naming import camel
from hub.gateway.planning.paging import MAX_PAGE
from hub.gateway.planning.plan import Decisions, Plan, connection_plan
from hub.gateway.planning.selection import AnyExecutor, Selected
from hub.gateway.questions.parsed import MAX_ERRORS, Documents, Refused

ROWS, PAGE, END, MORE = "rows", "page", "end", "more"
"""What a page's answer calls its rows, and where it stands."""


@dataclass(frozen=True, slots=True)
class ExportQuestion:
    """A list that is asked for as a whole.

    `most` is how many rows are asked for, None for all; `size` is how many a page holds.
    """

    record_type: RecordType
    root: Selected
    nodes: Selected
    columns: tuple[Column, ...]
    nested: Nested
    most: int | None
    size: int

    @property
    def title(self) -> str:
        """The list's name."""
        return camel(self.record_type.plural)

    def instant(self, as_of: datetime) -> datetime:
        """Give the instant that rows are read as of: the one given, or an earlier one if asked."""
        return min(self.root.arguments.get("asOf") or as_of, as_of)

    def page(
        self, decisions: Decisions, as_of: datetime, after: str | None = None, first: int = MAX_PAGE
    ) -> Plan:
        """Plan the page after a cursor, as of an instant or the earlier one that is asked for.

        Raises:
            InvalidInput: a filter or an order that can't be.
        """
        arguments = {
            **self.root.arguments,
            "after": after,
            "first": min(first, self.size),
            "asOf": self.instant(as_of),
        }
        rows = replace(self.nodes, children=with_source(self.record_type, self.nodes.children))
        info = Selected("pageInfo", f"?{PAGE}", {}, _INFO)
        root = replace(self.root, arguments=arguments, children=(rows, info))
        return connection_plan(self.record_type, root, decisions)

    @property
    def is_flat(self) -> bool:
        """Whether its rows come in the order of keys and ask for no other records."""
        return not self.nested and not self.root.arguments.get("orderBy")

    def text(self, text: RowText, decisions: Decisions, stretch: Stretch) -> TextPlan:
        """Plan a page of a flat list as text.

        Raises:
            InvalidInput: a filter that can't be.
        """
        return text_page(self.record_type, self.root, text, stretch, decisions)

    def rows_of(self, answer: Mapping[str, Json]) -> list[Row]:
        """Read the rows of a page's answer."""
        return list(answer[self.nodes.alias])


_INFO = (Selected("endCursor", END, {}), Selected("hasNextPage", MORE, {}))


class ExportReader:
    """Reads operations that are to be exported."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry's own way to graphql-core's
        self._documents = Documents(self._schema)

    def read(
        self, document: str, variables: dict[str, object] | None, operation: str | None
    ) -> ExportQuestion:
        """Read what an operation asks for.

        Raises:
            Refused: the document can't be run.
            InvalidInput: it is not of one list of records.
        """
        executor = self._executor(self._documents.read(document), variables, operation)
        query = self._schema.query_type
        if query is None or executor.operation.operation is not OperationType.QUERY:
            raise _not_a_list("asks for no query")
        fields = collect_fields(
            self._schema, executor.fragments, executor.variable_values, query, executor.operation
        ).grouped_field_set
        if len(fields) != 1:
            raise _not_a_list(f"asks for {len(fields)} fields at its root")
        [(alias, details)] = fields.items()
        found = root_field(executor, query, alias, details)
        if found is None or found.planner is not connection_plan:
            raise _not_a_list(f"asks for `{details[0].node.name.value}`")
        return _question(found, details)

    def _executor(
        self, document: DocumentNode, variables: dict[str, object] | None, operation: str | None
    ) -> AnyExecutor:
        built = Executor.build(
            self._schema,
            document,
            None,
            None,
            variables,
            operation,
            max_coercion_errors=MAX_ERRORS,
            hide_suggestions=True,
        )
        if isinstance(built, list):
            raise Refused(built)
        return built


def _question(found: RootField, details: FieldDetailsList) -> ExportQuestion:
    asked = found.selected
    if [child.name for child in asked.children] != ["nodes"]:
        raise _not_a_list("asks its list for more or other than `nodes`")
    if asked.arguments.get("after") is not None:
        raise _not_a_list("begins after a cursor")
    [nodes] = asked.children
    if not nodes.children:
        raise _not_a_list("asks for no field of its rows")
    one = cost(replace(asked, arguments={"first": 1}))
    check_cost(one)
    return ExportQuestion(
        found.record_type,
        asked,
        nodes,
        tuple(columns_of(found.record_type, nodes.children)),
        Nested.of(found.record_type, nodes.children),
        _most(asked, details),
        min(MAX_PAGE, MAX_COST // one),
    )


def _most(asked: Selected, details: FieldDetailsList) -> int | None:
    """Read how many rows are asked for; `first` has a default, which is that of a page."""
    given = details[0].node.arguments or ()
    if not any(argument.name.value == "first" for argument in given):
        return None
    most = int(asked.arguments["first"])
    if most < 1:
        raise InvalidInput(
            f"`first` is {most}: ask for 1 or more, or leave it out for all", code="PAGE_SIZE"
        )
    return most


def _not_a_list(what: str) -> InvalidInput:
    return InvalidInput(
        f"an export is of one list of records, by its `nodes` alone, and the operation {what}: "
        "write it as `{ supplyNotices(filter: …) { nodes { key … } } }`",
        code="NOT_EXPORTABLE",
    )
