"""The merger: many owners' permits of one field group as one short expression.

Permits are split by the values of one attribute after another, the origin first. Values under which
the same is permitted share it, and what a wider permit implies is dropped, so one that shares
outright absorbs the rest. What comes out is no longer than the permits, and, however many they are,
than what the values can tell apart. Nothing here changes what is true of a row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain

from hub.policy.expression import (
    FALSE,
    All,
    AnyOf,
    Expression,
    OneOf,
    Scalar,
    all_of,
    any_of,
    conjuncts,
    implies,
    one_of,
)
from hub.policy.schema import ORIGIN, Attribute

Permit = frozenset[Expression]
"""What must all hold of a row."""

MOST_COPIES = 4
"""How often splitting by an attribute may copy a permit on average. It bounds the work."""


def merged(permits: Iterable[Expression]) -> Expression:
    """Join permits with `or`, as short as splitting them by attributes makes it."""
    return _split(frozenset(conjuncts(each) for each in permits if each != FALSE))


def disjoint(condition: Expression) -> tuple[Expression, ...]:
    """Split a condition by origin; no row meets two of the parts.

    One part, the condition itself, where it does not tell origins apart.
    """
    for term in conjuncts(condition):
        if isinstance(term, AnyOf):
            found = [origins(each) for each in term.terms]
            known = [each for each in found if each is not None]
            if len(known) == len(found) and sum(map(len, known)) == len(frozenset().union(*known)):
                others = conjuncts(condition) - {term}
                return tuple(all_of((each, *others)) for each in term.terms)
    return (condition,)


def origins(condition: Expression) -> frozenset[Scalar] | None:
    """List the origins of the rows that can meet a condition; None where any can."""
    match condition:
        case OneOf(attribute, values) if attribute.name == ORIGIN:
            return values
        case All(terms):
            known = [each for each in map(origins, terms) if each is not None]
            return frozenset.intersection(*known) if known else None
        case AnyOf(terms):
            found = [*map(origins, terms)]
            known = [each for each in found if each is not None]
            return frozenset().union(*known) if len(known) == len(found) else None
    return frozenset() if condition == FALSE else None


def _split(permits: frozenset[Permit]) -> Expression:
    attribute = _next_attribute(permits)
    if attribute is None or frozenset() in permits:
        return any_of(map(all_of, permits))
    tests = {permit: _test(attribute, permit) for permit in permits}
    whatever = frozenset(permit for permit, test in tests.items() if test is None)
    values = _values(tests, whatever)
    if sum(map(len, values)) > MOST_COPIES * len(permits):
        return any_of(map(all_of, permits))
    general = _split(whatever)
    joined: defaultdict[Expression, set[Scalar]] = defaultdict(set)
    for rests, found in values.items():
        joined[_split(rests)] |= found
    parts = [
        all_of((one_of(attribute, found), rest))
        for rest, found in joined.items()
        if not implies(rest, general)
    ]
    if _length(general) + sum(map(_length, parts)) > sum(map(_length, chain(*permits))):
        return any_of(map(all_of, permits))
    return any_of((general, *parts))


def _values(
    tests: Mapping[Permit, OneOf | None], whatever: Iterable[Permit]
) -> dict[frozenset[Permit], set[Scalar]]:
    """Group an attribute's values by what else is asked under them, and not of every value."""
    by_value: defaultdict[Scalar, set[Permit]] = defaultdict(set)
    for permit, test in tests.items():
        if test and not any(wider <= permit for wider in whatever):
            for value in test.values:
                by_value[value].add(permit - {test})
    grouped: defaultdict[frozenset[Permit], set[Scalar]] = defaultdict(set)
    for value, rests in by_value.items():
        grouped[frozenset(rests)].add(value)
    return grouped


def _length(expression: Expression) -> int:
    match expression:
        case All(terms) | AnyOf(terms):
            return sum(map(_length, terms))
        case OneOf(_, values):
            return 1 + len(values)
    return 2


def _next_attribute(permits: Iterable[Permit]) -> Attribute | None:
    """Choose the attribute to split by: the origin, else that of the fewest values."""
    values: defaultdict[Attribute, set[Scalar]] = defaultdict(set)
    for permit in permits:
        for term in permit:
            if isinstance(term, OneOf):
                values[term.attribute] |= term.values
    return min(
        values,
        key=lambda each: (each.name != ORIGIN, len(values[each]), each.name),
        default=None,
    )


def _test(attribute: Attribute, permit: Permit) -> OneOf | None:
    for term in permit:
        if isinstance(term, OneOf) and term.attribute == attribute:
            return term
    return None
