"""The source of a feed that is filed, not fetched: the documents that were handed in."""

from dataclasses import dataclass, field

from federation.errors import SourceFault
from federation.reading.native import Document
from federation.sources.exchange import Fetch, Fetched, Manners, Terms


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Documents that are there already; nothing is asked over the network."""

    documents: tuple[Document, ...] = ()
    base_url: str = ""
    credential_name: str | None = None
    manners: Manners = field(default_factory=Manners)

    def fetch(self, terms: Terms) -> Fetch:  # noqa: ARG002 - a source's signature
        """See `Source`.

        Raises:
            SourceFault: nothing was handed in.
        """
        if not self.documents:
            raise SourceFault("this feed is filed, not pulled: use `hub submit`")
        return Fetched(self.documents)
        yield
