"""What people decide of two records, and why a link between two ends."""

from enum import StrEnum


class EndReason(StrEnum):
    """Why a link no longer stands."""

    OVERRULED = "OVERRULED"  # people decided otherwise
    NOT_FOUND = "NOT_FOUND"  # the records no longer say it, or it became ambiguous


class EntityVerdict(StrEnum):
    """What a person decided of two records."""

    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
