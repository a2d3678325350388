"""Faults on demand, so that tests and demonstrations can see how the hub bears them.

`POST /_faults/<feed id>` with `{"fault": "<name>"}` makes every next answer of the feed go wrong,
until the fault is `none` or `DELETE /_faults/<feed id>`. Real members have no such address: it
exists because these servers listen on loopback alone.
"""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.demo.standins import datagokr, openfda
from hub.demo.standins.drift import other_header

CONTROL_PATH = "/_faults"
HANG_S = 60

_CONDITIONAL = {b"if-none-match", b"if-modified-since", b"if-range", b"range"}
_OF_THE_CONTENT = {b"content-length", b"etag", b"last-modified"}
_TOTAL = re.compile(rb'("total(?:Count)?": ?)(\d+)')
_MAINTENANCE = """<!DOCTYPE html>
<html><head><title>Scheduled maintenance</title></head>
<body><h1>Scheduled maintenance</h1><p>Please try again later.</p></body></html>
"""


class Fault(StrEnum):
    """What can be wrong with a feed's next answers."""

    NONE = "none"
    ERROR_500 = "error-500"
    HANG = "hang"
    HTML = "html"
    HALF_FILE = "half-file"
    BREAK_OFF = "break-off"  # the whole stops half way, a range of it does not
    OTHER_HEADER = "other-header"
    MOVING = "moving"  # the list is a row longer with every answer
    BUSY = "busy"  # asks to be left alone for a second
    TOO_FAST = "too-fast"
    QUOTA = "quota"


_LIMITS = {
    Fault.QUOTA: (datagokr.FEED, openfda.SHORTAGES, openfda.ENFORCEMENT),
    Fault.TOO_FAST: (datagokr.FEED,),
}
"""Which feeds limit how often they are asked."""


@dataclass(slots=True)
class FaultBoard:
    """The fault each feed has now, and the routes that set it."""

    feeds: Collection[str]
    faults: dict[str, Fault] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)

    def of(self, feed: str) -> Fault:
        """Tell a feed's fault."""
        return self.faults.get(feed, Fault.NONE)

    def routes(self) -> list[Route]:
        """Let tests set and clear faults over HTTP."""
        path = f"{CONTROL_PATH}/{{feed}}"
        return [
            Route(path, self._set, methods=["POST"]),
            Route(path, self._clear, methods=["DELETE"]),
        ]

    async def _set(self, request: Request) -> Response:
        feed = request.path_params["feed"]
        try:
            fault = Fault((await request.json())["fault"])
        except (KeyError, TypeError, ValueError):
            return PlainTextResponse(f'send {{"fault": one of {", ".join(Fault)}}}', 400)
        if feed not in self.feeds:
            return PlainTextResponse(f"no feed `{feed}` here", 404)
        if fault in _LIMITS and feed not in _LIMITS[fault]:
            return PlainTextResponse(f"only {', '.join(_LIMITS[fault])} can be at `{fault}`", 400)
        self.faults[feed] = fault
        return JSONResponse({"feed": feed, "fault": fault})

    async def _clear(self, request: Request) -> Response:
        feed = request.path_params["feed"]
        self.faults.pop(feed, None)
        self.answers.pop(feed, None)
        return Response(status_code=204)


@dataclass(frozen=True, slots=True)
class FaultyFeed:
    """A feed's endpoint that answers as the board says."""

    feed: str
    endpoint: ASGIApp
    board: FaultBoard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, well or badly."""
        fault = self.board.of(self.feed)
        is_range = fault is Fault.BREAK_OFF and b"range" in dict(scope["headers"])
        if fault is Fault.NONE or is_range:
            await self.endpoint(scope, receive, send)
        elif fault in {Fault.HALF_FILE, Fault.BREAK_OFF}:
            await _stop_half_way(await _answer_of(self.endpoint, scope, receive), send)
        elif fault is Fault.OTHER_HEADER:
            answer = _with_other_header(await _answer_of(self.endpoint, scope, receive))
            await answer(scope, receive, send)
        elif fault is Fault.MOVING:
            self.board.answers[self.feed] += 1
            answer = await _answer_of(self.endpoint, scope, receive)
            await _longer(answer, self.board.answers[self.feed])(scope, receive, send)
        else:
            if fault is Fault.HANG:
                await _hang(receive)
            await _instead(fault, self.feed)(scope, receive, send)


def _instead(fault: Fault, feed: str) -> Response:
    if fault is Fault.HTML:
        return HTMLResponse(_MAINTENANCE)
    if fault is Fault.BUSY:
        return PlainTextResponse("Service Unavailable", 503, {"retry-after": "1"})
    if fault is Fault.TOO_FAST:
        return datagokr.gateway_error(datagokr.TOO_FAST)
    if fault is Fault.QUOTA and feed == datagokr.FEED:
        return datagokr.gateway_error(datagokr.QUOTA_SPENT)
    if fault is Fault.QUOTA:
        return openfda.over_quota()
    return PlainTextResponse("Internal Server Error", 500)


async def _hang(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HANG_S):
            while (await receive())["type"] != "http.disconnect":
                pass


async def _answer_of(endpoint: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Collect an endpoint's whole answer, whatever part of it the caller would have had."""
    answer = Response()
    body = bytearray()

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status_code = message["status"]
            answer.raw_headers = list(message["headers"])
        else:
            body.extend(message.get("body", b""))

    headers = [pair for pair in scope["headers"] if pair[0] not in _CONDITIONAL]
    await endpoint({**scope, "headers": headers}, receive, collect)
    answer.body = bytes(body)
    return answer


async def _stop_half_way(answer: Response, send: Send) -> None:
    """Announce the whole and end early: the server then drops the connection."""
    start: dict[str, Any] = {"status": answer.status_code, "headers": answer.raw_headers}
    half = bytes(answer.body[: len(answer.body) // 2])
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": half, "more_body": bool(answer.body)})


def _longer(answer: Response, rows: int) -> Response:
    """Let a page say that its list has more rows."""
    body = _TOTAL.sub(lambda found: b"%s%d" % (found[1], int(found[2]) + rows), bytes(answer.body))
    return _with_body(answer, body)


def _with_body(answer: Response, body: bytes) -> Response:
    answer.body = body
    kept = [pair for pair in answer.raw_headers if pair[0] not in _OF_THE_CONTENT]
    answer.raw_headers = [*kept, (b"content-length", str(len(body)).encode())]
    return answer


def _with_other_header(answer: Response) -> Response:
    if answer.status_code != 200:
        return answer
    return _with_body(answer, other_header(bytes(answer.body)))
