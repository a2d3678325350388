"""A few values of each attribute that stand for all others, as far as given conditions can tell.

Two values which meet the same leaves of an expression are one to it, so whatever row there is has
a likeness among these values. Attributes that are compared with one another share their values.
Start reading at `representatives`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from hub.policy.evaluation import Value, attributes_of, leaf_holds, leaves_of
from hub.policy.expression import (
    MAX_LONG,
    MIN_LONG,
    AtLeast,
    Expression,
    HoldsAll,
    HoldsAny,
    Instant,
    Leaf,
    Matches,
    OneOf,
    Scalar,
)
from hub.policy.patterns import meetings
from hub.policy.schema import Attribute, CedarType

MOST_VALUES = 4_096
"""Most values of one attribute."""

OTHER = "something else"
"""A text that no condition names."""


@dataclass(frozen=True, slots=True)
class Representatives:
    """Values by attribute; `is_whole` where they stand for all others."""

    values: Mapping[Attribute, tuple[Value, ...]]
    is_whole: bool


def representatives(expressions: Iterable[Expression]) -> Representatives:
    """Find values that stand for all others to the given expressions' leaves."""
    leaves = {leaf for expression in expressions for leaf in leaves_of(expression)}
    found: dict[Attribute, tuple[Value, ...]] = {}
    is_whole = True
    for attributes in _compared(leaves):
        own = [leaf for leaf in leaves if attributes_of(leaf) & attributes]
        values, is_complete = _values(attributes, own)
        kept = _told_apart(attributes, own, values)
        is_whole &= is_complete and len(kept) <= MOST_VALUES
        found |= dict.fromkeys(attributes, kept[:MOST_VALUES])
    return Representatives(found, is_whole)


def _told_apart(
    attributes: frozenset[Attribute], leaves: Sequence[Leaf], values: Iterable[Value]
) -> tuple[Value, ...]:
    """Keep one of the values that meet the same leaves; all, where attributes are compared."""
    if len(attributes) > 1:
        return tuple(dict.fromkeys(values))
    (attribute,) = attributes
    kept: dict[tuple[bool | None, ...], Value] = {}
    for value in values:
        kept.setdefault(tuple(leaf_holds(leaf, {attribute: value}) for leaf in leaves), value)
    return tuple(kept.values())


def _compared(leaves: Iterable[Leaf]) -> list[frozenset[Attribute]]:
    """Group the attributes that leaves compare with one another."""
    groups: list[frozenset[Attribute]] = []
    for found in map(attributes_of, leaves):
        touched = [group for group in groups if group & found]
        groups = [group for group in groups if group not in touched]
        groups.append(found.union(*touched))
    return groups


def _values(
    attributes: frozenset[Attribute], leaves: Sequence[Leaf]
) -> tuple[Iterable[Value], bool]:
    """Give values for attributes of one type, the likeliest first, and whether they are all."""
    kinds = {each.cedar_type for each in attributes}
    if kinds == {CedarType.STRING}:
        return _texts(attributes, leaves)
    if kinds == {CedarType.STRINGS}:
        return _sets(leaves)
    if kinds == {CedarType.BOOL}:
        return (True, False), True
    if kinds in ({CedarType.LONG}, {CedarType.DATETIME}):
        return _ordered(attributes, leaves), True
    return (), False


def _texts(
    attributes: frozenset[Attribute], leaves: Sequence[Leaf]
) -> tuple[Iterable[Value], bool]:
    named = {value for leaf in leaves if isinstance(leaf, OneOf) for value in leaf.values}
    words = sorted(map(str, named))
    known = sorted({term for each in attributes for term in each.terms or ()} - named)
    # As many values that no condition names as there are attributes to tell apart.
    others = [f"{OTHER}{number or ''}" for number in range(len(attributes) + len(words))]
    fresh = [other for other in others if other not in named][: len(attributes)]
    patterns = [leaf.pattern for leaf in leaves if isinstance(leaf, Matches)]
    if not patterns:
        return (*words, *known[: len(attributes)], *fresh), True
    met = meetings([*patterns, *((word,) for word in words)])
    is_whole = met is not None and len(attributes) == 1
    return (*words, *known, *fresh, *(met or ())), is_whole


def _ordered(attributes: frozenset[Attribute], leaves: Sequence[Leaf]) -> list[Value]:
    """Give each bound and, on both its sides, a value for every attribute."""
    is_time = next(iter(attributes)).cedar_type is CedarType.DATETIME
    bounds = {0}
    for leaf in leaves:
        match leaf:
            case OneOf(_, values):
                bounds |= {_number(value) for value in values}
            case AtLeast(_, bound):
                bounds.add(_number(bound))
    near = range(-len(attributes), len(attributes) + 1)
    numbers = {bound + step for bound in bounds for step in near}
    likely = sorted(numbers, key=lambda each: (each < 0, abs(each)))
    return [Instant(each) if is_time else each for each in likely if MIN_LONG <= each <= MAX_LONG]


def _number(value: Scalar) -> int:
    return value.epoch_ms if isinstance(value, Instant) else int(value)


def _sets(leaves: Sequence[Leaf]) -> tuple[Iterable[Value], bool]:
    sides = [side for leaf in leaves for side in _sides(leaf)]
    literals = [side for side in sides if isinstance(side, frozenset)]
    words = frozenset[str]().union(*literals)
    if any(len(attributes_of(leaf)) > 1 for leaf in leaves):
        # Each test may need a member of its own that tells two sets apart.
        words |= {f"{OTHER}{number or ''}" for number in range(len(leaves))} - words
        parts = [[frozenset[str](), frozenset((word,))] for word in sorted(words)]
    else:
        parts = [[frozenset[str](), *each] for each in _alike(words, literals)]
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST_VALUES:
        simple = chain.from_iterable(combinations(sorted(words), size) for size in (0, 1, 2))
        return [*map(frozenset, simple), words], False
    return [frozenset[str]().union(*chosen) for chosen in product(*parts)], True


def _sides(leaf: Leaf) -> tuple[object, ...]:
    match leaf:
        case HoldsAll(holder, held):
            return holder, held
        case HoldsAny(pair):
            return tuple(pair)
    return ()


def _alike(
    words: frozenset[str], literals: Sequence[frozenset[str]]
) -> Iterator[list[frozenset[str]]]:
    """Give one and all of the words that stand in the same literals, and a word in none."""
    by_place: dict[tuple[bool, ...], list[str]] = {}
    for word in sorted(words):
        by_place.setdefault(tuple(word in literal for literal in literals), []).append(word)
    for alike in by_place.values():
        yield list(dict.fromkeys((frozenset(alike[:1]), frozenset(alike))))
    others = (f"{OTHER}{number or ''}" for number in range(len(words) + 1))
    yield [frozenset((next(other for other in others if other not in words),))]
