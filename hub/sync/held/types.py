"""Where a held pull stands, and what happened to it."""

from enum import StrEnum


class HeldState(StrEnum):
    """Where a held pull stands."""

    OPEN = "OPEN"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"  # a newer pull was held or published, or the source took it back


class HeldStep(StrEnum):
    """What happened to a held pull."""

    HELD = "HELD"
    RELEASE_PROPOSED = "RELEASE_PROPOSED"
    RELEASED = "RELEASED"
    REJECTION_PROPOSED = "REJECTION_PROPOSED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"
