"""Agreements as Cedar text: their shares as permits, and their annex.

A share is one permit under the id `<agreement>/<number of share>`, or, where it is reciprocal, one
for each record type and group. Whatever an agreement says, it holds for the owner's records alone.
"""

from collections.abc import Iterable, Iterator

from hub.identity.types import Purpose
from hub.policy.agreement import Agreement, Share
from hub.policy.policy_set import ROUNDED_TO, SMALLEST_CELL
from hub.policy.principals import Mode
from hub.policy.reciprocity import token
from hub.policy.schema import AGE_DAYS, ALLIANCE, ORIGIN, Action, CedarType


def permits(agreement: Agreement) -> Iterator[tuple[str, str]]:
    """Write an agreement's permits, as pairs of policy id and Cedar text."""
    for number, share in enumerate(agreement.share, 1):
        policy_id = f"{agreement.id}/{number}"
        actions = [
            Action(record, group, share.level) for record in share.records for group in share.groups
        ]
        conditions = [*_conditions(agreement, share)]
        if not share.reciprocal:
            yield policy_id, _permit(agreement, share, policy_id, actions, conditions)
            continue
        for action in actions:
            own_id = f"{policy_id}/{action.record_type}.{action.group}"
            given = cedar_text(token(agreement.owner, action.record_type, action.group))
            mutual = [f"principal.reciprocates.contains({given})", *conditions]
            yield own_id, _permit(agreement, share, own_id, [action], mutual)


def cedar_text(text: str) -> str:
    """Quote a text as a Cedar literal."""
    escaped = (
        f"\\u{{{ord(character):x}}}"
        if character in '"\\' or not character.isprintable()
        else character
        for character in text
    )
    return f'"{"".join(escaped)}"'


def _permit(
    agreement: Agreement,
    share: Share,
    policy_id: str,
    actions: Iterable[Action],
    conditions: Iterable[str],
) -> str:
    annotations = {"id": policy_id, "owner": agreement.owner, "legal_basis": agreement.legal_basis}
    if share.rounded_to:
        annotations[ROUNDED_TO] = str(share.rounded_to)
    if share.aggregates_only:
        annotations[SMALLEST_CELL] = str(share.aggregates_only.smallest_cell)
    heads = "".join(f"@{name}({cedar_text(value)})\n" for name, value in annotations.items())
    scope = ", ".join(action.uid for action in actions)
    body = " &&\n  ".join(conditions)
    return (
        f"{heads}permit (\n  principal,\n  action in [{scope}],\n  resource\n)\n"
        f"when {{\n  {body}\n}};\n"
    )


def _conditions(agreement: Agreement, share: Share) -> Iterator[str]:
    """Write what is asked of the caller, then of the row.

    In this order Cedar folds the permits of other callers away at their first condition.
    """
    recipients = agreement.recipients
    if recipients.members:
        yield f"{_set(recipients.members)}.contains(principal.member)"
    if recipients.organisations:
        yield f"{_set(recipients.organisations)}.contains(principal.organisation)"
    yield f"principal.roles.containsAny({_set(recipients.roles)})"
    purposes = share.purposes or agreement.purposes
    if set(purposes) != set(Purpose):
        yield f"{_set(purposes)}.contains(context.purpose)"
    modes = share.modes or agreement.modes
    if modes and set(modes) != set(Mode):
        yield f"{_set(modes)}.contains(context.mode)"
    # INVARIANT: an agreement opens its owner's records and no others.
    yield f"resource.{ORIGIN} == {cedar_text(agreement.owner)}"
    embargo_days = agreement.embargo_days if share.embargo_days is None else share.embargo_days
    if embargo_days:
        yield f"resource.{AGE_DAYS.name} >= {embargo_days}"
    for name, values in share.where.items():
        # Several record types may share a name; a share names what all of them have.
        attribute = ALLIANCE.resources[share.records[0]].attributes[name]
        if attribute.cedar_type is CedarType.STRINGS:
            yield f"resource.{name}.containsAny({_set(values)})"
        else:
            yield f"{_set(values)}.contains(resource.{name})"


def _set(words: Iterable[str]) -> str:
    return f"[{', '.join(map(cedar_text, words))}]"
