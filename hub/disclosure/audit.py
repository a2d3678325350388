"""Whether figures, together with those given before, single out too few holders.

Items that stand in the same figures are one atom: nobody can tell them apart. Figures are sums of
atoms, and whatever can be worked out of them is a combination of those sums. Pure; start at
`collision`.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain

import polars as pl

from hub.disclosure.combinations import Combinations


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as the items it is the sum of, each with its holder.

    Nothing about fewer than `smallest_cell` holders may be worked out with it.
    """

    items: tuple[int, ...]
    holders: tuple[int, ...]
    smallest_cell: int


@dataclass(frozen=True, slots=True)
class Atom:
    """Items that stand in the same figures, by these figures' numbers; and who holds them."""

    figures: frozenset[int]
    holders: frozenset[int]


def collision(given: Sequence[Figure], asked: Sequence[Figure]) -> int | None:
    """Find a figure given before that must not be known beside those asked for now.

    A figure asked for and any other must differ in no item, or in items of enough holders: of as
    many as the more demanding of the two wants. The same holds, by the demand of those asked for,
    for every row of the reduced form of all figures that those given do not bring by themselves;
    each atom that any combination pins stands alone in one.

    Returns:
        the number of the figure given; -1 if those asked for collide among themselves; None where
        nothing collides.

    Raises:
        TooLarge: there are too many to be sure.
    """
    audit = _Audit(given, asked)
    found = audit.pair()
    return audit.combination() if found is None else found


def _atoms(figures: Sequence[Figure]) -> list[Atom]:
    """Collapse the items, the atoms of most holders first; the order is the same every time."""
    numbers = chain.from_iterable([at] * len(each.items) for at, each in enumerate(figures))
    items = pl.DataFrame(
        {
            "figure": pl.Series(list(numbers), dtype=pl.Int32),
            "item": pl.Series([i for each in figures for i in each.items], dtype=pl.Int64),
            "holder": pl.Series([h for each in figures for h in each.holders], dtype=pl.Int64),
        }
    )
    by_item = items.group_by("item").agg(pl.col("figure").unique().sort(), pl.col("holder").min())
    found = by_item.group_by("figure").agg(pl.col("holder").unique().sort())
    atoms = [Atom(frozenset(figures), frozenset(holders)) for figures, holders in found.rows()]
    return sorted(atoms, key=lambda atom: (-len(atom.holders), sorted(atom.figures)))


class _Audit:
    def __init__(self, given: Sequence[Figure], asked: Sequence[Figure]) -> None:
        self._figures = [*given, *asked]
        self._given = range(len(given))
        self._asked = range(len(given), len(self._figures))
        self._atoms = _atoms(self._figures)
        self._parts: list[set[int]] = [set() for _ in self._figures]
        for number, atom in enumerate(self._atoms):
            for figure in atom.figures:
                self._parts[figure].add(number)

    def pair(self) -> int | None:
        """Compare each figure asked for with all before it that share an item with it."""
        for asked in self._asked:
            for other in sorted(self._sharing(self._parts[asked])):
                demand = max(self._figures[each].smallest_cell for each in (asked, other))
                difference = self._parts[asked] ^ self._parts[other]
                if other < asked and self._is_small(difference, demand):
                    return other if other in self._given else -1
        return None

    def combination(self) -> int | None:
        """Look for a row about too few holders among those that the figures asked for bring."""
        demand = max((self._figures[each].smallest_cell for each in self._asked), default=0)
        known = Combinations(self._parts[each] for each in self._given)
        found = deepcopy(known)
        found.add(self._parts[each] for each in self._asked)
        for row in found.rows.values():
            if self._is_small(row, demand) and not known.holds(row):
                return max(self._sharing(row) & set(self._given), default=-1)
        return None

    def _sharing(self, parts: Iterable[int]) -> set[int]:
        return set(chain.from_iterable(self._atoms[part].figures for part in parts))

    def _is_small(self, parts: Iterable[int], demand: int) -> bool:
        """Tell whether these atoms are held by someone, and by too few."""
        holders: set[int] = set()
        for part in parts:
            holders |= self._atoms[part].holders
            if len(holders) >= demand:
                return False
        return bool(holders)
