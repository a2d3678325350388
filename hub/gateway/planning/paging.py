"""Keyset paging over what the caller sees: orders, cursors and the condition `after`.

A cursor is the base64 of a JSON array: the order it belongs to, the seen values of its row as text,
and the key. It holds nothing but what the caller may see.
"""

from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from operator import itemgetter
from typing import Any, cast

import orjson

from federation.records.declaration import FieldFacts
from hub.errors import InvalidInput
from hub.gateway.limits import NESTED_PAGE, ORDERS, PAGE
from hub.gateway.planning.fields import comparable
from hub.gateway.planning.slots import made_of, told_of
from hub.gateway.planning.statement import Statement

DEFAULT_PAGE = 50
MAX_PAGE = PAGE.most
"""Most rows of one page."""

MAX_NESTED = NESTED_PAGE.most
"""Most rows of one nested list."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order: a field as the caller sees it, nulls last."""

    value: str
    sql_type: str
    is_descending: bool
    name: str
    is_nullable: bool = True

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
    record_type: str,
    fields: Mapping[str, FieldFacts],
    given: Sequence[Mapping[str, object]] | None,
    row: str,
) -> list[Order]:
    """Read `orderBy`; the key always comes last, so that the order is total.

    Raises:
        InvalidInput: more than `ORDERS` of them.
    """
    ORDERS.check(len(given or ()))
    found = []
    for item in given or ():
        name = str(getattr(item["field"], "value", item["field"]))
        direction = str(getattr(item["direction"], "value", item["direction"]))
        value, kind = comparable(fields[name], row)
        found.append(Order(value, kind, direction == "DESC", f"{name} {direction}"))
    name = f"key of {record_type}"
    # Not said to be never null, a page far down would walk the index from its beginning.
    key = Order(f'{row}."key"', "text", is_descending=False, name=name, is_nullable=False)
    return [*found, key]


def cursor(order: Sequence[Order]) -> str:
    """Write the SQL that makes a row's cursor."""
    values = ", ".join(f"({item.value})::text" for item in order)
    array = f"convert_to(json_build_array('{_name(order)}', {values})::text, 'UTF8')"
    return f"translate(encode({array}, 'base64'), E'+/=\\n', '-_')"


def after(statement: Statement, order: Sequence[Order], given: str | None) -> str:
    """Write the condition that a row comes after a cursor; `true` without one.

    Raises:
        InvalidInput: the cursor is not one of this order.
    """
    if given is None:
        return "true"
    kinds = [item.sql_type for item in order]
    read = made_of(given, partial(_read, name=_name(order), kinds=kinds))
    nulls = told_of(given, _nulls) if len(order) > 1 else ()
    values = [
        None if place in nulls else made_of(read, itemgetter(place)) for place in range(len(order))
    ]
    alternatives = []
    for place, (item, value) in enumerate(zip(order, values, strict=True)):
        later = _later(statement, item, value)
        if later is not None:
            before = zip(order[:place], values[:place], strict=True)
            same = [_same(statement, one, other) for one, other in before]
            alternatives.append(" AND ".join([*same, later]))
    return f"({' OR '.join(f'({part})' for part in alternatives)})"


def _read(given: str, name: str, kinds: Sequence[str]) -> list[Any]:
    """Read a cursor's values, each of its column's type.

    Args:
        given: the cursor.
        name: that of the order.
        kinds: the SQL types of its columns.

    Raises:
        InvalidInput: it is not one of this order.

    A value that PostgreSQL would fail on must not get there: whether it does fail may hang on
    which rows it comes to look at.
    """
    found, texts = _taken_apart(given)
    if found != name or len(texts) != len(kinds) or texts[-1] is None:
        raise InvalidInput(
            "`after` belongs to another list or `orderBy`: start again without it",
            code="BAD_CURSOR",
        )
    try:
        return [
            None if text is None else _READERS[kind](text)
            for text, kind in zip(texts, kinds, strict=True)
        ]
    except (ValueError, TypeError, KeyError, InvalidOperation) as error:
        raise InvalidInput(
            "`after` was changed on its way: use `pageInfo.endCursor` as it is",
            code="BAD_CURSOR",
        ) from error


def _nulls(given: str) -> tuple[int, ...]:
    """Tell which values of a cursor are null, on which the condition's form hangs."""
    return tuple(place for place, text in enumerate(_taken_apart(given)[1]) if text is None)


def _taken_apart(given: str) -> tuple[Any, list[Any]]:
    """Take a cursor apart into the name of its order and the texts of its values."""
    try:
        padded = given.replace("-", "+").replace("_", "/") + "=" * (-len(given) % 4)
        name, *texts = cast("list[Any]", orjson.loads(a2b_base64(padded)))
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            "`after` is not a cursor of this hub: use `pageInfo.endCursor`", code="BAD_CURSOR"
        ) from error
    return name, texts


def _name(order: Sequence[Order]) -> str:
    return ", ".join(item.name for item in order)


def _integer(text: str) -> int:
    number = int(text)
    if not -(2**31) <= number < 2**31:
        raise ValueError(text)
    return number


def _text(text: object) -> str:
    if not isinstance(text, str) or "\0" in text:
        raise TypeError
    return text


_READERS: Mapping[str, Callable[[str], Any]] = {
    "text": _text,
    "integer": _integer,
    "boolean": {"true": True, "false": False}.__getitem__,
    "numeric": Decimal,
    "timestamptz": datetime.fromisoformat,
}
"""How a value of an SQL type is read from its text."""


def _later(statement: Statement, item: Order, value: Any) -> str | None:
    if value is None:
        return None
    sign = "<" if item.is_descending else ">"
    bound = statement.bind(value, item.sql_type)
    later = f"{item.value} {sign} {bound}"
    return f"({later} OR {item.value} IS NULL)" if item.is_nullable else later


def _same(statement: Statement, item: Order, value: Any) -> str:
    if value is None:
        return f"{item.value} IS NULL"
    return f"{item.value} = {statement.bind(value, item.sql_type)}"
