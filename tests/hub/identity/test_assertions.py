"""Who is found by an assertion, and what is refused, always with one message."""

import asyncio
import time

import pytest

from tests.hub.identity import forge
from tests.hub.identity.issuing import ADDRESS, ASSERTION_TYPE, Agency, issuing, open_issuing
from tests.hub.identity.key_server import key_server
from tests.hub.store.databases import migrated_database

FIXTURES = (issuing,)


async def refused(issuing, **form):
    """Expect that nobody is found; return what the answer says."""
    answer = await issuing.post("/oauth/token", form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    return answer.json()["error_description"]


def changed_claims(now):
    """What may be wrong with claims, by name."""
    return {
        "another issuer": {"iss": "someone"},
        "another subject": {"sub": "someone"},
        "no issuer": {"iss": forge.ABSENT},
        "no subject": {"sub": forge.ABSENT},
        "a subject that is no text": {"sub": 5, "iss": 5},
        "a subject with a NUL": {"sub": "a\0b", "iss": "a\0b"},
        "half a surrogate pair": {"sub": "\ud800", "iss": "\ud800"},
        "no audience": {"aud": forge.ABSENT},
        "a list of audiences": {"aud": [ADDRESS]},
        "two audiences": {"aud": [ADDRESS, "https://as.example"]},
        "the token endpoint": {"aud": f"{ADDRESS}/oauth/token"},
        "another server": {"aud": "https://as.example"},
        "a trailing slash": {"aud": f"{ADDRESS}/"},
        "no id": {"jti": forge.ABSENT},
        "an id that is no text": {"jti": 7},
        "an empty id": {"jti": ""},
        "an id of 10 kB": {"jti": "x" * 10_000},
        "no end": {"exp": forge.ABSENT},
        "expired": {"exp": now - 1},
        "ten years": {"exp": now + 315_360_000},
        "six minutes": {"exp": now + 360, "iat": now},
        "a long life that is nearly over": {"exp": now + 60, "iat": now - 300},
        "no start and six minutes": {"exp": now + 360, "iat": forge.ABSENT},
        "an end that is text": {"exp": str(now + 60)},
        "an end that is true": {"exp": True},
        "an end without end": {"exp": float("inf")},
        "an end that is no number": {"exp": float("nan")},
        "an end of 400 digits": {"exp": 10**400},
        "issued in the future": {"iat": now + 100, "exp": now + 120},
        "not yet valid": {"nbf": now + 100},
        "a negative start": {"iat": -1},
    }


@pytest.mark.parametrize("case", changed_claims(0))
async def test_an_assertion_that_says_something_else_is_refused(issuing, case):
    agency = await issuing.register()
    assertion = agency.assertion(**changed_claims(int(time.time()))[case])
    await refused(issuing, **agency.form(client_assertion=assertion))


HEADERS = {
    "an access token": {"typ": "at+jwt"},
    "a proof": {"typ": "dpop+jwt"},
    "a type that is no text": {"typ": 5},
    "unsigned": {"alg": "none"},
    "RS256": {"alg": "RS256"},
    "a shared secret": {"alg": "HS256"},
    "another algorithm than the key's": {"alg": "PS256"},
    "no algorithm": {"alg": forge.ABSENT},
    "an algorithm that is no text": {"alg": 5},
    "an unknown key": {"kid": "another"},
    "a key that is no text": {"kid": ["ec-1"]},
    "a key of its own": {"jwk": forge.ec_key().jwk()},
    "a key elsewhere": {"jku": "https://evil.example/jwks"},
    "a critical extension": {"crit": ["exp"]},
}


@pytest.mark.parametrize("case", HEADERS)
async def test_an_assertion_with_another_header_is_refused(issuing, case):
    agency = await issuing.register()
    await refused(issuing, **agency.form(client_assertion=agency.assertion(HEADERS[case])))


TEXTS = {
    "empty": "",
    "nonsense": "nonsense",
    "two parts": "e30.e30",
    "no ascii": "é.é.é",
    "10 kB": "a" * 10_000,
    "nested 1000 deep": forge.compact(
        b'{"alg":"ES256"}', b'{"sub":' + b"[" * 1000 + b"]" * 1000 + b"}"
    ),
    "a member twice": forge.compact(b'{"alg":"ES256","alg":"none"}', b"{}"),
    "a list": forge.compact(b"[]", b"[]"),
}


@pytest.mark.parametrize("case", TEXTS)
async def test_what_is_no_assertion_is_refused(issuing, case):
    await refused(issuing, client_assertion_type=ASSERTION_TYPE, client_assertion=TEXTS[case])


async def test_a_changed_assertion_is_refused(issuing):
    agency = await issuing.register()
    text = agency.assertion()
    changed = text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]
    await refused(issuing, **agency.form(client_assertion=changed))


@pytest.mark.parametrize("typ", [forge.ABSENT, "jwt", "client-authentication+jwt"], ids=str)
async def test_the_types_of_assertions_are_taken(issuing, typ):
    agency = await issuing.register()
    await issuing.token(agency, client_assertion=agency.assertion({"typ": typ}))


async def test_an_assertion_of_five_minutes_and_a_clock_that_is_ahead_are_taken(issuing):
    agency = await issuing.register()
    now = int(time.time())
    for times in ({"iat": now + 5, "exp": now + 305}, {"iat": forge.ABSENT, "exp": now + 290}):
        await issuing.token(agency, client_assertion=agency.assertion(**times))


async def test_other_ways_to_prove_who_it_is_are_refused(issuing):
    agency = await issuing.register()
    for changes in (
        {"client_secret": "secret"},
        {"client_assertion_type": forge.ABSENT},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_id": "someone"},
    ):
        await refused(issuing, **agency.form(**changes))
    answer = await issuing.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(agency.id, "secret")
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    await issuing.token(agency, client_id=agency.id)


async def test_a_key_need_be_named_only_where_there_are_two(issuing):
    signers = forge.ECSigner("one"), forge.ECSigner("two")
    alone = await issuing.register(signer=signers[0])
    await issuing.token(alone, client_assertion=alone.assertion({"kid": forge.ABSENT}))
    keys = {"keys": [each.jwk() for each in signers]}
    of_two = await issuing.register(signer=signers[1], keys=keys)
    await refused(issuing, **of_two.form(client_assertion=of_two.assertion({"kid": forge.ABSENT})))
    await issuing.token(of_two)


async def test_an_unknown_a_disabled_and_a_wrongly_signed_client_are_told_the_same(issuing):
    agency, other = await issuing.register(), await issuing.register()
    said = {
        await refused(issuing, **other.form(client_assertion=text))
        for text in (
            agency.assertion(iss="nobody", sub="nobody"),
            other.assertion(iss=agency.id, sub=agency.id),
            agency.assertion(aud="https://as.example"),
        )
    }
    assert len(said) == 1


async def test_a_client_without_a_key_gets_no_token(issuing):
    agency = await issuing.register(keys=None)
    await refused(issuing, **agency.form())


async def test_another_clients_key_is_none_of_its_own(issuing):
    agency, other = await issuing.register(), await issuing.register()
    text = other.assertion(iss=agency.id, sub=agency.id)
    await refused(issuing, **agency.form(client_assertion=text))


async def test_an_assertion_is_taken_once_of_a_hundred_at_a_time(issuing):
    agency = await issuing.register()
    form = agency.form()
    answers = await asyncio.gather(*(issuing.post("/oauth/token", form) for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 99]


async def test_an_id_is_spent_for_one_client_alone(issuing):
    agencies = [await issuing.register() for _ in range(2)]
    for agency in agencies:
        await issuing.token(agency, client_assertion=agency.assertion(jti="the same"))
        form = agency.form(client_assertion=agency.assertion(jti="the same"))
        await refused(issuing, **form)


async def test_a_refused_assertion_is_not_spent(issuing):
    agency = await issuing.register()
    wrong = agency.assertion({"alg": "PS256"}, jti="kept")
    await refused(issuing, **agency.form(client_assertion=wrong))
    await issuing.token(agency, client_assertion=agency.assertion(jti="kept"))


async def test_a_client_may_publish_its_keys_where_it_likes(database_url, tmp_path):
    first, second = forge.ECSigner("first"), forge.ECSigner("second")
    async with (
        migrated_database(database_url) as url,
        open_issuing(url, tmp_path, allow_loopback_sources=True) as hub,
        key_server(first) as served,
    ):
        away = {"keys": None, "jwks_uri": served.source.jwks_uri}
        agency = await hub.register(signer=first, **away)
        await hub.token(agency)
        await hub.token(agency)
        assert served.asked == 1
        await refused(hub, **agency.form(client_assertion=agency.assertion({"kid": forge.ABSENT})))
        # One fetch a minute for the sake of unknown keys.
        for _ in range(2):
            other = Agency(agency.id, second)
            await refused(hub, **other.form())
        assert served.asked == 2
