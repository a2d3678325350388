"""What a class of callers may see of a record type's field group, as a condition on the row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.policy.expression import FALSE, TRUE, Expression, all_of, negation
from hub.policy.merging import merged
from hub.policy.policy_set import Policy, PolicySlice
from hub.policy.residual import Evaluator, Residuals
from hub.policy.schema import Action
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

    @property
    def is_never(self) -> bool:
        """Whether no row can be seen."""
        return self.condition == FALSE

    @property
    def is_always(self) -> bool:
        """Whether every row can be seen."""
        return self.condition == TRUE


NEVER = Predicate(FALSE, ())


def predicate_of(residuals: Residuals) -> Predicate:
    """Join policies' residuals: some permit holds and no forbid does."""
    forbidden = merged(residuals.forbids.values())
    condition = all_of((merged(residuals.permits.values()), negation(forbidden)))
    if condition == FALSE:
        return NEVER
    opened = (each for each, expression in residuals.permits.items() if expression != FALSE)
    return Predicate(condition, tuple(opened))


def predicates(
    evaluator: Evaluator, slices: Mapping[Action, PolicySlice]
) -> dict[Action, Predicate]:
    """Decide every action for one class of callers.

    Raises:
        Undecided: Cedar's answer for some action can't be relied on.
    """
    return {
        action: predicate_of(evaluator.residuals(action, policies))
        for action, policies in slices.items()
    }


def slices_of(actions: Iterable[Action], policies: Sequence[Policy]) -> dict[Action, PolicySlice]:
    """Cut a set into the policies that can matter to each action; equal slices are one."""
    parsed: dict[tuple[Policy, ...], PolicySlice] = {}
    slices: dict[Action, PolicySlice] = {}
    for action in actions:
        covering = tuple(policy for policy in policies if policy.covers(action))
        if covering not in parsed:
            parsed[covering] = PolicySlice.of(covering)
        slices[action] = parsed[covering]
    return slices
