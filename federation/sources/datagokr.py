"""data.go.kr: pages of at most 100 rows, changing envelopes, errors inside HTTP 200.

A list has no date and no validator of its own; that it stood still is seen from its total, its keys
and its first page, which is asked for again at the end.

Source: data.go.kr OpenAPI guide, result codes; envelopes as measured on live services: items are a
list, a list of `{"item": {}}`, one `{"item": {}}`, or "" when there is none, at the top level or
below `response`.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import urlencode

import lxml.etree

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.reading.text import refuse_html
from federation.reading.tree import parse_json
from federation.sources.exchange import (
    USER_AGENT,
    Fetch,
    Fetched,
    Manners,
    Request,
    Response,
    Terms,
)
from federation.sources.paging import Page, Reading, read_whole

PAGE_ROWS = 100

PACE = Manners(at_once=1, gap_s=0.04)
"""Under the 30 calls a second that a service of data.go.kr takes by default."""

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0)
"""Seconds before a page is asked for again after "too many calls a second"."""

_KOREA = timezone(timedelta(hours=9), "KST")
_NO_DATA = "03"
_QUOTA_SPENT = "22"
_TOO_FAST = "23"
_CODES = {_QUOTA_SPENT: "SOURCE_QUOTA", _TOO_FAST: "SOURCE_BUSY"}
_MEANING = {
    "10": "a parameter is wrong: correct the feed's",
    "11": "a parameter is missing or out of range: correct the feed's",
    "20": "access is denied: ask for the service on data.go.kr",
    _QUOTA_SPENT: "the daily quota is used up: pull again tomorrow",
    _TOO_FAST: "too many calls a second: pull again later",
    "30": "the service key is not registered: check the key and that it is encoded once",
    "31": "the service key has expired: renew it on data.go.kr",
}


@dataclass(frozen=True, slots=True)
class DataGoKr:
    """One data.go.kr operation, read to its last page.

    `key`: field that names a row, if one does.
    """

    path: str
    base_url: str = "https://apis.data.go.kr"
    credential_name: str | None = "DATA_GO_KR_SERVICE_KEY"
    key: str | None = None
    manners: Manners = PACE

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`. One document a page, each the whole envelope.

        Raises:
            SourceFault: no key, an error code, or a list that never stands still.
        """
        if not terms.credential:
            raise SourceFault(f"data.go.kr needs a key: set {self.credential_name}")
        reading = yield from read_whole(partial(self._read, terms), f"data.go.kr `{self.path}`")
        return Fetched(reading.documents, total=reading.received)

    def _read(self, terms: Terms) -> Generator[Request, Response, Reading]:
        reading = Reading(self.key, PAGE_ROWS)
        while not reading.pages or reading.received < reading.pages[0].total:
            page = yield from self._page(terms, len(reading.pages) + 1)
            reading.take(page)
            if not page.rows:
                break
        again = (yield from self._page(terms, 1)) if len(reading.pages) > 1 else None
        reading.end(again)
        return reading

    def _page(self, terms: Terms, number: int) -> Generator[Request, Response, Page]:
        """Ask for one page, again and ever later while the service says it is asked too fast."""
        waits = iter(BACK_OFF_S)
        wait_s = 0.0
        while True:
            answer = yield Request(self._url(terms, number), {"user-agent": USER_AGENT}, wait_s)
            answer.require_ok(f"data.go.kr `{self.path}`")
            document = Document(f"page-{number}.json", answer.content, answer.stated_at)
            try:
                rows, total = items_of(document)
            except SourceFault as fault:
                if fault.public_code == "SOURCE_QUOTA":
                    fault.retry_at = _next_day(answer.received_at)
                wait_s = next(waits, 0.0) if fault.public_code == "SOURCE_BUSY" else 0.0
                if not wait_s:
                    raise
            else:
                return Page(document, rows, total)

    def _url(self, terms: Terms, page: int) -> str:
        query = {
            "serviceKey": terms.credential,
            "pageNo": page,
            "numOfRows": PAGE_ROWS,
            "type": "json",
        }
        return f"{terms.base_url}{self.path}?{urlencode(query)}"


def items_of(page: Document) -> tuple[list[object], int]:
    """Take the rows and the stated total out of an answer's envelope, whichever it is.

    Raises:
        SourceFault: the answer is an error, in the body or from the gateway; `SOURCE_QUOTA` for the
            quota of a day, `SOURCE_BUSY` for that of a second.
    """
    refuse_html(page.content, page.name)
    if page.content.lstrip()[:1] == b"<":
        raise _gateway_error(page)
    answer = _mapping(parse_json(page))
    envelope = _mapping(answer.get("response", answer))
    header, body = _mapping(envelope.get("header")), _mapping(envelope.get("body"))
    code = str(header.get("resultCode", "?"))
    if code == _NO_DATA:
        return [], 0
    if code != "00":
        raise _refusal("error", code, header.get("resultMsg"))
    items = body.get("items") or []
    items = items if isinstance(items, list) else [items]
    rows = [
        item["item"] if isinstance(item, Mapping) and set(item) == {"item"} else item
        for item in items
    ]
    flat = [row for part in rows for row in (part if isinstance(part, list) else [part])]
    total = str(body.get("totalCount") or 0)
    if not total.isdecimal():
        raise SourceFault(
            f"data.go.kr says it has `{total}` rows: look at it, then mend the feed's reader"
        )
    return flat, int(total)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _gateway_error(page: Document) -> SourceFault:
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = lxml.etree.fromstring(page.content, parser)
    except lxml.etree.XMLSyntaxError:
        return SourceFault(
            "data.go.kr answered with something that is neither JSON nor its error form: "
            "pull again later"
        )
    said = root.findtext(".//returnAuthMsg") or "no message"
    return _refusal("gateway error", root.findtext(".//returnReasonCode") or "?", said)


def _refusal(kind: str, code: str, said: object) -> SourceFault:
    meaning = _MEANING.get(code, f"{said}: ask the member")
    return SourceFault(f"data.go.kr {kind} {code}: {meaning}", code=_CODES.get(code))


def _next_day(now: datetime) -> datetime:
    """Give the midnight in Korea after which the quota of a day is whole again."""
    tomorrow = now.astimezone(_KOREA).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), _KOREA)
