"""Expressions on one row in Python, as far as the row is known.

The SQL of `sql.py` says the same of rows in the database.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.policy.expression import (
    All,
    AnyOf,
    AtLeast,
    Constant,
    Expression,
    HoldsAll,
    HoldsAny,
    Leaf,
    Matches,
    Not,
    NotOver,
    OneOf,
    Same,
    Scalar,
    all_of,
    any_of,
    constant,
    negation,
)
from hub.policy.schema import Attribute

Value = Scalar | frozenset[str]
Row = Mapping[Attribute, Value]
"""Values of some of a row's attributes, each of its attribute's type."""


def leaves_of(expression: Expression) -> Iterator[Leaf]:
    """List the tests that an expression is made of.

    A negated test is listed as the test itself.
    """
    match expression:
        case Constant():
            return
        case Not(leaf):
            yield leaf
        case All(terms) | AnyOf(terms):
            for term in terms:
                yield from leaves_of(term)
        case _:
            yield expression


def attributes_of(leaf: Leaf) -> frozenset[Attribute]:
    """List the attributes that a test is about."""
    match leaf:
        case OneOf(attribute, _) | AtLeast(attribute, _) | Matches(attribute, _):
            return frozenset((attribute,))
        case NotOver(lower, upper):
            return frozenset((lower, upper))
        case Same(pair):
            return pair
        case HoldsAll(holder, held):
            sides = frozenset((holder, held))
        case HoldsAny(sides):
            pass
    return frozenset(each for each in sides if isinstance(each, Attribute))


def leaf_holds(leaf: Leaf, row: Row) -> bool | None:  # noqa: PLR0911 - one case per leaf
    """Test a row; None where the test depends on an attribute that is not known."""
    if not attributes_of(leaf) <= row.keys():
        return None
    # Operands are of one type: the schema's types were checked when the leaf was made.
    known: Any = row
    match leaf:
        case OneOf(attribute, values):
            return known[attribute] in values
        case AtLeast(attribute, bound):
            return bool(known[attribute] >= bound)
        case NotOver(lower, upper):
            return bool(known[lower] <= known[upper])
        case Same(pair):
            return len({known[attribute] for attribute in pair}) == 1
        case Matches(attribute, pattern):
            parts = (".*" if part is None else re.escape(part) for part in pattern)
            return re.fullmatch("".join(parts), known[attribute], re.DOTALL) is not None
        case HoldsAll(holder, held):
            return bool(known.get(holder, holder) >= known.get(held, held))
        case HoldsAny(pair):
            return bool(frozenset.intersection(*(known.get(side, side) for side in pair)))


def assume(expression: Expression, row: Row) -> Expression:
    """Put what is known of a row in the place of the tests that it decides."""
    match expression:
        case Constant():
            return expression
        case Not(leaf):
            return negation(assume(leaf, row))
        case All(terms):
            return all_of(assume(term, row) for term in terms)
        case AnyOf(terms):
            return any_of(assume(term, row) for term in terms)
    holds = leaf_holds(expression, row)
    return expression if holds is None else constant(holds)
