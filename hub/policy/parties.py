"""Who knows of an agreement: its two sides, and the alliance's own bodies.

What it opens is decided elsewhere; a party that no share opens anything to still knows its terms.
"""

from hub.identity.types import ALLIANCE_ROLES, Caller
from hub.policy.agreement import Agreement


def is_party(caller: Caller, agreement: Agreement) -> bool:
    """Tell whether a caller's member owns an agreement or receives by it."""
    recipients = agreement.recipients
    return caller.member == agreement.owner or (
        (not recipients.members or caller.member in recipients.members)
        and (not recipients.organisations or caller.organisation in recipients.organisations)
    )


def knows(caller: Caller, agreement: Agreement) -> bool:
    """Tell whether a caller may read an agreement's terms."""
    return bool(caller.roles & ALLIANCE_ROLES) or is_party(caller, agreement)
