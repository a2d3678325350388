"""How pulls end, and what becomes of rows that they refused."""

from enum import StrEnum


class Outcome(StrEnum):
    """How a pull ended."""

    RUNNING = "RUNNING"
    PUBLISHED = "PUBLISHED"
    UNCHANGED = "UNCHANGED"  # the source still has what the last good pull brought
    HELD = "HELD"  # of another form than the feed's, or too unlike the last good pull to publish
    FAILED = "FAILED"


class Closure(StrEnum):
    """What became of a row that was in quarantine."""

    RECORD = "RECORD"  # it is a record by now: the source mended it, or the mapping was
    NO_LONGER_LISTED = "NO_LONGER_LISTED"  # the newest full list holds it no more


END_CUT_OFF = (
    "UPDATE pull SET outcome = 'FAILED', finished_at = clock_timestamp(), "
    "reason_code = 'CUT_OFF', "
    "reason = 'the hub stopped during this pull; later ones make up for it' "
    "WHERE outcome = 'RUNNING'"
)
"""SQL that logs as failed what its process left; whoever runs it adds which pulls are lost."""
