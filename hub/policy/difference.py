"""For whom and where two policy sets differ, told from the sets alone.

Every class of callers that policies can tell apart (`audiences.py`) is decided by both sets, as far
as a policy that differs bears on it. What differs is joined over the classes that are affected
alike. Start reading at `differences`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from federation.records.declaration import Group, Origin
from hub.policy.audiences import Audience, Callers, audiences
from hub.policy.evaluation import assume
from hub.policy.expression import FALSE, Expression, all_of, any_of, one_of
from hub.policy.policy_set import Period, PolicySet, PolicySlice
from hub.policy.predicate import UNSEEN, Sight, sights, slices_of
from hub.policy.principals import Mode, PrincipalClass
from hub.policy.reciprocity import balance, given_back
from hub.policy.residual import Evaluator
from hub.policy.schema import ALLIANCE, ORIGIN, Action, Level


@dataclass(frozen=True, slots=True)
class Change:
    """Which rows show a field group at a level or a fuller one, by the old set and by the new.

    `limit` is the step of numbers that are rounded, or the smallest cell of those that are counted.
    """

    group: Group
    level: Level
    limit: int | None
    old: Expression
    new: Expression


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes of one origin's records of a type, for audiences who are affected alike."""

    record_type: str
    origin: str
    audiences: tuple[Audience, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """All that changes; for some callers more may, where not `is_whole`.

    That is so where a policy asks for a caller's organisation otherwise than by its whole name.
    """

    found: tuple[Difference, ...]
    is_whole: bool


def differences(current: PolicySet, draft: PolicySet, *, at: datetime, mode: Mode) -> Differences:
    """Find what a draft changes, by record type and origin.

    Raises:
        Undecided: Cedar's answer can't be relied on.
    """
    old, new = _Side(current.period_at(at), mode), _Side(draft.period_at(at), mode)
    callers, bearing = Callers((*old.policies, *new.policies)), _Bearing(old, new)
    found: defaultdict[tuple[str, str, tuple[Change, ...]], list[PrincipalClass]]
    found = defaultdict(list)
    for alike in callers.classes(mode):
        principal = alike[0]
        for record_type, groups in bearing.places(principal):
            decided = (side.decided(principal, record_type, groups) for side in (old, new))
            changes = [*_changes(groups, *decided)]
            for origin, own in _by_origin(record_type, changes):
                found[record_type, origin, own] += alike
    joined = (
        Difference(record_type, origin, tuple(audiences(classes)), changes)
        for (record_type, origin, changes), classes in found.items()
    )
    return Differences(tuple(joined), callers.is_whole)


class _Side:
    """One of the two sets, as in force at the time."""

    def __init__(self, period: Period, mode: Mode) -> None:
        self.policies = period.policies
        self._given_back = given_back(balance(period.agreements, mode))
        self._slices = slices_of(ALLIANCE.actions, period.policies)

    def seen_as(self, principal: PrincipalClass) -> PrincipalClass:
        """Say what a class gives back under this set."""
        given = self._given_back.get(principal.member, frozenset())
        return replace(principal, reciprocates=given)

    def decided(
        self, principal: PrincipalClass, record_type: str, groups: Sequence[Group]
    ) -> Mapping[Group, Sight]:
        """Decide some of a record type's groups, and the public one, by which rows are seen."""
        slices = {
            action: policies
            for action, policies in self._slices.items()
            if action.record_type == record_type and action.group in {Group.PUBLIC, *groups}
        }
        found = sights(Evaluator(ALLIANCE, self.seen_as(principal)), slices)
        return {group: sight for (_, group), sight in found.items()}


class _Bearing:
    """The policies that stand in one of two sets alone, and the classes they matter to."""

    def __init__(self, old: _Side, new: _Side) -> None:
        self._sides = old, new
        differing = set(old.policies) ^ set(new.policies)
        chosen = [each for each in (*old.policies, *new.policies) if each in differing]
        self._slices: list[tuple[Action, PolicySlice]] = []
        for side in (old, new):
            own = [each for each in chosen if each in side.policies]
            for action in ALLIANCE.actions:
                covering = [each for each in own if each.covers(action)]
                if covering:
                    self._slices.append((action, PolicySlice.of(covering)))

    def places(self, principal: PrincipalClass) -> Iterator[tuple[str, Sequence[Group]]]:
        """List the record types that may change for a class, each with the groups that may."""
        old, new = (side.seen_as(principal) for side in self._sides)
        evaluator = Evaluator(ALLIANCE, old)
        found = {
            (action.record_type, action.group)
            for action, policies in self._slices
            if old == new and _bears(evaluator, action, policies)
        }
        for resource in ALLIANCE.resources.values():
            # No row is seen without the public group, and what a class gives back bears on all.
            is_any = old != new or (resource.name, Group.PUBLIC) in found
            groups = [each for each in resource.groups if is_any or (resource.name, each) in found]
            if groups:
                yield resource.name, groups


def _bears(evaluator: Evaluator, action: Action, policies: PolicySlice) -> bool:
    found = evaluator.residuals(action, policies)
    return any(each != FALSE for each in (*found.permits.values(), *found.forbids.values()))


def _changes(
    groups: Sequence[Group], old: Mapping[Group, Sight], new: Mapping[Group, Sight]
) -> Iterator[Change]:
    for group in groups:
        for level, limit in _levels(old.get(group, UNSEEN), new.get(group, UNSEEN)):
            before, after = _shown(old, group, level, limit), _shown(new, group, level, limit)
            if before != after:
                yield Change(group, level, limit, before, after)


def _by_origin(
    record_type: str, changes: Sequence[Change]
) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Tell apart whose records change: each owner's agreements open its own alone."""
    attribute = ALLIANCE.resources[record_type].attributes[ORIGIN]
    for origin in Origin if changes else ():
        row, is_own = {attribute: origin.value}, one_of(attribute, (origin.value,))
        found = []
        for change in changes:
            old, new = (assume(each, row) for each in (change.old, change.new))
            if old != new:
                old, new = (all_of((is_own, each)) for each in (old, new))
                found.append(replace(change, old=old, new=new))
        if found:
            yield origin, tuple(found)


def _levels(*groups: Sight) -> Iterator[tuple[Level, int | None]]:
    yield Level.READ, None
    for step in sorted({each.step for sight in groups for each in sight.roundings}):
        yield Level.ROUND, step
    for cell in sorted({sight.counting.smallest_cell for sight in groups if sight.counting}):
        yield Level.COUNT, cell


def _shown(
    seen: Mapping[Group, Sight], group: Group, level: Level, limit: int | None
) -> Expression:
    """Say which rows show a group at a level or a fuller one; other groups show in seen rows."""
    sight, rows = seen.get(group, UNSEEN), seen.get(Group.PUBLIC, UNSEEN).exact.condition
    opened = [sight.exact.condition]
    if limit is not None and level is Level.ROUND:
        opened += [each.predicate.condition for each in sight.roundings if each.step <= limit]
    shown = all_of((rows, any_of(opened)))
    counting = sight.counting if level is Level.COUNT else None
    if limit is not None and counting and counting.smallest_cell <= limit:
        shown = any_of((shown, counting.predicate.condition))
    return shown
