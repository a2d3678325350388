"""What a pull fetched, into the landing and out of it again.

The bytes are the landing's; all else that it takes to read them again stands in the pull log.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import datetime

from federation.feed import Feed
from federation.reading.native import Document, NativeTable
from federation.sources.exchange import Extent, Fetched
from hub.store.database import Pool
from hub.store.landing import Landing, digest_of
from hub.sync import history


async def land(pool: Pool, landing: Landing, pull_id: int, fetched: Fetched) -> None:
    """Keep what a pull fetched, and note in its log how it is found again.

    Raises:
        Unavailable: the landing does not take them.
    """
    known = {
        "documents": [await landing.put(document.content) for document in fetched.documents],
        "document_names": [document.name for document in fetched.documents],
        "validator": fetched.validator,
        "stated_at": stated_at_of(fetched),
        "extent": fetched.extent,
        "source_total": fetched.total,
    }
    async with pool.connection() as connection:
        await history.note(connection, pull_id, known)


async def digests_of(fetched: Fetched) -> list[str]:
    """Give the digests by which documents are landed, in their order."""
    return [await asyncio.to_thread(digest_of, document.content) for document in fetched.documents]


@asynccontextmanager
async def being_read(feed: Feed, fetched: Fetched) -> AsyncIterator[Awaitable[NativeTable]]:
    """Read documents while they are landed; at the end it is given up where nobody waited for it.

    Waiting for it raises what `feed.read` does.
    """
    reading = asyncio.ensure_future(asyncio.to_thread(feed.read, fetched.documents))
    try:
        yield reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def landed_documents(pool: Pool, landing: Landing, of_pull: int) -> Fetched:
    """Read back what a pull landed, as its source sent it.

    Raises:
        NotFound: it landed nothing, or the landing has lost a document.
        Unavailable: the landing does not answer.
    """
    async with pool.connection() as connection:
        known = await history.landed(connection, of_pull)
    named = zip(known.documents, known.document_names or known.documents, strict=True)
    documents = [
        Document(name, await landing.get(digest), known.stated_at) for digest, name in named
    ]
    return Fetched(
        tuple(documents), known.validator, Extent(known.extent), total=known.source_total
    )


def stated_at_of(fetched: Fetched) -> datetime | None:
    """Give the date that the source states for the first document."""
    return next((document.stated_at for document in fetched.documents), None)
