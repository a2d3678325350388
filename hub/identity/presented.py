"""From a request to what it shows of who sends it, before any of it is believed.

Over HTTP that stands in headers; over WebSocket, where browsers can't set any, in the payload of
`connection_init` under the same names. Query strings and bodies are never looked at.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from starlette.datastructures import Headers, ImmutableMultiDict
from starlette.requests import HTTPConnection

from hub.identity.errors import refused
from hub.identity.purposes import HEADER
from hub.identity.types import Presented, Scheme, UnverifiedToken

NAMES = frozenset({"authorization", "dpop", HEADER.lower()})

Shown = Headers | ImmutableMultiDict[str, str]
"""Headers, or what stands for them; looked up in lower case."""

# RFC 6750 section 2.1, RFC 9449 section 7.1
_CREDENTIALS = re.compile(r"(?i:(bearer)|dpop) +([A-Za-z0-9._~+/-]+=*)")


def shown_by(connection: HTTPConnection, payload: Mapping[str, object] | None) -> Shown:
    """Find a request's headers, or those of a socket's payload. Names have no case in either.

    Raises:
        Unauthenticated: one in the payload is no text.
    """
    if payload is None:
        return connection.headers
    shown = []
    for name, text in payload.items():
        if name.lower() not in NAMES:
            continue
        if not isinstance(text, str):
            raise refused("payload: a header that is no text")
        shown.append((name.lower(), text))
    return ImmutableMultiDict(shown)


def purpose_in(shown: Shown) -> str | None:
    """Find the purpose a request states. Two are none that anybody may state."""
    return ", ".join(shown.getlist(HEADER.lower())) if HEADER.lower() in shown else None


class Presenter:
    """Reads requests that callers send to one public address."""

    def __init__(
        self,
        public_url: str,
        certificate_of: Callable[[HTTPConnection], str | None] = lambda _: None,
    ) -> None:
        """Keep the address that callers use, and the way to a client certificate's thumbprint."""
        self.public_url = public_url.rstrip("/")
        self._certificate_of = certificate_of

    def presented(self, connection: HTTPConnection, shown: Shown) -> Presented:
        """Read what a request shows that has an access token.

        Raises:
            Unauthenticated: none, more than one, another scheme, or no token.

        Source: RFC 6750 section 2.1, RFC 9110 section 11.6.2, RFC 9449 section 7.1.
        """
        authorization = shown.getlist("authorization")
        if len(authorization) != 1:
            raise refused("authorization: not exactly one header")
        found = _CREDENTIALS.fullmatch(authorization[0])
        if found is None:
            raise refused("authorization: no access token")
        return Presented(
            token=UnverifiedToken(found[2]),
            scheme=Scheme.BEARER if found[1] else Scheme.DPOP,
            # A socket is opened by GET (RFC 6455 section 4.1).
            method=connection.scope.get("method", "GET"),
            url=self.public_url + quote(connection.scope["path"]),
            proofs=tuple(shown.getlist("dpop")),
            certificate=self._certificate_of(connection),
            purpose=purpose_in(shown),
        )
