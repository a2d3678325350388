"""The landing: native bytes, compressed, by the SHA-256 of what the source sent.

Bytes are written once and never changed; a pull names its documents by digest.
"""

import asyncio
import gzip
import hashlib
from pathlib import Path

import obstore
from obstore.store import ObjectStore, from_url

from hub.errors import NotFound


class Landing:
    """A folder or object store of native bytes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256 in hex; bytes already there are not rewritten."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            await obstore.head_async(self._store, _path(digest))
        except FileNotFoundError:
            packed = await asyncio.to_thread(gzip.compress, content, 6, mtime=0)
            await obstore.put_async(self._store, _path(digest), packed)
        return digest

    async def get(self, digest: str) -> bytes:
        """Read bytes back and check them against their digest.

        Raises:
            NotFound: nothing by that digest, or it no longer matches.
        """
        try:
            found = await obstore.get_async(self._store, _path(digest))
        except FileNotFoundError as error:
            raise NotFound(f"the landing has no bytes `{digest}`") from error
        content = await asyncio.to_thread(gzip.decompress, bytes(await found.bytes_async()))
        if hashlib.sha256(content).hexdigest() != digest:
            raise NotFound(f"the landing's bytes `{digest}` are damaged: restore them from a copy")
        return content


def open_landing(url: str | None, state_dir: Path) -> Landing:
    """Open the landing at an object store's URL, or in the state folder."""
    if url is None:
        folder = (state_dir / "landing").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        url = folder.as_uri()
    return Landing(from_url(url))


def _path(digest: str) -> str:
    return f"native/{digest[:2]}/{digest}.gz"
