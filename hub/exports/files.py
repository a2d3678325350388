"""The files of exports in the landing store: `exports/<id>/<attempt>.<suffix>`.

Files come into being whole. Uploads to an object store that broke off are for its own rule on such.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

from hub.store.landing import store_answers

CHUNK_BYTES = 256 * 1024
"""Bytes that are read of a file at once."""

_FOLDER = "exports"


@dataclass(frozen=True, slots=True)
class FileName:
    """Names the file that one attempt at an export made."""

    export_id: str
    attempt: int
    suffix: str

    @property
    def path(self) -> str:
        """Where it is in the store."""
        return f"{_FOLDER}/{self.export_id}/{self.attempt}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: its SHA-256 in hex, and its size."""

    sha256: str
    size: int


class ExportFiles:
    """The folder or object store that holds the files."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, name: FileName, source: Path) -> Kept:
        """Keep a local file, which is moved where that can be, and copied elsewhere.

        Raises:
            Unavailable: the store does not take it.
        """
        kept, place = await asyncio.to_thread(_kept, source), self._place(name)
        if place is None or not await asyncio.to_thread(_is_moved, source, place):
            with store_answers():
                await obstore.put_async(self._store, name.path, source)
        return kept

    async def read(self, name: FileName, start: int, end: int) -> AsyncGenerator[bytes]:
        """Read the bytes from `start` up to, but without, `end`, in chunks.

        Raises:
            FileNotFoundError: there is no such file.
            Unavailable: the store does not answer.
        """
        for place in range(start, end, CHUNK_BYTES):
            with store_answers():
                chunk = await obstore.get_range_async(
                    self._store, name.path, start=place, end=min(place + CHUNK_BYTES, end)
                )
            yield bytes(chunk)

    async def drop(self, name: FileName) -> None:
        """Drop a file, and what an upload of it left; one that is not there is dropped already.

        Raises:
            Unavailable: the store does not answer.
        """
        with suppress(FileNotFoundError), store_answers():
            await obstore.delete_async(self._store, name.path)
        if place := self._place(name):
            await asyncio.to_thread(_drop_uploads, place)

    def _place(self, name: FileName) -> Path | None:
        """Say where a file is on this disk; None of an object store."""
        if isinstance(self._store, LocalStore):
            return Path(str(self._store.prefix)) / name.path
        return None


def _kept(file: Path) -> Kept:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Kept(digest, file.stat().st_size)


def _is_moved(source: Path, place: Path) -> bool:
    """Move a file; not to another disk."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        source.replace(place)
    except OSError:
        return False
    return True


def _drop_uploads(path: Path) -> None:
    """Drop uploads to a folder; until they are whole, their names end in a number."""
    for upload in path.parent.glob(f"{path.name}#*"):
        upload.unlink(missing_ok=True)
