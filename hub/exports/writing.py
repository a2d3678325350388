"""From pages that are read in the event loop to a file that is written in a thread.

What the pages hold is `hub/gateway/export/`'s matter, how they are written `formats/`', and where
the file is kept `files.py`'s. While one page is written, the next one is read.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from hub.errors import TooLarge
from hub.gateway.export.columns import Row

MOST_BYTES = 4_000_000_000
"""Largest file."""

_Page = TypeVar("_Page", list[Row], bytes)


async def write_file(
    write: Callable[[Iterator[_Page]], None],
    path: Path,
    pages: AsyncGenerator[_Page],
    threads: ThreadPoolExecutor,
) -> None:
    """Write all pages to a file, and close them; `write` has that file's path.

    Raises:
        TooLarge: the file grew over `MOST_BYTES`.
        HubError: the pages end so, or the format can't hold them.
    """
    feed = _Feed(pages)
    writing = asyncio.wrap_future(threads.submit(write, _bounded(path, feed.batches())))
    try:
        await asyncio.shield(writing)
        _check_size(path)
    finally:
        await feed.close()
        await asyncio.wait([writing])
        if not writing.cancelled():
            writing.exception()  # Whoever waited for it has it, or was cancelled.


def _bounded(path: Path, pages: Iterator[_Page]) -> Iterator[_Page]:
    for page in pages:
        yield page
        _check_size(path)


def _check_size(path: Path) -> None:
    if path.exists() and path.stat().st_size > MOST_BYTES:
        raise TooLarge(
            f"the file is over {MOST_BYTES} bytes: narrow the filter, and export in parts",
            code="EXPORT_TOO_LARGE",
        )


class _Feed(Generic[_Page]):
    """Pages for a thread. One is read while the one before is written."""

    def __init__(self, pages: AsyncGenerator[_Page]) -> None:
        self._pages: AsyncGenerator[_Page] = pages
        self._loop = asyncio.get_running_loop()
        self._reading = asyncio.Lock()
        self._ahead: Future[_Page | None] | None = None
        self._is_closed = False

    def batches(self) -> Iterator[_Page]:
        """Give the pages, in the thread."""
        ahead = self._ask()
        while page := ahead.result():
            ahead = self._ask()
            yield page

    async def close(self) -> None:
        """Have the thread come to its end."""
        self._is_closed = True
        if self._ahead:
            self._ahead.cancel()
        async with self._reading:
            await self._pages.aclose()

    def _ask(self) -> Future[_Page | None]:
        self._ahead = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
        return self._ahead

    async def _next(self) -> _Page | None:
        async with self._reading:
            return None if self._is_closed else await anext(self._pages, None)
