"""Rows of which some groups are seen rounded: numbers as multiples of a step, words left out.

It is the row source that rounds, so that everything above it (answers, filters, orders, cursors,
sums) knows of nothing finer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from federation.records.declaration import FieldFacts, Group
from federation.records.registry import RecordType
from hub.gateway.planning.fields import group_column
from hub.gateway.planning.statement import columns_of, quoted

_SQL_TYPES = {int: "integer", Decimal: "numeric"}


def step_column(group: Group) -> str:
    """Name the number that says to which step a row shows this group; 0 where exactly."""
    return quoted(f"?{group} step")


@dataclass(frozen=True, slots=True)
class GroupSight:
    """How a group of a row is seen: SQL of its tests, `steps` from the finest to the coarsest."""

    group: Group
    exact: str
    steps: tuple[tuple[int, str], ...] = ()

    @property
    def columns(self) -> str:
        """Say whether a row shows the group, and to which step."""
        if not self.steps:
            return f"{self.exact} AS {group_column(self.group)}"
        tests = " OR ".join([self.exact, *(test for _, test in self.steps)])
        steps = "".join(f" WHEN {test} THEN {step}" for step, test in self.steps)
        return (
            f"({tests}) AS {group_column(self.group)}, "
            f"CASE WHEN {self.exact} THEN 0{steps} ELSE 0 END::bigint AS {step_column(self.group)}"
        )

    def value(self, facts: FieldFacts, row: str) -> str:
        """Write a field's value, rounded or left out where it is not seen exactly.

        A number is cut towards zero, to a multiple of the step; anything else is left out.
        """
        column = f"{row}.{quoted(facts.name)}"
        if not is_number(facts):
            return f"CASE WHEN {self.exact} THEN {column} END"
        sql_type = _SQL_TYPES[facts.python_type]
        # Towards zero: a rounding away from it might not fit the column's type.
        rounded = "".join(
            f" WHEN {test} THEN (trunc({column}::numeric / {step}) * {step})::{sql_type}"
            for step, test in self.steps
        )
        return f"CASE WHEN {self.exact} THEN {column}{rounded} END"


def own_columns(
    record_type: RecordType,
    sights: Sequence[GroupSight],
    row: str,
    wanted: Collection[str] | None = None,
) -> str:
    """List a row's own columns that are wanted, those of rounded groups as they are seen."""
    rounded = {sight.group: sight for sight in sights if sight.steps}
    if not rounded and wanted is None:
        return f"{row}.*"
    columns = []
    for name in columns_of(record_type) if wanted is None else wanted:
        facts = record_type.fields.get(name)
        if facts and facts.group in rounded and not is_harmless(facts):
            columns.append(f"{rounded[facts.group].value(facts, row)} AS {quoted(name)}")
        else:
            columns.append(f"{row}.{quoted(name)}")
    return ", ".join(columns)


def is_number(facts: FieldFacts) -> bool:
    """Tell the fields that are seen rounded."""
    return facts.python_type in _SQL_TYPES and not facts.is_list


def is_harmless(facts: FieldFacts) -> bool:
    """Tell the fields that state no number, in words or otherwise."""
    return (
        facts.is_unit
        or facts.python_type is bool
        or (issubclass(facts.python_type, StrEnum) and not facts.is_list)
    )
