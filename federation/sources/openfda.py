"""openFDA: pages by `limit` and the `Link` header, and parts of a list by a range of days.

Source: open.fda.gov, "Query parameters", "Paging" and "Authentication". `limit` is at most 1,000;
past the first page the `Link` header's `search_after` address is followed, which may not be joined
with `skip`. No `Link` header means the last page; no match is a 404. 240 calls a minute; a day has
1,000 of an address without a key and 120,000 of a key. The key goes as the user of basic
authentication, so that it is in no address.
"""

import base64
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import chain, repeat
from urllib.parse import urlencode, urlsplit

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import Document
from federation.reading.tree import parse_json
from federation.sources.exchange import (
    USER_AGENT,
    Extent,
    Fetch,
    Fetched,
    Manners,
    Request,
    Response,
    Since,
    Terms,
)
from federation.sources.paging import Page, Reading, read_whole
from federation.sources.validators import conditions, validator_of

PAGE_ROWS = 1000

PACE = Manners(at_once=1, gap_s=0.25)
"""240 calls a minute."""

MINUTE_S = 60.0
"""Seconds after which the quota of a minute is whole again."""

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_LAST_DAY = "99991231"

Query = dict[str, str]
Answering = Generator[Request, Response, Response]


@dataclass(frozen=True, slots=True)
class OpenFDA:
    """An openFDA endpoint, read to its last page.

    `key`: field that names a record, if one does.
    """

    path: str
    base_url: str = "https://api.fda.gov"
    credential_name: str | None = "OPENFDA_API_KEY"
    key: str | None = None
    manners: Manners = PACE

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`. One document a page, each the whole envelope.

        An answer in CSV is a stored conversion of some of the list, in one file.

        Raises:
            SourceFault: a page failed, or the list never stands still.
        """
        what = f"openFDA `{self.path}`"
        if terms.since:
            return (yield from self._fetch_part(terms, terms.since, what))
        first = yield from self._ask(terms, self._url(terms), conditions(terms.validator))
        if first.status == 304 and terms.validator:
            return None
        if first.status == 200 and first.headers.get("content-type", "").startswith("text/csv"):
            conversion = Document("conversion.csv", first.content, first.stated_at)
            return Fetched((conversion,), validator_of(first), Extent.EXCERPT)
        # A list that moved is asked for anew: the answer that is there serves the first reading.
        starts: Iterator[Response | None] = chain([first], repeat(None))
        reading = yield from read_whole(lambda: self._read(terms, {}, next(starts)), what)
        if not reading.pages:
            raise SourceFault(f"openFDA has no record at `{self.path}`: correct the feed's path")
        validator = validator_of(first) if len(reading.pages) == 1 else None
        return Fetched(reading.documents, validator, total=reading.received)

    def _fetch_part(self, terms: Terms, since: Since, what: str) -> Fetch:
        """Fetch the rows of a day or later, and count the whole list."""
        search = {"search": f"{since.field}:[{since.day:%Y%m%d} TO {_LAST_DAY}]"}
        reading = yield from read_whole(partial(self._read, terms, search), what)
        counted = yield from self._ask(terms, self._url(terms, limit=1))
        counted.require_ok(what)
        total = _page(1, counted).total
        return Fetched(reading.documents, extent=Extent.PART, total=total)

    def _read(
        self, terms: Terms, search: Query, answer: Response | None = None
    ) -> Generator[Request, Response, Reading]:
        reading = Reading(self.key, PAGE_ROWS)
        url: str | None = self._url(terms, search)
        while url:
            answer = answer or (yield from self._ask(terms, url))
            if answer.status == 404 and not reading.pages:
                return reading
            answer.require_ok(f"openFDA `{self.path}`")
            reading.take(_page(len(reading.pages) + 1, answer))
            url = _next_page(answer.headers.get("link", ""), terms.base_url)
            answer = None
        again = None
        if len(reading.pages) > 1:
            again = _page(1, (yield from self._ask(terms, self._url(terms, search))))
        reading.end(again)
        return reading

    def _ask(self, terms: Terms, url: str, headers: Query | None = None) -> Answering:
        """Ask once more after a minute where the quota is used up: it may be that of the minute.

        Raises:
            SourceFault: it is that of the day.
        """
        sent = {"user-agent": USER_AGENT} | _authorization(terms.credential) | (headers or {})
        answer = yield Request(url, sent)
        if answer.status == 429 and not answer.retry_at:
            answer = yield Request(url, sent, MINUTE_S)
        if answer.status == 429:
            key = "" if terms.credential else f"set {self.credential_name} or "
            raise SourceFault(
                f"openFDA's quota of calls is used up: {key}pull again tomorrow",
                code="SOURCE_QUOTA",
                retry_at=answer.retry_at or _next_day(answer.received_at),
            )
        return answer

    def _url(self, terms: Terms, search: Query | None = None, limit: int = PAGE_ROWS) -> str:
        query = (search or {}) | {"limit": str(limit)}
        return f"{terms.base_url}{self.path}?{urlencode(query)}"


def records_of(pages: Sequence[Document]) -> list[object]:
    """Take the records out of an endpoint's pages.

    Raises:
        SourceChanged: a page has none.
    """
    envelopes = [parse_json(page) for page in pages]
    try:
        return [record for envelope in envelopes for record in envelope["results"]]
    except (KeyError, TypeError) as error:
        raise SourceChanged(
            "openFDA's answer holds no `results`: look at it, then mend the feed's reader"
        ) from error


def _authorization(key: str | None) -> Query:
    return (
        {"authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"} if key else {}
    )


def _page(number: int, answer: Response) -> Page:
    document = Document(f"page-{number}.json", answer.content, answer.stated_at)
    envelope = parse_json(document)
    try:
        rows, meta = list(envelope["results"]), envelope["meta"]
        return Page(document, rows, int(meta["results"]["total"]), meta.get("last_updated"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SourceFault(
            f"`{document.name}` is not an openFDA answer, it holds no `results`: pull again"
        ) from error


def _next_page(link: str, base_url: str) -> str | None:
    found = _NEXT.search(link)
    if not found:
        return None
    there, here = urlsplit(found[1]), urlsplit(base_url)
    if there.netloc != here.netloc:
        raise SourceFault(
            f"openFDA's next page is on another host, `{there.netloc}`: ask openFDA why"
        )
    return found[1]


def _next_day(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
