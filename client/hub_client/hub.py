"""The hub over HTTP: requests with a token that is renewed, retried where that can help.

A broken connection, 429, 502, 503 and 504 are tried again until the client's patience ends, as late
as `Retry-After` says. What comes back is JSON, text, or bytes into a file.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx  # noqa: TID251 - a package of its own, which is no part of the hub

from hub_client.errors import ComeAgain, Refusal
from hub_client.tokens import Tokens

PASSING = frozenset({429, 502, 503, 504})
"""Status codes of what may be otherwise in a while."""

Json = Any
"""JSON of any shape: nothing is known of it until it is read, and mypy follows no recursive type
through what a parser gives.
"""

_LONGEST_WAIT_S = 60.0
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


@dataclass
class Hub:
    """One hub, as one client asks it. `patience_s` is how long a request is tried again."""

    url: str
    tokens: Tokens
    purpose: str | None = None
    patience_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        """Give the hub for a block, at the end of which its connections are closed."""
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def text(self, path: str, **headers: str) -> str:
        """Fetch a text."""
        return self._request("GET", path, headers=headers).text

    def json(
        self, method: str, path: str, body: Mapping[str, object] | None = None, **headers: str
    ) -> Json:
        """Ask for JSON; None where there is none.

        Raises:
            Refusal: the answer is an error.
            SyncError: the hub can't be asked.
        """
        answer = self._request(method, path, json=body, headers=headers)
        return answer.json() if answer.content else None

    def query(self, document: str, variables: Mapping[str, object]) -> Json:
        """Ask a question in GraphQL.

        Raises:
            Refusal: it is refused, or a field of it failed.
        """
        found = self.json("POST", "/graphql", {"query": document, "variables": variables})
        if found.get("errors"):
            raise Refusal.of(httpx.codes.OK, found)
        return found["data"]

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Open a download; its errors are httpx's own."""
        with self.http.stream("GET", path, headers=self._headers(headers)) as answer:
            yield answer

    def waits(self) -> "Waits":
        """Begin to be patient."""
        return Waits(self.patience_s, self.sleep)

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        waits, is_renewed = self.waits(), False
        given = content.pop("headers", {})
        while True:
            try:
                answer = self.http.request(method, path, headers=self._headers(given), **content)
            except httpx.HTTPStatusError as error:
                waits.wait(f"status {error.response.status_code}", error.response)
                continue
            except httpx.TransportError as error:
                waits.wait(str(error) or type(error).__name__)
                continue
            if answer.status_code == httpx.codes.UNAUTHORIZED and not is_renewed:
                is_renewed = True
                if self.tokens.renew():
                    continue
            if answer.status_code in PASSING and not _is_final(answer):
                waits.wait(str(refusal_of(answer)), answer)
                continue
            if answer.is_error:
                raise refusal_of(answer)
            return answer

    def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        found = {"authorization": f"Bearer {self.tokens.current(self.http)}", **given}
        return found | ({"hub-purpose": self.purpose} if self.purpose else {})


@dataclass
class Waits:
    """Waits between attempts, longer each time, until patience ends."""

    patience_s: float
    sleep: Callable[[float], None]
    _next_s: float = 0.5

    def wait(self, why: str, answer: httpx.Response | None = None) -> None:
        """Wait before the next attempt.

        Raises:
            ComeAgain: patience has ended.
        """
        asked = _retry_after(answer)
        pause = asked if asked is not None else self._next_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients
        pause = min(pause, _LONGEST_WAIT_S)
        if pause > self.patience_s:
            raise ComeAgain(f"the hub does not answer: {why}: run again later")
        self.patience_s -= pause
        self._next_s *= 2
        self.sleep(pause)


def refusal_of(answer: httpx.Response) -> Refusal:
    """Read an answer that is an error."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    return Refusal.of(answer.status_code, body)


def _is_final(answer: httpx.Response) -> bool:
    """Tell an answer that waiting does not mend: exports that are there stay there."""
    return refusal_of(answer).code == "EXPORT_LIMIT"


def _retry_after(answer: httpx.Response | None) -> float | None:
    text = answer.headers.get("retry-after", "") if answer is not None else ""
    return float(text) if text.isdecimal() else None
