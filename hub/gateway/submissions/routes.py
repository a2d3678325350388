"""The HTTP edge of submissions: a file in, what came of it out; and the templates to fill in.

`POST /submissions/{feed}` takes CSV, Excel or JSON. None of their media types is one that a page
elsewhere can make a browser send unasked, and a browser's session sends JSON alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
import structlog
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from federation.members.submitted import TEMPLATE_OF
from federation.reading.native import Document
from hub.errors import HubError, InvalidInput, TooLarge, UnsupportedMedia
from hub.gateway.desks.submissions import SubmissionDesk
from hub.gateway.edge.endpoint import ANSWER_HEADERS, refusal
from hub.gateway.submissions.types import receipt_json
from hub.identity.authentication import Authenticator
from hub.submissions.access import fileable_feed, find_feed
from hub.submissions.checking import MAX_BYTES
from hub.submissions.templates import template_csv, template_xlsx
from hub.submissions.types import Filing, State

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SUFFIXES = {
    "text/csv": "csv",
    "application/json": "json",
    EXCEL: "xlsx",
    "application/vnd.ms-excel": "xls",
}
"""Media types that are taken, and how a file of each is called."""

_TEMPLATES = {"csv": (template_csv, "text/csv; charset=utf-8"), "xlsx": (template_xlsx, EXCEL)}

_STATUS = {
    State.CHECKED: 200,
    State.PUBLISHED: 201,
    State.RECEIVED: 202,
    State.HELD: 202,
    State.REJECTED: 202,
    State.SUPERSEDED: 202,
    State.REFUSED: 422,
    State.FAILED: 503,
}
_FAILED = "the hub failed inside: send the same again, with its idempotency key"
_log = structlog.get_logger()

Answer = Callable[[HttpRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class SubmissionRoutes:
    """Answers `/submissions`."""

    desk: SubmissionDesk
    authenticator: Authenticator

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/submissions/templates/{name}", self._edge(self.template), methods=["GET"]),
            Route("/submissions/{feed}", self._edge(self.file), methods=["POST"]),
        ]

    def _edge(self, answer: Answer) -> Answer:
        async def answered(http: HttpRequest) -> Response:
            try:
                return await answer(http)
            except HubError as error:
                return refusal(error, self.authenticator.headers(error))
            except Exception:  # noqa: BLE001 - whatever failed, the caller gets one safe message
                _log.exception("failed")
                return refusal(HubError(_FAILED))

        return answered

    async def file(self, http: HttpRequest) -> Response:
        """File what the body holds, or only check it."""
        caller = (await self.authenticator.admit(http)).caller
        feed = http.path_params["feed"]
        # Whoever may not file need not be read.
        fileable_feed(caller, feed)
        suffix = _suffix(http.headers.get("content-type", ""))
        filing = Filing(
            feed,
            Document(f"submission.{suffix}", await _body(http)),
            is_dry_run=_flag(http.query_params, "dry_run"),
            is_partial=_flag(http.query_params, "partial"),
            key=http.headers.get("idempotency-key"),
        )
        receipt = await self.desk.file(caller, filing)
        return Response(
            orjson.dumps(receipt_json(receipt), option=orjson.OPT_UTC_Z),
            _STATUS[receipt.state],
            ANSWER_HEADERS,
            "application/json",
        )

    async def template(self, http: HttpRequest) -> Response:
        """Give an empty template."""
        await self.authenticator.admit(http)
        name: str = http.path_params["name"]
        feed, _, suffix = name.rpartition(".")
        if suffix not in _TEMPLATES:
            raise InvalidInput("templates are CSV or Excel: end the address in `.csv` or `.xlsx`")
        find_feed(feed)
        write, media_type = _TEMPLATES[suffix]
        headers = ANSWER_HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(write(TEMPLATE_OF[feed]), 200, headers, media_type)


def _suffix(header: str) -> str:
    """Tell the kind of a body."""
    suffix = SUFFIXES.get(header.partition(";")[0].strip().lower())
    if suffix is None:
        raise UnsupportedMedia(f"send the file as one of {', '.join(SUFFIXES)}")
    return suffix


def _flag(given: QueryParams, name: str) -> bool:
    match given.getlist(name):
        case []:
            return False
        case ["true" | "1"]:
            return True
        case ["false" | "0"]:
            return False
    raise InvalidInput(f"send `{name}` once, as `true` or `false`")


async def _body(http: HttpRequest) -> bytes:
    stated = http.headers.get("content-length", "")
    body = bytearray()
    if stated.isdecimal() and int(stated) > MAX_BYTES:
        raise _too_large(int(stated))
    try:
        async for part in http.stream():
            body += part
            if len(body) > MAX_BYTES:
                raise _too_large(len(body))
    except ClientDisconnect as error:
        raise InvalidInput("the file broke off: send it again") from error
    return bytes(body)


def _too_large(size: int) -> TooLarge:
    return TooLarge(f"the file has {size} bytes or more, {MAX_BYTES} at most: file it in parts")
