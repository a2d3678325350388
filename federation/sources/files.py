"""Sources that serve a list as one whole file.

Lists that are read page by page are `paging.py`; what a file is known by at the next pull is
`validators.py`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import lxml.etree
import lxml.html

from federation.errors import SourceChanged, SourceFault
from federation.reading.native import Document
from federation.sources.exchange import (
    USER_AGENT,
    USUAL,
    Fetch,
    Fetched,
    Manners,
    Request,
    Response,
    Terms,
)
from federation.sources.validators import conditions, validator_of


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file replaced in place; asked for on condition that it changed."""

    base_url: str
    path: str
    credential_name: str | None = None
    manners: Manners = USUAL

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`. Returns None when the file still is the one of the last pull."""
        return (yield from _conditional(terms.base_url + self.path, terms.validator))


@dataclass(frozen=True, slots=True)
class BundledFile:
    """A file that comes with the product; nothing is asked over the network."""

    file: Path
    base_url: str = ""
    credential_name: str | None = None
    manners: Manners = USUAL

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`. Returns None when the file is the one of the last pull."""
        content = self.file.read_bytes()
        validator = hashlib.sha256(content).hexdigest()
        if validator == terms.validator:
            return None
        return Fetched((Document(self.file.name, content),), validator)
        yield


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A dated file that a web page links to; the first link that matches is the newest."""

    base_url: str
    page: str
    link: re.Pattern[str]
    credential_name: str | None = None
    manners: Manners = USUAL

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`.

        Raises:
            SourceChanged: the page links to no such file.
            SourceFault: it links to another host, or the source answered wrongly.
        """
        answer = yield Request(terms.base_url + self.page, {"user-agent": USER_AGENT})
        answer.require_ok(f"the page `{self.page}`")
        links = [anchor.get("href") or "" for anchor in _anchors(answer.content)]
        found = next((link for link in links if self.link.search(link)), None)
        if found is None:
            raise SourceChanged(
                f"the page `{self.page}` links to no file like `{self.link.pattern}`: "
                "look at it, then mend the feed's link"
            )
        url = urljoin(terms.base_url + self.page, found)
        if urlsplit(url).netloc != urlsplit(terms.base_url).netloc:
            raise SourceFault(
                f"the page `{self.page}` links to another host, `{url}`: ask the member why"
            )
        return (yield from _conditional(url, terms.validator))


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A file behind a session cookie that the source hands out by redirecting to itself."""

    base_url: str
    path: str
    credential_name: str | None = None
    manners: Manners = USUAL
    _max_turns: int = field(default=3, repr=False)

    def fetch(self, terms: Terms) -> Fetch:
        """See `Source`.

        Raises:
            SourceFault: the source goes on redirecting.
        """
        url = terms.base_url + self.path
        headers = {"user-agent": USER_AGENT}
        for _ in range(self._max_turns):
            answer = yield Request(url, headers)
            if answer.status not in {302, 303, 307}:
                answer.require_ok(f"`{self.path}`")
                return Fetched((_document(url, answer),))
            headers["cookie"] = answer.headers.get("set-cookie", "").split(";")[0]
        raise SourceFault(f"`{self.path}` goes on redirecting: look at how the site is opened")


def _anchors(page: bytes) -> Iterator[lxml.html.HtmlElement]:
    try:
        return lxml.html.fromstring(page).iter("a")
    except lxml.etree.ParserError:  # an empty page
        return iter(())


def _conditional(url: str, validator: str | None) -> Fetch:
    answer = yield Request(url, {"user-agent": USER_AGENT} | conditions(validator))
    if answer.status == 304 and validator:
        return None
    answer.require_ok(f"`{url.rsplit('/', 1)[-1]}`")
    return Fetched((_document(url, answer),), validator_of(answer))


def _document(url: str, answer: Response) -> Document:
    path = url.split("?", maxsplit=1)[0]
    return Document(path.rsplit("/", 1)[-1], answer.content, answer.stated_at)
