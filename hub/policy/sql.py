"""Expressions as SQL text, each literal quoted in place.

The text goes to a driver that takes `$1` placeholders, so `%` is not doubled. It is exact for
columns that hold no null, in a database of UTF-8 and deterministic collations: no other column
may be a policy attribute.
"""

from hub.policy.expression import (
    All,
    AnyOf,
    AtLeast,
    Constant,
    Expression,
    HoldsAll,
    HoldsAny,
    Instant,
    Matches,
    Not,
    NotOver,
    OneOf,
    Same,
    Scalar,
    TextSet,
)
from hub.policy.instants import instant_text
from hub.policy.schema import AGE_DAYS, Attribute

_COMPARABLE_AGES = range(1, 1_000_000)
"""Days that lead back to an instant which PostgreSQL knows. An age below one is rounded up."""

_LIKE_SPECIAL = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def emit(expression: Expression, alias: str) -> str:
    """Write an expression over the row called `alias`.

    The text is a boolean that stands alone in `WHERE`, `CASE` or a select list. `alias` is the
    exact identifier, unquoted.
    """
    return _Emitter('"' + alias.replace('"', '""') + '"').boolean(expression)


def quote(text: str) -> str:
    """Write a text literal that reads the same under any `standard_conforming_strings`.

    Raises:
        ValueError: the text has a NUL, which PostgreSQL can't hold.
    """
    if "\0" in text:
        raise ValueError("a text with a NUL is no SQL literal")
    quoted = text.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in text else f"'{quoted}'"


def like_pattern(parts: tuple[str | None, ...]) -> str:
    """Write a Cedar pattern as a LIKE pattern: only None is a wildcard."""
    return "".join("%" if part is None else part.translate(_LIKE_SPECIAL) for part in parts)


class _Emitter:
    """Writes over one row; `row` is its quoted alias."""

    def __init__(self, row: str) -> None:
        self.row = row

    def boolean(self, expression: Expression) -> str:  # noqa: PLR0911 - one case per node
        match expression:
            case Constant(value):
                return "true" if value else "false"
            case All(terms):
                return self._joined(" AND ", terms)
            case AnyOf(terms):
                return self._joined(" OR ", terms)
            case OneOf(attribute, values):
                return self._one_of(attribute, values, "= ANY", "=")
            case Not(OneOf(attribute, values)):
                return self._one_of(attribute, values, "<> ALL", "<>")
            case AtLeast(attribute, bound):
                return self._at_least(attribute, bound, "<=", ">=")
            case Not(AtLeast(attribute, bound)):
                return self._at_least(attribute, bound, ">", "<")
            case Not(leaf):
                return f"NOT ({self.boolean(leaf)})"
        return self._relation(expression)

    def _relation(self, leaf: NotOver | Same | Matches | HoldsAll | HoldsAny) -> str:
        match leaf:
            case NotOver(lower, upper):
                return f"{self._column(lower)} <= {self._column(upper)}"
            case Same(pair):
                return " = ".join(sorted(map(self._column, pair)))
            case Matches(attribute, pattern):
                return f"{self._column(attribute)} LIKE {quote(like_pattern(pattern))}"
            case HoldsAll(holder, held):
                return f"{self._set(holder)} @> {self._set(held)}"
            case HoldsAny(pair):
                return " && ".join(sorted(map(self._set, pair)))

    def _one_of(
        self, attribute: Attribute, values: frozenset[Scalar], of_many: str, of_one: str
    ) -> str:
        if len(values) == 1:
            return f"{self._column(attribute)} {of_one} {_scalar(*values)}"
        return f"{self._column(attribute)} {of_many} ({_array(values)})"

    def _at_least(
        self, attribute: Attribute, bound: int | Instant, of_start: str, of_value: str
    ) -> str:
        if attribute == AGE_DAYS and isinstance(bound, int) and bound in _COMPARABLE_AGES:
            # The instant itself: an index and the statistics know the column, not the age.
            start = f"statement_timestamp() - interval '{24 * bound} h'"
            return f'{self.row}."first_recorded_at" {of_start} {start}'
        return f"{self._column(attribute)} {of_value} {_scalar(bound)}"

    def _joined(self, operator: str, terms: frozenset[Expression]) -> str:
        # Sets have no order; the same policies must give the same text in every process.
        parts = sorted(map(self.boolean, terms), key=lambda part: (len(part), part))
        return "(" + operator.join(parts) + ")"

    def _set(self, values: TextSet) -> str:
        return self._column(values) if isinstance(values, Attribute) else _array(values)

    def _column(self, attribute: Attribute) -> str:
        return attribute.sql.format(row=self.row)


def _scalar(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            # Quoted: the least bigint has no other spelling.
            return f"'{value}'::bigint"
        case Instant():
            return f"'{instant_text(value)}'::timestamptz"
    return quote(value)


_ARRAY_TYPES: dict[type, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    Instant: "timestamptz",
}


def _array(values: frozenset[Scalar] | frozenset[str]) -> str:
    """Write an array of values of one type; an empty one is of texts."""
    kind = type(next(iter(values), ""))
    return f"ARRAY[{', '.join(sorted(map(_scalar, values)))}]::{_ARRAY_TYPES[kind]}[]"
