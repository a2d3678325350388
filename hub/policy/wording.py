"""Conditions in words, for people who decide on agreements.

Explanations, previews and comparisons show these words; nothing is decided by them. The same
conditions as SQL are `sql.py`.
"""

from collections.abc import Iterable

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
from hub.policy.schema import Attribute


def worded(expression: Expression) -> str:  # noqa: PLR0911 - one case per node
    """Say a condition on a row in words."""
    match expression:
        case Constant(value):
            return "for every row" if value else "for no row"
        case All(terms):
            return " and ".join(_parts(terms))
        case AnyOf(terms):
            return " or ".join(_parts(terms))
        case OneOf(attribute, values):
            return f"{attribute.name} is {_either(values)}"
        case Not(OneOf(attribute, values)):
            return f"{attribute.name} is not {_either(values)}"
        case AtLeast(attribute, bound):
            return f"{attribute.name} is at least {_value(bound)}"
        case Not(AtLeast(attribute, bound)):
            return f"{attribute.name} is less than {_value(bound)}"
        case Not(leaf):
            return f"it is not so that {worded(leaf)}"
    return _relation(expression)


def _relation(leaf: NotOver | Same | Matches | HoldsAll | HoldsAny) -> str:
    match leaf:
        case NotOver(lower, upper):
            return f"{lower.name} is at most {upper.name}"
        case Same(pair):
            return " equals ".join(sorted(each.name for each in pair))
        case Matches(attribute, pattern):
            shown = "".join("*" if part is None else part for part in pattern)
            return f"{attribute.name} matches `{shown}`"
        case HoldsAll(holder, held):
            return f"{_set(holder)} holds all of {_set(held)}"
        case HoldsAny(pair):
            return " and ".join(sorted(map(_set, pair))) + " have a member in common"


def _parts(terms: Iterable[Expression]) -> list[str]:
    parts = (
        f"({worded(term)})" if isinstance(term, All | AnyOf) else worded(term) for term in terms
    )
    return sorted(parts, key=lambda part: (len(part), part))


def _either(values: Iterable[Scalar]) -> str:
    *others, last = sorted(map(_value, values))
    return f"one of {', '.join(others)}, {last}" if others else last


def _value(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Instant():
            return instant_text(value)
    return str(value)


def _set(values: TextSet) -> str:
    if isinstance(values, Attribute):
        return values.name
    return ", ".join(sorted(values)) or "nothing"
