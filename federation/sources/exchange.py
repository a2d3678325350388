"""The parts of every fetch: a request, its answer, and the generator that goes between them.

A source yields a `Request`, is sent its `Response`, and returns what it `Fetched`; whoever runs the
generator has the network. Start reading at `Source`.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Protocol

from federation.errors import SourceFault
from federation.reading.native import Document

USER_AGENT = "Mozilla/5.0 (compatible; alliance-exchange-hub/0.1; +https://alliance.example/hub)"
"""Names the hub and where to read about it; several sources refuse an unnamed script."""

MAX_RETRY_AFTER = timedelta(days=1)
"""Longest that a `Retry-After` is believed: no source may put its feed to sleep for good."""

_BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source's host wants to be asked.

    `at_once`: requests under way at the same time; `gap_s`: seconds between the starts of two.
    Both count over all feeds of the host in one process.
    """

    at_once: int = 2
    gap_s: float = 0.0


USUAL = Manners()
"""For sources that state no limits."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GET to be carried out, `after_s` seconds from now. Its repr shows nothing that has keys."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def stated_at(self) -> datetime | None:
        """The Last-Modified date, where one was sent and can be read."""
        return self.dated("last-modified")

    @property
    def retry_at(self) -> datetime | None:
        """When `Retry-After`, in seconds or as a date, lets the source be asked again.

        Never later than `MAX_RETRY_AFTER` from when the answer came.

        Source: RFC 9110 section 10.2.3.
        """
        stated = self.headers.get("retry-after", "").strip()
        if not stated.isdecimal():
            at = self.dated("retry-after")
        elif len(stated) > len(str(int(MAX_RETRY_AFTER.total_seconds()))):
            at = self.received_at + MAX_RETRY_AFTER
        else:
            at = self.received_at + timedelta(seconds=int(stated))
        return at and min(at, self.received_at + MAX_RETRY_AFTER)

    def dated(self, header: str) -> datetime | None:
        """Read a header that holds a date; None where it is not there or is no date."""
        try:
            at = parsedate_to_datetime(self.headers[header])
        except (KeyError, ValueError):
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def require_ok(self, what: str) -> None:
        """Refuse anything but a 200.

        Raises:
            SourceFault: with the status; `SOURCE_BUSY` where the source is asked too much,
                `SOURCE_DOWN` where it failed inside.
        """
        if self.status != 200:
            down = "SOURCE_DOWN" if self.status >= 500 else None
            code = "SOURCE_BUSY" if self.status in _BUSY else down
            mend = "pull again later" if code else "ask the member where its list is now"
            message = f"{what} answered with HTTP {self.status}: {mend}"
            raise SourceFault(message, code=code, retry_at=self.retry_at)


class Extent(StrEnum):
    """How much of its list a source sent."""

    WHOLE = "WHOLE"
    PART = "PART"  # the rows of the days that were asked for
    EXCERPT = "EXCERPT"  # what the source chose to send of it, such as the newest rows


@dataclass(frozen=True, slots=True)
class Fetched:
    """All bodies of one pull, in order.

    Attributes:
        documents: none only where nothing of a part of the list is new.
        validator: goes into the next conditional request.
        extent: how much of its list the source sent; absence means something in the whole alone.
        total: how many rows the source says its whole list has.
    """

    documents: tuple[Document, ...]
    validator: str | None = None
    extent: Extent = Extent.WHOLE
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """Asks for rows of `day` or later alone, by the native field that dates them."""

    field: str
    day: date


@dataclass(frozen=True, slots=True)
class Terms:
    """What a pull brings along: where to, with which key, and what it already has.

    Attributes:
        base_url: without a closing slash.
        credential: the source's key.
        validator: of the last good pull; a source that still stands there returns None instead of
            bodies.
        since: all older rows are there; a source that can't ask for a part sends the whole list.
    """

    base_url: str
    credential: str | None = field(default=None, repr=False)
    validator: str | None = None
    since: Since | None = None


Fetch = Generator[Request, Response, Fetched | None]


class Source(Protocol):
    """A way to fetch."""

    @property
    def base_url(self) -> str:
        """The member's real address, without a closing slash."""
        ...

    @property
    def credential_name(self) -> str | None:
        """Environment variable of the key, if the source needs one."""
        ...

    @property
    def manners(self) -> Manners:
        """How its host wants to be asked."""
        ...

    def fetch(self, terms: Terms) -> Fetch:
        """Yield each request and take its answer.

        Raises:
            SourceFault: the source answered wrongly.
        """
        ...
