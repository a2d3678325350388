"""Callers as policies see them.

Two callers of one class get the same predicates, so predicates are made once a class. What is
particular to a person or a token (subject, client, token id) never reaches a policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice

from federation.records.declaration import Origin
from hub.identity.types import Caller, Purpose, Role
from hub.policy.schema import PRINCIPAL_TYPE

MEMBERS = tuple(origin for origin in Origin if origin is not Origin.ALLIANCE)

_ID = "caller"


class Mode(StrEnum):
    """The state of alarm the alliance is in, by its members' vote."""

    ROUTINE = "routine"
    PREPAREDNESS = "preparedness"
    CRISIS = "crisis"


@dataclass(frozen=True, slots=True)
class PrincipalClass:
    """All that policies may ask of a caller and its situation."""

    member: str
    organisation: str
    roles: frozenset[str]
    purpose: str
    sender_constrained: bool
    mode: str = Mode.ROUTINE
    reciprocates: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        caller: Caller,
        mode: Mode = Mode.ROUTINE,
        reciprocates: frozenset[str] = frozenset(),
    ) -> "PrincipalClass":
        """Find a caller's class.

        Args:
            caller: a member's, or one of the alliance's own.
            mode: of the alliance.
            reciprocates: what its member gives back, as `reciprocity.given_back` has it.
        """
        return cls(
            member=caller.member,
            organisation=caller.organisation,
            roles=caller.roles,
            purpose=caller.purpose,
            sender_constrained=caller.sender_constrained,
            mode=mode,
            reciprocates=reciprocates,
        )

    @property
    def uid(self) -> str:
        """The Cedar entity that stands for any caller of the class. No policy may name it."""
        return f'{PRINCIPAL_TYPE}::"{_ID}"'

    @property
    def entity(self) -> dict[str, object]:
        """The Cedar entity as JSON."""
        return {
            "uid": {"type": PRINCIPAL_TYPE, "id": _ID},
            "attrs": {
                "member": self.member,
                "organisation": self.organisation,
                "roles": sorted(self.roles),
                "reciprocates": sorted(self.reciprocates),
            },
            "parents": [],
        }

    @property
    def context(self) -> dict[str, object]:
        """The Cedar context as JSON."""
        return {
            "purpose": self.purpose,
            "senderConstrained": self.sender_constrained,
            "mode": self.mode,
        }


def sample_classes() -> Iterator[PrincipalClass]:
    """List a few classes in which every member, role, purpose and mode occurs at least once."""
    wheels = zip(
        cycle(MEMBERS), cycle(Role), cycle(Purpose), cycle((False, True)), cycle(Mode), strict=True
    )
    turns = max(len(MEMBERS), len(Role), len(Purpose), len(Mode))
    for member, role, purpose, is_bound, mode in islice(wheels, turns):
        yield PrincipalClass(member, "any", frozenset({role}), purpose, is_bound, mode)
