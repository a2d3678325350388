"""TLS of `hub serve`: which versions and certificates it takes, and who showed which.

uvicorn tells an application nothing of a client's certificate, so `PeerProtocol` does. What a
certificate is good for is judged in `hub/identity/`.
"""

import asyncio
import ssl
from pathlib import Path

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hub.errors import InvalidInput
from hub.identity.certificates import STATE_KEY, thumbprint
from hub.joined_writes import WHOLE, AnswerCycle

CIPHERS = "ECDHE+AESGCM"
"""What TLS 1.2 may use: all others are weaker, or rare. TLS 1.3 has good ones only.

Source: RFC 9325 section 4.2.
"""


def server_context(certificate: Path, key: Path | None, client_ca: Path | None) -> ssl.SSLContext:
    """Make the TLS context of a server.

    With `client_ca`, a client may show a certificate, which one of that file must vouch for; a
    self-signed one (RFC 8705 section 2.2) is vouched for by standing there itself, since Python's
    `ssl` takes none unverified. Without it no client is asked for one.

    Raises:
        InvalidInput: a file can't be used; the message names them.

    Source: RFC 8705 section 2, RFC 9325 section 3.1.1.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    try:
        # Without a password of some kind, OpenSSL would ask the terminal for one.
        context.load_cert_chain(certificate, key, password="")
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except OSError as error:
        files = ", ".join(f"`{path}`" for path in (certificate, key, client_ca) if path)
        raise InvalidInput(
            f"can't set up TLS with {files}: give them as PEM, the key without a password",
            detail=str(error),
        ) from error
    return context


class PeerProtocol(HttpToolsProtocol):
    """HTTP/1.1 that leaves a client's certificate in the state of its requests and sockets."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note the thumbprint once for the life of the connection."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        certificate = tls and tls.getpeercert(binary_form=True)
        if certificate:
            self.app_state = {**self.app_state, STATE_KEY: thumbprint(certificate)}

    def on_headers_complete(self) -> None:
        """Have the head of the answer sent together with its body."""
        super().on_headers_complete()
        # uvicorn makes each cycle itself; before a socket opens, it is still the last request's.
        if self.cycle.__class__ is RequestResponseCycle:
            self.cycle.__class__ = AnswerCycle
            self.cycle.scope["extensions"] = {WHOLE: {}}
