"""Does one condition allow a row that another refuses? Answered from the conditions alone.

A row is searched for among values that stand for all others (`representatives.py`). The search is
bounded, and says so where it comes to no end: that nothing is new is only said when it is proved.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import prod

from hub.policy.evaluation import Row, Value, attributes_of, leaf_holds, leaves_of
from hub.policy.expression import (
    FALSE,
    TRUE,
    All,
    AnyOf,
    Constant,
    Expression,
    Not,
    all_of,
    any_of,
    implies,
    negation,
    one_of,
)
from hub.policy.representatives import representatives
from hub.policy.schema import Attribute
from hub.policy.wording import worded

MOST_TESTS = 500_000
"""Most leaves that one comparison may test: a second or two."""

MOST_TESTS_OF_A_WAY = 100_000
"""Most leaves that may be tested for one way to meet the new condition."""

MOST_WAYS = 1_000
"""Most ways to meet a condition that are looked at one by one."""


class News(StrEnum):
    """Whether something is allowed that was refused before."""

    NOTHING_NEW = "NOTHING_NEW"
    NEW = "NEW"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer; with `NEW`, a row that is an example, whose other attributes don't matter."""

    news: News
    row: Row | None = None

    @property
    def words(self) -> str:
        """Say the example in words; empty where there is none."""
        if self.row is None:
            return ""
        parts = sorted(_said(attribute, value) for attribute, value in self.row.items())
        return " and ".join(parts) or worded(TRUE)


def compare(old: Expression, new: Expression) -> Comparison:
    """Search for a row that meets the new condition and not the old one."""
    is_proved, tests_left = True, MOST_TESTS
    for way, against in _new_ways(old, new):
        found = representatives((against, way))
        search = _Search(against, way, found.values, min(tests_left, MOST_TESTS_OF_A_WAY))
        try:
            row = search.row({}, _order((against, way)))
        except _TooLong:
            is_proved = False
        else:
            if row is not None:
                return Comparison(News.NEW, row)
            is_proved &= found.is_whole
        tests_left -= search.tests
    return Comparison(News.NOTHING_NEW if is_proved else News.UNKNOWN)


def beyond(old: Expression, new: Expression) -> Expression:
    """Write the condition on a row that meets the new condition and not the old one, shortly."""
    return any_of(all_of((way, negation(against))) for way, against in _new_ways(old, new))


def _new_ways(old: Expression, new: Expression) -> Iterator[tuple[Expression, Expression]]:
    """List the ways to meet the new condition, each with what of the old one bears on it."""
    before = _ways(old)
    for way in _ways(new):
        if not any(implies(way, each) for each in before):
            # What can't hold together with this way has no bearing on it.
            yield way, any_of(each for each in before if all_of((way, each)) != FALSE)


def _ways(expression: Expression) -> list[Expression]:
    """List the ways to meet a condition, each without `or` inside, if they are not too many."""
    match expression:
        case Constant(value):
            return [expression] if value else []
        case AnyOf(terms):
            found = {way for term in terms for way in _ways(term)}
        case All(terms):
            parts = [_ways(term) for term in terms]
            if prod(map(len, parts)) > MOST_WAYS:
                return [expression]
            found = {all_of(chosen) for chosen in product(*parts)} - {FALSE}
        case _:
            return [expression]
    # Sets have no order; the same policies must give the same example in every process.
    return sorted(found, key=worded) if len(found) <= MOST_WAYS else [expression]


class _TooLong(Exception):
    """The search came to its bound."""


class _Search:
    """Tries the values of one attribute after another, and turns back where it can."""

    def __init__(
        self,
        old: Expression,
        new: Expression,
        values: Mapping[Attribute, Sequence[Value]],
        most_tests: int,
    ) -> None:
        self.tests = 0
        self._old, self._new, self._values = old, new, values
        self._most = most_tests

    def row(self, known: Row, waiting: Sequence[Attribute]) -> Row | None:
        """Complete what is known of a row so that it is new; None where nothing does."""
        is_allowed, was_allowed = self._holds(self._new, known), self._holds(self._old, known)
        if is_allowed is False or was_allowed is True:
            return None
        if is_allowed and was_allowed is False:
            return known
        attribute, *others = waiting
        for value in self._values[attribute]:
            found = self.row({**known, attribute: value}, others)
            if found is not None:
                return found
        return None

    def _holds(self, expression: Expression, known: Row) -> bool | None:
        """Evaluate; None where it depends on what is not known."""
        match expression:
            case Constant(value):
                return value
            case Not(leaf):
                found = self._holds(leaf, known)
                return None if found is None else not found
            case All(terms):
                return self._joined(terms, known, ending=False)
            case AnyOf(terms):
                return self._joined(terms, known, ending=True)
        self.tests += 1
        if self.tests > self._most:
            raise _TooLong
        return leaf_holds(expression, known)

    def _joined(self, terms: Iterable[Expression], known: Row, *, ending: bool) -> bool | None:
        found: bool | None = not ending
        for term in terms:
            holds = self._holds(term, known)
            if holds is ending:
                return ending
            found = None if holds is None else found
        return found


def _order(expressions: Iterable[Expression]) -> list[Attribute]:
    """List the attributes, those that most tests are about first."""
    tested = Counter(
        attribute
        for expression in expressions
        for leaf in leaves_of(expression)
        for attribute in attributes_of(leaf)
    )
    return sorted(tested, key=lambda attribute: (-tested[attribute], attribute.name))


def _said(attribute: Attribute, value: Value) -> str:
    if isinstance(value, frozenset):
        return f"{attribute.name} is {', '.join(sorted(value)) or 'empty'}"
    return worded(one_of(attribute, (value,)))
