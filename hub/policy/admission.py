"""Admission: the only way to a policy set that may decide anything.

Cedar text can kill its parser, so it is examined in a child process with limits of processor time
and memory. Start reading at `admit`; `examination.py` is what the child does.
"""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from hub.policy.agreement import Agreement, faults
from hub.policy.examination import BASELINE, PLACE_MARK, Document
from hub.policy.findings import Finding, PolicyFault
from hub.policy.permits import permits
from hub.policy.policy_set import Policy, PolicySet

CPU_LIMIT_S = 60
"""Processor time of an examination: however busy the machine is, a good set is admitted."""

PATIENCE_S = 300.0
"""How long an examination is waited for on a busy machine."""

# Isolated: neither the environment nor the current folder has a say in what is imported.
CHILD = (sys.executable, "-I", "-m", "hub.policy.examination")


def admit(
    baseline: str, agreements: Sequence[Agreement], *, cpu_limit_s: int = CPU_LIMIT_S
) -> PolicySet:
    """Make a policy set of a baseline and agreements, or say what is wrong with them.

    Blocks while the child works: a second or more.

    Raises:
        PolicyFault: what is refused, with the agreement, the place and the mend of each fault.
    """
    ordered = sorted(agreements, key=lambda each: each.id)
    found = [*_agreement_faults(ordered)]
    if not found:
        verdict = _examined([*documents(baseline, ordered)], cpu_limit_s)
        found = [Finding(**each) for each in verdict["findings"]]
    if found:
        raise PolicyFault(found)
    return PolicySet(
        agreements=tuple(ordered), policies=tuple(Policy.of(*each) for each in verdict["policies"])
    )


def _agreement_faults(agreements: Sequence[Agreement]) -> Iterator[Finding]:
    for agreement in agreements:
        yield from faults(agreement)
    for name, count in Counter(each.id for each in agreements).items():
        if count > 1 or name == BASELINE:
            yield Finding(f"agreement `{name}`", "has an id that is taken", "choose another id")


def documents(baseline: str, agreements: Sequence[Agreement]) -> Iterator[Document]:
    """Write a baseline and agreements as the Cedar text that is examined."""
    yield Document(BASELINE, baseline)
    for agreement in agreements:
        for policy_id, text in permits(agreement):
            yield Document(f"agreement `{agreement.id}`", text, agreement.id, policy_id)
        if agreement.annex.strip():
            place = f"agreement `{agreement.id}`: annex"
            yield Document(place, agreement.annex, agreement.id, owner=agreement.owner)


def _examined(documents: Sequence[Document], cpu_limit_s: int) -> dict[str, Any]:
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module; text goes by stdin
            [*CHILD, str(cpu_limit_s)],
            input=json.dumps([asdict(document) for document in documents]).encode(),
            capture_output=True,
            timeout=PATIENCE_S,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        fault = f"takes over {PATIENCE_S:g} s to examine"
        raise _fault_at_last_place(expired.stderr, fault) from expired
    if child.returncode == -signal.SIGXCPU:
        fault = f"takes over {cpu_limit_s} s of processor time to examine"
        raise _fault_at_last_place(child.stderr, fault)
    if child.returncode:
        raise _fault_at_last_place(child.stderr, "breaks the examination")
    verdict: dict[str, Any] = json.loads(child.stdout)
    return verdict


def _fault_at_last_place(stderr: bytes | None, fault: str) -> PolicyFault:
    """Name the document that the child began with last; the rest is for operators."""
    text = (stderr or b"").decode(errors="replace")
    places = [line for line in text.splitlines() if line.startswith(PLACE_MARK)]
    place = places[-1].removeprefix(PLACE_MARK) if places else "the policies"
    return PolicyFault([Finding(place, fault, "simplify it, or split it")], detail=text[-2000:])
