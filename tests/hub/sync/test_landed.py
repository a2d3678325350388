"""Documents on their way into the landing: their digests, and their rows read meanwhile."""

from dataclasses import replace

import pytest

from federation.errors import SourceChanged
from federation.members.registry import FEEDS
from federation.reading.native import Document
from federation.sources.exchange import Fetched
from hub.store.landing import open_landing
from hub.sync.landed import being_read, digests_of

FEED = FEEDS["eu.fr_products"]
FETCHED = Fetched((Document("one", b"first"), Document("two", b"second")), None)


async def test_documents_have_the_digests_they_are_landed_by(tmp_path):
    landing = open_landing(None, tmp_path)
    landed = [await landing.put(document.content) for document in FETCHED.documents]
    assert await digests_of(FETCHED) == landed


async def test_reading_gives_what_the_feed_reads():
    feed = replace(FEED, read=lambda documents: [one.name for one in documents])
    async with being_read(feed, FETCHED) as reading:
        assert await reading == ["one", "two"]


async def test_documents_that_are_no_list_raise_for_whoever_waits_for_their_rows():
    async with being_read(FEED, FETCHED) as reading:
        with pytest.raises(SourceChanged):
            await reading


async def test_fault_of_what_happens_meanwhile_is_not_hidden_by_that_of_the_reading():
    with pytest.raises(LookupError, match="meanwhile"):
        async with being_read(FEED, FETCHED):
            raise LookupError("meanwhile")
