"""data.go.kr's permission list: a service key, pages of 100, and no fixed envelope.

The body changes shape from page to page, and every refusal arrives with HTTP 200: as a result code
in the body, or as the gateway's own XML even where JSON was asked for. Filters are ignored. The
page after the last one is empty, pages after that have code 03. The quota counts from the start.

Source: the data folder's `kr/SOURCE.md`, quirks 6 to 8, and the answers kept in `kr/api_envelopes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.demo.standins.files import read_json
from hub.errors import InvalidInput

FEED = "kr.mfds_permits"
DEMO_SERVICE_KEY = "demo-service-key"
MAX_ROWS = 100
DEFAULT_ROWS = 10

Reason = tuple[str, str]
"""A result code and its message."""

UNREGISTERED_KEY: Reason = ("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR")
TOO_FAST: Reason = ("23", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR")
QUOTA_SPENT: Reason = ("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR")

_NORMAL: Reason = ("00", "NORMAL SERVICE.")
_NO_DATA: Reason = ("03", "NODATA_ERROR")
_BAD_PARAMETER: Reason = ("10", "INVALID_REQUEST_PARAMETER_ERROR")
_TOO_MANY_ROWS: Reason = (
    "11",
    f"NO MANDATORY REQUEST PARAMETERS ERROR! \n numOfRows maximum is =[{MAX_ROWS}]",
)


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    size: int
    total: int
    rows: list[dict[str, Any]]


@dataclass(slots=True)
class PermitService:
    """The permission list behind its gateway, which counts the calls of its one key."""

    file: Path
    service_key: str
    daily_quota: int | None = None
    calls: int = 0

    def routes(self) -> list[Route]:
        """Serve the list at the path of one of its versions; other versions are not there."""
        return [Route("/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07", self.answer)]

    async def answer(self, request: Request) -> Response:
        """Answer one page, or say within HTTP 200 why not."""
        query = request.query_params
        if query.get("serviceKey") != self.service_key:
            return gateway_error(UNREGISTERED_KEY)
        self.calls += 1
        if self.daily_quota is not None and self.calls > self.daily_quota:
            return gateway_error(QUOTA_SPENT)
        try:
            reason, page = self._page(query)
        except InvalidInput:  # no list of this service: the hub has to say so, not we
            return Response(self.file.read_bytes(), media_type="application/json;charset=UTF-8")
        return _json(reason, page) if query.get("type") == "json" else _xml(reason, page)

    def _page(self, query: Mapping[str, str]) -> tuple[Reason, _Page | None]:
        try:
            number = int(query.get("pageNo", 1))
            size = int(query.get("numOfRows", DEFAULT_ROWS))
        except ValueError:
            return _BAD_PARAMETER, None
        if number < 1 or size < 1:
            return _BAD_PARAMETER, None
        if size > MAX_ROWS:
            return _TOO_MANY_ROWS, None
        rows = self._rows()
        start = (number - 1) * size
        if start >= len(rows) + size:
            return _NO_DATA, None
        return _NORMAL, _Page(number, size, len(rows), rows[start : start + size])

    def _rows(self) -> list[dict[str, Any]]:
        rows = read_json(self.file)
        if not isinstance(rows, list):
            raise InvalidInput(f"`{self.file}` is no JSON array of permits: name another file")
        return rows


def gateway_error(reason: Reason) -> Response:
    """Answer as the gateway does before the service is asked: XML with HTTP 200 in every case."""
    code, message = reason
    header = {"errMsg": "SERVICE ERROR", "returnAuthMsg": message, "returnReasonCode": code}
    return _markup("OpenAPI_ServiceResponse", {"cmmMsgHeader": header})


def _json(reason: Reason, page: _Page | None) -> Response:
    """Wrap a page: its inner shape alternates every page, its outer shape every second page."""
    document: dict[str, Any] = {"header": _header(reason), "body": {}}
    if page is not None:
        document["body"] = _body(page, _items(page))
        if page.number // 2 % 2:
            document = {"response": document}
    return Response(orjson.dumps(document), media_type="application/json;charset=UTF-8")


def _items(page: _Page) -> Any:
    match page.rows:
        case []:
            return ""
        case [row]:
            return {"item": row}
    return page.rows if page.number % 2 else [{"item": row} for row in page.rows]


def _xml(reason: Reason, page: _Page | None) -> Response:
    body = _body(page, {"item": page.rows}) if page else {}
    return _markup("response", {"header": _header(reason), "body": body})


def _header(reason: Reason) -> dict[str, str]:
    code, message = reason
    return {"resultCode": code, "resultMsg": message}


def _body(page: _Page, items: Any) -> dict[str, Any]:
    return {
        "items": items,
        "numOfRows": page.size,
        "pageNo": page.number,
        "totalCount": page.total,
    }


def _markup(name: str, content: Any) -> Response:
    root = etree.Element(name)
    _append(root, content)
    markup = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Response(markup, media_type="text/xml;charset=UTF-8")


def _append(parent: Any, content: Any) -> None:
    """Write a mapping as child elements, a list as one element after another, all else as text."""
    if not isinstance(content, dict):
        parent.text = None if content is None else str(content)
        return
    for name, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            _append(etree.SubElement(parent, name), one)
