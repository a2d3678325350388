"""The substance register that pulls resolve by: what `ref.alliance_substances` last published.

That feed's documents are those the reference feeds last brought, behind a page of contents. What a
reference feed brings counts only once the register is published with it, so that a resolved text
always leads to a Substance record. Each process compiles a register once.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from federation.feed import Feed
from federation.members.alliance import substance_register
from federation.members.alliance.compilation import (
    REFERENCE_FEEDS,
    SUBSTANCE_FEEDS,
    compile_register,
    contents_page,
)
from federation.reading.native import Document
from federation.sources.exchange import Fetched
from federation.substances.register import BUNDLED, SubstanceRegister
from federation.substances.resolver import Resolver
from hub.store.database import Pool
from hub.store.landing import Landing
from hub.sync import history

REGISTER_FEED = substance_register.FEED.id


@dataclass(frozen=True, slots=True)
class RegisterInUse:
    """A register's resolver. `digest` stands for its documents; empty when nothing is resolved."""

    resolver: Resolver
    digest: str

    def folded_into(self, mapping_digest: str) -> str:
        """Digest of a mapping that resolves by this register."""
        if not self.digest:
            return mapping_digest
        return hashlib.sha256(f"{mapping_digest} {self.digest}".encode()).hexdigest()


NO_REGISTER = RegisterInUse(Resolver(SubstanceRegister()), "")
"""For feeds that hold no text to resolve: they need not wait for a register."""


class CurrentRegister:
    """The register in use, and the documents of the next one."""

    def __init__(self, pool: Pool, landing: Landing) -> None:
        self._pool = pool
        self._landing = landing
        self._turn = asyncio.Lock()
        self._made: RegisterInUse | None = None

    async def for_feed(self, feed: Feed) -> RegisterInUse:
        """Give the register that a pull of this feed resolves by.

        Raises:
            NotFound: the landing has lost one of its documents.
            Unavailable: the landing does not answer.
        """
        if not any(mapping.substance for mapping in feed.mappings):
            return NO_REGISTER
        return await self.in_use()

    async def in_use(self) -> RegisterInUse:
        """Give the register that was published last, the bundled one before any; see `for_feed`."""
        async with self._pool.connection() as connection:
            good = await history.last_good(connection, REGISTER_FEED)
        digests = good.documents if good else [_digest(BUNDLED.read_bytes())]
        async with self._turn:
            if self._made is None or self._made.digest != digests[0]:
                documents = await self._landed(digests) if good else [_bundled()]
                register = await asyncio.to_thread(compile_register, documents)
                self._made = RegisterInUse(Resolver(register), digests[0])
            return self._made

    async def newest(self, validator: str | None) -> Fetched | None:
        """Gather what the next register is made of; None when that is what `validator` stands for.

        `Raises:` as `for_feed`.
        """
        digests = await self._reference_digests()
        is_whole = any(feed in digests for feed in SUBSTANCE_FEEDS)
        first = contents_page(digests) if is_whole else _bundled()
        digest = _digest(first.content)
        if digest == validator:
            return None
        behind = [name for names in digests.values() for name in names] if is_whole else []
        return Fetched((first, *await self._landed(behind)), digest)

    async def _reference_digests(self) -> dict[str, list[str]]:
        async with self._pool.connection() as connection:
            found = {feed: await history.last_good(connection, feed) for feed in REFERENCE_FEEDS}
        return {feed: good.documents for feed, good in found.items() if good}

    async def _landed(self, digests: Sequence[str]) -> list[Document]:
        return [Document(digest, await self._landing.get(digest)) for digest in digests]


def _bundled() -> Document:
    return Document(BUNDLED.name, BUNDLED.read_bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
