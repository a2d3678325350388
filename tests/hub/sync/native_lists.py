"""A member's list in the test's hands: what it holds, and the rules it is mapped by."""

import dataclasses
import json
from collections.abc import Iterable

import polars as pl

from federation.feed import Feed
from federation.reading.native import Document
from federation.sources.exchange import Extent, Fetched
from tests.hub.store.lists import ID, NOTICES, Row, table_of


class Said:
    """A source that says what it is told to, asking nobody."""

    base_url = "http://list.test"
    credential_name = None

    def __init__(self, rows: Iterable[Row], stated_at=None, extent=Extent.WHOLE) -> None:
        self.extent = extent
        self.document = Document("list.json", json.dumps(list(rows)).encode(), stated_at)

    def fetch(self, terms):
        return Fetched((self.document,), extent=self.extent)
        yield terms


def listing(
    rows: Iterable[Row], feed: Feed = NOTICES, *, stated_at=None, extent=Extent.WHOLE, **changes
) -> Feed:
    """The feed, whose source holds these rows."""
    source = Said(rows, stated_at, extent)
    return dataclasses.replace(feed, source=source, read=_read, **changes)


def _read(documents):
    return table_of(json.loads(documents[0].content))


def ruled(feed: Feed, **changes) -> Feed:
    """The feed, its primary mapping changed."""
    return dataclasses.replace(feed, primary=dataclasses.replace(feed.primary, **changes))


def refusing(*ids: str) -> dict[str, pl.Expr]:
    """A rule that refuses rows by their identifiers."""
    return {"NOT_YET": ID.is_in(ids)}
