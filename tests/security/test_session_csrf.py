"""A session speaks only for the hub's own page: no other site can ask, sign in or out with it."""

import json

import pytest
from starlette.requests import HTTPConnection

from hub.errors import Forbidden
from tests.hub.identity.fake_provider import HUB, signing_in
from tests.hub.identity.forge import ABSENT


@pytest.fixture
async def scene(database_url):
    async with signing_in(database_url) as made:
        yield made


FORGERIES = {
    "no token": {"Hub_CSRF": ABSENT},
    "empty token": {"Hub_CSRF": ""},
    "token of another": {"Hub_CSRF": "x" * 43},
    "foreign origin": {"Origin": "https://evil.example"},
    "origin with our name in it": {"Origin": f"{HUB}.evil.example"},
    "plain http": {"Origin": HUB.replace("https", "http")},
    "opaque origin": {"Origin": "null"},
    "no origin": {"Origin": ABSENT},
    "text/plain": {"Content_Type": "text/plain"},
    "a form": {"Content_Type": "application/x-www-form-urlencoded"},
    "no content type": {"Content_Type": ABSENT},
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_another_site_can_send_is_refused(scene, forgery):
    browser = await scene.signed_in()
    answer = await browser.ask(**FORGERIES[forgery])
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")


async def test_two_origins_are_refused(scene):
    browser = await scene.signed_in()
    headers = [*(await browser.headers()).items(), ("Origin", HUB)]
    answer = await browser.http.post("/graphql", content=b"{}", headers=headers)
    assert answer.status_code == 403


async def test_a_csrf_token_is_of_one_session(scene):
    browser, other = await scene.signed_in(), await scene.signed_in()
    answer = await browser.ask(Hub_CSRF=(await other.session())["csrf"])
    assert answer.status_code == 403


@pytest.mark.parametrize("forgery", ["no token", "token of another", "foreign origin", "no origin"])
async def test_another_site_signs_nobody_out(scene, forgery):
    browser = await scene.signed_in()
    headers = await browser.headers(**FORGERIES[forgery])
    assert (await browser.http.post("/sign-out", headers=headers)).status_code == 403
    assert (await browser.session())["person"]


async def test_signing_out_is_no_link(scene):
    browser = await scene.signed_in()
    assert (await browser.http.get("/sign-out")).status_code == 405
    assert (await browser.session())["person"]


@pytest.mark.parametrize(
    ("origin", "is_admitted"), [(HUB, True), ("https://evil.example", False), (None, False)]
)
async def test_a_socket_with_a_cookie_needs_our_origin(scene, origin, is_admitted):
    browser = await scene.signed_in()
    cookie = f"__Host-hub-session={browser.cookie('__Host-hub-session')}"
    headers = [(b"cookie", cookie.encode())]
    headers += [(b"origin", origin.encode())] if origin else []
    handshake = HTTPConnection({"type": "websocket", "headers": headers})
    if is_admitted:
        caller = await scene.sessions.caller(handshake, "exercise")
        assert caller.subject == "officer-7"
    else:
        with pytest.raises(Forbidden):
            await scene.sessions.caller(handshake, "exercise")


async def test_no_site_may_read_who_is_signed_in(scene):
    browser = await scene.signed_in()
    answer = await browser.http.get("/session", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert json.loads(answer.text)["csrf"]
