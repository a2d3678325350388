"""Which purpose a request has: one that its caller may state, and states.

Agreements grant by purpose and the disclosure record names it, so it is never guessed.
"""

from collections.abc import Iterable

from hub.errors import Forbidden
from hub.identity.types import Purpose

HEADER = "Hub-Purpose"


def stated_purpose(allowed: frozenset[Purpose], stated: str | None) -> Purpose:
    """Find the purpose of a request; one who may state but one states it by asking.

    Args:
        allowed: what the caller may state.
        stated: what the request's header says, if it has one.

    Raises:
        Forbidden: nothing is stated where it must be, or what the caller may not state.
    """
    if stated is None:
        if len(allowed) == 1:
            return next(iter(allowed))
        raise Forbidden(
            f"no purpose is stated: send one of {_listed(allowed)} in the header `{HEADER}`",
            code="PURPOSE_REQUIRED",
        )
    for purpose in allowed:
        if stated == purpose:
            return purpose
    raise Forbidden(
        f"you may not state this purpose: send one of {_listed(allowed)} in the header `{HEADER}`",
        code="PURPOSE_NOT_ALLOWED",
    )


def _listed(purposes: Iterable[Purpose]) -> str:
    return ", ".join(f"`{each}`" for each in sorted(purposes))
