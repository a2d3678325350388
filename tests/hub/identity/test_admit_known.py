"""A request like one that was admitted is admitted at less cost, and by the same rules."""

import pytest

from hub.errors import Forbidden, RateLimited
from hub.identity import authentication
from hub.identity.authentication import Authenticator
from hub.identity.certificates import STATE_KEY
from hub.identity.presented import Presenter
from tests.hub.identity import forge
from tests.hub.identity.test_authentication import Counted, bearer, request

SEVERAL = ["exercise", "supply-mapping"]
TOKEN = bearer()


class Clock:
    now = forge.NOW

    def __call__(self):
        return float(self.now)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def quotas():
    return Counted()


@pytest.fixture
def admitting(clock, quotas):
    verifier = forge.verifier()
    verifier._clock = clock
    return Authenticator(verifier, Presenter(forge.AUDIENCE), None, quotas)


async def known(admitting, asked):
    return await admitting.admit_known(asked.scope, dict(asked.scope["headers"]))


async def test_who_was_admitted_is_known_again_and_counted(admitting, quotas):
    assert await known(admitting, request(authorization=TOKEN)) is None
    caller = (await admitting.admit(request(authorization=TOKEN))).caller
    again = request(authorization=TOKEN)
    assert await known(admitting, again) is caller
    assert (await admitting.admit(again)).caller is caller
    assert len(quotas.callers) == 2


async def test_a_request_is_admitted_and_counted_once(admitting, quotas):
    asked = request(authorization=TOKEN)
    assert await admitting.admit(asked) is await admitting.admit(asked)
    assert len(quotas.callers) == 1


async def test_a_refusal_is_the_same_when_asked_again(admitting):
    asked = request(authorization=bearer(purpose=SEVERAL))
    for _ in range(2):
        with pytest.raises(Forbidden):
            await admitting.admit(asked)


async def test_each_purpose_is_known_by_itself(admitting):
    token = bearer(purpose=SEVERAL)
    for purpose in SEVERAL:
        asked = request(authorization=token, hub_purpose=purpose)
        assert await known(admitting, asked) is None
        assert (await admitting.admit(asked)).caller.purpose == purpose
    for purpose in SEVERAL:
        found = await known(admitting, request(authorization=token, hub_purpose=purpose))
        assert found.purpose == purpose
    for stated in ({}, {"hub_purpose": ""}, {"hub_purpose": "policy-research"}):
        assert await known(admitting, request(authorization=token, **stated)) is None


async def test_an_expired_token_is_known_no_longer(admitting, clock):
    await admitting.admit(request(authorization=TOKEN))
    clock.now += 10**6
    assert await known(admitting, request(authorization=TOKEN)) is None


@pytest.mark.parametrize("name", ["dpop", "client_cert"])
async def test_whoever_shows_more_than_a_token_is_not_known_by_it(admitting, name):
    await admitting.admit(request(authorization=TOKEN))
    assert await known(admitting, request(authorization=TOKEN, **{name: "x"})) is None


async def test_whoever_shows_a_certificate_is_not_known_by_the_token(admitting):
    await admitting.admit(request(authorization=TOKEN))
    asked = request(authorization=TOKEN)
    asked.scope["state"] = {STATE_KEY: "thumbprint"}
    assert await known(admitting, asked) is None


@pytest.mark.parametrize("more", [{"dpop": "x"}, {"client_cert": "x"}])
async def test_who_was_admitted_with_more_than_a_token_is_not_known_by_it(admitting, more):
    await admitting.admit(request(authorization=TOKEN, **more))
    assert await known(admitting, request(authorization=TOKEN)) is None


async def test_one_request_too_many_is_refused_and_stays_refused(admitting, quotas):
    await admitting.admit(request(authorization=TOKEN))
    quotas.most = 1
    asked = request(authorization=TOKEN)
    with pytest.raises(RateLimited):
        await known(admitting, asked)
    quotas.most = 99
    with pytest.raises(RateLimited):
        await admitting.admit(asked)


async def test_no_more_are_known_than_there_is_room_for(admitting, monkeypatch):
    monkeypatch.setattr(authentication, "MAX_KNOWN", 1)
    other = bearer(client_id="another")
    for token in (TOKEN, other):
        await admitting.admit(request(authorization=token))
    assert await known(admitting, request(authorization=TOKEN)) is None
    assert (await known(admitting, request(authorization=other))).client == "another"
