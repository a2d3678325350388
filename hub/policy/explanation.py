"""Why a class of callers sees a field group or does not: which policies bear on it, in words.

`explain` speaks of a whole group. `bearings` lists each policy with what it asks of a row and of a
caller, for `hub.gateway.access.explaining` to test on a row. No row is known here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from federation.records.declaration import Group
from hub.identity.types import Caller
from hub.policy.agreement import Agreement, Share
from hub.policy.expression import FALSE, Expression, all_of, one_of
from hub.policy.findings import Finding, PolicyFault
from hub.policy.policy_set import Policy, PolicySet, PolicySlice
from hub.policy.predicate import predicate_of
from hub.policy.principals import Mode, PrincipalClass
from hub.policy.reciprocity import balance, given_back, token
from hub.policy.residual import Evaluator
from hub.policy.schema import ALLIANCE, ORIGIN, Action, Level
from hub.policy.wording import worded


@dataclass(frozen=True, slots=True)
class Reason:
    """A policy that bears on a question, and the rows it is about, in words."""

    policy_id: str
    owner: str | None
    legal_basis: str | None
    condition: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a class of callers sees a field group of a record type, or does not.

    `condition` is what holds in the end; nothing opens the group where `opened_by` is empty.
    """

    record_type: str
    group: Group
    opened_by: tuple[Reason, ...]
    forbidden_by: tuple[Reason, ...]
    condition: str


@dataclass(frozen=True, slots=True, eq=False)
class Bearing:
    """A policy that bears on a question: what it asks of a row, and what the caller lacks for it.

    Where something is lacking, `condition` is what it would ask for a caller who had it.
    """

    policy: Policy
    agreement: Agreement | None
    group: Group
    level: Level
    condition: Expression
    lacking: tuple[str, ...] = ()


def explain(
    policy_set: PolicySet,
    caller: Caller,
    record_type: str,
    group: Group,
    *,
    at: datetime | None = None,
    mode: Mode = Mode.ROUTINE,
) -> Explanation:
    """Say which policies open a field group to a caller, now or at a given time.

    Raises:
        PolicyFault: there is no such record type or group.
        Undecided: Cedar's answer can't be relied on.
    """
    action = Action(record_type, group)
    if action not in ALLIANCE.actions:
        known = ", ".join(each.name for each in ALLIANCE.actions)
        raise PolicyFault([Finding(f"`{action.name}`", "is unknown", f"use one of {known}")])
    period = policy_set.period_at(at or datetime.now(UTC))
    chosen = PolicySlice.of(policy for policy in period.policies if policy.covers(action))
    given = given_back(balance(period.agreements, mode)).get(caller.member, frozenset())
    evaluator = Evaluator(ALLIANCE, PrincipalClass.of(caller, mode, given))
    residuals = evaluator.residuals(action, chosen)
    agreements = {each.id: each for each in policy_set.agreements}
    owners = {policy.id: agreements.get(policy.agreement or "") for policy in chosen.policies}
    opened, forbidden = (
        tuple(
            _reason(policy_id, owners[policy_id], worded(condition))
            for policy_id, condition in side.items()
            if condition != FALSE
        )
        for side in (residuals.permits, residuals.forbids)
    )
    outcome = worded(predicate_of(residuals).condition)
    return Explanation(record_type, group, opened, forbidden, outcome)


def bearings(
    policy_set: PolicySet,
    principal: PrincipalClass,
    action: Action,
    *,
    origin: str,
    at: datetime,
    may_tell: Callable[[Agreement], bool],
) -> tuple[Bearing, ...]:
    """List what bears on an origin's rows at the action's level: in force, or yet to start.

    A policy that could hold for another caller, purpose, mode or day is listed with what is
    lacking, if its agreement may be told of.

    Raises:
        Undecided: Cedar's answer can't be relied on.
    """
    # An agreement's policies hold for its owner's rows alone.
    agreements = {
        each.id: each
        for each in policy_set.agreements
        if each.owner == origin and at < each.ends_at
    }
    chosen = [
        policy
        for policy in policy_set.policies
        if policy.covers(action) and (policy.agreement is None or policy.agreement in agreements)
    ]
    found = _Asked(principal, action, at, agreements, may_tell).bearings(chosen)
    return tuple(each for each in found if _can_hold(each.condition, action, origin))


def _can_hold(condition: Expression, action: Action, origin: str) -> bool:
    attribute = ALLIANCE.resources[action.record_type].attributes[ORIGIN]
    return all_of((condition, one_of(attribute, (origin,)))) != FALSE


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks for what, and when, and the agreements there are."""

    principal: PrincipalClass
    action: Action
    at: datetime
    agreements: Mapping[str, Agreement]
    may_tell: Callable[[Agreement], bool]

    def bearings(self, policies: Sequence[Policy]) -> Iterator[Bearing]:
        conditions = self._conditions(self.principal, policies)
        lacking: dict[str, tuple[str, ...]] = {}
        others: defaultdict[PrincipalClass, list[Policy]] = defaultdict(list)
        for policy in policies:
            agreement = self.agreements.get(policy.agreement or "")
            share = _share(agreement, policy)
            if agreement and share and conditions[policy.id] == FALSE and self.may_tell(agreement):
                wants = [*self._wants(agreement, share)]
                lacking[policy.id] = tuple(words for words, _ in wants)
                changes = {name: value for _, change in wants for name, value in change.items()}
                others[replace(self.principal, **changes)].append(policy)
        for other, same in others.items():
            conditions |= self._conditions(other, same)
        for policy in policies:
            agreement = self.agreements.get(policy.agreement or "")
            yield Bearing(
                policy,
                agreement,
                self.action.group,
                self.action.level,
                conditions[policy.id],
                (*self._waits(agreement), *lacking.get(policy.id, ())),
            )

    def _conditions(
        self, principal: PrincipalClass, policies: Sequence[Policy]
    ) -> dict[str, Expression]:
        """Give what each policy asks of a row, by its id, if a given principal were to ask."""
        chosen = PolicySlice.of(policies)
        residuals = Evaluator(ALLIANCE, principal).residuals(self.action, chosen)
        return {**residuals.permits, **residuals.forbids}

    def _waits(self, agreement: Agreement | None) -> Iterator[str]:
        if agreement and self.at < agreement.starts_at:
            yield f"it starts on {agreement.valid_from}"

    def _wants(self, agreement: Agreement, share: Share) -> Iterator[tuple[str, dict[str, Any]]]:
        """List what a share asks of a caller that this one has not, in words and as a change."""
        asks, recipients = self.principal, agreement.recipients
        for name, words, wanted in (
            ("member", "the members", recipients.members),
            ("organisation", "the organisations", recipients.organisations),
            ("purpose", "the purposes", share.purposes or agreement.purposes),
            ("mode", "the modes", share.modes or agreement.modes or ()),
        ):
            if wanted and getattr(asks, name) not in wanted:
                yield f"it is for {_listed(words, wanted)}", {name: wanted[0]}
        if asks.roles.isdisjoint(recipients.roles):
            words = f"it is for {_listed('the roles', recipients.roles)}"
            yield words, {"roles": asks.roles | {recipients.roles[0]}}
        given = token(agreement.owner, self.action.record_type, self.action.group)
        if share.reciprocal and given not in asks.reciprocates:
            what = f"{self.action.record_type}.{self.action.group}"
            words = f"it holds while {asks.member} shares {what} with {agreement.owner} as fully"
            yield words, {"reciprocates": asks.reciprocates | {given}}


def _share(agreement: Agreement | None, policy: Policy) -> Share | None:
    """Find the share that a policy says; policies of an annex say none."""
    number = policy.id.split("/")[1] if agreement else ""
    return agreement.share[int(number) - 1] if agreement and number.isdecimal() else None


def _listed(words: str, wanted: Iterable[str]) -> str:
    *others, last = map(str, wanted)
    return f"{words} {', '.join(others)} or {last}" if others else f"{words[:-1]} {last}"


def _reason(policy_id: str, agreement: Agreement | None, condition: str) -> Reason:
    if agreement is None:
        return Reason(policy_id, None, None, condition)
    return Reason(policy_id, agreement.owner, agreement.legal_basis, condition)
