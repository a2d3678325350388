"""One answer, over as many connections as it takes: a body that breaks off is gone on with.

The rest is asked for by `Range` on condition that the body still is the one that was begun
(`If-Range`). Where it is another one by now, or the source sends the whole regardless, it starts
anew. What comes is counted against the stated length and, where the source states one, the digest.

Source: RFC 9110, sections 13.1.5, 14 and 15.3.7.
"""

import re
from collections.abc import Mapping
from contextlib import closing

from federation.sources.exchange import Request, Response
from federation.sources.validators import strong_validator
from hub.body import Body
from hub.errors import MemberFault, Timeout
from hub.outbound import Limits, Outbound
from hub.sync.fetching.hosts import Place

MAX_PARTS = 10
"""Most requests for one body."""

_BROKEN = frozenset({"SOURCE_BROKE_OFF", "SOURCE_TIMEOUT"})
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_PARTIAL, _UNSATISFIABLE = 206, 416


async def download(request: Request, outbound: Outbound, place: Place) -> Response:
    """Carry a request out, and go on where its answer breaks off while more of it comes each time.

    `place` gives room on the host's connections, for each part anew.

    Raises:
        HubError: no connection, an answer that breaks off for good, is too large or not the one it
            says it is.
    """
    with closing(_Parts(outbound.limits)) as parts:
        furthest = 0
        for _ in range(MAX_PARTS):
            headers = {**request.headers, **parts.range()}
            try:
                async with place():
                    await outbound.receive("GET", request.url, headers, parts)
            except (MemberFault, Timeout) as fault:
                if fault.public_code not in _BROKEN or not furthest < parts.resumable:
                    raise
                furthest = parts.resumable
            except _OtherBody:
                parts.drop()
            else:
                return parts.response()
    raise MemberFault(
        f"the body did not come whole in {MAX_PARTS} parts: pull again later",
        code="SOURCE_BROKE_OFF",
    )


class _OtherBody(Exception):
    """What came is no continuation of what is there."""


class _Parts:
    """Takes the parts of one body, the first of them from its beginning."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._head: Response | None = None
        self._body: Body | None = None
        self._total: int | None = None
        self._content = b""

    @property
    def resumable(self) -> int:
        """Bytes that are there and can be gone on from."""
        is_known = self._head and self._head.status == 200 and strong_validator(self._head)
        return self._body.taken if self._body and is_known else 0

    def range(self) -> dict[str, str]:
        """Give the headers that ask for the rest, if something is there to go on from."""
        if not self.resumable or self._head is None:
            return {}
        validator = strong_validator(self._head) or ""
        return {"range": f"bytes={self.resumable}-", "if-range": validator}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the head of a part: the continuation, or the beginning of another answer."""
        head = Response(status, headers, b"")
        if self.resumable and status in {_PARTIAL, _UNSATISFIABLE}:
            self._require_continuation(head)
            return
        self.drop()
        self._head, self._body = head, self._limits.body(headers)
        length = headers.get("content-length", "")
        self._total = int(length) if length.isdecimal() else None

    def take(self, part: bytes) -> None:
        """Take the next bytes."""
        if self._body:
            self._body.take(part)

    def end(self) -> None:
        """Take note that the last part ended as it should.

        Raises:
            MemberFault: it is not all of the body, or not the body it says it is.
        """
        if self._body is None:
            raise AssertionError("a body ended before it began")
        if self.resumable and self._total not in {None, self._body.taken}:
            raise MemberFault(
                f"{self._body.taken} bytes came of {self._total}: pull again later",
                code="SOURCE_BROKE_OFF",
            )
        self._content = self._body.whole()

    def response(self) -> Response:
        """Give the whole answer, as its first part began it."""
        if self._head is None:
            raise AssertionError("a body ended before it began")
        return Response(self._head.status, self._head.headers, self._content)

    def drop(self) -> None:
        """Forget what has come."""
        self.close()
        self._head = self._body = None

    def close(self) -> None:
        """Let the body's temporary file go."""
        if self._body:
            self._body.close()

    def _require_continuation(self, head: Response) -> None:
        found = _RANGE.fullmatch(head.headers.get("content-range", ""))
        if not found or self._head is None or self._body is None:
            raise _OtherBody
        total = int(found[3])
        names = ("etag", "content-encoding")
        is_same = all(head.headers.get(name) == self._head.headers.get(name) for name in names)
        if int(found[1]) != self._body.taken or self._total not in {None, total} or not is_same:
            raise _OtherBody
        self._total = total
