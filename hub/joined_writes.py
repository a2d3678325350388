"""The head of an answer and its body, sent by one call of the system.

uvicorn writes the head as soon as it has it and the body after it, and uvloop sends each at once:
two packets, for which the kernel and the client are woken twice.
"""

import asyncio


class JoinedWrites:
    """The transport of one answer. What is written first waits for what is written next.

    It waits no longer than for those tasks that are ready now: a stream whose first event is far
    off begins at once. It is what `uvicorn`'s cycle of a request wants of a transport, no more.
    """

    __slots__ = ("_held", "_is_begun", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._is_begun = False
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send bytes after those that wait; the first ones wait."""
        if self._is_begun:
            self._transport.write(self._held + data if self._held else data)
            self._held = b""
        else:
            self._is_begun, self._held = True, data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Close it once all is sent."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Tell whether it takes no more."""
        return self._transport.is_closing()

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)
