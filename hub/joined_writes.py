"""The head of an answer and its body, sent by one call of the system.

uvicorn writes the head as soon as it has it and the body after it, and uvloop sends each at once:
two packets, for which the kernel and the client are woken twice. An answer that the hot tier has
whole goes past uvicorn's own `send`, which reads and checks each header.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

WHOLE = "hub.answer"
"""The type of a message that is an answer of status 200 by itself, of a server that names it among
the extensions of a scope.

It has `headers` as ASGI has them, `content-length` among them, but of text that is known to hold no
line break; and `body`, a list of parts.
"""


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


class AnswerCycle(RequestResponseCycle):
    """One request and its answer, which takes a `WHOLE` message beside those of ASGI."""

    async def send(self, message: Any) -> None:
        """Send a message."""
        if message["type"] == WHOLE:
            await self._send_whole(message)
            return
        if not self.response_started:
            joined = JoinedWrites(self.transport, asyncio.get_running_loop())
            self.transport = joined  # type: ignore[assignment]  # all that it is asked for
        await super().send(message)

    async def _send_whole(self, message: Any) -> None:
        is_plain = (
            self.keep_alive
            and not self.disconnected
            and not self.response_started
            and not self.flow.write_paused
            and not self.access_log
        )
        if not is_plain:
            started = {"type": "http.response.start", "status": 200, "headers": message["headers"]}
            await self.send(started)
            await self.send({"type": "http.response.body", "body": b"".join(message["body"])})
            return
        self.response_started = self.response_complete = True
        head = [b"%b: %b\r\n" % each for each in (*self.default_headers, *message["headers"])]
        self.transport.write(b"".join([_OK, *head, b"\r\n", *message["body"]]))
        self.message_event.set()
        self.on_response()


_OK = b"HTTP/1.1 200 OK\r\n"
