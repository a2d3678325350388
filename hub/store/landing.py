"""The landing: native bytes, compressed, by the SHA-256 of what the source sent.

Bytes are written once and never changed; a pull names its documents by digest. What nothing needs
any more is first set aside, where it is still found, and dropped from there a good while later:
which, and when, is `hub.sync.retention`'s matter.
"""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from hub.errors import InvalidInput, NotFound, Unavailable

CHUNK_BYTES = 4 * 1024 * 1024
"""Most bytes of a document that are unpacked at once while it is checked."""

LEVEL = 2
"""How hard gzip tries: a third of the time of its usual level, for a quarter more bytes."""

Damage = Literal["damaged", "lost"]

_NATIVE = "native"
_ASIDE = "aside"
_SUFFIX = ".gz"


@dataclass(frozen=True, slots=True)
class Landed:
    """One document of the landing; `size` is of its compressed bytes."""

    digest: str
    size: int
    modified_at: datetime


class Landing:
    """A folder or object store of native bytes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256 in hex; bytes already there are not rewritten.

        Raises:
            Unavailable: the folder or object store does not take them.
        """
        digest = await asyncio.to_thread(digest_of, content)
        with store_answers():
            if not await self._holds(digest):
                packed = await asyncio.to_thread(gzip.compress, content, LEVEL, mtime=0)
                await obstore.put_async(self._store, path_of(digest), packed)
        return digest

    async def get(self, digest: str) -> bytes:
        """Read bytes back, be they set aside, and check them against their digest.

        Raises:
            NotFound: nothing by that digest, or it no longer matches.
            Unavailable: the folder or object store does not answer.
        """
        with store_answers():
            for path in _places(digest):
                if (packed := await self._read(path)) is not None:
                    break
            else:
                raise NotFound(f"the landing has no bytes `{digest}`: restore them from a copy")
        content = await asyncio.to_thread(_unpacked, packed)
        if digest_of(content) != digest:
            raise NotFound(f"the landing's bytes `{digest}` are damaged: restore them from a copy")
        return content

    async def documents(self, *, aside: bool = False) -> AsyncIterator[Landed]:
        """List what is landed, or set aside, in no order.

        Raises:
            Unavailable: the folder or object store does not answer.
        """
        with store_answers():
            async for found in obstore.list(self._store, prefix=_ASIDE if aside else _NATIVE):
                for each in found:
                    if each["path"].endswith(_SUFFIX):
                        digest = _digest_in(each["path"])
                        yield Landed(digest, each["size"], each["last_modified"])

    async def damage(self, digest: str) -> Damage | None:
        """Check a document against its digest, a chunk at a time; None when it is whole.

        Raises:
            Unavailable: the folder or object store does not answer.
        """
        for path in _places(digest):
            with suppress(FileNotFoundError), store_answers():
                return None if await self._digest_at(path) == digest else "damaged"
        return "lost"

    async def set_aside(self, digest: str) -> None:
        """Put a document out of the way; it is still found.

        INVARIANT: its bytes are in one of the two places all the while, for whoever was told by
        `put` that they are there.

        Raises:
            Unavailable: the folder or object store does not answer.
        """
        with store_answers():
            if (packed := await self._read(path_of(digest))) is not None:
                await obstore.put_async(self._store, _aside(digest), packed)
                await self._remove(path_of(digest))

    async def bring_back(self, digest: str) -> None:
        """Put a document that was set aside where it was.

        Raises:
            Unavailable: the folder or object store does not answer.
        """
        with store_answers():
            if (packed := await self._read(_aside(digest))) is not None:
                await obstore.put_async(self._store, path_of(digest), packed)
                await self._remove(_aside(digest))

    async def drop_aside(self, digest: str) -> None:
        """Drop the bytes of a document that was set aside.

        Raises:
            Unavailable: the folder or object store does not answer.
        """
        with store_answers():
            await self._remove(_aside(digest))

    async def _holds(self, digest: str) -> bool:
        try:
            found = await obstore.head_async(self._store, path_of(digest))
        except FileNotFoundError:
            return False
        return found["size"] > 0  # a machine that lost power leaves a name without bytes

    async def _read(self, path: str) -> bytes | None:
        try:
            found = await obstore.get_async(self._store, path)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, path)

    async def _digest_at(self, path: str) -> str | None:
        found = await obstore.get_async(self._store, path)
        unpacking, digest = zlib.decompressobj(zlib.MAX_WBITS | 16), hashlib.sha256()
        try:
            async for packed in found.stream(min_chunk_size=CHUNK_BYTES):
                await asyncio.to_thread(_take_in, digest, unpacking, bytes(packed))
            digest.update(unpacking.flush())
        except zlib.error:
            return None
        return digest.hexdigest() if unpacking.eof and not unpacking.unused_data else None


def open_landing(url: str | None, state_dir: Path) -> Landing:
    """Open the landing at an object store's URL, or in the state folder, as `open_store` does."""
    return Landing(open_store(url, state_dir))


def open_store(url: str | None, state_dir: Path) -> ObjectStore:
    """Open the store that the landing is in, at its URL or in the state folder.

    Raises:
        InvalidInput: the URL is of no store that can be opened; whether it answers is not asked.
    """
    if url is None:
        folder = (state_dir / "landing").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        url = folder.as_uri()
    try:
        return from_url(url)
    except (BaseError, ValueError) as error:
        raise InvalidInput(
            "HUB_LANDING_URL can't be used: write it as `s3://bucket`, `gs://bucket`, "
            "`az://container` or `file:///folder` that is there, and set what the store needs, "
            "such as AZURE_STORAGE_ACCOUNT_NAME, in the environment",
            detail=str(error),
        ) from error


@contextmanager
def store_answers() -> Iterator[None]:
    """Wrap the store's own errors; that something is not there is for the caller.

    Raises:
        Unavailable: the store does not answer, or takes nothing.
    """
    try:
        yield
    except BaseError as error:
        raise Unavailable(
            "the landing does not answer: check HUB_LANDING_URL, its credentials and free space",
            detail=str(error),
        ) from error


def _unpacked(packed: bytes) -> bytes:
    """Undo the compression; what can't be undone gives no bytes, which no digest matches."""
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return b""


def _take_in(digest: "hashlib._Hash", unpacking: "zlib._Decompress", packed: bytes) -> None:
    while packed:
        digest.update(unpacking.decompress(packed, CHUNK_BYTES))
        packed = unpacking.unconsumed_tail


def digest_of(content: bytes) -> str:
    """Give the SHA-256 by which bytes are landed, in hex."""
    return hashlib.sha256(content).hexdigest()


def path_of(digest: str) -> str:
    """Name the place of a document in the folder or object store."""
    return f"{_NATIVE}/{digest[:2]}/{digest}{_SUFFIX}"


def _aside(digest: str) -> str:
    return f"{_ASIDE}/{digest}{_SUFFIX}"


def _places(digest: str) -> tuple[str, ...]:
    """Say where to look for a document; at last once more where it may be brought back to."""
    return path_of(digest), _aside(digest), path_of(digest)


def _digest_in(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(_SUFFIX)
