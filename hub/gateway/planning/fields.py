"""SQL of single fields: what a caller sees of them, and their form in JSON.

`seen` is the one expression that filters, orders, totals and cursors use: a value the caller may
not see is null there as it is in the answer, so no question can find it out.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from federation.records.declaration import FieldFacts, Group, PartialDate
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway.planning.naming import camel
from hub.gateway.planning.selection import Selected
from hub.gateway.planning.statement import json_object, quoted


def group_column(group: Group) -> str:
    """Name the boolean that says whether a row shows this group."""
    return quoted(f"?{group}")


def seen(facts: FieldFacts, row: str) -> str:
    """Write a field's value as the caller sees it, of the column's own SQL type."""
    column = f"{row}.{quoted(facts.name)}"
    if facts.group is Group.PUBLIC:
        return column
    return f"CASE WHEN {row}.{group_column(facts.group)} THEN {column} END"


def as_json(facts: FieldFacts, row: str, selected: Selected) -> str:
    """Write a seen value in its GraphQL form."""
    value = seen(facts, row)
    if facts.python_type is PartialDate:
        return _partial_date(value, selected)
    if facts.python_type is Decimal:
        return f"({value})::text"
    if facts.python_type is datetime:
        return instant(value)
    return value


def instant(value: str) -> str:
    """Write an instant as RFC 3339 in UTC, with milliseconds."""
    return f"to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"


def comparable(facts: FieldFacts, row: str) -> tuple[str, str]:
    """Give a seen value to order and compare by, and its SQL type. Not for lists.

    A partial date counts by its earliest day, as text.
    """
    value = seen(facts, row)
    if facts.python_type is PartialDate:
        return f"(({value})->>'earliest')", "text"
    return value, sql_type(facts)


def sql_type(facts: FieldFacts) -> str:
    """Name the SQL type of a field's single value."""
    kinds = {int: "integer", bool: "boolean", Decimal: "numeric", datetime: "timestamptz"}
    if issubclass(facts.python_type, StrEnum):
        return "text"
    return kinds.get(facts.python_type, "text")


def _partial_date(value: str, selected: Selected) -> str:
    columns = [
        (
            child.alias,
            "'PartialDate'" if child.name == "__typename" else f"(({value})->>'{child.name}')",
        )
        for child in selected.children
    ]
    return f"CASE WHEN ({value}) IS NOT NULL THEN {json_object(columns)} END"


def by_graphql_name(fields: "dict[str, FieldFacts]") -> dict[str, FieldFacts]:
    """Index a record type's fields by their GraphQL names."""
    return {camel(name): facts for name, facts in fields.items()}


class GraphQLFields:
    """A record type's names as GraphQL has them."""

    def __init__(self, record_type: RecordType) -> None:
        self.scalars = by_graphql_name(dict(record_type.fields))
        self.forward = {
            camel(facts.forward): facts for facts in record_type.fields.values() if facts.forward
        }
        self.back = {camel(back.name): back for back in record_type.back_references}
        self.indexed = {each.name for each in record_type.policy_attributes if not each.is_list}


FIELDS = {name: GraphQLFields(record_type) for name, record_type in RECORD_TYPES.items()}
