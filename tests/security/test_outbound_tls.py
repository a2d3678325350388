"""A member's certificate is checked against the name in the address, not the address behind it."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import hub.outbound
from hub.errors import MemberFault
from hub.outbound import open_outbound

NAME = "member.test"


def _certificate(folder, *, days=1):
    """Write a self-signed certificate for `NAME` that is good for some days from yesterday."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    start = datetime.now(UTC) - timedelta(days=2)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2 + days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file


@asynccontextmanager
async def _serving(file):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _get(monkeypatch, file, host, *, is_trusted=True):
    """Ask for a name that a stub leads to the server on loopback."""

    async def getaddrinfo(_, port, **__):
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    trust = ssl.create_default_context(cafile=file if is_trusted else None)
    monkeypatch.setattr(hub.outbound, "_trust", lambda: trust)
    async with _serving(file) as port, open_outbound(allow_loopback=True) as outbound:
        return await outbound.get(f"https://{host}:{port}/", {})


async def test_certificate_of_the_asked_name_is_accepted(monkeypatch, tmp_path):
    answer = await _get(monkeypatch, _certificate(tmp_path), NAME)
    assert answer.content == b"ok"


@pytest.mark.parametrize("host", ["other.test", "127.0.0.1"])
async def test_certificate_of_another_name_is_refused(monkeypatch, tmp_path, host):
    with pytest.raises(MemberFault, match="could not be reached"):
        await _get(monkeypatch, _certificate(tmp_path), host)


async def test_certificate_of_nobody_we_trust_is_refused(monkeypatch, tmp_path):
    with pytest.raises(MemberFault, match="could not be reached") as refused:
        await _get(monkeypatch, _certificate(tmp_path), NAME, is_trusted=False)
    assert "self-signed" in refused.value.detail


async def test_certificate_that_has_expired_is_refused(monkeypatch, tmp_path):
    with pytest.raises(MemberFault) as refused:
        await _get(monkeypatch, _certificate(tmp_path, days=-1), NAME)
    assert "expired" in refused.value.detail
