"""What Python's own library lets through that our guards answer to (surprises S24 to S26)."""

import asyncio
import io
import ipaddress
import xml.etree.ElementTree as ET  # noqa: TID251 - the parser whose behaviour is shown
import zipfile

import pytest

from federation.errors import SourceFault
from federation.reading import archive
from federation.reading.native import Document
from federation.sources.datagokr import _gateway_error
from hub.errors import Forbidden
from hub.outbound import open_outbound

TAKEN_FOR_GLOBAL = ("64:ff9b::7f00:1", "::127.0.0.1", "224.0.0.1")
TAKEN_FOR_PUBLIC = ("100.64.0.1", *TAKEN_FOR_GLOBAL)
TAKEN_BY_SOME = "2002:7f00:1::"
"""Python 3.11.7 takes it for public, Debian's 3.11.2 does not."""


@pytest.mark.parametrize("address", TAKEN_FOR_GLOBAL)
def test_s24_ipaddress_takes_an_inside_address_for_global(address):
    assert ipaddress.ip_address(address).is_global


@pytest.mark.parametrize("address", TAKEN_FOR_PUBLIC)
def test_s24_ipaddress_takes_an_inside_address_for_not_private(address):
    assert not ipaddress.ip_address(address).is_private


@pytest.mark.parametrize("address", [*TAKEN_FOR_PUBLIC, TAKEN_BY_SOME])
async def test_s24_ours_refuses_it(monkeypatch, address):
    async def getaddrinfo(_host, port, **_):
        return [(0, 0, 0, "", (address, port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    async with open_outbound() as outbound:
        with pytest.raises(Forbidden):
            await outbound.get("https://member.example/", {})


def page_of(entity, text):
    return f"<!DOCTYPE r [<!ENTITY a {entity}>]><r><returnAuthMsg>{text}</returnAuthMsg></r>"


BOMB = page_of(f'"{"x" * 50_000}"', "&a;" * 150)


def test_s25_the_standard_parser_unfolds_an_entity_a_hundred_and_fifty_times():
    assert len(ET.fromstring(BOMB)[0].text) == 7_500_000


def test_s25_ours_unfolds_no_entity():
    assert len(str(_gateway_error(Document("page", BOMB.encode())))) < 1000


@pytest.mark.parametrize("kind", ["SYSTEM", "PUBLIC 'x'"])
def test_s25_ours_opens_no_outside_entity(tmp_path, kind):
    secret = tmp_path / "secret"
    secret.write_text("swordfish")
    page = page_of(f'{kind} "file://{secret}"', "&a;")
    assert "swordfish" not in str(_gateway_error(Document("page", page.encode())))


def zipped(size):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("zeros", b"\0" * size)
    return packed.getvalue()


def test_s26_zip_packs_zeros_a_thousand_to_one():
    packed = zipped(10_000_000)
    assert 10_000_000 / len(packed) > 1000
    with zipfile.ZipFile(io.BytesIO(packed)) as reader:
        assert len(reader.read("zeros")) == 10_000_000


def test_s26_ours_opens_no_member_that_is_packed_too_well(monkeypatch):
    bomb = Document("a.zip", zipped(10_000_000))
    with pytest.raises(SourceFault, match=r"unfolds `zeros` to \d+ times its size"):
        archive.unzip(bomb, ["zeros"])
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
    with pytest.raises(SourceFault, match="unfolds to 10000000 bytes, over 1000000"):
        archive.unzip(bomb, ["zeros"])
