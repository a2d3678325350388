"""Where a client's certificate may come from. What a forger tries is in `tests/security`."""

from ipaddress import ip_network

import pytest
from starlette.requests import HTTPConnection

from hub.errors import Unauthenticated
from hub.identity.certificates import STATE_KEY, ClientCertificates, thumbprint
from tests.hub.identity.possession import base64, vectors

DER = base64.b64decode(vectors("rfc8705")["V8"]["certificate"])
HEADER = f":{base64.b64encode(DER).decode()}:"
PROXIES = ClientCertificates([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def connection(*headers, peer="10.1.2.3", seen=None):
    """A request from a peer, with `Client-Cert` headers, over TLS with a certificate or none."""
    return HTTPConnection(
        {
            "type": "http",
            "client": peer and (peer, 4711),
            "headers": [(b"client-cert", header.encode()) for header in headers],
            "state": {STATE_KEY: seen} if seen else {},
        }
    )


def refusal(found, by=PROXIES):
    with pytest.raises(Unauthenticated) as caught:
        by.find(found)
    return caught.value.detail


def test_v8_thumbprint_of_a_certificate():
    assert thumbprint(DER) == vectors("rfc8705")["V8"]["thumbprint"]


def test_the_tls_layers_certificate_is_found():
    assert PROXIES.find(connection(peer="192.0.2.1", seen="its thumbprint")) == "its thumbprint"
    assert ClientCertificates().find(connection(seen="its thumbprint")) == "its thumbprint"


def test_without_any_there_is_none():
    assert PROXIES.find(connection(peer="192.0.2.1")) is None
    assert PROXIES.find(connection()) is None


@pytest.mark.parametrize("peer", ["10.255.255.255", "::ffff:10.0.0.1", "fd00::1", "fd00::1%eth0"])
def test_a_trusted_proxys_header_is_believed(peer):
    assert PROXIES.find(connection(HEADER, peer=peer)) == thumbprint(DER)


def test_a_proxys_own_certificate_is_never_the_clients():
    assert PROXIES.find(connection(seen="the proxy's")) is None
    assert PROXIES.find(connection(HEADER, seen="the proxy's")) == thumbprint(DER)


@pytest.mark.parametrize("peer", [None, "192.0.2.1", "11.0.0.1", "::1", "::ffff:11.0.0.1"])
def test_a13_another_peers_header_is_refused(peer):
    cause = refusal(connection(HEADER, peer=peer))
    assert cause == "certificate: the header came from no trusted proxy"


def test_a13_without_proxies_any_header_is_refused():
    cause = refusal(connection(HEADER), by=ClientCertificates())
    assert cause == "certificate: the header came from no trusted proxy"


def test_a13_a_header_is_refused_beside_a_certificate_of_the_tls_layer():
    assert refusal(connection(HEADER, peer="192.0.2.1", seen="the forger's own"))


@pytest.mark.parametrize("second", [HEADER, "", ":AAAA:"])
def test_a13_two_headers_are_refused(second):
    assert refusal(connection(HEADER, second)) == "certificate: more than one header"


@pytest.mark.parametrize(
    "header",
    [
        "",
        ":",
        "::",
        ":AAAA:",
        ":AAA:",
        HEADER[1:],
        HEADER[:-1],
        HEADER[1:-1],
        HEADER[:40] + " " + HEADER[40:],
        HEADER.replace("M", "é"),
        HEADER.replace("/", "_"),
        f"{HEADER};q=1",
        f"{HEADER}, {HEADER}",
        f":{base64.b64encode(DER + b'x').decode()}:",
        "-----BEGIN CERTIFICATE-----",
        thumbprint(DER),
    ],
)
def test_a13_a_header_in_another_form_is_refused(header):
    assert refusal(connection(header)).startswith("certificate: the header ")
