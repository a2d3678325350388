"""A boolean over one row's policy attributes: the form between Cedar's residual and SQL.

Expressions are frozen and made by the functions below, which fold constants, merge tests of one
attribute and drop what another part implies; `Not` stands before leaves alone. `merging.py` adds
what depends on origins. A literal with a NUL equals no column's value and is folded here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.policy.schema import Attribute, CedarType

MIN_LONG, MAX_LONG = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time as Cedar counts: milliseconds since 1970 in UTC."""

    epoch_ms: int


Scalar = str | int | bool | Instant
TextSet = Attribute | frozenset[str]
"""A set of texts: an attribute of the row, or known."""


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false, whatever the row."""

    value: bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute equals one of the values."""

    attribute: Attribute
    values: frozenset[Scalar]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The attribute is the bound or more."""

    attribute: Attribute
    bound: int | Instant


@dataclass(frozen=True, slots=True)
class NotOver:
    """The first attribute is the second or less."""

    lower: Attribute
    upper: Attribute


@dataclass(frozen=True, slots=True)
class Same:
    """Two scalar attributes are equal."""

    pair: frozenset[Attribute]


@dataclass(frozen=True, slots=True)
class Matches:
    """The text matches the pattern, where None stands for any characters."""

    attribute: Attribute
    pattern: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class HoldsAll:
    """The first set holds every member of the second."""

    holder: TextSet
    held: TextSet


@dataclass(frozen=True, slots=True)
class HoldsAny:
    """The two sets have a member in common."""

    pair: frozenset[TextSet]


Leaf = OneOf | AtLeast | NotOver | Same | Matches | HoldsAll | HoldsAny


@dataclass(frozen=True, slots=True)
class Not:
    """The leaf is false."""

    leaf: Leaf


@dataclass(frozen=True, slots=True)
class All:
    """Every term is true; two terms or more."""

    terms: frozenset["Expression"]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some term is true; two terms or more."""

    terms: frozenset["Expression"]


Expression = Constant | Leaf | Not | All | AnyOf

TRUE, FALSE = Constant(value=True), Constant(value=False)


def constant(value: bool) -> Expression:
    """Make a constant."""
    return TRUE if value else FALSE


def one_of(attribute: Attribute, values: Iterable[Scalar]) -> Expression:
    """Compare a scalar attribute with literals of its type."""
    possible = frozenset(value for value in values if not _has_nul(value))
    return OneOf(attribute, possible) if possible else FALSE


def at_least(attribute: Attribute, bound: int | Instant) -> Expression:
    """Compare an attribute with a lower bound."""
    if isinstance(bound, int):
        if bound <= MIN_LONG:
            return TRUE
        if bound > MAX_LONG:
            return FALSE
    return AtLeast(attribute, bound)


def at_most(attribute: Attribute, bound: int | Instant) -> Expression:
    """Compare an attribute with an upper bound."""
    above = Instant(bound.epoch_ms + 1) if isinstance(bound, Instant) else bound + 1
    return negation(at_least(attribute, above))


def not_over(lower: Attribute, upper: Attribute) -> Expression:
    """Compare two attributes by order."""
    return TRUE if lower == upper else NotOver(lower, upper)


def same(left: Attribute, right: Attribute) -> Expression:
    """Compare two attributes of one type."""
    if left == right:
        return TRUE
    if left.cedar_type is CedarType.STRINGS:
        return all_of((holds_all(left, right), holds_all(right, left)))
    return Same(frozenset((left, right)))


def matches(attribute: Attribute, pattern: Iterable[str | None]) -> Expression:
    """Compare a text with a pattern, where None stands for any characters."""
    parts: list[str | None] = []
    for part in pattern:
        if part is not None and parts and parts[-1] is not None:
            parts[-1] += part
        elif part is not None or not parts or parts[-1] is not None:
            parts.append(part)
    if any(part is not None and _has_nul(part) for part in parts):
        return FALSE
    if parts == [None]:
        return TRUE
    if None not in parts:
        return one_of(attribute, ("".join(map(str, parts)),))
    return Matches(attribute, tuple(parts))


def holds_all(holder: TextSet, held: TextSet) -> Expression:
    """Test whether one set holds all of another."""
    if holder == held:
        return TRUE
    if isinstance(held, frozenset):
        if isinstance(holder, frozenset) or not held:
            return constant(isinstance(holder, Attribute) or held <= holder)
        return FALSE if any(map(_has_nul, held)) else HoldsAll(holder, held)
    return HoldsAll(_possible(holder), held)


def holds_any(left: TextSet, right: TextSet) -> Expression:
    """Test whether two sets have a member in common."""
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return constant(bool(left & right))
    if left == right:
        return negation(holds_all(frozenset(), left))
    pair = frozenset((_possible(left), _possible(right)))
    return FALSE if frozenset() in pair else HoldsAny(pair)


def negation(expression: Expression) -> Expression:
    """Negate, moving the negation down to the leaves."""
    match expression:
        case Constant(value):
            return constant(not value)
        case Not(leaf):
            return leaf
        case All(terms):
            return any_of(map(negation, terms))
        case AnyOf(terms):
            return all_of(map(negation, terms))
    return Not(expression)


def all_of(terms: Iterable[Expression]) -> Expression:
    """Join with `and`."""
    return _joined(All, terms, neutral=TRUE, absorbing=FALSE)


def any_of(terms: Iterable[Expression]) -> Expression:
    """Join with `or`."""
    return _joined(AnyOf, terms, neutral=FALSE, absorbing=TRUE)


def conjuncts(expression: Expression) -> frozenset[Expression]:
    """List the terms that all must hold; none for true."""
    if isinstance(expression, All):
        return expression.terms
    return frozenset() if expression == TRUE else frozenset((expression,))


def implies(strong: Expression, weak: Expression) -> bool:
    """Tell whether each row that meets the first surely meets the second; misses deeper cases."""
    given = conjuncts(strong)
    return all(any(_gives(each, wanted) for each in given) for wanted in conjuncts(weak))


def _joined(
    node: type[All] | type[AnyOf],
    terms: Iterable[Expression],
    neutral: Expression,
    absorbing: Expression,
) -> Expression:
    is_all = node is All
    flat: set[Expression] = set()
    for term in terms:
        flat |= term.terms if isinstance(term, node) else {term}
    flat.discard(neutral)
    kept = _with_values_merged(flat, is_all=is_all) if len(flat) > 1 else flat
    if absorbing in kept or any(term.leaf in kept for term in kept if isinstance(term, Not)):
        return absorbing
    for term in tuple(kept):
        others = kept - {term}
        if any(implies(each, term) if is_all else implies(term, each) for each in others):
            kept = others
    return node(frozenset(kept)) if len(kept) > 1 else next(iter(kept), neutral)


def _with_values_merged(terms: Iterable[Expression], *, is_all: bool) -> set[Expression]:
    """Merge all tests of one attribute against literals into one test."""
    kept: set[Expression] = set()
    inside: dict[Attribute, list[frozenset[Scalar]]] = {}
    outside: dict[Attribute, list[frozenset[Scalar]]] = {}
    for term in terms:
        match term:
            case OneOf(attribute, values):
                inside.setdefault(attribute, []).append(values)
            case Not(OneOf(attribute, values)):
                outside.setdefault(attribute, []).append(values)
            case _:
                kept.add(term)
    # `or` is `and` with the two sides exchanged and the result negated.
    met, joined = (inside, outside) if is_all else (outside, inside)
    for attribute in inside.keys() | outside.keys():
        others: frozenset[Scalar] = frozenset().union(*joined.get(attribute, ()))
        if attribute in met:
            test = one_of(attribute, frozenset.intersection(*met[attribute]) - others)
        else:
            test = one_of(attribute, others)
        kept.add(test if (attribute in met) is is_all else negation(test))
    return kept


def _gives(strong: Expression, weak: Expression) -> bool:
    if strong == weak:
        return True
    match strong, weak:
        case _, AnyOf(terms):
            return any(_leaf_gives(strong, term) for term in terms)
        case Not(leaf), Not(other):
            return _leaf_gives(other, leaf)
    return _leaf_gives(strong, weak)


def _leaf_gives(strong: Expression, weak: Expression) -> bool:
    match strong, weak:
        case OneOf(left, values), OneOf(right, others):
            return left == right and values <= others
        case OneOf(left, values), Not(OneOf(right, others)):
            return left == right and values.isdisjoint(others)
        case AtLeast(left, bound), AtLeast(right, other):
            return left == right and _is_at_least(bound, other)
        case OneOf(left, values), AtLeast(right, bound):
            return left == right and all(_is_at_least(value, bound) for value in values)
        case OneOf(left, values), Not(AtLeast(right, bound)):
            return left == right and not any(_is_at_least(value, bound) for value in values)
    return strong == weak


def _is_at_least(value: Scalar, bound: int | Instant) -> bool:
    if isinstance(value, Instant) and isinstance(bound, Instant):
        return value >= bound
    return isinstance(value, int) and isinstance(bound, int) and value >= bound


def _possible(values: TextSet) -> TextSet:
    if isinstance(values, Attribute):
        return values
    return frozenset(value for value in values if not _has_nul(value))


def _has_nul(value: Scalar) -> bool:
    return isinstance(value, str) and "\0" in value
