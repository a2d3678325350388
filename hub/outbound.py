"""The one module that speaks HTTP outwards.

It checks scheme and address, follows no redirect, and caps every answer in bytes and seconds.
What a redirect or an error status means is for the caller to say.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx  # noqa: TID251 - this is the outbound module

from hub.errors import Forbidden, MemberFault, Timeout, TooLarge

MAX_BODY_BYTES = 512 * 1024 * 1024
"""Largest body taken from a source, after content decoding."""

MAX_SECONDS = 300.0
"""Longest one request may take as a whole."""

SILENCE_SECONDS = 30.0
"""Longest wait for the next byte."""

_TRANSITION_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "100.64.0.0/10",
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much; the defaults are the module's."""

    seconds: float = MAX_SECONDS
    silence_seconds: float = SILENCE_SECONDS
    body_bytes: int = MAX_BODY_BYTES


class Outbound:
    """Carries requests out, one client for all."""

    def __init__(self, client: httpx.AsyncClient, *, allow_loopback: bool, limits: Limits) -> None:
        self._client = client
        self._allow_loopback = allow_loopback
        self._limits = limits

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Fetch one URL. See `send`."""
        return await self.send("GET", url, headers)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post a body to one URL. See `send`."""
        return await self.send("POST", url, headers, body)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Carry one request out.

        Raises:
            Forbidden: the address is not one the hub may speak to.
            MemberFault: no connection, or the answer breaks off.
            TooLarge: more bytes than the cap.
            Timeout: the source hangs.
        """
        await self._check_address(url)
        host = urlsplit(url).hostname
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._send(method, url, headers, body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Timeout(
                f"`{host}` did not answer in time: pull again later", code="SOURCE_TIMEOUT"
            ) from error
        except httpx.HTTPError as error:
            raise MemberFault(
                f"`{host}` broke the connection off: pull again later",
                code="SOURCE_BROKE_OFF",
                detail=str(error),
            ) from error

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        sent = dict(headers)
        async with self._client.stream(method, url, headers=sent, content=body) as response:
            received = bytearray()
            async for part in response.aiter_bytes():
                received += part
                if len(received) > self._limits.body_bytes:
                    raise TooLarge(
                        f"the answer is over {self._limits.body_bytes} bytes",
                        code="SOURCE_TOO_LARGE",
                    )
            lower = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, lower, bytes(received))

    async def _check_address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username:
            raise Forbidden(f"`{url}` is not a plain http(s) address", code="ADDRESS_REFUSED")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, port, type=socket.SOCK_STREAM
            )
        except socket.gaierror as error:
            raise MemberFault(
                f"`{parts.hostname}` has no address: check the feed's base URL",
                code="SOURCE_UNKNOWN_HOST",
            ) from error
        for *_, address in found:
            self._check_one(parts.hostname, str(address[0]))

    def _check_one(self, host: str, address: str) -> None:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if self._allow_loopback and ip.is_loopback:
            return
        inside = any(ip.version == net.version and ip in net for net in _TRANSITION_NETWORKS)
        if inside or not ip.is_global or ip.is_multicast:
            raise Forbidden(
                f"`{host}` leads to an address inside, which no feed may", code="ADDRESS_REFUSED"
            )


@asynccontextmanager
async def open_outbound(
    *, allow_loopback: bool = False, limits: Limits | None = None
) -> AsyncIterator[Outbound]:
    """Open the client for the life of the process."""
    limits = limits or Limits()
    timeout = httpx.Timeout(limits.silence_seconds)
    async with httpx.AsyncClient(
        timeout=timeout, follow_redirects=False, trust_env=False
    ) as client:
        yield Outbound(client, allow_loopback=allow_loopback, limits=limits)
