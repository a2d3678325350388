"""A folder of this process's own for files in the making, which a crash does not leave for good."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def own_folder(root: Path) -> Iterator[Path]:
    """Make a folder for the length of the block, and drop those of processes that died."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        with _locked(root):
            for other in root.iterdir():
                _drop_if_left(other)
            folder = Path(stack.enter_context(TemporaryDirectory(dir=root)))
            # Held until the process ends, however it does.
            fcntl.flock(stack.enter_context(_opened(folder)), fcntl.LOCK_EX)
        yield folder


def _drop_if_left(folder: Path) -> None:
    with suppress(BlockingIOError, FileNotFoundError), _opened(folder) as found:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from looking into a folder, or making anything in it."""
    with _opened(folder) as found:
        fcntl.flock(found, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    found = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield found
    finally:
        os.close(found)
