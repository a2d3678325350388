"""A real HTTP server of one key set on loopback, whose answers a test changes as it goes."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from hub.identity.keys.jwks_cache import KeySource


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class KeyServer:
    """Answers each request with what `answer` then is: bytes off the wire, or what writes them.

    While `hold` is clear, requests wait; `reached` is set once there is one.
    """

    def __init__(self, url: str) -> None:
        self.source = KeySource("https://issuer.example", url)
        self.answer: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]] = b""
        self.paths: list[str] = []
        self.reached = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return len(self.paths)

    def publish(self, *signers: Any) -> None:
        """Serve the key set of these signers."""
        self.serve(json.dumps({"keys": [signer.jwk() for signer in signers]}).encode())

    def serve(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        """Serve a body."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
        self.answer = "\r\n".join([*lines, *headers, "", ""]).encode() + body

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.paths.append(request.split(b" ")[1].decode())
            self.reached.set()
            await self.hold.wait()
            if callable(self.answer):
                await self.answer(writer)
            else:
                writer.write(self.answer)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def key_server(*signers: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[KeyServer]:
    """Serve the key set of some signers."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await served.respond(reader, writer)

    server = await asyncio.start_server(respond, "127.0.0.1", 0, ssl=tls)
    async with server:
        scheme = "https" if tls else "http"
        port = server.sockets[0].getsockname()[1]
        served = KeyServer(f"{scheme}://127.0.0.1:{port}/jwks")
        served.publish(*signers)
        yield served
        served.hold.set()


async def settle() -> None:
    """Let what runs in the background on loopback come to its end."""
    while others := [task for task in asyncio.all_tasks() if task.get_name() == "jwks-fetch"]:
        await asyncio.wait(others)
