"""Decisions for callers, made once per class of callers and kept while they hold.

`PolicyEngine.decide` gives a caller's `Decisions`; their predicates go into SQL. What is unknown
is denied: an unknown record type or group, an agreement not in force, a set without policies.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from federation.records.declaration import Group
from hub.identity.types import Caller
from hub.policy.admission import admit
from hub.policy.findings import PolicyFault
from hub.policy.folder import read_folder
from hub.policy.policy_set import Period, PolicySet, PolicySlice
from hub.policy.predicate import UNSEEN, Counting, Predicate, Rounding, Sight, sights, slices_of
from hub.policy.principals import Mode, PrincipalClass
from hub.policy.reciprocity import balance, given_back
from hub.policy.residual import Evaluator
from hub.policy.schema import ALLIANCE, Action, PolicySchema

__all__ = ["Counting", "Decisions", "PolicyEngine", "Predicate", "Rounding", "load_policies"]

MAX_CLASSES = 1024
"""Kept at once; the class least recently asked for makes room."""


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What one class of callers may see until `ends_at`.

    `digest` is that of the policies in force: it changes with the set, and when an agreement
    starts or ends. With `class_key` it identifies everything that depends on these decisions.
    """

    digest: str
    class_key: PrincipalClass
    ends_at: datetime
    sights: Mapping[tuple[str, Group], Sight]

    def predicate(self, record_type: str, group: Group) -> Predicate:
        """Find the condition on a row under which a field group is seen; `NEVER` if not known."""
        return self._sight(record_type, group).exact

    def roundings(self, record_type: str, group: Group) -> tuple[Rounding, ...]:
        """Find the conditions under which a group's numbers are seen rounded, the finest first."""
        return self._sight(record_type, group).roundings

    def counting(self, record_type: str, group: Group) -> Counting | None:
        """Find the condition under which a group counts in aggregates alone, if there is one."""
        return self._sight(record_type, group).counting

    def _sight(self, record_type: str, group: Group) -> Sight:
        return self.sights.get((record_type, group), UNSEEN)


class PolicyEngine:
    """Decides by one admitted set at a time. Not to be shared between threads."""

    def __init__(
        self,
        policy_set: PolicySet,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        mode: Mode = Mode.ROUTINE,
        schema: PolicySchema = ALLIANCE,
    ) -> None:
        """Decide by a set from now on.

        Args:
            policy_set: an admitted set.
            clock: gives the time, aware.
            mode: the alliance's state, which policies see.
            schema: what policies may name.
        """
        self._clock = clock
        self._schema = schema
        self._deciding = asyncio.Lock()
        self.replace(policy_set, mode)

    def replace(self, policy_set: PolicySet, mode: Mode = Mode.ROUTINE) -> None:
        """Decide by another set, or in another mode, from now on.

        Nothing decided before is used again.
        """
        self._policy_set, self._mode = policy_set, mode
        self._begin(self._clock())

    @property
    def policy_set(self) -> PolicySet:
        """The set it decides by."""
        return self._policy_set

    @property
    def standing(self) -> object:
        """What all decisions stand on: while it is the same object, a caller's are the same."""
        return self._in_force()

    def now(self) -> datetime:
        """Read its clock."""
        return self._clock()

    def _begin(self, now: datetime) -> None:
        self._current = _Decided(self._schema, self._policy_set.period_at(now), self._mode)

    def decide(self, caller: Caller) -> Decisions:
        """Decide for a caller.

        Raises:
            Undecided: Cedar's answer can't be relied on.
        """
        return self._in_force().decide(caller)

    async def ready(self, caller: Caller) -> None:
        """Have a caller decided for, in a thread if that takes long, so that `decide` doesn't.

        Raises:
            Undecided: Cedar's answer can't be relied on.
        """
        current = self._in_force()
        principal = current.class_of(caller)
        if not current.has(principal):
            # One class at a time: all of them want the same processor.
            async with self._deciding:
                if not current.has(principal):
                    current.keep(await asyncio.to_thread(current.work_out, principal))

    def _in_force(self) -> "_Decided":
        now = self._clock()
        if not self._current.period.starts_at <= now < self._current.period.ends_at:
            self._begin(now)
        return self._current


class _Decided:
    """A period in which the same policies are in force, and what was decided in it."""

    def __init__(self, schema: PolicySchema, period: Period, mode: Mode) -> None:
        self.period = period
        self._schema = schema
        self._mode = mode
        self._given_back = given_back(balance(period.agreements, mode))
        self._kept: dict[PrincipalClass, Decisions] = {}

    @cached_property
    def _slices(self) -> dict[Action, PolicySlice]:
        return slices_of(self._schema.actions, self.period.policies)

    def class_of(self, caller: Caller) -> PrincipalClass:
        reciprocates = self._given_back.get(caller.member, frozenset())
        return PrincipalClass.of(caller, self._mode, reciprocates)

    def has(self, principal: PrincipalClass) -> bool:
        return principal in self._kept

    def decide(self, caller: Caller) -> Decisions:
        principal = self.class_of(caller)
        found = self._kept.pop(principal, None) or self.work_out(principal)
        self.keep(found)
        return found

    def keep(self, decisions: Decisions) -> None:
        if len(self._kept) >= MAX_CLASSES:
            del self._kept[next(iter(self._kept))]
        self._kept[decisions.class_key] = decisions

    def work_out(self, principal: PrincipalClass) -> Decisions:
        """Decide afresh. Takes up to a second with a thousand agreements; a thread may do it."""
        decided = sights(Evaluator(self._schema, principal), self._slices)
        return Decisions(
            self.period.digest, principal, self.period.ends_at, MappingProxyType(decided)
        )


def load_policies(folder: Path) -> PolicySet:
    """Read and admit a policy folder.

    Raises:
        PolicyFault: the folder is missing or broken, or a policy is refused.
    """
    found = read_folder(folder)
    if found.findings:
        raise PolicyFault(found.findings)
    return admit(found.baseline, found.agreements)
