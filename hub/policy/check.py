"""What is wrong with a policy folder, and why a caller sees a field or does not.

`check` runs everything that can be known without data, each agreement's own examples included;
`explain` says which policies open a field group, in words. Printing is the command line's part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from federation.records.declaration import Group
from hub.identity.types import Caller
from hub.policy.admission import admit
from hub.policy.agreement import Agreement, Example
from hub.policy.expression import FALSE
from hub.policy.findings import Finding, PolicyFault
from hub.policy.folder import SCHEMA_FILE, read_folder
from hub.policy.policy_set import PolicySet, PolicySlice
from hub.policy.predicate import predicate_of
from hub.policy.principals import Mode, PrincipalClass
from hub.policy.residual import Evaluator
from hub.policy.row_decision import row_decisions
from hub.policy.schema import ALLIANCE, ORIGIN, REGENERATE, Action, CedarType, is_stale
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


def check(folder: Path) -> list[Finding]:
    """Find all that is wrong with a policy folder; nothing, where it can be used."""
    read = read_folder(folder)
    findings = [*read.findings]
    schema_file = folder / SCHEMA_FILE
    if is_stale(schema_file):
        mend = f"run `{REGENERATE}`"
        findings.append(Finding(str(schema_file), "is not what the records declare", mend))
    if read.findings:
        return findings
    try:
        policy_set = admit(read.baseline, read.agreements)
    except PolicyFault as fault:
        return [*findings, *fault.findings]
    for agreement in policy_set.agreements:
        findings += _example_findings(policy_set, agreement)
    return findings


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
    residuals = Evaluator(ALLIANCE, PrincipalClass.of(caller, mode)).residuals(action, chosen)
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


def _reason(policy_id: str, agreement: Agreement | None, condition: str) -> Reason:
    if agreement is None:
        return Reason(policy_id, None, None, condition)
    return Reason(policy_id, agreement.owner, agreement.legal_basis, condition)


def _example_findings(policy_set: PolicySet, agreement: Agreement) -> Iterator[Finding]:
    examples = agreement.examples
    for is_allowed, kind, cases in (
        (True, "allowed", examples.allowed),
        (False, "refused", examples.refused),
    ):
        for number, example in enumerate(cases, 1):
            if _is_allowed(policy_set, agreement, example) is not is_allowed:
                yield Finding(
                    f"agreement `{agreement.id}`: examples.{kind} {number}",
                    f"is {'refused' if is_allowed else 'allowed'}",
                    "change the agreement that decides it, or the example",
                )


def _is_allowed(policy_set: PolicySet, agreement: Agreement, example: Example) -> bool:
    """Decide an example by every agreement in force on its day, as the hub would."""
    day = example.day or agreement.valid_from
    action = Action(example.record, example.group)
    principal = PrincipalClass(
        member=example.member,
        organisation="",
        roles=frozenset({example.role}),
        purpose=example.purpose,
        sender_constrained=False,
    )
    attributes = ALLIANCE.resources[example.record].attributes.values()
    row = {each.name: _BLANK[each.cedar_type] for each in attributes}
    row |= {ORIGIN: agreement.owner, **example.row}
    period = policy_set.period_at(datetime.combine(day, time(), UTC))
    return row_decisions(PolicySlice.of(period.policies), ALLIANCE, principal, action, [row])[0]


_BLANK: dict[CedarType, Any] = {
    CedarType.STRING: "",
    CedarType.LONG: 0,
    CedarType.BOOL: False,
    CedarType.DATETIME: {"__extn": {"fn": "datetime", "arg": "1970-01-01"}},
    CedarType.STRINGS: [],
}
