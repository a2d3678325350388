"""The reason that a person gives for a decision, which is kept beside it and read by others."""

from hub.errors import InvalidInput

MAX_REASON = 2_000
"""Longest reason, in characters."""


def checked_reason(text: str) -> str:
    """Check a reason, and give it without the blanks around it.

    Raises:
        InvalidInput: there is none, it is too long, or it can't be kept.
    """
    reason = text.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise InvalidInput(f"`reason` must say why, in 1 to {MAX_REASON} characters")
    if "\0" in reason:
        raise InvalidInput("`reason` must say why in text that can be kept: leave out its NUL")
    return reason
