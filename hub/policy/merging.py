"""The merger: many owners' permits of one field group as one short expression.

Permits are grouped by origin; in each group what another permit implies is dropped, so one that
shares outright absorbs the rest; permits that differ in one attribute's values become one; then
origins with equal conditions are joined. Nothing here changes what is true of a row.
"""

from collections import defaultdict
from collections.abc import Iterable

from hub.policy.expression import (
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


def merged(permits: Iterable[Expression]) -> Expression:
    """Join permits with `or`, as short as grouping by origin makes it."""
    everywhere: list[Expression] = []
    by_origin: defaultdict[tuple[Attribute, Scalar], list[Expression]] = defaultdict(list)
    for permit in dict.fromkeys(permits):
        found = _origin_test(permit)
        if found is None:
            everywhere.append(permit)
            continue
        condition = all_of(conjuncts(permit) - {found})
        for value in found.values:
            by_origin[found.attribute, value].append(condition)
    general = _united(everywhere)
    origins: defaultdict[tuple[Attribute, Expression], set[Scalar]] = defaultdict(set)
    for (attribute, value), conditions in by_origin.items():
        condition = _united(conditions)
        if not implies(condition, general):
            origins[attribute, condition].add(value)
    grouped = [
        all_of((one_of(attribute, values), condition))
        for (attribute, condition), values in origins.items()
    ]
    return any_of((general, *grouped))


def _origin_test(permit: Expression) -> OneOf | None:
    for term in conjuncts(permit):
        if isinstance(term, OneOf) and term.attribute.name == ORIGIN:
            return term
    return None


def _united(conditions: Iterable[Expression]) -> Expression:
    """Join with `or`, merging conditions that differ in the values of one attribute."""
    distinct = list(dict.fromkeys(conditions))
    tested = {
        term.attribute
        for condition in distinct
        for term in conjuncts(condition)
        if isinstance(term, OneOf)
    }
    for attribute in sorted(tested, key=lambda each: each.name):
        distinct = _united_on(attribute, distinct)
    return any_of(distinct)


def _united_on(attribute: Attribute, conditions: Iterable[Expression]) -> list[Expression]:
    kept: list[Expression] = []
    values: defaultdict[Expression, set[Scalar]] = defaultdict(set)
    for condition in conditions:
        terms = conjuncts(condition)
        tests = [each for each in terms if isinstance(each, OneOf) and each.attribute == attribute]
        if len(tests) == 1:
            values[all_of(terms - set(tests))] |= tests[0].values
        else:
            kept.append(condition)
    return kept + [all_of((one_of(attribute, found), rest)) for rest, found in values.items()]
