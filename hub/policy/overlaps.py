"""Shares that another share of the same owner makes idle, and annexes that take shares back.

Neither is a fault: policies add up, and whatever forbids wins. But whoever wrote them may think
otherwise, so they are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations

from federation.records.declaration import Group
from hub.identity.types import Purpose
from hub.policy.agreement import Agreement, Share
from hub.policy.findings import Finding
from hub.policy.policy_set import Effect, PolicySet
from hub.policy.principals import MEMBERS, Mode
from hub.policy.reciprocity import FULLNESS
from hub.policy.schema import Level

_SEEN = {Level.READ: "exactly", Level.ROUND: "rounded", Level.COUNT: "in aggregates"}


@dataclass(frozen=True, slots=True)
class _Terms:
    """A share with everything that its agreement adds to it. No organisations means any."""

    place: tuple[str, int]
    level: Level
    step: int
    records: frozenset[str]
    groups: frozenset[Group]
    members: frozenset[str]
    organisations: frozenset[str]
    roles: frozenset[str]
    purposes: frozenset[Purpose]
    modes: frozenset[Mode]
    where: Mapping[str, frozenset[str]]
    embargo_days: int
    starts_at: datetime
    ends_at: datetime
    is_reciprocal: bool

    @classmethod
    def of(cls, agreement: Agreement, number: int, share: Share) -> "_Terms":
        own_embargo = share.embargo_days
        return cls(
            place=(agreement.id, number),
            level=share.level,
            step=share.rounded_to or 0,
            records=frozenset(share.records),
            groups=frozenset(share.groups),
            members=frozenset(agreement.recipients.members or MEMBERS),
            organisations=frozenset(agreement.recipients.organisations),
            roles=frozenset(agreement.recipients.roles),
            purposes=frozenset(share.purposes or agreement.purposes),
            modes=frozenset(share.modes or agreement.modes or Mode),
            where={name: frozenset(values) for name, values in share.where.items()},
            embargo_days=agreement.embargo_days if own_embargo is None else own_embargo,
            starts_at=agreement.starts_at,
            ends_at=agreement.ends_at,
            is_reciprocal=share.reciprocal,
        )

    def is_within(self, wide: "_Terms") -> bool:
        """Tell whether another share opens all that this one does, as fully and for as long."""
        return (
            self._is_seen_by(wide)
            and self.records <= wide.records
            and self.groups <= wide.groups
            and all(self.where.get(name, _NONE) <= wide.where[name] for name in wide.where)
            and wide.where.keys() <= self.where.keys()
            and wide.embargo_days <= self.embargo_days
            and wide.starts_at <= self.starts_at
            and self.ends_at <= wide.ends_at
            and not wide.is_reciprocal
        )

    def _is_seen_by(self, wide: "_Terms") -> bool:
        return (
            FULLNESS[wide.level] >= FULLNESS[self.level]
            and (self.level is not Level.ROUND or wide.step <= self.step)
            and self.members <= wide.members
            and self.roles <= wide.roles
            and self.purposes <= wide.purposes
            and self.modes <= wide.modes
            and (not wide.organisations or _NONE < self.organisations <= wide.organisations)
        )


_NONE: frozenset[str] = frozenset()


def overlaps(policy_set: PolicySet) -> list[Finding]:
    """Find what has no effect beside an owner's other shares, and what takes them back."""
    by_owner: defaultdict[str, list[_Terms]] = defaultdict(list)
    for agreement in policy_set.agreements:
        by_owner[agreement.owner] += [
            _Terms.of(agreement, number, share) for number, share in enumerate(agreement.share, 1)
        ]
    idle = {
        narrow.place: wide
        for terms in by_owner.values()
        for narrow, wide in permutations(terms, 2)
        # Of two that say the same, the later one is idle.
        if narrow.is_within(wide) and (wide.place < narrow.place or not wide.is_within(narrow))
    }
    return [*_idle(idle), *_forbids(policy_set)]


def _idle(found: Mapping[tuple[str, int], _Terms]) -> Iterable[Finding]:
    for (agreement, number), wide in sorted(found.items()):
        yield Finding(
            f"agreement `{agreement}`: share {number}",
            f"adds nothing: `{wide.place[0]}` opens as much {_SEEN[wide.level]} to them all",
            f"leave it out, or narrow `{wide.place[0]}`",
        )


def _forbids(policy_set: PolicySet) -> Iterator[Finding]:
    for policy in policy_set.policies:
        if policy.effect is Effect.FORBID and policy.agreement:
            yield Finding(
                f"policy `{policy.id}`",
                "forbids: where it holds, it takes back what any other agreement opens",
                "make sure that the owner means that",
            )
