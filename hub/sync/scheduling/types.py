"""What people do to a feed's schedule, and how the runs that it leads to end."""

from enum import StrEnum


class ScheduleStep(StrEnum):
    """What a person did to a feed's schedule."""

    PAUSED = "PAUSED"
    RESUMED = "RESUMED"
    RESCHEDULED = "RESCHEDULED"
    TRIGGERED = "TRIGGERED"


class RunEnd(StrEnum):
    """How a run ended."""

    PULLED = "PULLED"  # how its last pull went stands in the pull log
    JOINED = "JOINED"  # a newer run of the feed waited already, and pulls for both
    CANCELLED = "CANCELLED"  # its feed was paused, or is no longer known
