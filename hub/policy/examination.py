"""What Cedar text goes through before it may decide anything.

Characters counted, parsed, walked against the profile, validated against the schema, compiled for
every action and a sample of callers; each step sees only what the one before let through. Run as a
program, it takes documents from standard input and writes its verdict; see `admission.py`.
"""

import gc
import json
import re
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cedarpy import policies_to_json_str, policies_to_pst, pst, validate_policies

from hub.policy import profile
from hub.policy.conditions import Undecided
from hub.policy.findings import Finding, PolicyFault
from hub.policy.policy_set import Effect, Policy
from hub.policy.predicate import predicate_of, slices_of
from hub.policy.principals import sample_classes
from hub.policy.residual import Evaluator
from hub.policy.schema import ALLIANCE, ORIGIN, Level, PolicySchema

BASELINE = "baseline"
ANNEX = "annex"
LEAST_LIMIT = 2
PLACE_MARK = "examining "
MEMORY_LIMIT_BYTES = 2 * 1024**3

_BASELINE_ID = re.compile(rf"{BASELINE}/[a-z][a-z0-9-]*")
_ANNEX_ID = re.compile(rf"[a-z0-9-]+/{ANNEX}/[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Document:
    """A piece of Cedar text, with the place that findings name.

    The baseline's policies name themselves by `@id`; an agreement's document is the one policy of
    `policy_id`, or without it an annex, whose policies name themselves and hold for the records of
    `owner` alone.
    """

    place: str
    text: str
    agreement: str | None = None
    policy_id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A policy in the two forms that cedarpy gives, under our own id."""

    policy_id: str
    agreement: str | None
    template: pst.Template
    est: dict[str, Any]


def examine(
    documents: Sequence[Document],
    schema: PolicySchema = ALLIANCE,
    announce: Callable[[str], None] = lambda place: None,  # noqa: ARG005 - nobody listens
) -> list[Policy]:
    """Examine documents, announcing each place before its text meets a parser.

    Raises:
        PolicyFault: all that the first failing step found.
    """
    _refuse(
        each
        for document in documents
        for each in profile.crude_faults(document.place, document.text)
    )
    parsed: list[_Parsed] = []
    for document in documents:
        announce(document.place)
        parsed += _parsed(document)
    _refuse(_id_faults(parsed))
    _refuse(each for policy in parsed for each in profile.faults(_place(policy), policy.template))
    announce("the policies together")
    _refuse(_schema_faults(documents, parsed, schema))
    policies = [Policy.of(each.policy_id, each.agreement, each.est) for each in parsed]
    _refuse(_limit_faults(policies))
    _refuse(_compile_faults(policies, schema))
    return policies


def _refuse(findings: Iterable[Finding]) -> None:
    found = [*findings]
    if found:
        raise PolicyFault(found)


def _place(policy: _Parsed) -> str:
    return f"policy `{policy.policy_id}`"


def _parsed(document: Document) -> Iterator[_Parsed]:
    try:
        nodes = policies_to_pst(document.text)
        ests = json.loads(policies_to_json_str(document.text))["staticPolicies"]
    except ValueError as error:
        raise PolicyFault([Finding(document.place, str(error), "correct the text")]) from error
    if nodes.templates:
        raise PolicyFault([Finding(document.place, "has a template", "write out its slots")])
    # Cedar numbers policies as they stand in the text.
    for name in sorted(ests, key=lambda each: int(each.removeprefix("policy"))):
        own_id = ests[name].get("annotations", {}).get("id")
        if document.owner:
            own_id = f"{document.agreement}/{ANNEX}/{own_id or ''}"
            ests[name] = _confined(ests[name], document.owner)
        yield _Parsed(
            document.policy_id or own_id or name,
            document.agreement,
            nodes.static_policies[name],
            ests[name],
        )


def _confined(est: dict[str, Any], owner: str) -> dict[str, Any]:
    """Let a policy, whether it permits or forbids, hold for one owner's records alone."""
    origin = {".": {"left": {"Var": "resource"}, "attr": ORIGIN}}
    confine = {"kind": "when", "body": {"==": {"left": origin, "right": {"Value": owner}}}}
    return est | {"conditions": [confine, *est["conditions"]]}


def _id_faults(parsed: Sequence[_Parsed]) -> Iterator[Finding]:
    for policy_id, count in Counter(policy.policy_id for policy in parsed).items():
        if count > 1:
            yield Finding(
                f"policy `{policy_id}`", "has an id that is taken", "choose another `@id`"
            )
    for policy in parsed:
        if policy.agreement is None and not _BASELINE_ID.fullmatch(policy.policy_id):
            mend = f'annotate it as @id("{BASELINE}/its-name")'
            yield Finding(f"{BASELINE}: {_place(policy)}", "has no id of the baseline", mend)
        if f"/{ANNEX}/" in policy.policy_id and not _ANNEX_ID.fullmatch(policy.policy_id):
            mend = 'annotate it as @id("its-name"), in lower case'
            yield Finding(_place(policy), "has no id of its own", mend)


def _limit_faults(policies: Iterable[Policy]) -> Iterator[Finding]:
    """Find permits whose limit and whose actions' level do not belong together."""
    for policy in policies:
        levels = {name.partition(":")[0] for name in policy.actions or (Level.READ,)}
        limited = {Level.ROUND: policy.rounded_to, Level.COUNT: policy.smallest_cell}
        stated = {level for level, limit in limited.items() if limit is not None}
        needed = levels & limited.keys()
        if policy.effect is Effect.PERMIT and (stated != needed or (needed and len(levels) > 1)):
            yield Finding(
                f"policy `{policy.id}`",
                "has a limit and actions that do not belong together",
                "give `round:` actions alone @rounded_to, `count:` actions alone @smallest_cell, "
                "whole numbers both, and `read:` actions neither",
            )
        elif any(limit is not None and limit < LEAST_LIMIT for limit in limited.values()):
            fault = f"has a limit below {LEAST_LIMIT}"
            yield Finding(f"policy `{policy.id}`", fault, f"state {LEAST_LIMIT} or more")


def _schema_faults(
    documents: Sequence[Document], parsed: Sequence[_Parsed], schema: PolicySchema
) -> Iterator[Finding]:
    result = validate_policies("\n".join(each.text for each in documents), schema.handle)
    mend = "use the types, attributes and actions of alliance.cedarschema"
    for error in result.errors:
        number = error.policy_id.removeprefix("policy")
        place = _place(parsed[int(number)]) if number.isdecimal() else "the policies together"
        yield Finding(place, error.error, mend)
    if not (result.validation_passed or result.errors):
        yield Finding("the policies together", "do not fit the schema", mend)


def _compile_faults(policies: Sequence[Policy], schema: PolicySchema) -> Iterator[Finding]:
    slices = slices_of(schema.actions, policies)
    for principal in sample_classes():
        evaluator = Evaluator(schema, principal)
        for action, chosen in slices.items():
            try:
                predicate_of(evaluator.residuals(action, chosen)).sql("row")
            except Undecided as fault:
                yield Finding(f"action `{action.name}`", str(fault.detail), "simplify the policy")


def main() -> None:
    """Examine the documents on standard input, announcing places on standard error.

    The one argument is the limit of processor time in seconds.
    """
    cpu_limit_s = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    # The first limit ends it by SIGXCPU, which tells it from a crash; at the second it is killed.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_limit_s, cpu_limit_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The process ends with its verdict: what it leaves behind is not worth looking for.
    gc.disable()
    documents = [Document(**each) for each in json.load(sys.stdin)]
    verdict: dict[str, list[Any]] = {"policies": [], "findings": []}
    try:
        policies = examine(documents, announce=_announce)
        verdict["policies"] = [(each.id, each.agreement, json.loads(each.est)) for each in policies]
    except PolicyFault as fault:
        verdict["findings"] = [asdict(finding) for finding in fault.findings]
    sys.stdout.write(json.dumps(verdict))


def _announce(place: str) -> None:
    sys.stderr.write(f"{PLACE_MARK}{place}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
