"""A small HTTP load generator: keep-alive connections, one request after another on each.

It runs on uvloop, in this process. Beside wrk with a script that changes the variables it takes 28
for 24 microseconds of CPU a request, nearly all of them the system's: a program that this machine
may not have would disturb the servers no less.
"""

import asyncio
import itertools
import re
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

OK = 200
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Load:
    """What a round of load did. Latencies are in seconds, in the order of the answers."""

    seconds: float = 0.0
    body_bytes: int = 0
    smallest_body: int = 1 << 62
    latencies: "array[float]" = field(default_factory=lambda: array("d"))

    @property
    def requests(self) -> int:
        """How many were answered."""
        return len(self.latencies)

    def percentile(self, percent: int) -> float:
        """Give the latency that so many percent of the answers keep."""
        return sorted(self.latencies)[(self.requests - 1) * percent // 100]


async def load(port: int, request: bytes, *, connections: int, seconds: float) -> Load:
    """Send one request over and over on loopback, and check that every answer is a 200."""
    asked = itertools.repeat(request)
    return await walk([port], asked, connections=connections, seconds=seconds)


async def walk(
    ports: Sequence[int], requests: Iterator[bytes], *, connections: int, seconds: float
) -> Load:
    """Send one request after another, over connections spread over the ports.

    Raises:
        RuntimeError: an answer that is not a 200, or far smaller than the others.
    """
    done = Load()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    ended = [loop.create_future() for _ in range(connections)]
    for port, end in zip(itertools.cycle(ports), ended, strict=False):
        make = _maker(done, requests, started + seconds, end)
        await loop.create_connection(make, "127.0.0.1", port)
    await asyncio.gather(*ended)
    done.seconds = time.perf_counter() - started
    if done.smallest_body * done.requests < done.body_bytes / 2:
        raise RuntimeError(f"an answer has only {done.smallest_body} bytes")
    return done


async def fetch(port: int, request: bytes) -> bytes:
    """Send one request and give the body of its answer.

    Raises:
        RuntimeError: an answer that is not a 200.
    """
    status, body = await ask(port, request)
    if status != OK:
        raise RuntimeError(f"the server answered {status}: {body[:200]!r}")
    return body


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """Send one request on a connection of its own, and give the answer's status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_length(head))
    writer.close()
    return int(head.split(maxsplit=2)[1]), body


def post(path: str, body: bytes, token: str) -> bytes:
    """Write a POST of JSON as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _maker(done: Load, requests: Iterator[bytes], ends: float, end: asyncio.Future[None]):
    return lambda: _Connection(done, requests, ends, end)


class _Connection(asyncio.Protocol):
    """Asks, waits for the whole answer, and asks again until the time is over."""

    def __init__(
        self, done: Load, requests: Iterator[bytes], ends: float, end: asyncio.Future[None]
    ) -> None:
        self._done, self._requests, self._ends, self._end = done, requests, ends, end
        self._head, self._missing, self._asked = b"", 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        try:
            self._received(data)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            self._finish(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._finish(error or ConnectionError("the server closed the connection"))

    def _received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"the server answered {self._head!r}")
            length = _length(self._head[: end + 4])
            self._missing = end + 4 + length - len(self._head)
            self._head = b""
            self._done.body_bytes += length
            self._done.smallest_body = min(self._done.smallest_body, length)
        if not self._missing:
            self._done.latencies.append(time.perf_counter() - self._asked)
            self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        if self._asked < self._ends:
            self._transport.write(next(self._requests))
        else:
            self._finish(None)

    def _finish(self, error: Exception | None) -> None:
        if not self._end.done():
            self._end.set_exception(error) if error else self._end.set_result(None)
        self._transport.close()


def _length(head: bytes) -> int:
    found = LENGTH.search(head)
    if found is None:
        raise RuntimeError("the server did not say how long its answer is")
    return int(found[1])
