"""The landing: native bytes, compressed, by the SHA-256 of what the source sent.

Bytes are written once and never changed; a pull names its documents by digest.
"""

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from hub.errors import NotFound, Unavailable


class Landing:
    """A folder or object store of native bytes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256 in hex; bytes already there are not rewritten.

        Raises:
            Unavailable: the folder or object store does not take them.
        """
        digest = hashlib.sha256(content).hexdigest()
        with store_answers():
            if not await self._holds(digest):
                packed = await asyncio.to_thread(gzip.compress, content, 6, mtime=0)
                await obstore.put_async(self._store, _path(digest), packed)
        return digest

    async def get(self, digest: str) -> bytes:
        """Read bytes back and check them against their digest.

        Raises:
            NotFound: nothing by that digest, or it no longer matches.
            Unavailable: the folder or object store does not answer.
        """
        try:
            with store_answers():
                found = await obstore.get_async(self._store, _path(digest))
                packed = bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise NotFound(f"the landing has no bytes `{digest}`") from error
        content = await asyncio.to_thread(_unpacked, packed)
        if hashlib.sha256(content).hexdigest() != digest:
            raise NotFound(f"the landing's bytes `{digest}` are damaged: restore them from a copy")
        return content

    async def _holds(self, digest: str) -> bool:
        try:
            found = await obstore.head_async(self._store, _path(digest))
        except FileNotFoundError:
            return False
        return found["size"] > 0  # a machine that lost power leaves a name without bytes


def open_landing(url: str | None, state_dir: Path) -> Landing:
    """Open the landing at an object store's URL, or in the state folder."""
    return Landing(open_store(url, state_dir))


def open_store(url: str | None, state_dir: Path) -> ObjectStore:
    """Open the store that the landing is in, at its URL or in the state folder."""
    if url is None:
        folder = (state_dir / "landing").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        url = folder.as_uri()
    return from_url(url)


@contextmanager
def store_answers() -> Iterator[None]:
    """Wrap the store's own errors; that something is not there is for the caller."""
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


def _path(digest: str) -> str:
    return f"native/{digest[:2]}/{digest}.gz"
