"""An admitted set of policies, and which of them are in force at a given time.

Only `admission.admit` makes a set that may decide anything; the constructor checks nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

import cedarpy

from federation.records.declaration import Json
from hub.policy.agreement import Agreement
from hub.policy.schema import READ, Action, Level

FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)

ROUNDED_TO = "rounded_to"
"""Annotation of a permit to see numbers rounded: the step, a whole number."""

_MOST_DIGITS = 13

SMALLEST_CELL = "smallest_cell"
"""Annotation of a permit to see aggregates: the fewest holders that one may be about."""


class Effect(StrEnum):
    """What a policy does where it applies; one that forbids wins over all that permit."""

    PERMIT = "permit"
    FORBID = "forbid"


@dataclass(frozen=True, slots=True)
class Policy:
    """One Cedar policy under our own id, such as `us-open-supply/2`.

    `agreement` is None for the baseline. `est` is Cedar's JSON form as text. `actions` are the
    names in the policy's scope, None where it names a group or none. A permit opens the level
    `round` only with `rounded_to`, and `count` only with `smallest_cell`. What is `evaluated` has
    no annotations: Cedar would copy them into every residual.
    """

    id: str
    agreement: str | None
    est: str
    effect: Effect
    actions: frozenset[str] | None
    rounded_to: int | None = None
    smallest_cell: int | None = None
    evaluated: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, policy_id: str, agreement: str | None, est: Mapping[str, Json]) -> "Policy":
        """Make a policy of Cedar's JSON form."""
        noted = est.get("annotations", {})
        return cls(
            policy_id,
            agreement,
            json.dumps(est),
            Effect(est["effect"]),
            _actions(est["action"]),
            rounded_to=_number(noted.get(ROUNDED_TO)),
            smallest_cell=_number(noted.get(SMALLEST_CELL)),
            evaluated=json.dumps({**est, "annotations": {}}),
        )

    def covers(self, action: Action) -> bool:
        """Tell whether the policy can matter to the action."""
        if self.actions is not None and action.name not in self.actions:
            return False
        return self.effect is Effect.FORBID or _LIMIT_OF[action.level](self)


_LIMIT_OF: Mapping[Level, Callable[[Policy], bool]] = {
    Level.READ: lambda _: True,
    Level.ROUND: lambda policy: policy.rounded_to is not None,
    Level.COUNT: lambda policy: policy.smallest_cell is not None,
}


@dataclass(frozen=True, slots=True)
class PolicySlice:
    """Policies that are evaluated together, in their order, with the parsed handle."""

    policies: tuple[Policy, ...]
    handle: cedarpy.PolicySet

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> "PolicySlice":
        """Parse policies under their own ids: ids in Cedar text are positions."""
        chosen = tuple(policies)
        static = ",".join(f"{json.dumps(policy.id)}:{policy.evaluated}" for policy in chosen)
        text = f'{{"staticPolicies":{{{static}}},"templates":{{}},"templateLinks":[]}}'
        return cls(chosen, cedarpy.PolicySet.from_json_str(text))


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, until before `ends_at`, in which the same policies are in force."""

    starts_at: datetime
    ends_at: datetime
    agreements: tuple[Agreement, ...]
    policies: tuple[Policy, ...]
    digest: str


@dataclass(frozen=True)
class PolicySet:
    """Admitted policies: the baseline's, then the agreements' in the order of their ids.

    `digest` is the SHA-256 of all of them with their agreements.
    """

    agreements: tuple[Agreement, ...]
    policies: tuple[Policy, ...]

    @cached_property
    def digest(self) -> str:
        """Fingerprint of the admitted material."""
        return _sha256(
            [
                *(f"{policy.id} {policy.est}" for policy in self.policies),
                *(agreement.model_dump_json() for agreement in self.agreements),
            ]
        )

    def period_at(self, at: datetime) -> Period:
        """Find what is in force at a time, and how long that stays so."""
        bounds = {bound for each in self.agreements for bound in (each.starts_at, each.ends_at)}
        ended = {each.id for each in self.agreements if not each.starts_at <= at < each.ends_at}
        policies = tuple(each for each in self.policies if each.agreement not in ended)
        return Period(
            starts_at=max((bound for bound in bounds if bound <= at), default=FIRST_INSTANT),
            ends_at=min((bound for bound in bounds if bound > at), default=LAST_INSTANT),
            agreements=tuple(each for each in self.agreements if each.id not in ended),
            policies=policies,
            digest=_sha256([self.digest, *(policy.id for policy in policies)]),
        )


def _actions(scope: Mapping[str, Json]) -> frozenset[str] | None:
    match scope:
        case {"op": "==" | "in", "entity": entity}:
            names = frozenset({entity["id"]})
        case {"op": "in", "entities": entities}:
            names = frozenset(entity["id"] for entity in entities)
        case _:
            return None
    return None if READ in names else names


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _sha256(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
