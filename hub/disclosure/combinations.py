"""What can be worked out of published sums by adding and subtracting them.

A sum is the set of the parts it is made of. Whatever can be worked out is a combination of sums;
the reduced row echelon form holds a basis of all of them, and with it every part that is pinned:
a single part is a combination of the sums exactly if it stands alone in a row of the form.
"""

from collections.abc import Iterable

from hub.errors import TooLarge

MAX_STEPS = 5_000_000
"""Most subtractions of coefficients in one elimination: two or three seconds."""

_PRIME = 2**61 - 1
"""Coefficients are counted modulo this prime, so that none grows. A coefficient that is a multiple
of it would be taken for zero; those of tables of counts are far smaller."""


def combinations(sums: Iterable[Iterable[int]]) -> list[frozenset[int]]:
    """Reduce sums to a basis of all their combinations, and say which parts each is about.

    Args:
        sums: parts of each sum. The form is reduced towards the higher numbers: the last of its
            rows are about the parts with the highest numbers alone.

    Raises:
        TooLarge: it would take over `MAX_STEPS`.
    """
    basis = _Basis()
    # The shortest first, so that long sums are written in short ones and not the other way round.
    for parts in sorted(map(frozenset, sums), key=lambda parts: (len(parts), sorted(parts))):
        basis.add(dict.fromkeys(parts, 1))
    return [frozenset(row) for row in basis.rows.values()]


class _Basis:
    """Rows in reduced form, by their first part."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, int]] = {}
        self._steps = 0

    def add(self, row: dict[int, int]) -> None:
        for first in [part for part in row if part in self.rows]:
            self._subtract(row, first, self.rows[first])
        if not row:
            return
        first = min(row)
        inverse = pow(row[first], -1, _PRIME)
        row = {part: value * inverse % _PRIME for part, value in row.items()}
        for other in self.rows.values():
            if first in other:
                self._subtract(other, first, row)
        self.rows[first] = row

    def _subtract(self, row: dict[int, int], first: int, other: dict[int, int]) -> None:
        """Take away so much of the other row that its first part is gone from this one."""
        factor = row[first]
        self._steps += len(other)
        if self._steps > MAX_STEPS:
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
