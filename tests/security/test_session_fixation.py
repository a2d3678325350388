"""Nobody gets into another's session, and nobody is signed in as another without knowing."""

import pytest

from tests.hub.identity.fake_provider import refusal, signing_in


@pytest.fixture
async def scene(database_url):
    async with signing_in(database_url) as made:
        yield made


async def test_a_session_planted_before_sign_in_is_not_the_one_after(scene):
    attacker = await scene.signed_in()
    planted = attacker.cookie("__Host-hub-session")
    victim = scene.browser()
    victim.plant("__Host-hub-session", planted)
    await victim.come_back(await victim.go())
    assert victim.cookie("__Host-hub-session") not in {planted, None}
    assert (await attacker.session())["person"] is None


async def test_each_sign_in_has_a_session_of_its_own(scene):
    browser = await scene.signed_in()
    first = browser.cookie("__Host-hub-session")
    await browser.come_back(await browser.go())
    again = scene.browser()
    again.plant("__Host-hub-session", first)
    assert (await again.session())["person"] is None


async def test_login_csrf_an_answer_sent_by_link_signs_nobody_in(scene):
    """The attacker's own code and state, opened by a victim who began nothing, or another one."""
    attackers = await scene.browser().go()
    assert await refusal(scene.browser(), attackers) == "browser: it began no sign-in"
    victim = scene.browser()
    await victim.go()
    assert await refusal(victim, attackers) == "state: not of this browser's sign-in"


async def test_a_browser_that_began_twice_finishes_the_last(scene):
    browser = scene.browser()
    first = await browser.go()
    last = await browser.go()
    assert await refusal(browser, first) == "state: not of this browser's sign-in"
    assert (await browser.come_back(last)).status_code == 303


async def test_the_cookie_of_an_attempt_is_no_session(scene):
    browser = scene.browser()
    await browser.go()
    browser.plant("__Host-hub-session", browser.cookie("__Host-hub-sign-in"))
    assert (await browser.session())["person"] is None
