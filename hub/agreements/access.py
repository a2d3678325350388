"""Who may do what to an agreement, and who may read it. Whoever is not named here may not.

No one decides on what they drafted, and no one approves what they ratified.
"""

from collections.abc import Mapping
from enum import StrEnum

from hub.agreements.types import Step, Version
from hub.errors import Forbidden
from hub.identity.trust.actors import Actor
from hub.identity.types import ALLIANCE_ROLES, Caller, Role
from hub.policy.parties import is_party


class Side(StrEnum):
    """For whom someone acts on an agreement, in words."""

    AGENCY = "the owner's agency"
    OWNER = "the owner's regulator or agency"
    SECRETARIAT = "the secretariat"


SIDES: Mapping[Step, tuple[Side, ...]] = {
    Step.DRAFTED: (Side.AGENCY, Side.SECRETARIAT),
    Step.PROPOSED: (Side.AGENCY, Side.SECRETARIAT),
    Step.RATIFIED: (Side.OWNER,),
    Step.APPROVED: (Side.SECRETARIAT,),
    Step.REJECTED: (Side.OWNER, Side.SECRETARIAT),
    Step.WITHDRAWN: (Side.AGENCY, Side.SECRETARIAT),
    Step.SUSPENDED: (Side.OWNER, Side.SECRETARIAT),
    Step.RESUMED: (Side.OWNER, Side.SECRETARIAT),
    Step.ENDED: (Side.OWNER, Side.SECRETARIAT),
}

_BY_OTHERS: Mapping[Step, tuple[Step, ...]] = {
    Step.RATIFIED: (Step.DRAFTED,),
    Step.APPROVED: (Step.DRAFTED, Step.RATIFIED),
}
"""Steps that another person must have made."""


def sides(actor: Actor, owner: str) -> frozenset[Side]:
    """Find for whom an actor acts on the agreements of an owner."""
    if Role.SECRETARIAT in actor.roles:
        return frozenset({Side.SECRETARIAT})
    if actor.member != owner:
        return frozenset()
    if Role.AGENCY in actor.roles:
        return frozenset({Side.AGENCY, Side.OWNER})
    return frozenset({Side.OWNER} if Role.REGULATOR in actor.roles else ())


def check_may(actor: Actor, step: Step, owner: str, named: str) -> None:
    """Check that an actor is of a side that may take a step on `named`, as errors call it.

    Raises:
        Forbidden: it is not, code `NOT_YOURS`.
    """
    if not sides(actor, owner) & frozenset(SIDES[step]):
        allowed = " or ".join(SIDES[step])
        raise Forbidden(
            f"{named} is {owner}'s and can be {step.lower()} only by {allowed}: "
            "ask with a client of theirs",
            code="NOT_YOURS",
        )


def check_four_eyes(actor: Actor, step: Step, version: Version) -> None:
    """Check that another person took the steps before.

    Raises:
        Forbidden: this one did, code `FOUR_EYES`.
    """
    for earlier in _BY_OTHERS.get(step, ()):
        event = version.last(earlier)
        if event and event.actor.is_same_person(actor):
            raise Forbidden(
                f"`{version.key}` was {earlier.lower()} by you, `{actor.subject}` of "
                f"`{actor.client}`: have another person of {SIDES[step][0]} decide",
                code="FOUR_EYES",
            )


def may_read(caller: Caller, version: Version) -> bool:
    """Tell whether a caller may read a version.

    Owners and the alliance's bodies may read all; recipients what was approved.
    """
    if caller.roles & ALLIANCE_ROLES or caller.member == version.owner:
        return True
    return version.last(Step.APPROVED) is not None and is_party(caller, version.agreement)
