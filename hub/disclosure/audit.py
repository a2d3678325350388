"""Whether figures, together with those given before, single out too few holders.

Items that stand in the same figures are one atom: nobody can tell them apart. Figures are sums of
atoms, and whatever can be worked out of them is a combination of those sums. Pure; start at
`collision`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from hub.disclosure.combinations import combinations


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as the items it is the sum of, each with its holder."""

    items: tuple[int, ...]
    holders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """Items that stand in the same figures, by these figures' numbers; and who holds them."""

    figures: frozenset[int]
    holders: frozenset[int]


def collision(given: Sequence[Figure], asked: Sequence[Figure], smallest_cell: int) -> int | None:
    """Find a figure given before that must not be known beside those asked for now.

    Two figures must differ in no item, or in items of at least `smallest_cell` holders; and so
    must every row of the reduced form of all of them, in which each atom that is pinned by any
    combination stands alone.

    Returns:
        the number of the figure given; that of the last, if those asked for collide among
        themselves, and -1 if there is none; None where nothing collides.

    Raises:
        TooLarge: there are too many to be sure.
    """
    atoms = _atoms([*given, *asked])
    audit = _Audit(atoms, len(given), smallest_cell)
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
    def __init__(self, atoms: Sequence[Atom], given: int, smallest_cell: int) -> None:
        self._atoms = atoms
        self._given = given
        self._smallest_cell = smallest_cell
        self._parts: dict[int, set[int]] = {}
        for number, atom in enumerate(atoms):
            for figure in atom.figures:
                self._parts.setdefault(figure, set()).add(number)

    def pair(self) -> int | None:
        """Compare each figure asked for with all that share an item with it."""
        for asked in sorted(self._parts):
            if asked < self._given:
                continue
            for other in sorted(self._sharing(self._parts[asked])):
                if other < asked and self._is_small(self._parts[asked] ^ self._parts[other]):
                    return min(other, self._given - 1)
        return None

    def combination(self) -> int | None:
        """Look for an unsafe row in the reduced form of all figures."""
        for support in combinations(self._parts[figure] for figure in sorted(self._parts)):
            if self._is_small(support):
                return max((f for f in self._sharing(support) if f < self._given), default=-1)
        return None

    def _sharing(self, parts: Iterable[int]) -> set[int]:
        return set(chain.from_iterable(self._atoms[part].figures for part in parts))

    def _is_small(self, parts: Iterable[int]) -> bool:
        """Tell whether these atoms are held by someone, and by too few."""
        holders: set[int] = set()
        for part in parts:
            holders |= self._atoms[part].holders
            if len(holders) >= self._smallest_cell:
                return False
        return bool(holders)
