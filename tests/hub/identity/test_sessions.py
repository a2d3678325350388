"""Sessions of people: what one opens, how it ends, and what the hub's page is told."""

import hashlib

import pytest

from hub.errors import Unauthenticated
from hub.identity.sign_in.providers import remove
from tests.hub.identity.fake_provider import HUB, signing_in


@pytest.fixture
async def scene(database_url):
    async with signing_in(database_url) as made:
        yield made


async def rows(scene, what="count(*)"):
    async with scene.pool.connection() as connection:
        found = await connection.execute(f"SELECT {what} FROM person_session")
        return await found.fetchall()


async def test_the_caller_is_the_person_at_the_providers_client(scene):
    browser = await scene.signed_in()
    person = await scene.sessions.person(browser.cookie("__Host-hub-session"))
    caller = person.stating("shortage-response")
    assert (caller.issuer, caller.subject) == (scene.provider.url, "officer-7")
    assert (caller.client, caller.member, caller.roles) == ("the-hub", "KR", {"regulator"})
    assert not caller.sender_constrained
    assert caller.token_id not in browser.cookie("__Host-hub-session")


async def test_the_database_keeps_no_cookie_and_no_csrf_token(scene):
    browser = await scene.signed_in()
    secret, csrf = browser.cookie("__Host-hub-session"), (await browser.session())["csrf"]
    [row] = await rows(scene, "*")
    assert hashlib.sha256(secret.encode()).digest() in row
    assert secret not in str(row)
    assert csrf not in str(row)


@pytest.mark.parametrize(
    ("purpose", "code"), [(None, "PURPOSE_REQUIRED"), ("supply-mapping", "PURPOSE_NOT_ALLOWED")]
)
async def test_a_purpose_is_stated_and_one_of_the_persons(scene, purpose, code):
    browser = await scene.signed_in()
    headers = await browser.headers()
    headers = {**headers, "Hub-Purpose": purpose} if purpose else headers
    if purpose is None:
        del headers["Hub-Purpose"]
    answer = await browser.http.post("/graphql", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_a_request_without_a_session_has_no_caller(scene):
    assert (await scene.browser().ask()).json() == {"caller": None}


async def test_an_unknown_cookie_is_refused(scene):
    browser = scene.browser()
    browser.plant("__Host-hub-session", "made up")
    with pytest.raises(Unauthenticated, match="sign in again at `/sign-in`"):
        await scene.sessions.person("made up")
    told = await browser.session()
    assert told == {"person": None, "canSignIn": True}
    assert browser.cookie("__Host-hub-session") is None


async def test_a_session_in_use_goes_on_and_ends_after_a_day_of_work(scene):
    browser = await scene.signed_in()
    for _ in range(16):
        assert (await browser.ask()).status_code == 200
        scene.clock.now += 29 * 60
    assert (await browser.ask()).status_code == 200
    scene.clock.now += 16 * 60
    assert (await browser.http.get("/session")).json()["person"] is None


async def test_a_session_ends_when_it_is_idle(scene):
    browser = await scene.signed_in()
    headers = await browser.headers()
    scene.clock.now += 30 * 60
    answer = await browser.http.post("/graphql", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "session: unknown, idle or old")


async def test_sessions_that_are_over_are_forgotten_at_the_next_sign_in(scene):
    await scene.signed_in()
    scene.clock.now += 30 * 60
    await scene.signed_in()
    assert await rows(scene) == [(1,)]


async def test_a_use_is_noted_once_a_minute(scene):
    browser = await scene.signed_in()
    before = await rows(scene, "used_at")
    scene.clock.now += 59
    await browser.ask()
    assert await rows(scene, "used_at") == before
    scene.clock.now += 2
    await browser.ask()
    assert await rows(scene, "used_at") != before


ENDINGS = {
    "issuer distrusted": lambda scene, issuer: scene.trust.distrust(issuer),
    "key distrusted": lambda scene, issuer: scene.trust.distrust_key(issuer),
    "client revoked": lambda scene, issuer: scene.trust.revoked.add((issuer, "the-hub")),
    "member taken away": lambda scene, _: scene.trust.replace(
        *scene.provider.trusted(members=frozenset({"US"}))
    ),
    "role taken away": lambda scene, _: scene.trust.replace(
        *scene.provider.trusted(roles=frozenset({"agency"}))
    ),
    "purpose taken away": lambda scene, _: scene.trust.replace(
        *scene.provider.trusted(purposes=frozenset({"exercise"}))
    ),
    "proofs asked for": lambda scene, _: scene.trust.replace(
        *scene.provider.trusted(requires_sender_constraint=True)
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_session_ends_with_the_trust_it_rests_on(scene, ending):
    browser = await scene.signed_in()
    headers = await browser.headers()
    ENDINGS[ending](scene, scene.provider.url)
    answer = await browser.http.post("/graphql", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "session: trusted no longer")
    # Trust that comes back brings no session back.
    scene.trust.replace(*scene.provider.trusted())
    scene.trust.revoked.clear()
    answer = await browser.http.post("/graphql", content=b"{}", headers=headers)
    assert answer.json()["detail"] == "session: unknown, idle or old"


async def test_distrust_while_a_key_is_fetched_is_noticed(scene):
    browser = await scene.signed_in()
    headers = await browser.headers()
    scene.trust.while_fetching = lambda: scene.trust.distrust(scene.provider.url)
    answer = await browser.http.post("/graphql", content=b"{}", headers=headers)
    assert answer.json()["detail"] == "session: trusted no longer"


async def test_removing_a_provider_ends_its_sessions(scene):
    await scene.signed_in()
    async with scene.pool.connection() as connection:
        await remove(connection, "kr")
    assert await rows(scene) == [(0,)]


async def test_signing_out_ends_the_session_everywhere(scene):
    browser = await scene.signed_in()
    secret = browser.cookie("__Host-hub-session")
    answer = await browser.http.post("/sign-out", headers=await browser.headers())
    assert answer.status_code == 204
    assert browser.cookie("__Host-hub-session") is None
    with pytest.raises(Unauthenticated):
        await scene.sessions.person(secret)


async def test_the_only_provider_is_gone_to_at_once(scene):
    answer = await scene.browser().http.get("/sign-in")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/kr")


async def test_several_providers_are_listed(scene):
    await scene.add("us")
    page = await scene.browser().http.get("/sign-in")
    assert '<a href="/sign-in/kr">kr</a>' in page.text
    assert '<a href="/sign-in/us">us</a>' in page.text


async def test_without_a_provider_the_page_says_so(scene):
    async with scene.pool.connection() as connection:
        await remove(connection, "kr")
    browser = scene.browser()
    assert "Nobody can sign in here yet" in (await browser.http.get("/sign-in")).text
    assert await browser.session() == {"person": None, "canSignIn": False}


async def test_a_page_shows_what_it_was_given_as_text(scene):
    page = await scene.browser().http.get("/sign-in/<script>alert(1)<")
    assert page.status_code == 404
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/kr", "/sign-in/callback", "/session"])
async def test_no_answer_is_kept_or_framed(scene, path):
    headers = (await scene.browser().http.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


async def test_cookies_are_bound_to_the_hub_and_hidden_from_scripts(scene):
    browser = scene.browser()
    begun = await browser.http.get("/sign-in/kr")
    answer = scene.provider.authorize(begun.headers["location"])
    done = await browser.come_back(answer)
    set_cookies = begun.headers.get_list("set-cookie") + done.headers.get_list("set-cookie")
    assert len(set_cookies) == 3
    for cookie in set_cookies:
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-hub-")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(attributes)
        assert not any(each.startswith("Domain") for each in attributes)
    assert browser.cookie("__Host-hub-sign-in") is None
    assert HUB.startswith("https://")
