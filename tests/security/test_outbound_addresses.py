"""Attack A14: requests to member addresses must not reach inside, by any spelling of an address.

Names are looked up by a stub; nothing here leaves the machine. Addresses that may be spoken to end
in a recording stand-in of the network.
"""

import ast
import asyncio
import contextlib
import socket

import httpcore  # noqa: TID251 - the library the outbound module stands on
import pytest

import hub.outbound
from hub.errors import Forbidden, HubError, MemberFault
from hub.outbound import Limits, open_outbound
from hub.settings import ROOT

PUBLIC = "93.184.215.14"

INSIDE = (
    "127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::", "10.0.0.1", "172.16.0.1", "172.31.9.9",
    "192.168.1.1", "169.254.169.254", "fd00:ec2::254", "fc00::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "100.64.0.1", "100.127.255.255", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::",
    "2001:db8::1", "3fff::1", "5f00::1", "100::1", "224.0.0.1", "239.255.255.250", "ff02::1",
    "ff0e::1", "240.0.0.1", "255.255.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
)  # fmt: skip
OPEN = (PUBLIC, "1.1.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001:80b::200e")


class Network(httpcore.AsyncNetworkBackend):
    """Records where it is asked to connect to; each of `dead` refuses."""

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

    def __init__(self, *dead):
        self.dead = dead
        self.reached = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109 - httpcore's signature
        self.reached.append((host, port))
        if host in self.dead:
            raise httpcore.ConnectError(host)
        return httpcore.AsyncMockStream([self.answer])


@pytest.fixture
def names(monkeypatch):
    """Answers of the look-up, one list a call; the last one goes on being given."""

    def stub(*answers):
        left = list(answers)
        asked = []

        async def getaddrinfo(host, port, **_):
            asked.append(host)
            found = left.pop(0) if len(left) > 1 else left[0]
            if not found:
                raise socket.gaierror(socket.EAI_NONAME, "unknown")
            return [(0, 0, 0, "", (address, port)) for address in found]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        return asked

    return stub


async def _get(url, network=None, *, allow_loopback=False):
    network = network or Network()
    async with open_outbound(allow_loopback=allow_loopback, network=network) as outbound:
        return await outbound.get(url, {})


async def _refused(url, network=None):
    network = network or Network()
    with pytest.raises(Forbidden) as refused:
        await _get(url, network)
    assert refused.value.public_code == "ADDRESS_REFUSED"
    assert network.reached == []
    return refused.value


@pytest.mark.parametrize("address", INSIDE)
async def test_a14_name_that_leads_inside_is_refused(names, address):
    names([address])
    refused = await _refused("https://member.example/list")
    assert str(refused) == "`member.example` leads to an address inside: name a public one"


@pytest.mark.parametrize("address", OPEN)
async def test_a14_name_that_leads_outside_is_spoken_to(names, address):
    names([address])
    network = Network()
    assert (await _get("https://member.example/list", network)).content == b"ok"
    assert network.reached == [(address, 443)]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "[::1]", "0.0.0.0", "169.254.169.254", "[fd00:ec2::254]", "100.64.0.1",
        "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1",
        "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "localhost", "127.0.0.1:80", "[::1]:443",
    ],
)  # fmt: skip
async def test_a14_address_written_out_in_any_way_is_refused(host):
    await _refused(f"http://{host}/")


@pytest.mark.parametrize("other", ["10.0.0.1", "::1", "169.254.169.254"])
async def test_a14_one_inside_address_among_open_ones_refuses_all(names, other):
    names([PUBLIC, other])
    await _refused("https://member.example/")
    names([other, PUBLIC])
    await _refused("https://member.example/")


async def test_a14_trailing_dot_changes_nothing(names):
    asked = names(["127.0.0.1"])
    await _refused("https://member.example./")
    await _refused("https://localhost./")
    assert asked == ["member.example.", "localhost."]


@pytest.mark.parametrize("is_open", [True, False])
async def test_a14_refusal_tells_nothing_of_what_listens_inside(monkeypatch, is_open):
    server = await asyncio.start_server(lambda *_: connected.append(True), "127.0.0.1", 0)
    connected, port = [], server.sockets[0].getsockname()[1]
    monkeypatch.setattr(hub.outbound, "WEB_PORTS", frozenset({port}))
    if not is_open:
        server.close()
        await server.wait_closed()
    async with open_outbound() as outbound:
        with pytest.raises(Forbidden) as refused:
            await outbound.get(f"http://127.0.0.1:{port}/", {})
    server.close()
    assert str(refused.value) == "`127.0.0.1` leads to an address inside: name a public one"
    assert (refused.value.detail, connected) == (None, [])


async def test_a14_name_that_changes_its_mind_after_the_check_gains_nothing(names):
    asked = names([PUBLIC], ["127.0.0.1"])
    network = Network()
    assert (await _get("http://rebinding.example/", network)).status == 200
    assert network.reached == [(PUBLIC, 80)]
    assert asked == ["rebinding.example"], "a second look-up would be the attacker's chance"


async def test_a14_every_new_connection_is_checked_anew(names):
    names([PUBLIC], ["127.0.0.1"])
    network = Network()
    async with open_outbound(network=network) as outbound:
        await outbound.get("http://rebinding.example/", {})
        with pytest.raises(Forbidden):
            await outbound.get("http://rebinding.example/", {})
    assert network.reached == [(PUBLIC, 80)]


async def test_a14_first_address_that_answers_is_used(names):
    names(["2606:4700::1", PUBLIC])
    network = Network("2606:4700::1")
    assert (await _get("http://member.example/", network)).status == 200
    assert network.reached == [("2606:4700::1", 80), (PUBLIC, 80)]


async def test_a14_name_without_an_address_is_the_members_fault(names):
    names([])
    with pytest.raises(MemberFault, match=r"`member\.example` has no address: check") as refused:
        await _get("https://member.example/")
    assert refused.value.public_code == "SOURCE_UNKNOWN_HOST"


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "mem\0ber.example", "-"])
async def test_a14_name_that_can_be_none_is_no_crash(host):
    with pytest.raises(HubError):
        await _get(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://member.example/", "ftp://member.example/",
        "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun/x", "data:text/plain,x",
        "javascript:alert(1)", "//member.example/", "member.example", "", "http://", "https:///x",
        "https://good@evil.example/", "https://good:pass@evil.example/", "https://@evil.example/",
        "https://good%40evil@inside.example/", "http://member.example:99999/", "http://[::1",
        "http://member.example:port/", "https://bücher.example/", "https://１２７.0.0.1/",
        "https://member。example/",
    ],
)  # fmt: skip
async def test_a14_what_is_not_a_plain_web_address_is_refused(names, url):
    names([PUBLIC])
    assert "xn--" in str(await _refused(url))


@pytest.mark.parametrize("port", [0, 1, 22, 25, 53, 445, 2375, 3306, 5432, 6379, 9200, 65535])
async def test_a14_port_that_is_not_the_webs_is_refused(names, port):
    names([PUBLIC])
    await _refused(f"http://member.example:{port}/")


@pytest.mark.parametrize("port", [80, 443, 8080, 8443])
async def test_a14_port_of_the_web_is_not(names, port):
    names([PUBLIC])
    network = Network()
    await _get(f"http://member.example:{port}/", network)
    assert network.reached == [(PUBLIC, port)]


@pytest.mark.parametrize(
    "url", ["http://good.example\\@evil.example/", "http://a.example#@b.example/"]
)
async def test_a14_address_that_readers_split_differently_reaches_no_other_host(names, url):
    asked = names([PUBLIC])
    with contextlib.suppress(HubError):
        await _get(url)
    assert set(asked) <= {"a.example"}


@pytest.mark.parametrize(
    "address",
    [
        address
        for address in INSIDE
        if address not in {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}
    ],
)
async def test_a14_loopback_for_the_demo_opens_nothing_else(names, address):
    names([address])
    network = Network()
    with pytest.raises(Forbidden):
        await _get("http://member.example:8000/", network, allow_loopback=True)
    assert network.reached == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a14_loopback_for_the_demo_is_open_on_any_port(names, address):
    names([address])
    network = Network()
    await _get("http://localhost:54321/", network, allow_loopback=True)
    assert network.reached == [(address, 54321)]


async def test_a14_redirect_inside_is_not_followed(names):
    asked = names([PUBLIC])

    network = Network()
    network.answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"
    assert (await _get("http://member.example/", network)).status == 302
    assert (asked, network.reached) == (["member.example"], [(PUBLIC, 80)])


@pytest.mark.parametrize("url", ["http://member.example/jwks", "http://localhost.example/jwks"])
@pytest.mark.parametrize("allow_loopback", [True, False])
async def test_a14_what_trust_rests_on_is_not_fetched_without_tls(names, url, allow_loopback):
    asked = names([PUBLIC])
    async with open_outbound(network=Network(), allow_loopback=allow_loopback) as outbound:
        with pytest.raises(Forbidden, match="without TLS: register an https address"):
            await outbound.for_trust(Limits()).get(url, {})
    assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_a14_this_machine_is_asked_without_tls_only_where_it_may_be_asked(names, host):
    names(["127.0.0.1"])
    network = Network()
    async with open_outbound(network=network) as outbound:
        with pytest.raises(Forbidden):
            await outbound.for_trust(Limits()).get(f"http://{host}/jwks", {})
    async with open_outbound(network=network, allow_loopback=True) as outbound:
        assert (await outbound.for_trust(Limits()).get(f"http://{host}/jwks", {})).status == 200
    assert network.reached == [("127.0.0.1", 80)]


async def test_a14_trusted_fetch_of_an_inside_address_is_refused_like_any_other(names):
    names(["10.0.0.1"])
    async with open_outbound(network=Network()) as outbound:
        with pytest.raises(Forbidden, match="leads to an address inside"):
            await outbound.for_trust(Limits()).get("https://member.example/jwks", {})


def test_a14_nothing_but_the_outbound_module_speaks_http():
    """Whatever a manifest, a key set or metadata names can be asked for through it alone."""
    speakers = {"aiohttp", "http.client", "httpcore", "httpx", "requests", "urllib.request"}
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("hub", "federation")
        for path in (ROOT / room).rglob("*.py")
        if speakers & _imported(path)
    }
    assert found == {"hub/outbound.py"}


def _imported(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


async def test_a14_unix_socket_can_not_be_reached():
    async with open_outbound(network=Network()) as outbound:
        with pytest.raises(NotImplementedError):
            await outbound._pool._network_backend.connect_unix_socket("/var/run/docker.sock")
