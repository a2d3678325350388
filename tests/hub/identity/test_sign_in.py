"""Signing in at a provider: what an honest one brings, and every answer that brings nothing."""

import asyncio
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from hub.errors import InvalidInput, NotFound, Unavailable
from hub.identity.sign_in.browser_secret import derive, new_secret
from hub.identity.sign_in.providers import Provider, every, find, remove
from tests.hub.identity.fake_provider import CLIENT, HUB, refusal, signing_in
from tests.hub.identity.forge import ABSENT, ECSigner, EdSigner, RSASigner, b64, hs256

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture
async def scene(database_url):
    async with signing_in(database_url) as made:
        yield made


@pytest.mark.parametrize("pushes", [True, False])
async def test_a_person_is_who_the_provider_says(scene, pushes):
    scene.provider.pushes = pushes
    browser = await scene.signed_in()
    said = await browser.session()
    assert said["person"] == {
        "subject": "officer-7",
        "organisation": "식품의약품안전처",
        "member": "KR",
        "purposes": ["exercise", "shortage-response"],
    }
    answer = await browser.ask()
    assert answer.json() == {"caller": {"subject": "officer-7", "purpose": "exercise"}}


async def test_what_is_pushed_is_not_in_the_address(scene):
    begun = await scene.sign_in.begin("kr")
    assert parse_qs(urlsplit(begun.url).query).keys() == {"client_id", "request_uri"}
    path, form = scene.provider.asked[-1]
    assert path == "/par"
    assert form["redirect_uri"] == f"{HUB}/sign-in/callback"
    assert form["scope"] == "openid"


async def test_each_sign_in_has_values_of_its_own(scene):
    for _ in range(2):
        await scene.browser().go()
    first, second = (form for path, form in scene.provider.asked if path == "/par")
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


async def test_metadata_is_asked_for_again_after_ten_minutes(scene):
    for _ in range(2):
        await scene.browser().go()
    scene.clock.now += 601
    await scene.browser().go()
    paths = [path for path, _ in scene.provider.asked]
    assert paths.count("/.well-known/openid-configuration") == 2


async def test_a_sign_in_without_its_cookie_is_refused(scene):
    answer = await scene.browser().go()
    assert await refusal(scene.browser(), answer) == "browser: it began no sign-in"


async def test_the_answer_to_another_browser_is_refused(scene):
    victim = scene.browser()
    await victim.go()
    theirs = await scene.browser().go()
    assert await refusal(victim, theirs) == "state: not of this browser's sign-in"


@pytest.mark.parametrize("state", ["", "x", "é"])
async def test_a_wrong_state_is_refused(scene, state):
    browser = scene.browser()
    answer = await browser.go() | {"state": state}
    assert await refusal(browser, answer) == "state: not of this browser's sign-in"


async def test_a_state_is_good_once(scene):
    browser = scene.browser()
    answer = await browser.go()
    kept = browser.cookie("__Host-hub-sign-in")
    await browser.come_back(answer)
    again = scene.browser()
    again.plant("__Host-hub-sign-in", kept)
    assert await refusal(again, answer) == "state: taken before, or too old"


async def test_of_two_answers_at_once_one_is_taken(scene):
    browser = scene.browser()
    answer = await browser.go()
    taken = await asyncio.gather(*(browser.come_back(answer) for _ in range(2)))
    assert sorted(each.status_code for each in taken) == [303, 401]


async def test_a_sign_in_is_good_for_ten_minutes(scene):
    browser = scene.browser()
    answer = await browser.go()
    scene.clock.now += 600
    assert await refusal(browser, answer) == "state: taken before, or too old"
    await scene.browser().go()
    async with scene.pool.connection() as connection:
        kept = await connection.execute("SELECT count(*) FROM sign_in_attempt")
        assert await kept.fetchone() == (1,)


async def test_a_provider_removed_meanwhile_signs_nobody_in(scene):
    browser = scene.browser()
    answer = await browser.go()
    async with scene.pool.connection() as connection:
        await remove(connection, "kr")
    page = await browser.come_back(answer)
    assert page.status_code == 404
    assert browser.cookie("__Host-hub-session") is None


@pytest.mark.parametrize("issuer", ["https://evil.example", "", None])
async def test_the_answer_of_another_issuer_is_refused(scene, issuer):
    browser = scene.browser()
    answer = await browser.go() | {"iss": issuer}
    cause = await refusal(browser, {name: value for name, value in answer.items() if value})
    assert cause.startswith("iss: another issuer answers")
    assert [path for path, _ in scene.provider.asked if path == "/token"] == []


async def test_an_issuer_is_told_by_its_exact_name(scene):
    browser = scene.browser()
    answer = await browser.go()
    cause = await refusal(browser, answer | {"iss": answer["iss"] + "/"})
    assert cause.startswith("iss:")


async def test_a_person_who_says_no_is_not_signed_in(scene):
    browser = scene.browser()
    answer = await browser.go() | {"error": "access_denied\nforged"}
    del answer["code"]
    assert await refusal(browser, answer) == "answer: 'access_denied\\nforged' in place of a code"


async def test_a_code_is_exchanged_once(scene):
    await scene.signed_in()
    assert [path for path, _ in scene.provider.asked].count("/token") == 1


async def test_a_code_that_was_used_before_is_refused(scene):
    browser = scene.browser()
    answer = await browser.go()
    del scene.provider.requests[answer["code"]]
    assert await refusal(browser, answer) == "status 400: 'invalid_grant'"


async def test_a_stolen_code_in_a_sign_in_of_ones_own_is_refused(scene):
    thief = scene.browser()
    stolen = (await scene.browser().go())["code"]
    answer = await thief.go() | {"code": stolen}
    assert await refusal(thief, answer) == "status 400: 'invalid_grant'"


ID_TOKEN_LIES = [
    ({"claims": {"nonce": "another"}}, "nonce: of another sign-in"),
    ({"claims": {"nonce": ABSENT}}, "nonce: of another sign-in"),
    ({"claims": {"nonce": ["x"]}}, "nonce: of another sign-in"),
    ({"claims": {"iss": "https://evil.example"}}, "iss: another issuer"),
    ({"claims": {"aud": "another"}}, "aud: not the hub"),
    ({"claims": {"aud": [CLIENT, "another"]}}, "aud: missing, or no printable text"),
    ({"claims": {"aud": []}}, "aud: missing, or no printable text"),
    ({"claims": {"azp": "another"}}, "azp: another client"),
    ({"claims": {"exp": 1_799_999_999}}, "exp: expired"),
    ({"claims": {"exp": 1_800_000_000}}, "exp: expired"),
    ({"claims": {"exp": ABSENT}}, "exp: missing, or no number"),
    ({"claims": {"iat": 1_800_000_011}}, "iat: too old, or in the future"),
    ({"claims": {"iat": 1_799_999_699}}, "iat: too old, or in the future"),
    ({"claims": {"iat": True}}, "iat: missing, or no number"),
    ({"claims": {"sub": ABSENT}}, "sub: missing, or no printable text"),
    ({"claims": {"at_hash": "forged"}}, "at_hash: of another access token"),
    ({"claims": {"roles": ["secretariat"]}}, "roles: not held by bodies of this member"),
    ({"header": {"alg": "none"}}, "header: `alg` not allowed"),
    ({"header": {"alg": "nOnE"}}, "header: `alg` not allowed"),
    ({"header": {"alg": "HS256"}, "signer": "hs256"}, "header: `alg` not allowed"),
    ({"header": {"alg": "RS256"}, "signer": "rs256"}, "header: `alg` not allowed"),
    ({"header": {"alg": ABSENT}}, "header: `alg` or `kid` is missing"),
    ({"header": {"kid": ABSENT}}, "header: `alg` or `kid` is missing"),
    ({"header": {"kid": "unknown"}}, "header: `kid` not known"),
    ({"header": {"typ": "at+jwt"}}, "header: not of an ID token"),
    ({"header": {"jwk": {}}}, "header: not of an ID token"),
    ({"signer": "another"}, "signature: bad_signature"),
]


@pytest.mark.parametrize(("lie", "cause"), ID_TOKEN_LIES)
async def test_an_id_token_that_does_not_hold_is_refused(scene, lie, cause):
    signers = {
        "hs256": lambda kid: _keyed(hs256(json.dumps(scene.provider.signer.jwk()).encode()), kid),
        "rs256": lambda kid: RSASigner(kid, pkcs1=True),
        "another": ECSigner,
    }
    if "signer" in lie:
        scene.provider.signer = signers[lie["signer"]](scene.provider.signer.kid)
    scene.provider.claims = lie.get("claims", {})
    scene.provider.header = lie.get("header", {})
    browser = scene.browser()
    assert await refusal(browser, await browser.go()) == f"ID token: {cause}"


def _keyed(signer, kid):
    signer.kid = kid
    return signer


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"aud": [CLIENT], "azp": CLIENT}, {}),
        ({"at_hash": b64(hashlib.sha256(b"opaque").digest()[:16])}, {}),
        ({"iat": 1_800_000_010}, {"typ": ABSENT}),
        ({"jti": "its own"}, {"typ": "jwt"}),
    ],
)
async def test_an_id_token_that_holds_is_taken_in_any_form(scene, claims, header):
    scene.provider.claims, scene.provider.header = claims, header
    await scene.signed_in()


async def test_the_hash_of_an_ed25519_token_is_by_sha512(scene):
    scene.provider.signer = EdSigner("provider-1")
    scene.provider.header = {"alg": "Ed25519"}
    scene.provider.claims = {"at_hash": b64(hashlib.sha512(b"opaque").digest()[:32])}
    scene.trust.replace(*scene.provider.trusted())
    await scene.signed_in()


async def test_an_id_token_that_breaks_a_library_is_refused_without_its_text(scene):
    scene.trust.fails_with = ValueError("eyJ-secret")
    browser = scene.browser()
    assert await refusal(browser, await browser.go()) == "ID token: unexpected: ValueError"


async def test_keys_that_cannot_be_had_are_no_fault_of_the_person(scene):
    scene.trust.fails_with = Unavailable("later", detail="no key set")
    browser = scene.browser()
    assert await refusal(browser, await browser.go()) == "no key set"


METADATA_LIES = [
    ({"issuer": "https://evil.example"}, "metadata: of another issuer"),
    ({"issuer": ABSENT}, "metadata: of another issuer"),
    ({"code_challenge_methods_supported": ["plain"]}, "metadata: no PKCE by S256"),
    ({"code_challenge_methods_supported": ABSENT}, "metadata: no PKCE by S256"),
    (
        {"authorization_response_iss_parameter_supported": ABSENT},
        "metadata: no `iss` in its answers (RFC 9207)",
    ),
    (
        {"token_endpoint": "https://evil.example/token"},
        "metadata: `token_endpoint` is on a host the provider was not added with",
    ),
    ({"token_endpoint": ABSENT}, "metadata: `token_endpoint` is no https address"),
    (
        {"authorization_endpoint": "http://provider.example/a"},
        "metadata: `authorization_endpoint` is no https address",
    ),
    (
        {"authorization_endpoint": "javascript:alert(1)"},
        "metadata: `authorization_endpoint` is no https address",
    ),
    (
        {"pushed_authorization_request_endpoint": None},
        "metadata: `pushed_authorization_request_endpoint` is no https address",
    ),
]

PROVIDER_FAULTS = [
    ("/par", 400, {"error": "invalid_request"}, "status 400: 'invalid_request'"),
    ("/par", 200, {"request_uri": "urn:x", "expires_in": 60}, "status 200: 'None'"),
    ("/par", 201, {"expires_in": 60}, "pushed request: "),
    ("/par", 201, {"request_uri": "urn:x", "expires_in": 600}, "pushed request: "),
    ("/par", 201, {"request_uri": "urn:x", "expires_in": 0}, "pushed request: "),
    ("/par", 201, {"request_uri": "urn:x", "expires_in": "60"}, "pushed request: "),
    ("/par", 201, ["no object"], "no JSON object: ValueError"),
    ("/.well-known/openid-configuration", 500, {}, "status 500: 'None'"),
]


async def fault(scene, path="/sign-in/kr"):
    """Expect that the provider is at fault; give the cause that operators are told."""
    with pytest.raises(Exception, match="the provider did not answer as it should") as caught:
        await scene.sign_in.begin(path.rpartition("/")[2])
    assert caught.value.public_code == "PROVIDER_FAULT"
    return caught.value.detail


@pytest.mark.parametrize(("lie", "cause"), METADATA_LIES)
async def test_metadata_that_lies_begins_nothing(scene, lie, cause):
    scene.provider.metadata = lie
    assert await fault(scene) == cause


@pytest.mark.parametrize(("path", "status", "said", "cause"), PROVIDER_FAULTS)
async def test_a_provider_that_errs_begins_nothing(scene, path, status, said, cause):
    scene.provider.answers[path] = status, said
    assert (await fault(scene)).startswith(cause)
    answer = await scene.browser().http.get("/sign-in/kr")
    assert answer.status_code == 502
    assert "tell its operator" in answer.text


async def test_v14_the_example_of_rfc_9126_is_taken(scene):
    vector = _vector("rfc9126")
    scene.provider.answers["/par"] = vector["status"], vector["response"]
    address = urlsplit((await scene.sign_in.begin("kr")).url)
    assert parse_qs(address.query) == {
        "client_id": [CLIENT],
        "request_uri": [vector["response"]["request_uri"]],
    }


@pytest.mark.parametrize(
    "said", [{}, {"id_token": 5}, {"id_token": "a.b.c", "access_token": 5}, {"access_token": "x"}]
)
async def test_a_token_answer_without_an_id_token_is_refused(scene, said):
    scene.provider.answers["/token"] = 200, said
    browser = scene.browser()
    assert await refusal(browser, await browser.go()) == "token response: no ID token"


async def test_endpoints_may_be_on_a_host_that_was_added(scene):
    scene.provider.metadata = {"authorization_endpoint": "https://login.example:8443/a?tenant=kr"}
    await scene.add(hosts=("login.example:8443",))
    begun = await scene.sign_in.begin("kr")
    assert begun.url.startswith(f"https://login.example:8443/a?tenant=kr&client_id={CLIENT}&")


async def test_an_issuer_that_is_not_trusted_signs_nobody_in(scene):
    browser = scene.browser()
    answer = await browser.go()
    scene.trust.distrust(scene.provider.url)
    assert "is not trusted" in await refusal(browser, answer)
    with pytest.raises(Unavailable, match="ask the alliance's secretariat why"):
        await scene.sign_in.begin("kr")


@pytest.mark.parametrize(
    "reach",
    [
        {"members": frozenset({"US"})},
        {"roles": frozenset({"agency"})},
        {"purposes": frozenset({"exercise"})},
        {"requires_sender_constraint": True},
    ],
)
async def test_an_issuer_vouches_only_within_its_reach(scene, reach):
    scene.trust.replace(*scene.provider.trusted(**reach))
    browser = scene.browser()
    cause = await refusal(browser, await browser.go())
    assert cause == "session: beyond what the issuer may vouch for"


async def test_secrets_are_in_no_representation(scene):
    begun = await scene.sign_in.begin("kr")
    assert begun.secret not in repr(begun)
    assert "request_uri" not in repr(begun)


def test_v13_the_challenge_is_that_of_rfc_7636():
    vector = _vector("rfc7636")
    assert create_s256_code_challenge(vector["code_verifier"]) == vector["code_challenge"]


def test_a_derived_verifier_has_the_form_of_rfc_7636():
    secret = new_secret()
    verifier = derive(secret, "verifier")
    assert len(verifier) == 43
    assert verifier.isascii()
    assert len({verifier, derive(secret, "state"), derive(new_secret(), "verifier")}) == 3


def _vector(name):
    (vector,) = json.loads((VECTORS / f"{name}.json").read_text())["vectors"]
    return vector


async def test_a_provider_is_brought_up_to_date_and_removed(scene):
    await scene.add(client_id="renamed", scopes=("openid", "profile"))
    async with scene.pool.connection() as connection:
        (found,) = await every(connection)
        assert found == Provider("kr", scene.provider.url, "renamed", ("openid", "profile"))
        await remove(connection, "kr")
        with pytest.raises(NotFound, match="no provider `kr`"):
            await find(connection, "kr")
        with pytest.raises(NotFound, match="no provider `kr`"):
            await remove(connection, "kr")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "callback"}, "is no name"),
        ({"name": "Ä/.."}, "is no name"),
        ({"scopes": ("profile",)}, "lack `openid`"),
        ({"hosts": ("https://a.example/",)}, "is no host"),
    ],
)
def test_a_provider_that_could_not_work_is_refused(changes, message):
    with pytest.raises(InvalidInput, match=message):
        replace(Provider("kr", "https://issuer.example", CLIENT), **changes)
