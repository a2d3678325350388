"""What can be worked out of published sums by adding and subtracting them.

A sum is the set of the parts it is made of. Whatever can be worked out is a combination of sums;
the reduced row echelon form holds a basis of all of them, and with it every part that is pinned:
a single part is a combination of the sums exactly if it stands alone in a row of the form.
"""

from collections.abc import Iterable

from hub.errors import TooLarge

MAX_STEPS = 3_000_000
"""Most subtractions of coefficients in one elimination: one or two seconds."""

_PRIME = 2**61 - 1
"""Coefficients are counted modulo this prime, so that none grows. A coefficient that is a multiple
of it would be taken for zero; those of tables of counts are far smaller."""


Combination = dict[int, int]
"""Coefficients by part, none of them zero."""


class Combinations:
    """All combinations of some sums, as a basis in reduced form, by the first part of each row.

    The form is reduced towards the higher numbers: the last of its rows are about the parts with
    the highest numbers alone.
    """

    def __init__(self, sums: Iterable[Iterable[int]], *, steps: int = 0) -> None:
        """Reduce sums, each given as the numbers of its parts.

        Args:
            sums: what can be known.
            steps: what eliminations before it took of `MAX_STEPS`, where it is one of several.

        Raises:
            TooLarge: it would take more.
        """
        self.rows: dict[int, Combination] = {}
        self.steps = steps
        self.add(sums)

    def add(self, sums: Iterable[Iterable[int]]) -> None:
        """Reduce more sums.

        Raises:
            TooLarge: it would take over `MAX_STEPS`.
        """
        # The shortest first, so that long sums are written in short ones, not the other way round.
        for parts in sorted(map(frozenset, sums), key=lambda parts: (len(parts), sorted(parts))):
            self._add(self._rest(dict.fromkeys(parts, 1)))

    def holds(self, row: Combination) -> bool:
        """Tell whether a combination is among these.

        Raises:
            TooLarge: it would take over `MAX_STEPS`.
        """
        return not self._rest(dict(row))

    def _rest(self, row: Combination) -> Combination:
        """Take away whatever the rows account for."""
        for first in [part for part in row if part in self.rows]:
            self._subtract(row, first, self.rows[first])
        return row

    def _add(self, row: Combination) -> None:
        if not row:
            return
        first = min(row)
        inverse = pow(row[first], -1, _PRIME)
        row = {part: value * inverse % _PRIME for part, value in row.items()}
        for other in self.rows.values():
            if first in other:
                self._subtract(other, first, row)
        self.rows[first] = row

    def _subtract(self, row: Combination, first: int, other: Combination) -> None:
        """Take away so much of the other row that its first part is gone from this one."""
        factor = row[first]
        self.steps += len(other)
        if self.steps > MAX_STEPS:
            raise TooLarge(
                "too much could be worked out of these figures to be sure it is harmless: "
                "group by fewer fields",
                code="AGGREGATE_TOO_LARGE",
            )
        for part, value in other.items():
            left = (row.get(part, 0) - factor * value) % _PRIME
            if left:
                row[part] = left
            else:
                row.pop(part, None)
