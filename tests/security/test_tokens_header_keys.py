"""A4: tokens that bring their own key, or say where to fetch one."""

import pytest

from tests.hub.identity import forge


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
async def test_a4_brought_key_is_refused_whoever_signed(name):
    thief = forge.ECSigner("ec-1")
    brought = {
        "jwk": thief.jwk(),
        "jku": f"{forge.ISSUER}/.well-known/jwks.json",
        "x5u": f"{forge.ISSUER}/certificate.pem",
        "x5c": ["MIIB"],
        "x5t": "x",
        "x5t#S256": "x",
    }
    header = forge.header(**{name: brought[name]})
    for signer in (thief, forge.ec_key()):
        text = forge.compact(header, forge.claims(), signer)
        assert await forge.refusal(text) == "header: a member that is not accepted"


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
async def test_a4_header_member_that_appears_twice_is_refused(member):
    value = forge.header()[member]
    twice = b'{"typ":"at+jwt","alg":"ES256","kid":"ec-1","%s":"%s"}'
    text = forge.compact(twice % (member.encode(), value.encode()), forge.claims())
    assert await forge.refusal(text) == "form: ValueError in header or claims"


async def test_a4_header_without_additions_is_accepted():
    caller = await forge.verifier().verify(forge.presented(forge.token()))
    assert caller.token_id == "token-1"
