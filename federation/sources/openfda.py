"""openFDA: pages by `limit` and the `Link` header.

Source: open.fda.gov, "Query parameters" and "Paging". `limit` is at most 1,000; past the first
page the `Link` header's `search_after` address is followed, which may not be joined with `skip`.
No `Link` header means the last page; no match is a 404.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.reading.tree import parse_json
from federation.sources.exchange import USER_AGENT, Fetch, Fetched, Request, Terms

PAGE_ROWS = 1000
MAX_PAGES = 1000

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class OpenFDA:
    """An openFDA endpoint, read to its last page."""

    path: str
    base_url: str = "https://api.fda.gov"
    credential_name: str | None = "OPENFDA_API_KEY"

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`. One document a page, each the whole envelope.

        Raises:
            SourceFault: a page failed, or fewer records came than the source says it has.
        """
        query = {"limit": str(PAGE_ROWS)} | (
            {"api_key": terms.credential} if terms.credential else {}
        )
        url: str | None = f"{terms.base_url}{self.path}?{urlencode(query)}"
        pages: list[Document] = []
        received, total = 0, 0
        while url and len(pages) < MAX_PAGES:
            answer = yield Request(url, {"user-agent": USER_AGENT})
            if answer.status == 404 and not pages:
                raise SourceFault(f"openFDA has no record at `{self.path}`")
            answer.require_ok(f"openFDA `{self.path}`")
            page = Document(f"page-{len(pages) + 1}.json", answer.content, answer.stated_at)
            count, total = _counts(page)
            received += count
            pages.append(page)
            url = _next_page(answer.headers.get("link", ""), terms.base_url)
        if received != total:
            raise SourceFault(
                f"openFDA says it has {total} records and sent {received}: pull again"
            )
        return Fetched(tuple(pages))


def _counts(page: Document) -> tuple[int, int]:
    envelope = parse_json(page)
    try:
        return len(envelope["results"]), int(envelope["meta"]["results"]["total"])
    except (KeyError, TypeError, ValueError) as error:
        raise SourceFault(f"`{page.name}` is not an openFDA answer: no `results`") from error


def _next_page(link: str, base_url: str) -> str | None:
    found = _NEXT.search(link)
    if not found:
        return None
    there, here = urlsplit(found[1]), urlsplit(base_url)
    if there.netloc != here.netloc:
        raise SourceFault(f"openFDA's next page is on another host, `{there.netloc}`")
    return found[1]
