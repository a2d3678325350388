"""What a class of callers may see of a record type's field group, as conditions on the row.

`residual.py` evaluates policies in part, `merging.py` simplifies what that leaves, `sql.py` writes
it. Here residuals become what is seen exactly, rounded or only counted. Start reading at `sights`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from federation.records.declaration import Group
from hub.policy.expression import FALSE, TRUE, Expression, Scalar, all_of, negation
from hub.policy.merging import disjoint, merged, origins
from hub.policy.policy_set import Effect, Policy, PolicySlice
from hub.policy.residual import Evaluator, Residuals
from hub.policy.schema import Action, Level
from hub.policy.sql import emit


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on a row, and the ids of the policies that open it.

    Each of `agreements` opens it for some rows; a policy that forbids may close it again.
    """

    condition: Expression
    agreements: tuple[str, ...]

    def sql(self, alias: str) -> str:
        """Write the condition as SQL over the row called `alias`, the exact identifier.

        It is never null for a row that is there; on the empty side of an outer join it may be.
        """
        return emit(self.condition, alias)

    def disjoint_sql(self, alias: str) -> tuple[str, ...]:
        """Write the condition as several, of which a row meets one at most.

        Each asks little but what an index can look up, so that counting its rows is cheap.
        """
        return tuple(sorted(emit(each, alias) for each in disjoint(self.condition)))

    @property
    def origins(self) -> frozenset[Scalar] | None:
        """Origins of the rows that can be seen; None where any can."""
        return origins(self.condition)

    @property
    def is_never(self) -> bool:
        """Whether no row can be seen."""
        return self.condition == FALSE

    @property
    def is_always(self) -> bool:
        """Whether every row can be seen."""
        return self.condition == TRUE


NEVER = Predicate(FALSE, ())


@dataclass(frozen=True, slots=True)
class Rounding:
    """A condition under which numbers are seen as multiples of `step`, and words are not."""

    step: int
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Counting:
    """A condition under which a row is counted, in cells of at least `smallest_cell` holders."""

    predicate: Predicate
    smallest_cell: int


@dataclass(frozen=True, slots=True)
class Sight:
    """All that policies open of one field group: exactly, rounded (the finest first), counted."""

    exact: Predicate = NEVER
    roundings: tuple[Rounding, ...] = ()
    counting: Counting | None = None


UNSEEN = Sight()


def predicate_of(residuals: Residuals) -> Predicate:
    """Join policies' residuals: some permit holds and no forbid does."""
    forbidden = merged(residuals.forbids.values())
    condition = all_of((merged(residuals.permits.values()), negation(forbidden)))
    if condition == FALSE:
        return NEVER
    opened = (each for each, expression in residuals.permits.items() if expression != FALSE)
    return Predicate(condition, tuple(opened))


def sights(
    evaluator: Evaluator, slices: Mapping[Action, PolicySlice]
) -> dict[tuple[str, Group], Sight]:
    """Decide every record type and group for one class of callers.

    Raises:
        Undecided: Cedar's answer for some action can't be relied on.
    """
    found: dict[tuple[str, Group], Sight] = {}
    for action, policies in slices.items():
        place = action.record_type, action.group
        sight = _at_level(action.level, policies, evaluator.residuals(action, policies))
        found[place] = replace(found.get(place, UNSEEN), **sight)
    return found


def _at_level(level: Level, policies: PolicySlice, residuals: Residuals) -> dict[str, Any]:
    match level:
        case Level.READ:
            return {"exact": predicate_of(residuals)}
        case Level.ROUND:
            steps = _by_limit(residuals, {each.id: each.rounded_to for each in policies.policies})
            return {"roundings": tuple(Rounding(step, steps[step]) for step in sorted(steps))}
    cells = _by_limit(residuals, {each.id: each.smallest_cell for each in policies.policies})
    counted = predicate_of(residuals)
    return {"counting": Counting(counted, max(cells)) if cells else None}


def _by_limit(residuals: Residuals, limits: Mapping[str, int | None]) -> dict[int, Predicate]:
    """Join the permits of each limit apart, and leave out those that open nothing."""
    found = {
        limit: predicate_of(
            Residuals(
                {name: each for name, each in residuals.permits.items() if limits[name] == limit},
                residuals.forbids,
            )
        )
        for limit in {limits[name] for name in residuals.permits} - {None}
    }
    return {limit: each for limit, each in found.items() if limit and not each.is_never}


def slices_of(actions: Iterable[Action], policies: Sequence[Policy]) -> dict[Action, PolicySlice]:
    """Cut a set into the policies that can matter to each action; equal slices are one.

    An action that no policy permits has none: it is denied.
    """
    parsed: dict[tuple[Policy, ...], PolicySlice] = {}
    slices: dict[Action, PolicySlice] = {}
    for action in actions:
        covering = tuple(policy for policy in policies if policy.covers(action))
        if all(policy.effect is Effect.FORBID for policy in covering):
            continue
        if covering not in parsed:
            parsed[covering] = PolicySlice.of(covering)
        slices[action] = parsed[covering]
    return slices
