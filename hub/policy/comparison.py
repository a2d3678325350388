"""Does one condition allow a row that another refuses? Answered from the conditions alone.

A row is searched for among values that stand for all others (`representatives.py`). The search is
bounded, and says so where it comes to no end: that nothing is new is only said when it is proved.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.policy.evaluation import Row, Value, attributes_of, leaf_holds, leaves_of
from hub.policy.expression import FALSE, TRUE, All, AnyOf, Constant, Expression, Not, one_of
from hub.policy.representatives import representatives
from hub.policy.schema import Attribute
from hub.policy.wording import worded

MOST_TESTS = 500_000
"""Most leaves that one comparison may test: a second or two."""


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
    if new in {old, FALSE}:
        return Comparison(News.NOTHING_NEW)
    found = representatives((old, new))
    search = _Search(old, new, found.values)
    try:
        row = search.row({}, _order((old, new)))
    except _TooLong:
        return Comparison(News.UNKNOWN)
    if row is not None:
        return Comparison(News.NEW, row)
    return Comparison(News.NOTHING_NEW if found.is_whole else News.UNKNOWN)


class _TooLong(Exception):
    """The search came to its bound."""


class _Search:
    """Tries the values of one attribute after another, and turns back where it can."""

    def __init__(
        self, old: Expression, new: Expression, values: Mapping[Attribute, Sequence[Value]]
    ) -> None:
        self._old, self._new, self._values = old, new, values
        self._tests = 0

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
        self._tests += 1
        if self._tests > MOST_TESTS:
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
