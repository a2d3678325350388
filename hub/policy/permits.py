"""Agreements as Cedar text: one permit per share, under the id `<agreement>/<number of share>`.

Whatever an agreement says, its permits hold for the owner's records alone.
"""

from collections.abc import Iterable, Iterator

from hub.identity.types import Purpose
from hub.policy.agreement import Agreement, Share
from hub.policy.schema import AGE_DAYS, ORIGIN, Action


def permits(agreement: Agreement) -> Iterator[tuple[str, str]]:
    """Write an agreement's permits, as pairs of policy id and Cedar text."""
    for number, share in enumerate(agreement.share, 1):
        policy_id = f"{agreement.id}/{number}"
        actions = [Action(record, group).uid for record in share.records for group in share.groups]
        conditions = " &&\n  ".join(_conditions(agreement, share))
        text = (
            f"@id({cedar_text(policy_id)})\n"
            f"@owner({cedar_text(agreement.owner)})\n"
            f"@legal_basis({cedar_text(agreement.legal_basis)})\n"
            f"permit (\n  principal,\n  action in [{', '.join(actions)}],\n  resource\n)\n"
            f"when {{\n  {conditions}\n}};\n"
        )
        yield policy_id, text


def cedar_text(text: str) -> str:
    """Quote a text as a Cedar literal."""
    escaped = (
        f"\\u{{{ord(character):x}}}"
        if character in '"\\' or not character.isprintable()
        else character
        for character in text
    )
    return f'"{"".join(escaped)}"'


def _conditions(agreement: Agreement, share: Share) -> Iterator[str]:
    # INVARIANT: an agreement opens its owner's records and no others.
    yield f"resource.{ORIGIN} == {cedar_text(agreement.owner)}"
    recipients = agreement.recipients
    if recipients.members:
        yield f"{_set(recipients.members)}.contains(principal.member)"
    yield f"principal.roles.containsAny({_set(recipients.roles)})"
    purposes = share.purposes or agreement.purposes
    if set(purposes) != set(Purpose):
        yield f"{_set(purposes)}.contains(context.purpose)"
    embargo_days = agreement.embargo_days if share.embargo_days is None else share.embargo_days
    if embargo_days:
        yield f"resource.{AGE_DAYS.name} >= {embargo_days}"
    for attribute, values in share.where.items():
        yield f"{_set(values)}.contains(resource.{attribute})"


def _set(words: Iterable[str]) -> str:
    return f"[{', '.join(map(cedar_text, words))}]"
