"""A caller's decisions widened by what it may only have counted, for statistics alone.

Nothing but `plan.py` and the freshness of figures may plan by it: rows that are only counted are
never shown. What of a figure is withheld is `answers.py`'s matter.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from federation.records.declaration import Group
from hub.gateway.planning.decisions import Counting, Decisions, Predicate, Rounding


@dataclass(frozen=True, slots=True)
class _Either:
    """What is seen exactly, or only counted."""

    exact: Predicate
    counted: Counting
    roundings: Sequence[Rounding]

    @property
    def agreements(self) -> Sequence[str]:
        return (*self.exact.agreements, *self.counted.predicate.agreements)

    def sql(self, alias: str) -> str:
        return f"(({self.exact.sql(alias)}) OR {self.only_counted(alias)})"

    def disjoint_sql(self, alias: str) -> Sequence[str]:
        return (self.sql(alias),)

    @property
    def origins(self) -> None:
        return None

    def only_counted(self, alias: str) -> str:
        """Write the test for a group that is counted, and neither seen exactly nor rounded."""
        seen = [self.exact, *(rounding.predicate for rounding in self.roundings)]
        unseen = "".join(f" AND NOT ({each.sql(alias)})" for each in seen)
        return f"(({self.counted.predicate.sql(alias)}){unseen})"


class CountedDecisions:
    """Decisions by which whatever counts is seen. Rows so selected must not be shown."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    @property
    def digest(self) -> str:
        """Digest of the policy set in force."""
        return self._decisions.digest

    @property
    def class_key(self) -> Hashable:
        """The class of callers they hold for."""
        return self._decisions.class_key

    def predicate(self, record_type: str, group: Group) -> Predicate:
        """Give the predicate of what is seen exactly or counted."""
        return self._either(record_type, group) or self._decisions.predicate(record_type, group)

    def roundings(self, record_type: str, group: Group) -> Sequence[Rounding]:
        """Give the predicates under which a group's numbers are seen rounded."""
        return self._decisions.roundings(record_type, group)

    def counting(self, record_type: str, group: Group) -> Counting | None:
        """Give the predicate under which a group counts in statistics alone, if there is one."""
        return self._decisions.counting(record_type, group)

    def only_counted(self, record_type: str, group: Group, alias: str) -> str:
        """Write the test for a row of which this group is counted and not seen."""
        either = self._either(record_type, group)
        return either.only_counted(alias) if either else "false"

    def smallest_cell(self, record_type: str, groups: Iterable[Group]) -> int | None:
        """Give the fewest holders that a figure by these groups may be about; None if none counts.

        An agreement's own figure holds for the groups it opens; of several the largest does.
        """
        found = (self._decisions.counting(record_type, group) for group in groups)
        return max((each.smallest_cell for each in found if each), default=None)

    def _either(self, record_type: str, group: Group) -> _Either | None:
        counted = self._decisions.counting(record_type, group)
        if counted is None:
            return None
        exact = self._decisions.predicate(record_type, group)
        return _Either(exact, counted, self._decisions.roundings(record_type, group))
