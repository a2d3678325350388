"""Typed filters to SQL, over what the caller sees.

Each condition is two-valued: a null or masked value meets no condition but `isNull`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from federation.records.declaration import FieldFacts, PartialDate
from hub.gateway.limits import TERMS
from hub.gateway.planning.fields import seen, sql_type
from hub.gateway.planning.slots import made_of
from hub.gateway.planning.statement import Statement

_COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def condition(
    statement: Statement,
    fields: Mapping[str, FieldFacts],
    given: Mapping[str, Mapping[str, object] | None] | None,
    row: str,
) -> str:
    """Write all conditions of a filter, joined by AND; `true` where there is none.

    Args:
        statement: binds the values.
        fields: the record type's fields by GraphQL name.
        given: the filter as coerced by GraphQL.
        row: alias of the row it is about.

    Raises:
        InvalidInput: a list of more values than `TERMS`.
    """
    parts = [
        _one(statement, fields[name], operator, value, row)
        for name, operators in (given or {}).items()
        if operators is not None
        for operator, value in operators.items()
        if value is not None
    ]
    return " AND ".join(parts) or "true"


def _one(statement: Statement, facts: FieldFacts, operator: str, value: Any, row: str) -> str:
    column = seen(facts, row)
    if operator == "isNull":
        return f"({column}) IS {'' if value else 'NOT '}NULL"
    if facts.is_list:
        return _on_list(statement, column, operator, value)
    if facts.python_type is PartialDate:
        return _on_date(statement, column, operator, value)
    return f"coalesce({_on_scalar(statement, facts, column, operator, value)}, false)"


def _on_scalar(
    statement: Statement, facts: FieldFacts, column: str, operator: str, value: Any
) -> str:
    kind = sql_type(facts)
    match operator:
        case "in":
            return f"{column} = ANY({statement.bind(made_of(value, _terms), f'{kind}[]')})"
        case "contains":
            return f"{column} ILIKE {statement.bind(made_of(value, _containing), 'text')}"
        case "startsWith":
            return f"starts_with({column}, {statement.bind(value, 'text')})"
        case _:
            bound = statement.bind(made_of(value, _bindable), kind)
            return f"{column} {_COMPARE[operator]} {bound}"


def _on_list(statement: Statement, column: str, operator: str, value: Any) -> str:
    match operator:
        case "has":
            test = f"{column} @> {statement.bind(made_of(value, _alone), 'text[]')}"
        case "hasAny":
            test = f"{column} && {statement.bind(made_of(value, _limited), 'text[]')}"
        case _:
            test = f"cardinality({column}) {'=' if value else '>'} 0"
    return f"coalesce({test}, false)"


def _on_date(statement: Statement, column: str, operator: str, value: date) -> str:
    """Compare ISO texts: `onOrAfter` by the latest day it can be, `onOrBefore` by the earliest."""
    bound, sign = ("latest", ">=") if operator == "onOrAfter" else ("earliest", "<=")
    day = statement.bind(made_of(value, date.isoformat), "text")
    test = f"(({column})->>'{bound}') {sign} {day}"
    return f"coalesce({test}, false)"


def _terms(given: list[Any]) -> list[Any]:
    return [_bindable(term) for term in _limited(given)]


def _alone(term: str) -> list[str]:
    return [term]


def _limited(terms: list[Any]) -> list[Any]:
    TERMS.check(len(terms))
    return terms


def _bindable(value: Any) -> Any:
    if isinstance(value, datetime | Decimal | bool | int):
        return value
    return str(value)


def _containing(text: str) -> str:
    """Write the LIKE pattern of texts that hold this one, whose own signs mean nothing."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
