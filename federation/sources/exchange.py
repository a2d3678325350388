"""The parts of every fetch: a request, its answer, and the generator that goes between them."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from federation.errors import SourceFault
from federation.reading.native import Document

USER_AGENT = "Mozilla/5.0 (compatible; alliance-exchange-hub/0.1; +https://alliance.example/hub)"
"""Names the hub and where to read about it; several sources refuse an unnamed script."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GET to be carried out."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def stated_at(self) -> datetime | None:
        """The Last-Modified date, where one was sent and can be read."""
        try:
            stated = parsedate_to_datetime(self.headers["last-modified"])
        except (KeyError, ValueError):
            return None
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)

    def require_ok(self, what: str) -> None:
        """Refuse anything but a 200.

        Raises:
            SourceFault: with the status.
        """
        if self.status != 200:
            raise SourceFault(f"{what} answered with HTTP {self.status}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """All bodies of one pull, in order. `validator` goes into the next conditional request."""

    documents: tuple[Document, ...]
    validator: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a pull brings along: where to, with which key, and what it already has.

    `validator` is the entity tag of the last good pull; a source that still stands there returns
    None instead of bodies.
    """

    base_url: str
    credential: str | None = None
    validator: str | None = None


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

    def fetch(self, terms: Terms) -> Fetch:
        """Yield each request and take its answer.

        Raises:
            SourceFault: the source answered wrongly.
        """
        ...
