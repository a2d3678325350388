"""What is wrong with a policy folder.

`check` runs everything that can be known without data, each agreement's own examples included.
Printing is the command line's part.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from hub.policy.admission import admit
from hub.policy.agreement import Agreement, Example
from hub.policy.findings import Finding, PolicyFault
from hub.policy.folder import SCHEMA_FILE, PolicyFolder, read_agreement, read_folder
from hub.policy.overlaps import overlaps
from hub.policy.policy_set import PolicySet, PolicySlice
from hub.policy.principals import PrincipalClass
from hub.policy.reciprocity import balance, given_back
from hub.policy.row_decision import row_decisions
from hub.policy.schema import ALLIANCE, ORIGIN, REGENERATE, Action, CedarType, is_stale


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a policy folder: `faults` keep it from being used, `remarks` do not."""

    faults: list[Finding]
    remarks: list[Finding] = field(default_factory=list)


def check(folder: Path) -> list[Finding]:
    """Find all that is wrong with a policy folder; nothing, where it can be used."""
    return report(folder).faults


def report(folder: Path, draft: Path | None = None) -> Report:
    """Find all that is wrong with a policy folder, and what in it has no effect.

    A draft, one agreement's file, takes the place of the folder's agreement of its id.
    """
    read = read_folder(folder)
    if draft:
        read = _with(read, draft)
    findings = [*read.findings]
    schema_file = folder / SCHEMA_FILE
    if is_stale(schema_file):
        mend = f"run `{REGENERATE}`"
        findings.append(Finding(str(schema_file), "is not what the records declare", mend))
    if read.findings:
        return Report(findings)
    try:
        policy_set = admit(read.baseline, read.agreements)
    except PolicyFault as fault:
        return Report([*findings, *fault.findings])
    examiner = Examiner(policy_set)
    for agreement in policy_set.agreements:
        findings += examiner.findings(agreement)
    return Report(findings, overlaps(policy_set))


def _with(read: PolicyFolder, draft: Path) -> PolicyFolder:
    try:
        agreement = read_agreement(draft)
    except PolicyFault as fault:
        return replace(read, findings=(*read.findings, *fault.findings))
    others = (each for each in read.agreements if each.id != agreement.id)
    return replace(read, agreements=(*others, agreement))


class Examiner:
    """Asks examples of an admitted set; what several of them need is made once."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._period = cache(policy_set.period_at)
        self._slice = cache(PolicySlice.of)
        self._given_back = cache(
            lambda at, mode: given_back(balance(self._period(at).agreements, mode))
        )

    def findings(self, agreement: Agreement) -> Iterator[Finding]:
        """Ask an agreement's examples, and find those that are answered otherwise.

        Raises:
            Undecided: an evaluation erred, so that an answer can't be relied on.
        """
        examples = agreement.examples
        for is_allowed, kind, cases in (
            (True, "allowed", examples.allowed),
            (False, "refused", examples.refused),
        ):
            for number, example in enumerate(cases, 1):
                if self._is_allowed(agreement, example) is not is_allowed:
                    yield Finding(
                        f"agreement `{agreement.id}`: examples.{kind} {number}",
                        f"is {'refused' if is_allowed else 'allowed'}",
                        "change the agreement that decides it, or the example",
                    )

    def _is_allowed(self, agreement: Agreement, example: Example) -> bool:
        """Decide an example by every agreement in force on its day, as the hub would."""
        at = datetime.combine(example.day or agreement.valid_from, time(), UTC)
        action = Action(example.record, example.group, example.level)
        principal = PrincipalClass(
            member=example.member,
            organisation=example.organisation,
            roles=frozenset({example.role}),
            purpose=example.purpose,
            sender_constrained=False,
            mode=example.mode,
            reciprocates=self._given_back(at, example.mode).get(example.member, frozenset()),
        )
        attributes = ALLIANCE.resources[example.record].attributes.values()
        row = {each.name: _BLANK[each.cedar_type] for each in attributes}
        row |= {ORIGIN: agreement.owner, **example.row}
        chosen = self._slice(
            tuple(each for each in self._period(at).policies if each.covers(action))
        )
        return row_decisions(chosen, ALLIANCE, principal, action, [row])[0]


def failing_examples(after: PolicySet, before: PolicySet, asked: Collection[str]) -> list[Finding]:
    """Find the examples for which a set is refused approval.

    Args:
        after: the set to be approved.
        before: the set in force; what fails in it already is no news of other agreements.
        asked: the ids of the agreements that are to be approved, whose examples must all hold.

    Raises:
        Undecided: as `Examiner.findings`.
    """
    examiner = Examiner(after)
    failing = {each.id: [*examiner.findings(each)] for each in after.agreements}
    examiner = Examiner(before)
    known = [
        finding
        for each in before.agreements
        if failing.get(each.id) and each.id not in asked
        for finding in examiner.findings(each)
    ]
    return [each for findings in failing.values() for each in findings if each not in known]


_BLANK: dict[CedarType, Any] = {
    CedarType.STRING: "",
    CedarType.LONG: 0,
    CedarType.BOOL: False,
    CedarType.DATETIME: {"__extn": {"fn": "datetime", "arg": "1970-01-01"}},
    CedarType.STRINGS: [],
}
