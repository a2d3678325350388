"""A list read page by page, to a consistent end.

A list may change while its pages are read: rows then shift from one page to another, are read twice
or never. A reading in which that shows is thrown away and the list is read again from its first
page, `READINGS` times at most. What is odd and stays so, the same in two readings, is the source's
own.
"""

import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.exchange import Request, Response

READINGS = 3
"""How often a list that changes is begun."""

MAX_PAGES = 2000
"""Most pages of one list."""


class ListMoved(SourceFault):
    """The list changed while it was read. The message says what showed it."""

    code = "SOURCE_MOVING"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, how many the list has in all, and what the source calls its state."""

    document: Document
    rows: list[Any]
    total: int
    edition: str | None = None

    @property
    def digest(self) -> bytes:
        """Digest of the rows alone: the same ones may come in another envelope."""
        canonical = json.dumps(self.rows, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode(errors="surrogatepass")).digest()


@dataclass(slots=True)
class Reading:
    """The pages of one reading so far.

    Attributes:
        key: field that names a row on one page only; None where the list has none.
        size: rows of a page that is not the last.
        oddity: what may be a change, or the source's own way.
    """

    key: str | None
    size: int
    pages: list[Page] = field(default_factory=list)
    received: int = 0
    oddity: str | None = None
    _keys: set[str] = field(default_factory=set)

    def take(self, page: Page) -> None:
        """Add the next page.

        Raises:
            ListMoved: it is of another state of the list than the first one.
            SourceFault: there is no end of pages.
        """
        if self.pages:
            self._require_same(page)
            if len(self.pages[-1].rows) != self.size:
                self.oddity = f"page {len(self.pages)} has {len(self.pages[-1].rows)} rows"
        if len(self.pages) == MAX_PAGES:
            raise SourceFault(f"the list has over {MAX_PAGES} pages: ask the member for a file")
        keys = [str(row[self.key]) for row in page.rows if self._has_key(row)]
        if twice := self._keys.intersection(keys):
            self.oddity = f"`{min(twice)[:40]}` is on two pages"
        self._keys.update(keys)
        self.received += len(page.rows)
        self.pages.append(page)

    def end(self, first_again: Page | None) -> None:
        """Hold the whole against what the source says it has, and the first page against itself.

        Raises:
            ListMoved: they differ.
        """
        if self.pages and self.received != self.pages[0].total:
            raise ListMoved(f"it says it has {self.pages[0].total} rows and sent {self.received}")
        if first_again:
            self._require_same(first_again)
            if first_again.digest != self.pages[0].digest:
                raise ListMoved("page 1 is another one at the end")

    @property
    def digests(self) -> list[bytes]:
        """The digests of all pages."""
        return [page.digest for page in self.pages]

    @property
    def documents(self) -> tuple[Document, ...]:
        """The pages that have rows, as they came."""
        return tuple(page.document for page in self.pages if page.rows)

    def _require_same(self, page: Page) -> None:
        first = self.pages[0]
        if page.total != first.total:
            raise ListMoved(f"it said it has {first.total} rows, then {page.total}")
        if page.edition != first.edition:
            raise ListMoved(f"it was of `{first.edition}`, then of `{page.edition}`")

    def _has_key(self, row: Any) -> bool:
        return self.key is not None and isinstance(row, dict) and row.get(self.key) is not None


def read_whole(
    begin: Callable[[], Generator[Request, Response, Reading]], what: str
) -> Generator[Request, Response, Reading]:
    """Read a list until one reading is of a piece.

    Args:
        begin: starts a reading from the first page.
        what: names the list in messages.

    Raises:
        SourceFault: `SOURCE_MOVING`, no reading was; or a page is wrong in itself.
    """
    before: list[bytes] = []
    why = ""
    for _ in range(READINGS):
        try:
            reading = yield from begin()
        except ListMoved as moved:
            why = str(moved)
            continue
        if reading.oddity is None or reading.digests == before:
            return reading
        why, before = reading.oddity, reading.digests
    raise ListMoved(f"{what} is not of a piece in {READINGS} readings: {why}: pull again later")
