"""Who sends a request: by an access token, or by the session of a person who signed in.

`Authenticator.admit` is the one way from a request to a `Caller`; every edge of the hub goes
through it. What a token must keep is in `tokens/verifying.py`, what a session is in
`sign_in/sessions.py`, how much a caller may ask in `quotas.py`.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.types import Scope

from hub.errors import HubError
from hub.identity.certificates import STATE_KEY
from hub.identity.challenges import Challenges
from hub.identity.errors import NothingPresented
from hub.identity.presented import Presenter, purpose_in, shown_by
from hub.identity.purposes import HEADER
from hub.identity.tokens.cache import Held
from hub.identity.tokens.verifying import TokenVerifier
from hub.identity.types import Caller, Presented, Scheme

_ADMISSION = "hub.admission"
"""Where the scope of a request remembers who sends it: a proof is spent, and a request counted."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who calls, and a way to ask again whether that still holds.

    `again` raises once the token expired or was revoked, its issuer is distrusted, or the session
    was ended; a proof of possession that was spent is not asked for twice.
    """

    caller: Caller
    again: Callable[[], Awaitable[Caller]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a bearer token came to, by itself, and while that holds."""

    admission: Admission
    held: Held


MAX_KNOWN = 10_000
"""Most bearer tokens whose callers are known again at sight; those seen least lately go first."""


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


class Authenticator:
    """Admits requests. Not for threads: one event loop owns it."""

    def __init__(
        self,
        verifier: TokenVerifier,
        presenter: Presenter,
        sessions: Sessions | None = None,
        quotas: Quotas | None = None,
    ) -> None:
        """Keep the parts; without sessions only tokens admit, without quotas nothing is counted."""
        self._verifier = verifier
        self._presenter = presenter
        self._sessions = sessions
        self._quotas = quotas
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._challenges = Challenges(presenter.public_url, verifier.proof_algorithms)

    async def admit(
        self, connection: HTTPConnection, payload: Mapping[str, object] | None = None
    ) -> Admission:
        """Say who sends a request, and count it. Asked again of the same request, say the same.

        Args:
            connection: the request, or the handshake of a socket.
            payload: of a socket's `connection_init`; there it stands for the headers.

        Raises:
            Unauthenticated: nobody who can be known.
            Forbidden: somebody known, who states no purpose or one that is refused.
            RateLimited: it is one request too many.
            Unavailable: who it is can't be found now.
        """
        if payload is not None:
            return await self._admitted(connection, payload)
        known: Admission | HubError | None = connection.scope.get(_ADMISSION)
        if known is None:
            try:
                known = await self._admitted(connection, None)
            except HubError as error:
                known = error
            connection.scope[_ADMISSION] = known
        if isinstance(known, HubError):
            raise known
        return known

    async def admit_known(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Caller | None:
        """Say who sends a request like one that `admit` admitted, and count it, at less cost.

        It is of no use but for bearer tokens that are bound to nothing; None for all others.

        Args:
            scope: of the request, which remembers it as `admit` does.
            headers: all of the request's, each of which is there once.

        Raises:
            HubError: as `admit`.
        """
        if not _is_bearer_alone(scope, headers):
            return None
        digest = _digest(headers)
        known = self._known.get(digest)
        if known is None or not await self._verifier.holds(known.held):
            return None
        try:
            self.count(known.admission.caller)
        except HubError as error:
            scope[_ADMISSION] = error
            raise
        self._known.move_to_end(digest)
        scope[_ADMISSION] = known.admission
        return known.admission.caller

    def _keep(self, connection: HTTPConnection, presented: Presented, admission: Admission) -> None:
        headers = dict(connection.scope["headers"])
        held = self._verifier.held(presented.token)
        if presented.scheme is not Scheme.BEARER or held is None:
            return
        if not _is_bearer_alone(connection.scope, headers):
            return
        self._known[_digest(headers)] = _Known(admission, held)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    async def _admitted(
        self, connection: HTTPConnection, payload: Mapping[str, object] | None
    ) -> Admission:
        shown = shown_by(connection, payload)
        if "authorization" in shown:
            presented = self._presenter.presented(connection, shown)
            caller = await self._verifier.verify(presented)
            admission = Admission(caller, partial(self._verifier.verify_again, presented))
            if payload is None:
                self._keep(connection, presented, admission)
        else:
            again = partial(self._signed_in, connection, purpose_in(shown))
            admission = Admission(await again(), again)
        self.count(admission.caller)
        return admission

    def count(self, caller: Caller) -> None:
        """Count one more request of a caller, where one admission stands for many.

        Raises:
            RateLimited: it is one too many.
        """
        if self._quotas:
            self._quotas.take(caller)

    def headers(self, error: HubError) -> dict[str, str]:
        """Give the headers by which a refusal says how to be admitted."""
        return self._challenges.headers(error)

    async def _signed_in(self, connection: HTTPConnection, purpose: str | None) -> Caller:
        caller = await self._sessions.caller(connection, purpose) if self._sessions else None
        if caller is None:
            raise NothingPresented
        return caller


def _is_bearer_alone(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether nothing but a bearer token says who sends a request."""
    return (
        b"dpop" not in headers
        and b"client-cert" not in headers
        and STATE_KEY not in scope.get("state", ())
    )


def _digest(headers: Mapping[bytes, bytes]) -> bytes:
    """Name what such a request shows, so that no token is kept."""
    shown = [headers[name] for name in _SHOWN if name in headers]
    return sha256(b"\n".join(shown)).digest()


_SHOWN = (b"authorization", HEADER.lower().encode())
