"""Who did something that is kept: the caller as it was then. Events of other rooms hold it too."""

from dataclasses import dataclass, fields

from federation.records.declaration import Origin
from hub.identity.types import Caller, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as the token or session said then."""

    issuer: str
    client: str
    subject: str
    member: str
    organisation: str
    roles: frozenset[Role]
    token_id: str

    @classmethod
    def of(cls, caller: Caller) -> "Actor":
        """Take what an event keeps of a caller."""
        return cls(**{name: getattr(caller, name) for name in ACTOR})

    def is_same_person(self, other: "Actor") -> bool:
        """Tell whether another is this person, whichever client it came by, or whoever acts for it.

        Two people to whom two issuers of a member gave one name count as one: with four eyes, too
        few is the safe error.
        """
        return (self.member, self.subject) == (other.member, other.subject)

    @property
    def side(self) -> str | None:
        """For whom it acts: the alliance, its member, or no one."""
        if Role.SECRETARIAT in self.roles:
            return Origin.ALLIANCE.value
        return self.member if self.roles & {Role.REGULATOR, Role.AGENCY} else None


ACTOR = tuple(field.name for field in fields(Actor))
