"""The gateway takes a session where there is no token, and nothing of it beside one."""

import time
from dataclasses import dataclass

import pytest

from hub.entrance import embedded_issuer
from hub.identity.sign_in.id_tokens import IdToken
from hub.identity.sign_in.sessions import PersonSessions, csrf_token
from hub.identity.trust.trusted import FixedTrust
from hub.identity.types import Confirmation, Purpose, Role, VerifiedClaims
from hub.store.database import writing_pool
from tests.hub.gateway.serving import ADDRESS, HUB_FIXTURES

hub, policy_folders, state, world_url = HUB_FIXTURES

ME = {"query": "{ me { client purpose } }"}
VOTE = {"query": 'mutation { withdrawModeVote(reason: "x") { mode } }'}


@dataclass
class Officer:
    """A person who is signed in, and what their browser sends."""

    secret: str

    def headers(self, **changes):
        honest = {
            "cookie": f"__Host-hub-session={self.secret}",
            "origin": ADDRESS,
            "hub-csrf": csrf_token(self.secret),
            "hub-purpose": "exercise",
        }
        changed = honest | {name.replace("_", "-"): value for name, value in changes.items()}
        return {name: value for name, value in changed.items() if value is not None}


@pytest.fixture
async def officer(hub, world_url):
    """An officer of Korea, for whom an issuer that the hub trusts vouches."""
    issuer, now = embedded_issuer(hub.settings), time.time()
    claims = VerifiedClaims(
        issuer=ADDRESS,
        subject="officer-7",
        client="console",
        audience="console",
        token_id="-",
        issued_at=now,
        not_before=now,
        expires_at=now + 60,
        member="KR",
        organisation="MFDS",
        roles=frozenset({Role.REGULATOR}),
        purposes=frozenset({Purpose.EXERCISE, Purpose.SUPPLY_MAPPING}),
        confirmation=Confirmation(),
        actors=(),
    )
    async with writing_pool(world_url) as pool:
        sessions = PersonSessions(pool, FixedTrust([issuer.as_trusted()]), ADDRESS)
        found = Officer(await sessions.start(IdToken(issuer.keys.current.kid, claims)))
        yield found
        await sessions.end(found.secret)


async def ask(hub, question, headers):
    return await hub.http.post("/graphql", json=question, headers=headers)


async def test_a_session_asks_for_its_person_and_purpose(hub, officer):
    answer = await ask(hub, ME, officer.headers())
    assert answer.json()["data"] == {"me": {"client": "console", "purpose": "exercise"}}


@pytest.mark.parametrize("question", [ME, VOTE])
@pytest.mark.parametrize(
    "forgery", [{"hub_csrf": None}, {"origin": "https://evil.example"}, {"origin": None}]
)
async def test_nothing_is_run_that_another_site_sends(hub, officer, question, forgery):
    answer = await ask(hub, question, officer.headers(**forgery))
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (403, "CROSS_SITE")
    assert "data" not in answer.json()


async def test_a_form_asks_nothing_in_a_session(hub, officer):
    headers = officer.headers(content_type="text/plain")
    answer = await hub.http.post("/graphql", content=b'{"query":"{me{client}}"}', headers=headers)
    assert answer.status_code == 403


async def test_a_token_decides_alone_whatever_cookie_comes_along(hub, officer):
    token = f"Bearer {hub.token('us-fda', Purpose.EXERCISE)}"
    answer = await ask(hub, ME, officer.headers(authorization=token, origin=None))
    assert answer.json()["data"]["me"]["client"] == "us-fda"
    answer = await ask(hub, ME, officer.headers(authorization="Bearer forged"))
    assert answer.status_code == 401


async def test_a_session_that_is_over_opens_nothing(hub, officer):
    answer = await ask(hub, ME, Officer("made up").headers())
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert "sign in again" in error["message"]


async def test_a_question_without_token_or_session_is_told_to_bring_a_token(hub):
    answer = await ask(hub, ME, {"origin": ADDRESS})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
