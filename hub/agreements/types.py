"""The frozen values of an agreement's life: its versions, their events, and who made them.

What follows from them is in `life.py`. Start reading at `Version`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hub.identity.trust.actors import Actor
from hub.policy.agreement import Agreement


class Step(StrEnum):
    """What happened to a version."""

    DRAFTED = "DRAFTED"
    PROPOSED = "PROPOSED"
    RATIFIED = "RATIFIED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    ENDED = "ENDED"


class AgreementState(StrEnum):
    """Where a version stands at an instant. An approved one waits for its effective time."""

    DRAFT = "DRAFT"
    PROPOSED = "PROPOSED"
    RATIFIED = "RATIFIED"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


class VersionKey(NamedTuple):
    """What names one version of an agreement, written `kr-supply@2`."""

    agreement: str
    number: int

    def __str__(self) -> str:
        return f"{self.agreement}@{self.number}"

    @classmethod
    def parse(cls, text: str) -> "VersionKey":
        """Read what `str` writes."""
        agreement, _, number = text.rpartition("@")
        return cls(agreement, int(number))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a version. `number` counts its events from 1.

    `effective_at` goes with an approval alone: when the version takes effect.
    """

    number: int
    step: Step
    actor: Actor
    at: datetime
    reason: str
    effective_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an agreement, whose content never changes, and all that happened to it.

    `text` is the YAML as it was drafted, `digest` the SHA-256 of what it says. `state` is that of
    the moment it was read; `superseded_at` is when a newer version takes or took its place.
    """

    key: VersionKey
    agreement: Agreement
    text: str
    digest: str
    events: tuple[Event, ...]
    state: AgreementState
    superseded_at: datetime | None = None

    @property
    def owner(self) -> str:
        """The member whose records it opens."""
        return self.agreement.owner

    def last(self, step: Step) -> Event | None:
        """Find the last event of a kind."""
        return next((event for event in reversed(self.events) if event.step is step), None)


@dataclass(frozen=True, slots=True)
class KeptSet:
    """An admitted set, and when it was in force: from one instant until before another.

    `members` may hold versions that wait for their first day; those open nothing before.
    """

    id: int
    digest: str
    made_at: datetime
    in_force_from: datetime
    in_force_until: datetime | None
    members: tuple[VersionKey, ...]
