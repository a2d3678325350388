"""Who sends a request: by an access token, or by the session of a person who signed in.

`Authenticator.admit` is the one way from a request to a `Caller`; every edge of the hub goes
through it. What a token must keep is in `tokens.py`, what a session is in `sessions.py`, how much a
caller may ask in `quotas.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection

from hub.identity.types import Caller


@dataclass(frozen=True, slots=True)
class Admission:
    """Who calls, and a way to ask again whether that still holds.

    `again` raises once the token expired or was revoked, its issuer is distrusted, or the session
    was ended; a proof of possession that was spent is not asked for twice.
    """

    caller: Caller
    again: Callable[[], Awaitable[Caller]]


class Sessions(Protocol):
    """Finds who is signed in."""

    async def caller(self, request: HTTPConnection, purpose: str | None) -> Caller | None:
        """Find the caller of a request's session; None where it has none.

        Raises:
            Unauthenticated: its session is over, or was never one.
            Forbidden: another site may have made the browser send it, or its purpose is refused.
        """


class Quotas(Protocol):
    """Counts what callers ask."""

    def take(self, caller: Caller) -> None:
        """Count one request.

        Raises:
            RateLimited: it is one too many for the client or its member.
        """
