"""Who may read the review queue, and who may decide. Whoever is not named here may do neither."""

from federation.records.declaration import Origin
from hub.errors import Forbidden, InvalidInput
from hub.identity.types import ALLIANCE_ROLES, Caller, Role

MEMBERS = tuple(origin.value for origin in Origin if origin is not Origin.ALLIANCE)


def readable_origins(caller: Caller, origin: str | None = None) -> list[str]:
    """List the members whose texts a caller may review, or the one it asks for.

    Raises:
        InvalidInput: there is no such member.
        Forbidden: the caller is neither its agency nor one of the alliance's own bodies.
    """
    if origin is not None and origin not in MEMBERS:
        raise InvalidInput(f"no member `{origin[:40]}`: use {', '.join(MEMBERS)}")
    if caller.roles & ALLIANCE_ROLES:
        return [origin] if origin else list(MEMBERS)
    if Role.AGENCY not in caller.roles or caller.member not in MEMBERS:
        raise Forbidden("the review queue is the agencies': ask with a client of the role `agency`")
    if origin not in {None, caller.member}:
        raise Forbidden(f"these texts are {origin}'s: ask for `{caller.member}`")
    return [caller.member]


def check_may_decide(caller: Caller, origin: str) -> None:
    """Check that a caller is an agency of the member whose text it decides.

    Raises:
        InvalidInput: there is no such member.
        Forbidden: it is not.
    """
    if origin not in MEMBERS:
        raise InvalidInput(f"no member `{origin[:40]}`: use {', '.join(MEMBERS)}")
    if Role.AGENCY not in caller.roles:
        raise Forbidden("agencies' curators decide: ask with a client of the role `agency`")
    if caller.member != origin:
        raise Forbidden(f"this text is {origin}'s: its own agency decides, ask with its client")
