"""What a plan asks of the policy room: a caller's predicates, and how they write themselves in SQL.

`hub.policy.engine.Decisions` is such; `stats/counted.py` widens it for statistics.
"""

from collections.abc import Collection, Hashable, Sequence
from typing import Any, Protocol

from federation.records.declaration import Group


class Predicate(Protocol):
    """What the policy room says of one (record type, field group)."""

    @property
    def agreements(self) -> Sequence[str]:
        """Policies that open it."""
        ...

    def sql(self, alias: str) -> str:
        """Boolean SQL over a row of the record's table; never null."""
        ...

    def disjoint_sql(self, alias: str) -> Sequence[str]:
        """Boolean SQL in parts, of which a row meets one or none."""
        ...

    @property
    def origins(self) -> Collection[Any] | None:
        """Origins of the rows that can meet it; None for any.

        To mypy a condition tests for values of several types, which have no order.
        """
        ...


class Rounding(Protocol):
    """Under what predicate numbers are seen as multiples of what."""

    @property
    def step(self) -> int:
        """The least that is seen of a difference."""
        ...

    @property
    def predicate(self) -> Predicate:
        """Where it holds."""
        ...


class Counting(Protocol):
    """Under what predicate rows count without being seen, and among how many holders."""

    @property
    def predicate(self) -> Predicate:
        """Where it holds."""
        ...

    @property
    def smallest_cell(self) -> int:
        """Fewest holders that a figure may be about."""
        ...


class Decisions(Protocol):
    """A caller's predicates, which `digest` and `class_key` tell from all others."""

    @property
    def digest(self) -> str:
        """Digest of the policy set in force."""
        ...

    @property
    def class_key(self) -> Hashable:
        """The class of callers they hold for."""
        ...

    def predicate(self, record_type: str, group: Group) -> Predicate:
        """Give the predicate of a record type's group."""
        ...

    def roundings(self, record_type: str, group: Group) -> Sequence[Rounding]:
        """Give the predicates under which a group's numbers are seen rounded, the finest first."""
        ...

    def counting(self, record_type: str, group: Group) -> Counting | None:
        """Give the predicate under which a group counts in statistics alone, if there is one."""
        ...
