"""A8: times of a token against our clock, and our clock against itself."""

import json

import pytest

from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.identity.trust.trusted import FixedTrust
from tests.hub.identity import forge

NOW = forge.NOW
EXPIRED = "exp: expired"
FUTURE = "iat or nbf: in the future"
LIFETIME = "exp: lifetime over the limit, or none"


class Clock:
    def __init__(self):
        self.now = float(NOW)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def verifier(clock):
    trust = FixedTrust([forge.trusted()])
    return TokenVerifier(TokenRules(forge.AUDIENCE), trust, clock=clock)


async def accepts(text, **rules):
    caller = await forge.verifier(**rules).verify(forge.presented(text))
    return caller.token_id == "token-1"


@pytest.mark.parametrize(
    "times",
    [
        {"exp": NOW + 1},
        {"exp": NOW + 0.5},
        {"iat": NOW + 10, "nbf": NOW + 10},
        {"nbf": NOW + 5},
        {"nbf": forge.ABSENT},
        {"iat": NOW - 3599, "exp": NOW + 1},
    ],
    ids=str,
)
async def test_a8_times_within_the_rules_are_accepted(times):
    assert await accepts(forge.token(**times))


@pytest.mark.parametrize(
    ("times", "cause"),
    [
        ({"iat": NOW - 600, "exp": NOW}, EXPIRED),
        ({"iat": NOW - 600, "exp": NOW - 1}, EXPIRED),
        ({"exp": 0, "iat": 0}, EXPIRED),
        ({"iat": NOW + 11}, FUTURE),
        ({"iat": NOW + 61}, FUTURE),
        ({"nbf": NOW + 11}, FUTURE),
        ({"nbf": NOW + 61}, FUTURE),
        ({"iat": NOW - 3600, "exp": NOW + 1}, LIFETIME),
        ({"iat": 0}, LIFETIME),
        ({"exp": NOW + 3601}, LIFETIME),
        ({"iat": NOW + 8, "nbf": NOW, "exp": NOW + 8}, LIFETIME),
        ({"iat": NOW + 8, "nbf": NOW, "exp": NOW + 1}, LIFETIME),
    ],
    ids=str,
)
async def test_a8_times_beyond_the_rules_are_refused(times, cause):
    assert await forge.refusal(forge.token(**times)) == cause


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "1e999", "1e308", "-1", "true", '"600"']
)
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
async def test_a8_time_that_is_no_time_is_refused(name, text):
    claims = forge.claims(**{name: 424242})
    raw = json.dumps(claims).replace("424242", text).encode()
    cause = await forge.refusal(forge.compact(forge.header(), raw))
    assert cause.startswith(("form: ", f"{name}: "))


async def test_a8_expiry_leeway_is_given_only_where_set():
    late = forge.token(iat=NOW - 600, exp=NOW - 4)
    assert await accepts(late, expiry_leeway_s=5)
    assert await forge.refusal(late, forge.verifier(expiry_leeway_s=4)) == EXPIRED


async def test_a8_shorter_lifetime_can_be_asked_for():
    assert await accepts(forge.token(), max_lifetime_s=600)
    assert await forge.refusal(forge.token(), forge.verifier(max_lifetime_s=599)) == LIFETIME


async def test_a8_known_token_does_not_outlive_its_expiry(clock, verifier):
    text = forge.token()
    clock.now = NOW + 599.9
    assert await verifier.verify(forge.presented(text))
    clock.now = NOW + 600
    assert await forge.refusal(text, verifier) == EXPIRED


async def test_a8_known_token_is_refused_when_the_clock_steps_before_its_start(clock, verifier):
    text = forge.token()
    assert await verifier.verify(forge.presented(text))
    clock.now = NOW - 10
    assert await verifier.verify(forge.presented(text))
    clock.now = NOW - 11
    assert await forge.refusal(text, verifier) == FUTURE
