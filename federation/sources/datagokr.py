"""data.go.kr: pages of at most 100 rows, changing envelopes, errors inside HTTP 200.

Source: data.go.kr OpenAPI guide, result codes; envelopes as measured on live services: items are a
list, a list of `{"item": {}}`, one `{"item": {}}`, or "" when there is none, at the top level or
below `response`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import lxml.etree

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.reading.text import refuse_html
from federation.reading.tree import parse_json
from federation.sources.exchange import USER_AGENT, Fetch, Fetched, Request, Terms

PAGE_ROWS = 100
MAX_PAGES = 2000

_NO_DATA = "03"
_MEANING = {
    "10": "a parameter is wrong",
    "11": "a parameter is missing or out of range",
    "20": "access is denied: ask for the service on data.go.kr",
    "22": "the daily quota is used up: pull again tomorrow",
    "23": "too many calls a second: pull again later",
    "30": "the service key is not registered: check the key and that it is encoded once",
    "31": "the service key has expired: renew it on data.go.kr",
}


@dataclass(frozen=True, slots=True)
class DataGoKr:
    """One data.go.kr operation, read to its last page."""

    path: str
    base_url: str = "https://apis.data.go.kr"
    credential_name: str | None = "DATA_GO_KR_SERVICE_KEY"

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`. One document a page, each the whole envelope.

        Raises:
            SourceFault: no key, an error code, or fewer rows than the service says it has.
        """
        if not terms.credential:
            raise SourceFault(f"data.go.kr needs a key: set {self.credential_name}")
        pages: list[Document] = []
        received, total = 0, 1
        while received < total and len(pages) < MAX_PAGES:
            answer = yield Request(self._url(terms, len(pages) + 1), {"user-agent": USER_AGENT})
            answer.require_ok(f"data.go.kr `{self.path}`")
            page = Document(f"page-{len(pages) + 1}.json", answer.content, answer.stated_at)
            items, total = items_of(page)
            if not items:
                break
            received += len(items)
            pages.append(page)
        if received != total:
            raise SourceFault(
                f"data.go.kr says it has {total} rows and sent {received}: pull again"
            )
        return Fetched(tuple(pages))

    def _url(self, terms: Terms, page: int) -> str:
        query = {
            "serviceKey": terms.credential,
            "pageNo": page,
            "numOfRows": PAGE_ROWS,
            "type": "json",
        }
        return f"{terms.base_url}{self.path}?{urlencode(query)}"


def items_of(page: Document) -> tuple[list[Any], int]:
    """Take the rows and the stated total out of an answer's envelope, whichever it is.

    Raises:
        SourceFault: the answer is an error, in the body or from the gateway.
    """
    refuse_html(page.content, page.name)
    if page.content.lstrip()[:1] == b"<":
        raise SourceFault(_gateway_error(page))
    answer = _mapping(parse_json(page))
    envelope = _mapping(answer.get("response", answer))
    header, body = _mapping(envelope.get("header")), _mapping(envelope.get("body"))
    code = str(header.get("resultCode", "?"))
    if code == _NO_DATA:
        return [], 0
    if code != "00":
        raise SourceFault(f"data.go.kr error {code}: {_MEANING.get(code, header.get('resultMsg'))}")
    items = body.get("items") or []
    items = items if isinstance(items, list) else [items]
    rows = [
        item["item"] if isinstance(item, Mapping) and set(item) == {"item"} else item
        for item in items
    ]
    flat = [row for part in rows for row in (part if isinstance(part, list) else [part])]
    total = str(body.get("totalCount") or 0)
    if not total.isdecimal():
        raise SourceFault(f"data.go.kr says it has `{total}` rows: its envelope has changed")
    return flat, int(total)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _gateway_error(page: Document) -> str:
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = lxml.etree.fromstring(page.content, parser)
    except lxml.etree.XMLSyntaxError:
        return "data.go.kr answered with something that is neither JSON nor its error form"
    code = root.findtext(".//returnReasonCode") or "?"
    said = root.findtext(".//returnAuthMsg") or "no message"
    return f"data.go.kr gateway error {code}: {_MEANING.get(code, said)}"
