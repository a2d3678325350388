"""Files that are there whole or not at all, after a power cut too; and who may write them."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from hub_client.errors import ComeAgain

_AT_ONCE = 16


def write_durably(path: Path, text: str) -> None:
    """Replace a file by a text, at once."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def sync_all(paths: Iterable[Path]) -> None:
    """Have many files and folders outlast a power cut; a disk does several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in threads.map(sync, paths):
            pass


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, outlast a power cut."""
    found = os.open(path, os.O_RDONLY)
    try:
        os.fsync(found)
    finally:
        os.close(found)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other run out for the length of the block; a run that dies lets go.

    Raises:
        ComeAgain: another run is under way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise busy() from error
        yield


def busy() -> ComeAgain:
    """Say that another run is under way."""
    return ComeAgain("another run into this target is under way: let it end, then run again")
