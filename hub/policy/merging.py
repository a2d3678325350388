"""The merger: many owners' permits of one field group as one short expression.

Permits are split by the values of one attribute after another, the origin first. Values under which
the same is permitted share it, and what a wider permit implies is dropped, so one that shares
outright absorbs the rest. What comes out is no longer than the permits, and, however many they are,
than what the values can tell apart. Nothing here changes what is true of a row.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from hub.policy.expression import (
    FALSE,
    All,
    AnyOf,
    Expression,
    Not,
    OneOf,
    Scalar,
    all_of,
    any_of,
    conjuncts,
    constant,
    implies,
    negation,
    one_of,
)
from hub.policy.schema import ORIGIN, Attribute

Permit = frozenset[Expression]
"""What must all hold of a row."""

MOST_PARTS = 100
"""Most parts of a condition: a statement takes 0.2 ms longer to plan for each."""

LONGEST_SPLIT = 2_000
"""Most tests and values of a condition that is split: the work grows with their square."""

MOST_COPIES = 4
"""How often splitting by an attribute may copy a permit on average. It bounds the work."""


def merged(permits: Iterable[Expression]) -> Expression:
    """Join permits with `or`, as short as splitting them by attributes makes it."""
    return _split(frozenset(conjuncts(each) for each in permits if each != FALSE))


def disjoint(condition: Expression) -> tuple[Expression, ...]:
    """Split a condition by the values of its attributes; no row meets two of the parts.

    Each part asks little but what an index can look up. No further attribute is taken where it
    would make more than `MOST_PARTS`. A condition over `LONGEST_SPLIT` stays whole.
    """
    if _length(condition) > LONGEST_SPLIT:
        return (condition,)
    parts = [condition]
    for attribute in _attributes(_tests(condition)):
        finer = [each for part in parts for each in _by_value(part, attribute)]
        if len(finer) > MOST_PARTS:
            break
        parts = finer
    return tuple(parts)


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


def _by_value(condition: Expression, attribute: Attribute) -> Iterator[Expression]:
    """Split a condition by an attribute's values; those under which it asks the same stay one."""
    tested = (each.values for each in _tests(condition) if each.attribute == attribute)
    named = frozenset(chain.from_iterable(tested))
    tests: defaultdict[Expression, list[Expression]] = defaultdict(list)
    for value in named:
        tests[_where(condition, attribute, value)].append(one_of(attribute, (value,)))
    # The table's check keeps out what is not on a code list.
    unnamed = negation(one_of(attribute, named))
    if named and attribute.terms:
        unnamed = one_of(attribute, frozenset(attribute.terms) - named)
    tests[_where(condition, attribute, None)].append(unnamed)
    for rest, found in tests.items():
        part = all_of((any_of(found), rest))
        if part != FALSE:
            yield part


def _where(condition: Expression, attribute: Attribute, value: Scalar | None) -> Expression:
    """Write what is left to ask of rows with one value of an attribute; None for one not named."""
    match condition:
        case OneOf(tested, values) if tested == attribute:
            return constant(value in values)
        case Not(leaf):
            return negation(_where(leaf, attribute, value))
        case All(terms):
            return all_of(_where(each, attribute, value) for each in terms)
        case AnyOf(terms):
            return any_of(_where(each, attribute, value) for each in terms)
    return condition


def _tests(condition: Expression) -> Iterator[OneOf]:
    match condition:
        case OneOf():
            yield condition
        case Not(leaf):
            yield from _tests(leaf)
        case All(terms) | AnyOf(terms):
            yield from chain.from_iterable(map(_tests, terms))


def _split(permits: frozenset[Permit]) -> Expression:
    attributes = _attributes(each for each in chain(*permits) if isinstance(each, OneOf))
    if not attributes or frozenset() in permits:
        return any_of(map(all_of, permits))
    attribute = attributes[0]
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


def _attributes(tests: Iterable[OneOf]) -> list[Attribute]:
    """List attributes in the order to split by: the origin, then those of the fewest values."""
    values: defaultdict[Attribute, set[Scalar]] = defaultdict(set)
    for test in tests:
        values[test.attribute] |= test.values
    return sorted(values, key=lambda each: (each.name != ORIGIN, len(values[each]), each.name))


def _test(attribute: Attribute, permit: Permit) -> OneOf | None:
    for term in permit:
        if isinstance(term, OneOf) and term.attribute == attribute:
            return term
    return None
