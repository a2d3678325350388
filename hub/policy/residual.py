"""Partial evaluation: what Cedar leaves open of each policy when only the row is unknown.

Everything here fails closed. cedarpy reports most failures as a normal-looking answer, and a
forbid that errs as one that does not apply. Whatever is not known to be right raises `Undecided`,
which denies the request. `conditions.py` reads the residuals themselves.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from cedarpy import Decision, Entities, PartialAuthzResult, is_authorized_partial

from hub.policy.conditions import ConditionReader, Undecided
from hub.policy.expression import FALSE, TRUE, Expression
from hub.policy.policy_set import Effect, Policy, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.schema import Action, PolicySchema, ResourceType

MAX_CONDITIONS = 20_000
"""Kept as they were read: what a policy asks of a row differs little from caller to caller."""


@dataclass(frozen=True, slots=True)
class Residuals:
    """What each policy asks of a row, by policy id, in the policies' order."""

    permits: Mapping[str, Expression]
    forbids: Mapping[str, Expression]


class Evaluator:
    """Evaluates policies for one class of callers."""

    def __init__(self, schema: PolicySchema, principal: PrincipalClass) -> None:
        self._schema = schema
        self._principal = principal
        self._entities = entities_of(schema, principal)

    def residuals(self, action: Action, policies: PolicySlice) -> Residuals:
        """Evaluate the policies for an action on a row of which nothing is known.

        Raises:
            Undecided: the answer can't be relied on.
        """
        # A uid that is not among the entities makes a typed unknown; no policy may name it.
        sentinel = f'{action.record_type}::"?"'
        answer = is_authorized_partial(
            {
                "principal": self._principal.uid,
                "action": action.uid,
                "resource": sentinel,
                "context": self._principal.context,
            },
            policies.handle,
            self._entities,
            self._schema.handle,
        )
        _require_sound(answer, policies, sentinel)
        resource = self._schema.resources[action.record_type]
        found = Residuals(
            *(
                {
                    policy.id: _read(resource, sentinel, policy, answer.residuals[policy.id])
                    for policy in policies.policies
                    if policy.effect is effect
                }
                for effect in (Effect.PERMIT, Effect.FORBID)
            )
        )
        _require_agreement(found, answer.decision)
        return found


def entities_of(schema: PolicySchema, principal: PrincipalClass) -> Entities:
    """Build the entities of a request.

    With the schema: without it they lack the actions, and a forbid on an action group is skipped.
    """
    return Entities.from_json_str(json.dumps([principal.entity]), schema.handle)


def _require_sound(answer: PartialAuthzResult, policies: PolicySlice, sentinel: str) -> None:
    if answer.diagnostics.errors:
        raise Undecided("; ".join(answer.diagnostics.errors))
    foreign = set(answer.diagnostics.unknown_entities) - {sentinel}
    if foreign:
        raise Undecided(f"unknown entities: {', '.join(sorted(foreign))}")
    # A request that was not understood has no residuals: never "nothing forbids".
    if answer.residuals.keys() != {policy.id for policy in policies.policies}:
        raise Undecided("the residuals are not those of the policies")


def _read(
    resource: ResourceType, sentinel: str, policy: Policy, residual: Mapping[str, Any]
) -> Expression:
    match residual:
        case {
            "effect": effect,
            "principal": {"op": "All"},
            "action": {"op": "All"},
            "resource": {"op": "All"},
            "conditions": [{"kind": "when", "body": body}],
        } if effect == policy.effect:
            try:
                return _condition(resource, sentinel, orjson.dumps(body))
            except Undecided as fault:
                raise Undecided(f"policy `{policy.id}`: {fault.detail}") from fault
    raise Undecided(f"policy `{policy.id}` has a residual of another form than it should")


@lru_cache(MAX_CONDITIONS)
def _condition(resource: ResourceType, sentinel: str, body: bytes) -> Expression:
    return ConditionReader(resource, sentinel).boolean(orjson.loads(body))


def _require_agreement(found: Residuals, decision: Decision) -> None:
    """Compare our folding with Cedar's own decision, where it came to one."""
    is_allowed = TRUE in found.permits.values() and set(found.forbids.values()) <= {FALSE}
    is_denied = TRUE in found.forbids.values() or set(found.permits.values()) <= {FALSE}
    expected = {Decision.Allow: is_allowed, Decision.Deny: is_denied}
    if not expected.get(decision, True):
        raise Undecided(f"Cedar says `{decision.value}`, its residuals do not")
