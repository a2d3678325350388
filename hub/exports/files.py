"""The files of exports in the landing store: `exports/<id>/<attempt>.<suffix>`.

Files come into being whole. What no job stands behind is swept: a process died, or a job was
deleted. Of uploads to an object store that broke off, its own rule for such should see to.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore

from hub.store.landing import store_answers

PART_BYTES = 5 * 1024 * 1024
"""Bytes of an upload's part; object stores take no smaller one."""

CHUNK_BYTES = 256 * 1024
"""Bytes that are read of a file at once."""

_FOLDER = "exports"
_PARTS = f"{_FOLDER}/*/*#*"

Live = Callable[[list[str]], Awaitable[set[tuple[str, int]]]]
"""Tells which of these exports have a file or may be making one, and by which attempt."""


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

    @classmethod
    def of(cls, path: str) -> "FileName | None":
        """Read a path; None where it is no file of an export."""
        match path.split("/"):
            case [_, export_id, name] if name.partition(".")[0].isdigit():
                attempt, _, suffix = name.partition(".")
                return cls(export_id, int(attempt), suffix)
        return None


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
        """Keep a copy of a local file.

        Raises:
            Unavailable: the store does not take it.
        """
        digest, size = hashlib.sha256(), 0

        async def parts() -> AsyncGenerator[bytes]:
            nonlocal size
            with source.open("rb") as file:
                while part := await asyncio.to_thread(file.read, PART_BYTES):
                    digest.update(part)
                    size += len(part)
                    yield part

        with store_answers():
            await obstore.put_async(self._store, name.path, parts())
        return Kept(digest.hexdigest(), size)

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

    async def drop(self, names: Iterable[FileName]) -> None:
        """Drop files; one that is not there is dropped already.

        Raises:
            Unavailable: the store does not answer.
        """
        for name in names:
            try:
                with store_answers():
                    await obstore.delete_async(self._store, name.path)
            except FileNotFoundError:
                continue

    async def sweep(self, live: Live) -> None:
        """Drop the files that no job stands behind.

        Raises:
            Unavailable: the store does not answer.
        """
        # First the files, then the jobs: a job that comes in between has no file among these.
        names, uploads = await self._names(), await asyncio.to_thread(self._uploads)
        known = [name.export_id for name in (*names, *uploads.values())]
        kept = await live(known) if known else set()
        await self.drop(name for name in names if (name.export_id, name.attempt) not in kept)
        for path, name in uploads.items():
            if (name.export_id, name.attempt) not in kept:
                path.unlink(missing_ok=True)

    async def _names(self) -> list[FileName]:
        names: list[FileName | None] = []
        with store_answers():
            async for found in obstore.list(self._store, _FOLDER):
                names += [FileName.of(each["path"]) for each in found]
        return [name for name in names if name]

    def _uploads(self) -> dict[Path, FileName]:
        """Find uploads to a folder; until they are whole, their names end in a number."""
        if not isinstance(self._store, LocalStore):
            return {}
        root = Path(str(self._store.prefix))
        found = {path: FileName.of(path.relative_to(root).as_posix()) for path in root.glob(_PARTS)}
        return {path: name for path, name in found.items() if name}
