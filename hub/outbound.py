"""The one module that speaks HTTP outwards.

It checks scheme, port and address, connects only to an address it has checked itself, follows no
redirect, and caps every answer in bytes and seconds. It keeps no cookies and reads no proxy
settings. What a redirect or an error status means is for the caller to say. No message holds more
of an address than its host: queries carry keys.
"""

import asyncio
import ipaddress
import socket
import ssl
import string
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.parse import SplitResult, quote, urlsplit

import httpcore  # noqa: TID251 - this is the outbound module

from hub.body import Body
from hub.errors import Forbidden, MemberFault, Timeout, TooLarge

MAX_BODY_BYTES = 512 * 1024 * 1024
"""Largest body taken from a source, before and after content decoding."""

MEMORY_BYTES = 8 * 1024 * 1024
"""Most of a body held in memory while it comes in; a temporary file takes what is more."""

MAX_SECONDS = 300.0
"""Longest one request may take as a whole, the look-up of its address included."""

SILENCE_SECONDS = 30.0
"""Longest wait for a connection or for the next byte."""

MAX_REQUEST_BYTES = 1024 * 1024
"""Largest body sent, and longest URL with headers: what goes out is a question, not a file."""

IDLE_SECONDS = 2.0
"""How long a connection is kept for the next request to the same host. Most servers close theirs
after 5 s, some just as the next request is on its way: it would be lost.
"""

WEB_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports of the web. On others a member's address would be some other service's."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this machine, as operators write them."""

_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")

_NOT_OPEN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "2001::/23",  # protocol assignments, Teredo's tunnels among them
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation, RFC 9637
    )
)
"""What `ipaddress` of Python 3.11 takes for global and is not."""


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
    request_bytes: int = MAX_REQUEST_BYTES
    memory_bytes: int = MEMORY_BYTES

    def body(self, headers: Mapping[str, str]) -> Body:
        """Begin the body of an answer that has these headers."""
        return Body(headers, max_bytes=self.body_bytes, memory_bytes=self.memory_bytes)


class Receiver(Protocol):
    """Takes one answer as it comes in. What it raises ends the exchange."""

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the status, and the headers by their names in lower case."""
        ...

    def take(self, part: bytes) -> None:
        """Take the next bytes of the body, still coded."""
        ...

    def end(self) -> None:
        """Take note that the body has ended as it should."""
        ...


class _Whole:
    """Takes an answer that comes in one part."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._opened = ExitStack()
        self.answer: Answer | None = None

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self._status, self._headers = status, headers
        self._body = self._opened.enter_context(closing(self._limits.body(headers)))

    def take(self, part: bytes) -> None:
        self._body.take(part)

    def end(self) -> None:
        self.answer = Answer(self._status, self._headers, self._body.whole())

    def close(self) -> None:
        self._opened.close()


class Outbound:
    """Carries requests out, one pool of connections for all."""

    def __init__(
        self,
        pool: httpcore.AsyncConnectionPool,
        *,
        allow_loopback: bool,
        limits: Limits,
        https_only: bool = False,
    ) -> None:
        self._pool = pool
        self._allow_loopback = allow_loopback
        self._limits = limits
        self._https_only = https_only

    @property
    def limits(self) -> Limits:
        """How long and how much."""
        return self._limits

    def for_trust(self, limits: Limits) -> "Outbound":
        """Give one of the same connections for what trust rests on: TLS always, and own limits.

        Only this machine may be asked without TLS, where it may be asked at all.
        """
        return Outbound(
            self._pool, allow_loopback=self._allow_loopback, limits=limits, https_only=True
        )

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Fetch one URL. See `send`."""
        return await self.send("GET", url, headers)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post a body to one URL. See `send`."""
        return await self.send("POST", url, headers, body)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Carry one request out and give its whole answer. Raises as `receive` does."""
        with closing(_Whole(self._limits)) as whole:
            await self.receive(method, url, headers, whole, body)
        if whole.answer is None:
            raise AssertionError("an exchange ended without an answer")
        return whole.answer

    async def receive(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        receiver: Receiver,
        body: bytes | None = None,
    ) -> None:
        """Carry one request out and hand its answer over as it comes in.

        Raises:
            Forbidden: the address is not one the hub may speak to.
            MemberFault: no connection, or the answer breaks off.
            TooLarge: more bytes than the cap, either way.
            Timeout: the source hangs.
        """
        parts = _split(url)
        host = parts.hostname
        self._check_tls(parts)
        self._check_size(url, headers, body)
        if not self._allow_loopback and _port(parts) not in WEB_PORTS:
            raise Forbidden(
                f"`{host}` is asked for on port {_port(parts)}: name one of "
                f"{', '.join(map(str, sorted(WEB_PORTS)))}",
                code="ADDRESS_REFUSED",
            )
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._exchange(method, parts, headers, receiver, body)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Timeout(
                f"`{host}` did not answer in time: pull again later", code="SOURCE_TIMEOUT"
            ) from error
        except httpcore.ConnectError as error:
            raise MemberFault(
                f"`{host}` could not be reached: check that it is up and the feed's base URL",
                code="SOURCE_UNREACHABLE",
                detail=str(error),
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, zlib.error) as error:
            raise MemberFault(
                f"`{host}` broke the connection off: pull again later",
                code="SOURCE_BROKE_OFF",
                detail=str(error),
            ) from error

    def _check_tls(self, parts: SplitResult) -> None:
        is_loopback = self._allow_loopback and parts.hostname in LOOPBACK_HOSTS
        if self._https_only and parts.scheme != "https" and not is_loopback:
            raise Forbidden(
                f"`{parts.hostname}` is asked for without TLS: register an https address",
                code="ADDRESS_REFUSED",
            )

    def _check_size(self, url: str, headers: Mapping[str, str], body: bytes | None) -> None:
        asked = len(url) + sum(len(name) + len(value) for name, value in headers.items())
        if max(asked, len(body or b"")) > self._limits.request_bytes:
            raise TooLarge(
                f"the request is over {self._limits.request_bytes} bytes: ask for less at once",
                code="REQUEST_TOO_LARGE",
            )

    async def _exchange(
        self,
        method: str,
        parts: SplitResult,
        headers: Mapping[str, str],
        receiver: Receiver,
        body: bytes | None,
    ) -> None:
        sent = {"host": parts.netloc, "accept": "*/*", "accept-encoding": "gzip"}
        sent |= {name.lower(): value for name, value in headers.items()}
        silence = dict.fromkeys(("connect", "read", "write"), self._limits.silence_seconds)
        async with self._pool.stream(
            method,
            httpcore.URL(
                scheme=parts.scheme,
                host=parts.hostname or "",
                port=parts.port,
                target=_target(parts),
            ),
            headers=[(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            content=body,
            extensions={"timeout": silence},
        ) as response:
            receiver.begin(response.status, _headers(response.headers))
            async for part in response.aiter_stream():
                receiver.take(part)
            receiver.end()


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Looks an address up once, checks it, and connects to what it has checked.

    A name that leads outside when it is checked and inside when it is used gains nothing: there is
    no second look-up.
    """

    def __init__(self, network: httpcore.AsyncNetworkBackend, *, allow_loopback: bool) -> None:
        self._network = network
        self._allow_loopback = allow_loopback

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers.

        Raises:
            Forbidden: one of them, any one, leads inside.
            MemberFault: it has none.
        """
        addresses = await _look_up(host, port)
        for address in addresses:
            if not _is_open(address, allow_loopback=self._allow_loopback):
                raise Forbidden(
                    f"`{host}` leads to an address inside: name a public one",
                    code="ADDRESS_REFUSED",
                )
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


async def _look_up(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, ValueError) as error:  # a ValueError: no name in any coding
        raise MemberFault(
            f"`{host}` has no address: check the feed's base URL", code="SOURCE_UNKNOWN_HOST"
        ) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_open(address: str, *, allow_loopback: bool) -> bool:
    """Say whether an address is one of the open internet: no tunnel, relay or multicast group."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return _is_open(str(ip.ipv4_mapped), allow_loopback=allow_loopback)
        if ip not in _GLOBAL_IPV6:
            return allow_loopback and ip.is_loopback
    if ip.is_loopback:
        return allow_loopback
    is_special = any(ip.version == network.version and ip in network for network in _NOT_OPEN)
    return ip.is_global and not ip.is_multicast and not is_special


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in {"https", "http"} and "@" not in parts.netloc
        if is_plain and parts.hostname and parts.netloc.isascii() and _port(parts):
            return parts
    except ValueError:  # a port or an IPv6 address that is none
        pass
    raise Forbidden(
        "the address is not a plain http(s) one: write scheme, host (in its xn-- form) and path, "
        "without a user",
        code="ADDRESS_REFUSED",
    )


def _port(parts: SplitResult) -> int:
    if parts.port is not None:
        return parts.port
    return 443 if parts.scheme == "https" else 80


def _target(parts: SplitResult) -> str:
    """Give path and query as they go on the wire: what is not ASCII, or a blank, percent-coded."""
    target = SplitResult("", "", parts.path or "/", parts.query, "").geturl()
    return quote(target, safe=string.punctuation)


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


@cache
def _trust() -> ssl.SSLContext:
    """Load the certificate authorities once a process: it takes longer than most requests."""
    return httpcore.default_ssl_context()


@asynccontextmanager
async def open_outbound(
    *,
    allow_loopback: bool = False,
    limits: Limits | None = None,
    network: httpcore.AsyncNetworkBackend | None = None,
) -> AsyncIterator[Outbound]:
    """Open the connections for the life of the process.

    Args:
        allow_loopback: let requests go to this machine, on any port.
        limits: how long and how much.
        network: what connects to an address once it is checked.
    """
    checked = _CheckedNetwork(network or httpcore.AnyIOBackend(), allow_loopback=allow_loopback)
    async with httpcore.AsyncConnectionPool(
        ssl_context=_trust(), keepalive_expiry=IDLE_SECONDS, network_backend=checked
    ) as pool:
        yield Outbound(pool, allow_loopback=allow_loopback, limits=limits or Limits())
