"""Which figures of a table are withheld, so that none tells of too few holders.

A cell is unsafe when too few holders make it up, or, for a sum, when one of them nearly does so
alone. Cells are withheld beside it until no margin of the table gives an unsafe one away: margins
are what the same question brings with fewer dimensions. Pure and deterministic; start at
`withheld`. Source: Hundepool et al., Handbook on Statistical Disclosure Control, chapter 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from hub.disclosure.combinations import Combinations

PERCENT = 10
"""The p% rule: whoever knows all of a sum but its largest part must be off by at least so much."""

Place = tuple[str | bool | None, ...]
"""Where a cell stands: one value a dimension."""

Axes = tuple[int, ...]
"""Dimensions by their number in the whole table, in order."""

Cell = Mapping[int, Decimal]
"""What each holder contributes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a figure is safe."""

    smallest_cell: int
    is_sum: bool = False

    def is_safe(self, cells: Iterable[Cell]) -> bool:
        """Tell whether the sum of cells may be known."""
        parts: dict[int, Decimal] = {}
        for cell in cells:
            for holder, amount in cell.items():
                parts[holder] = parts.get(holder, Decimal(0)) + abs(amount)
            if not self.is_sum and len(parts) >= self.smallest_cell:
                return True
        return len(parts) >= self.smallest_cell and not _is_dominated(parts.values())


def _is_dominated(amounts: Iterable[Decimal]) -> bool:
    """Apply the p% rule: the second largest holder knows all but its own part and the largest."""
    largest, _, *others = sorted(amounts, reverse=True) + [Decimal(0)] * 2
    return sum(others) * 100 <= largest * PERCENT


def withheld(
    cells: Mapping[Place, Cell], rule: Rule, already: Mapping[Axes, Iterable[Place]] | None = None
) -> dict[Axes, frozenset[Place]]:
    """Choose the cells that are withheld of a table, and of each table of fewer of its dimensions.

    The cells of the smaller tables that are not withheld are the larger one's margins, which
    anyone may know. In every such margin no cell is withheld, or at least two whose sum is safe,
    the smallest others first; and no combination of margins and cells shown leaves an unsafe sum.
    Where all cells are withheld nothing more can be done: it is for the ledger to keep margins
    apart.

    Args:
        cells: those of the whole table.
        rule: what is safe.
        already: cells of each table that are withheld for another reason.

    Returns:
        the cells withheld, by the places of the dimensions that are left.

    Raises:
        TooLarge: the table is too large to be sure.
    """
    axes = tuple(range(len(next(iter(cells))))) if cells else ()
    found: dict[Axes, frozenset[Place]] = {}
    for size in range(len(axes) + 1):
        for kept in combinations(axes, size):
            table = _projected(cells, kept)
            gone = (already or {}).get(kept, ())
            found[kept] = _Table(table, rule, _margins(table, kept, found), gone).withheld()
    return found


def _projected(cells: Mapping[Place, Cell], kept: Axes) -> dict[Place, Cell]:
    """Add up cells over the dimensions that are not kept."""
    found: dict[Place, dict[int, Decimal]] = {}
    for place, cell in cells.items():
        parts = found.setdefault(tuple(place[axis] for axis in kept), {})
        for holder, amount in cell.items():
            parts[holder] = parts.get(holder, Decimal(0)) + amount
    return dict(found)


def _margins(
    table: Iterable[Place], kept: Axes, found: Mapping[Axes, frozenset[Place]]
) -> list[list[Place]]:
    """List the cells of a table in each margin that is not itself withheld."""
    margins = []
    for fewer, hidden in found.items():
        if set(fewer) < set(kept):
            at = [kept.index(axis) for axis in fewer]
            groups: dict[Place, list[Place]] = {}
            for place in table:
                groups.setdefault(tuple(place[each] for each in at), []).append(place)
            margins += [places for margin, places in groups.items() if margin not in hidden]
    return margins


class _Table:
    """One table, the margins of it that are known, and the cells withheld so far."""

    def __init__(
        self,
        cells: Mapping[Place, Cell],
        rule: Rule,
        margins: Iterable[Iterable[Place]],
        already: Iterable[Place],
    ) -> None:
        self._cells = cells
        self._rule = rule
        # Smallest first. Who holds a cell breaks ties: with an order that anyone can tell, some
        # choices would have been made for one size of a withheld cell alone.
        order = sorted(cells, key=lambda place: (*_size(cells[place]), _name(place)))
        self._rank = {place: at for at, place in enumerate(order)}
        self._margins = [sorted(margin, key=self._rank.__getitem__) for margin in margins]
        self._hidden = {place for place in already if place in cells} | {
            place for place, cell in cells.items() if not rule.is_safe([cell])
        }

    def withheld(self) -> frozenset[Place]:
        steps, beside = 0, set(self._hidden)
        while beside:
            while sum(map(self._settle, self._margins)):
                pass
            found = Combinations(self._known(), steps=steps)
            steps, beside = found.steps, self._beside(found.rows.values())
            self._hidden |= beside
        return frozenset(self._hidden)

    def _settle(self, margin: Sequence[Place]) -> bool:
        """Withhold more of a margin's cells until it gives none away; tell whether it had to."""
        hidden = [place for place in margin if place in self._hidden]
        shown = [place for place in margin if place not in self._hidden]
        found = bool(hidden and shown) and not self._is_closed(hidden)
        while hidden and shown and not self._is_closed(hidden):
            hidden.append(shown.pop(0))
            self._hidden.add(hidden[-1])
        return found

    def _is_closed(self, hidden: Sequence[Place]) -> bool:
        cells = [self._cells[place] for place in hidden]
        # Cells that all lack one holder are told by their sum, to whoever knows the rule.
        most = self._rule.smallest_cell - 1
        is_told = all(len(cell) == most for cell in cells)
        return len(cells) > 1 and not is_told and self._rule.is_safe(cells)

    @property
    def _largest(self) -> list[Place]:
        """The cells withheld, the largest first: so the form ends with rows about small ones."""
        return sorted(self._hidden, key=self._rank.__getitem__, reverse=True)

    def _known(self) -> list[list[int]]:
        """List what is known of the cells withheld: their sums in margins."""
        number = {place: at for at, place in enumerate(self._largest)}
        return [[number[p] for p in margin if p in number] for margin in self._margins]

    def _beside(self, rows: Iterable[Iterable[int]]) -> set[Place]:
        """Choose a cell to withhold beside each unsafe sum: the smallest in line, or of all."""
        shown = [place for place in self._rank if place not in self._hidden]
        if not shown:
            return set()
        in_line: dict[tuple[int, Place], Place] = {}
        for place in shown:
            for line in _lines(place):
                in_line.setdefault(line, place)
        largest = self._largest
        chosen = set()
        for row in rows:
            about = [largest[at] for at in sorted(row)]
            if not self._rule.is_safe(self._cells[place] for place in about):
                near = {in_line[x] for place in about for x in _lines(place) if x in in_line}
                chosen |= set(sorted(near or shown[:1], key=self._rank.__getitem__)[:1])
        return chosen


def _lines(place: Place) -> list[tuple[int, Place]]:
    """Name the lines that a cell is in: all dimensions but one fixed."""
    return [(axis, place[:axis] + place[axis + 1 :]) for axis in range(len(place))]


def _size(cell: Cell) -> tuple[int, Decimal, list[int]]:
    return len(cell), sum(map(abs, cell.values()), Decimal(0)), sorted(cell)


def _name(place: Place) -> tuple[str, ...]:
    """Spell a place so that it can be ordered, a missing value unlike any text."""
    return tuple("" if value is None else f"={value}" for value in place)
