"""Keyset paging over what the caller sees: orders, cursors and the condition `after`.

A cursor is the base64 of a JSON array: the order it belongs to, the seen values of its row, and
the key. It holds nothing the page itself did not show.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from federation.records.declaration import FieldFacts
from hub.errors import InvalidInput
from hub.gateway.fields import comparable
from hub.gateway.statement import Statement

DEFAULT_PAGE = 50
MAX_PAGE = 500
"""Most rows of one page."""

MAX_NESTED = 100
"""Most rows of one nested list."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order: a field as the caller sees it, nulls last."""

    value: str
    sql_type: str
    is_descending: bool
    name: str

    @property
    def sql(self) -> str:
        """The ORDER BY item."""
        return f"{self.value} {'DESC' if self.is_descending else 'ASC'} NULLS LAST"


def page_size(first: int, limit: int = MAX_PAGE) -> int:
    """Check `first`.

    Raises:
        InvalidInput: it is below 1 or over the limit.
    """
    if not 1 <= first <= limit:
        raise InvalidInput(
            f"`first` is {first}: ask for 1 to {limit} and page on with `after`",
            code="PAGE_SIZE",
        )
    return first


def orders(
    fields: Mapping[str, FieldFacts], given: Sequence[Mapping[str, Any]] | None, row: str
) -> list[Order]:
    """Read `orderBy`; the key always comes last, so that the order is total."""
    found = []
    for item in given or ():
        name = str(getattr(item["field"], "value", item["field"]))
        direction = str(getattr(item["direction"], "value", item["direction"]))
        value, kind = comparable(fields[name], row)
        found.append(Order(value, kind, direction == "DESC", f"{name} {direction}"))
    return [*found, Order(f'{row}."key"', "text", is_descending=False, name="key ASC")]


def cursor(order: Sequence[Order]) -> str:
    """Write the SQL that makes a row's cursor."""
    name = ", ".join(item.name for item in order)
    values = ", ".join(f"({item.value})::text" for item in order)
    array = f"convert_to(json_build_array('{name}', {values})::text, 'UTF8')"
    return f"translate(encode({array}, 'base64'), E'+/=\\n', '-_')"


def after(statement: Statement, order: Sequence[Order], given: str | None) -> str:
    """Write the condition that a row comes after a cursor; `true` without one.

    Raises:
        InvalidInput: the cursor is not one of this order.
    """
    if given is None:
        return "true"
    values = _read(given, order)
    alternatives = []
    for place, (item, value) in enumerate(zip(order, values, strict=True)):
        later = _later(statement, item, value)
        if later is not None:
            before = zip(order[:place], values[:place], strict=True)
            same = [_same(statement, one, other) for one, other in before]
            alternatives.append(" AND ".join([*same, later]))
    return f"({' OR '.join(f'({part})' for part in alternatives)})"


def _read(given: str, order: Sequence[Order]) -> list[str | None]:
    try:
        padded = given + "=" * (-len(given) % 4)
        name, *values = cast("list[str | None]", orjson.loads(base64.urlsafe_b64decode(padded)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidInput(
            "`after` is not a cursor of this hub: use `pageInfo.endCursor`", code="BAD_CURSOR"
        ) from error
    well_formed = all(value is None or isinstance(value, str) for value in values)
    if (
        name != ", ".join(item.name for item in order)
        or len(values) != len(order)
        or not well_formed
    ):
        raise InvalidInput(
            "`after` belongs to another `orderBy`: start again without it", code="BAD_CURSOR"
        )
    return values


def _later(statement: Statement, item: Order, value: str | None) -> str | None:
    if value is None:
        return None
    sign = "<" if item.is_descending else ">"
    bound = statement.bind(value, "text")
    return f"({item.value} {sign} {bound}::{item.sql_type} OR {item.value} IS NULL)"


def _same(statement: Statement, item: Order, value: str | None) -> str:
    if value is None:
        return f"{item.value} IS NULL"
    return f"{item.value} = {statement.bind(value, 'text')}::{item.sql_type}"
