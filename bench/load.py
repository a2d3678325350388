"""A small HTTP load generator: keep-alive connections, one request after another on each."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a round of load did."""

    requests: int
    seconds: float
    body_bytes: int


async def load(port: int, request: bytes, *, connections: int, seconds: float) -> Load:
    """Send one request over and over on loopback, and check that every answer is a 200."""
    started = time.perf_counter()
    ends = started + seconds
    done = await asyncio.gather(*(_one(port, request, ends) for _ in range(connections)))
    return Load(
        requests=sum(count for count, _ in done),
        seconds=time.perf_counter() - started,
        body_bytes=max(size for _, size in done),
    )


async def fetch(port: int, request: bytes) -> bytes:
    """Send one request and give the body of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    body = await _answer(reader)
    writer.close()
    return body


def post(path: str, body: bytes, token: str) -> bytes:
    """Write a POST of JSON as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _one(port: int, request: bytes, ends: float) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count, size = 0, 0
    while time.perf_counter() < ends:
        writer.write(request)
        size = len(await _answer(reader))
        count += 1
    writer.close()
    return count, size


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server answered {head.splitlines()[0]!r}")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))
