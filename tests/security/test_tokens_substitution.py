"""A7: good tokens in the wrong place: other audiences, issuers, environments and kinds of token."""

import pytest

from tests.hub.identity import forge


@pytest.mark.parametrize(
    "audience",
    [
        "https://other.example",
        forge.AUDIENCE + "/",
        forge.AUDIENCE + ".evil.example",
        forge.AUDIENCE[:-1],
        forge.AUDIENCE.upper(),
        "https://hub.example:443",
        "http://hub.example",
        "https://staging.hub.example",
        forge.ISSUER,
        "*",
    ],
)
async def test_a7_token_for_another_audience_is_refused(audience):
    assert await forge.refusal(forge.token(aud=audience)) == "aud: another audience"


@pytest.mark.parametrize(
    "audience",
    [
        [forge.AUDIENCE, "https://other.example"],
        [forge.AUDIENCE, forge.AUDIENCE],
        [[forge.AUDIENCE]],
        [],
        {forge.AUDIENCE: 1},
    ],
    ids=str,
)
async def test_a7_audience_that_is_not_one_string_is_refused(audience):
    assert await forge.refusal(forge.token(aud=audience)) == "aud: missing, or no printable text"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://evil.example",
        forge.ISSUER + "/",
        forge.ISSUER + ":443",
        forge.ISSUER.upper(),
        "http://issuer.example",
        "https://issuer.example.",
        "https://xn--ssuer-4va.example",
        "https://\u0456ssuer.example",
        "https://user@issuer.example",
        forge.ISSUER + "#",
        " " + forge.ISSUER,
        [forge.ISSUER],
        {forge.ISSUER: 1},
        None,
        5,
        forge.ABSENT,
    ],
    ids=str,
)
async def test_a7_issuer_that_is_not_trusted_to_the_letter_is_refused(issuer):
    assert await forge.refusal(forge.token(iss=issuer)) == "iss: not trusted"


async def test_a7_trusted_issuer_cannot_sign_in_the_name_of_another():
    japan = forge.ECSigner("japan")
    verifier = forge.verifier(
        forge.trusted(), forge.trusted(japan, issuer="https://issuer.jp.example")
    )
    text = forge.compact(forge.header(kid="japan"), forge.claims(), japan)
    assert await forge.refusal(text, verifier) == "header: `kid` not known"


async def test_a7_trusted_issuer_cannot_speak_for_another_member():
    japan = forge.ECSigner("japan")
    name = "https://issuer.jp.example"
    issuer = forge.trusted(japan, issuer=name, members=frozenset({"JP"}))
    text = forge.compact(forge.header(kid="japan"), forge.claims(iss=name, member="KR"), japan)
    cause = await forge.refusal(text, forge.verifier(issuer))
    assert cause == "member: the issuer may not vouch for it"


@pytest.mark.parametrize(
    "typ",
    [
        forge.ABSENT,
        None,
        5,
        ["at+jwt"],
        "",
        "JWT",
        "at+jwt ",
        "at+jwt+x",
        "application/jwt",
        "dpop+jwt",
        "logout+jwt",
        "rt+jwt",
        "secevent+jwt",
        "client-authentication+jwt",
        "oauth-authz-req+jwt",
        "application/application/at+jwt",
    ],
)
async def test_a7_another_kind_of_token_is_refused(typ):
    text = forge.compact(forge.header(typ=typ), forge.claims())
    assert await forge.refusal(text) == "header: `typ` is not of an access token"


async def test_a7_id_token_relabelled_as_access_token_lacks_its_claims():
    id_token = forge.token(client_id=forge.ABSENT, nonce="n", azp="kr-mfds")
    assert await forge.refusal(id_token) == "client_id: missing, or no printable text"
