"""Which figures of a table are withheld, so that none tells of too few holders.

A cell is unsafe when too few holders make it up, or, for a sum, when one of them nearly does so
alone. Cells are withheld beside it until no margin of the table gives an unsafe one away: margins
are what the same question brings with fewer dimensions. Pure and deterministic; start at
`withheld`. Source: Hundepool et al., Handbook on Statistical Disclosure Control, chapter 4.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations as choices

from hub.disclosure.combinations import combinations
from hub.errors import TooLarge

PERCENT = 10
"""The p% rule: whoever knows all of a sum but its largest part must be off by at least so much."""

MAX_ROUNDS = 50
"""Most times that cells are withheld beside the combinations of a table's margins."""

Place = tuple[str | bool | None, ...]
"""Where a cell stands: one value a dimension."""

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
        if len(parts) < self.smallest_cell:
            return False
        return not self.is_sum or not _is_dominated(parts.values())


def _is_dominated(amounts: Iterable[Decimal]) -> bool:
    """Apply the p% rule: the second largest holder knows all but its own part and the largest."""
    largest, _, *others = sorted(amounts, reverse=True) + [Decimal(0)] * 2
    return sum(others) * 100 <= largest * PERCENT


def withheld(
    cells: Mapping[Place, Cell], rule: Rule, already: Iterable[Place] = ()
) -> frozenset[Place]:
    """Choose the cells of a table that are withheld; those `already` withheld are among them.

    In every margin of the table that would itself be safe, no cell is withheld, or at least two
    whose sum is safe, the smallest others first; and no combination of margins and cells shown
    leaves an unsafe sum. Where all cells of a margin are withheld nothing more can be done here:
    it is for the ledger to keep such margins apart.

    Raises:
        TooLarge: the table is too large to be sure.
    """
    return _Table(cells, rule, already).withheld()


class _Table:
    def __init__(self, cells: Mapping[Place, Cell], rule: Rule, already: Iterable[Place]) -> None:
        self._cells = cells
        self._rule = rule
        # Smallest first. Who holds a cell breaks ties: with an order that anyone can tell, some
        # choices would have been made for one size of a withheld cell alone.
        self._order = sorted(cells, key=lambda place: (*_size(cells[place]), _name(place)))
        self._margins = [
            margin
            for margin in _margins(self._order)
            if rule.is_safe(cells[place] for place in margin)
        ]
        self._hidden = {place for place in already if place in cells} | {
            place for place, cell in cells.items() if not rule.is_safe([cell])
        }

    def withheld(self) -> frozenset[Place]:
        for _ in range(MAX_ROUNDS):
            while sum(map(self._settle, self._margins)):
                pass
            if not self._withhold_beside():
                return frozenset(self._hidden)
        raise TooLarge(
            "the groups depend on one another too much to be sure that none gives another away: "
            "group by fewer fields",
            code="AGGREGATE_TOO_LARGE",
        )

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

    def _withhold_beside(self) -> bool:
        """Withhold a cell beside each unsafe combination of the margins; tell whether it did."""
        if self._hidden.issuperset(self._cells):
            return False
        number = {place: at for at, place in enumerate(reversed(self._order))}
        hidden = [[number[p] for p in margin if p in self._hidden] for margin in self._margins]
        places = self._order[::-1]
        before = len(self._hidden)
        for support in combinations(hidden):
            about = [places[at] for at in sorted(support)]
            if not self._rule.is_safe(self._cells[place] for place in about):
                self._hidden |= set(self._beside(about))
        return len(self._hidden) > before

    def _beside(self, about: Sequence[Place]) -> list[Place]:
        """Find the smallest cell shown in a line with one of these, or else anywhere."""
        shown = [place for place in self._order if place not in self._hidden]
        in_line = [place for place in shown if any(_are_in_line(place, each) for each in about)]
        return (in_line or shown)[:1]


def _margins(places: Sequence[Place]) -> Iterator[tuple[Place, ...]]:
    """List the cells of every margin, in the order given: of each choice of fewer dimensions."""
    axes = range(len(places[0])) if places else range(0)
    found: dict[tuple[Place, ...], None] = {}
    for count in axes:
        for kept in choices(axes, count):
            groups: dict[Place, list[Place]] = {}
            for place in places:
                groups.setdefault(tuple(place[axis] for axis in kept), []).append(place)
            found |= dict.fromkeys(map(tuple, groups.values()))
    yield from found


def _are_in_line(one: Place, other: Place) -> bool:
    return sum(left != right for left, right in zip(one, other, strict=True)) == 1


def _size(cell: Cell) -> tuple[int, Decimal, list[int]]:
    return len(cell), sum(map(abs, cell.values()), Decimal(0)), sorted(cell)


def _name(place: Place) -> tuple[str, ...]:
    """Spell a place so that it can be ordered, a missing value unlike any text."""
    return tuple("" if value is None else f"={value}" for value in place)
