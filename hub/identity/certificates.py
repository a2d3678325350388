"""The certificate a client showed, by its thumbprint: from the TLS layer or a trusted proxy.

Tokens may be bound to it (RFC 8705); whether it is the right one is judged in
`tokens/verifying.py`. The hub's own TLS layer, `hub/tls.py`, leaves the thumbprint in a request's
state, where no header goes.
"""

import base64
import hashlib
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

from cryptography.x509 import load_der_x509_certificate
from starlette.requests import HTTPConnection

from hub.identity.errors import refused

STATE_KEY = "client_certificate"
"""Where the TLS layer leaves the thumbprint in a request's state."""

HEADER = "client-cert"

Network = IPv4Network | IPv6Network


def thumbprint(certificate: bytes) -> str:
    """Give the `x5t#S256` of a certificate in DER.

    Source: RFC 8705 section 3.1.
    """
    digest = hashlib.sha256(certificate).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class ClientCertificates:
    """Finds which certificate a client showed, to the hub or to a proxy before it."""

    def __init__(self, trusted_proxies: Iterable[Network] = ()) -> None:
        """Keep the networks whose every address is a proxy of the hub's own."""
        self._proxies = tuple(trusted_proxies)

    def find(self, connection: HTTPConnection) -> str | None:
        """Find the thumbprint of a client's certificate; None where it showed none.

        Behind a trusted proxy, the connection's own certificate is the proxy's, not the client's.

        Raises:
            Unauthenticated: the header came from elsewhere, more than once, or holds no
                certificate. Passing over it would hide a forger, or a proxy missing in the settings
                whose clients all fail for no reason that anyone sees.

        Source: RFC 9440 sections 2.2 and 4.
        """
        headers = connection.headers.getlist(HEADER)
        if not self._is_proxied(connection):
            if headers:
                raise refused("certificate: the header came from no trusted proxy")
            found: str | None = connection.scope.get("state", {}).get(STATE_KEY)
            return found
        if len(headers) > 1:
            raise refused("certificate: more than one header")
        return thumbprint(_certificate(headers[0])) if headers else None

    def _is_proxied(self, connection: HTTPConnection) -> bool:
        if not self._proxies or connection.client is None:
            return False
        peer = ip_address(connection.client.host)
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in network for network in self._proxies)


def _certificate(header: str) -> bytes:
    """Read a certificate in DER from a structured field (RFC 8941 section 3.3.5)."""
    if not (header.startswith(":") and header.endswith(":")):
        raise refused("certificate: the header is no byte sequence")
    try:
        certificate = base64.b64decode(header[1:-1], validate=True)
        load_der_x509_certificate(certificate)
    except ValueError:
        raise refused("certificate: the header holds none") from None
    return certificate
