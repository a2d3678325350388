"""Attacks on the embedded issuer's endpoints through a real socket.

Assertions of clients (S8, S9), tokens of one kind used as another and exchanges that would widen
(A7), assertions meant for others (A11), and what a refusal tells (A19).
"""

import base64
import json
import time
from itertools import count

import psycopg
import pytest

from hub.identity.own_issuer.clients import RegisteredClient, add
from hub.identity.types import Client, Purpose, Role
from tests.hub.gateway.serving import ADDRESS
from tests.hub.identity import forge
from tests.security.edge import EDGE_FIXTURES

hub, policy_folders, state, world_url, edge = EDGE_FIXTURES

OTHER = "https://other.example"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

KEY = forge.ECSigner("client-key")
SERVICE = Client(
    "kr-service",
    "KR",
    "Office",
    frozenset({Role.AGENCY}),
    frozenset({Purpose.EXERCISE, Purpose.SHORTAGE_RESPONSE}),
)
AUDITOR = Client(
    "auditor-desk", "ALLIANCE", "Auditor", frozenset({Role.AUDITOR}), frozenset(Purpose)
)
_numbers = count()


@pytest.fixture(scope="session", autouse=True)
async def clients(world_url):
    keys = {"keys": [KEY.jwk()]}
    async with await psycopg.AsyncConnection.connect(world_url) as connection:
        for client, may_act in ((SERVICE, True), (AUDITOR, False)):
            registered = RegisteredClient(client, keys=keys, may_act=may_act)
            await add(connection, registered, by="a test")


class Ahead(int):
    """Seconds from the moment of an attack, which may come minutes after the tests were read."""


def assertion(client="kr-service", *, header=None, sign=None, **changes):
    """A client's assertion, honest but for what is given."""
    now = int(time.time())
    honest = {
        "iss": client,
        "sub": client,
        "aud": ADDRESS,
        "jti": f"assertion-{next(_numbers)}",
        "iat": now,
        "exp": now + 60,
    }
    claims = {
        name: now + value if isinstance(value, Ahead) else value
        for name, value in (honest | changes).items()
        if value is not forge.ABSENT
    }
    whole = {"alg": "ES256", "kid": KEY.kid} | (header or {})
    return forge.compact(whole, claims, sign or KEY)


async def post(edge, path="token", /, *, shown=None, headers=None, **form):
    fields = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": shown or assertion(),
    } | form
    return await edge.http.post(f"/oauth/{path}", data=fields, headers=headers)


async def granted(edge, **form):
    return await post(edge, **({"grant_type": "client_credentials"} | form))


async def exchanged(edge, subject_token, **form):
    asked = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ACCESS_TOKEN}
    return await post(edge, **asked, subject_token=subject_token, **form)


def is_unknown_client(answer):
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    return True


async def test_honest_client_gets_a_token_that_opens_the_edge(edge):
    answer = await granted(edge, purpose="exercise")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    asked = await edge.ask(answer.json()["access_token"])
    assert asked.json()["data"]["me"] == {"client": "kr-service"}


# What Authlib lets through


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
async def test_s8_ours_refuses_an_unsigned_assertion_however_deep_it_nests(edge, opening):
    deep = b'{"sub":' + opening * 1_300
    shown = forge.compact({"alg": "ES256", "kid": KEY.kid}, deep, lambda _: b"x")
    assert is_unknown_client(await granted(edge, shown=shown))


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        ({}, {"exp": Ahead(10 * 365 * 86400)}),
        ({}, {"exp": Ahead(700), "iat": forge.ABSENT}),
        ({}, {"iat": Ahead(3_000), "exp": Ahead(3_060)}),
        ({}, {"aud": [OTHER, ADDRESS]}),
        ({}, {"aud": [ADDRESS]}),
        ({"typ": "at+jwt"}, {}),
        ({"typ": "dpop+jwt"}, {}),
        ({"typ": 5}, {}),
        ({"jku": f"{OTHER}/jwks"}, {}),
        ({"crit": ["exp"]}, {}),
        ({"alg": "none"}, {}),
        ({"alg": "HS256"}, {}),
        ({"kid": "unknown"}, {}),
        ({"kid": 5}, {}),
        ({}, {"jti": forge.ABSENT}),
        ({}, {"jti": "x" * 10_000}),
        ({}, {"sub": "us-fda"}),
        ({}, {"iss": "us-fda"}),
        ({}, {"exp": forge.ABSENT}),
        ({}, {"exp": "never"}),
        ({}, {"nbf": Ahead(100)}),
    ],
    ids=str,
)
async def test_s9_ours_refuses_an_assertion_of_another_life_type_or_place(edge, header, changes):
    shown = assertion(header=header, **changes)
    assert is_unknown_client(await granted(edge, shown=shown))


@pytest.mark.parametrize("signature", [b"", b"\0", b"\0" * 63, b"\0" * 64, b"\0" * 65, b"x" * 4096])
async def test_s15_ours_refuses_an_assertion_whose_signature_breaks_a_library(edge, signature):
    shown = assertion(sign=lambda _: signature)
    assert is_unknown_client(await granted(edge, shown=shown))


async def test_a6_assertion_is_taken_once_by_all_endpoints_together(edge):
    shown = assertion()
    assert (await granted(edge, shown=shown)).status_code == 200
    for path in ("token", "revoke", "introspect"):
        again = await post(edge, path, shown=shown, grant_type="client_credentials", token="x")
        assert is_unknown_client(again)


# A token of one kind as another


async def test_a7_assertion_opens_nothing_as_an_access_token(edge):
    member = {"member": "KR", "organisation": "o", "roles": ["agency"], "purpose": "exercise"}
    for header in ({}, {"typ": "JWT"}, {"typ": "at+jwt"}):
        shown = assertion(header=header, client_id="kr-service", **member)
        assert (await edge.ask(shown)).status_code == 401


async def test_a7_access_token_is_no_assertion(edge):
    shown = edge.forged(sub="kr-service", iss="kr-service", exp=int(time.time()) + 60)
    assert is_unknown_client(await granted(edge, shown=shown))


async def test_a7_access_token_of_another_issuer_is_introspected_as_none(edge):
    foreign = edge.forged(sign=forge.ECSigner())
    answer = await post(edge, "introspect", shown=assertion("auditor-desk"), token=foreign)
    assert answer.json() == {"active": False}


# An exchange that would widen


def officer(edge, **changes):
    return edge.forged(**({"sub": "dr-lee", "roles": ["regulator", "agency"]} | changes))


def said(answer):
    """Read the claims of the token in an answer."""
    assert answer.status_code == 200, answer.text
    claims = answer.json()["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=="))


async def test_a7_exchanged_token_says_no_more_than_the_officer_s(edge):
    found = said(await exchanged(edge, officer(edge)))
    assert (found["sub"], found["member"], found["roles"]) == ("dr-lee", "KR", ["agency"])
    assert (found["aud"], found["purpose"]) == (ADDRESS, "exercise")
    assert (found["client_id"], found["act"]["sub"]) == ("kr-service", "kr-service")


async def test_a7_exchanged_token_ends_with_the_officer_s(edge):
    end = int(time.time()) + 30
    assert said(await exchanged(edge, officer(edge, exp=end)))["exp"] <= end


@pytest.mark.parametrize(
    "form",
    [
        {"scope": "everything"},
        {"audience": OTHER},
        {"resource": OTHER},
        {"purpose": "shortage-response"},
        {"purpose": "anything"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"actor_token": "x", "actor_token_type": ACCESS_TOKEN},
    ],
    ids=str,
)
async def test_a7_exchange_for_more_than_the_officer_has_is_refused(edge, form):
    answer = await exchanged(edge, officer(edge), **form)
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    "claims",
    [
        {"member": "US"},
        {"member": "ALLIANCE", "roles": ["secretariat"]},
        {"roles": ["regulator"]},
        {"purpose": "policy-research"},
        {"cnf": {"jkt": "x" * 43}},
        {"cnf": {"x5t#S256": "x" * 43}},
        {"act": {"sub": "one", "act": {"sub": "two"}}},
        {"act": {"sub": "one", "act": {"sub": "two", "act": {"sub": "three"}}}},
        {"aud": OTHER},
        {"exp": 1},
    ],
    ids=str,
)
async def test_a7_exchange_of_a_token_that_is_not_for_it_is_refused(edge, claims):
    answer = await exchanged(edge, officer(edge, **claims))
    assert (answer.status_code, "access_token" in answer.json()) == (400, False)


@pytest.mark.parametrize("kind", ["assertion", "proof", "nonsense"])
async def test_a7_exchange_of_what_is_no_access_token_is_refused(edge, kind):
    shown = {
        "assertion": assertion(),
        "proof": forge.compact({"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.jwk()}, {}, KEY),
        "nonsense": "nonsense",
    }
    answer = await exchanged(edge, shown[kind])
    assert (answer.status_code, "access_token" in answer.json()) == (400, False)


@pytest.mark.parametrize("grant_type", ["password", "authorization_code", "refresh_token", ""])
async def test_a7_no_other_grant_gives_a_token(edge, grant_type):
    answer = await granted(edge, grant_type=grant_type, username="u", password="p", code="c")
    assert answer.status_code == 400


# An assertion meant for others


@pytest.mark.parametrize(
    "audience",
    [OTHER, f"{OTHER}/token", f"{ADDRESS}/oauth/token", f"{ADDRESS}/", ADDRESS.upper(), ""],
)
async def test_a11_assertion_for_another_server_or_address_is_refused(edge, audience):
    assert is_unknown_client(await granted(edge, shown=assertion(aud=audience)))


# What a refusal tells


def seen(answer):
    own = {"date", "x-request-id"}
    headers = {name: text for name, text in answer.headers.items() if name not in own}
    return answer.status_code, headers, answer.content


async def test_a19_unknown_client_and_wrong_key_look_the_same(edge):
    answers = [
        await granted(edge, shown=shown)
        for shown in (
            assertion("nobody"),
            assertion("nobody\0"),
            assertion("kr-mfds"),
            assertion(sign=forge.ECSigner()),
            assertion(header={"kid": "unknown"}),
            assertion(exp=1),
            assertion(aud=OTHER),
            "nonsense",
        )
    ]
    assert len({repr(seen(answer)) for answer in answers}) == 1


async def test_a19_token_of_another_client_and_none_are_told_apart_by_its_owner_alone(edge):
    mine = (await granted(edge, purpose="exercise")).json()["access_token"]
    for token in ("nonsense", edge.forged(exp=1), edge.forged(sign=forge.ECSigner())):
        assert (await post(edge, "revoke", token=token)).status_code == 200
    theirs = await post(edge, "revoke", shown=assertion("auditor-desk"), token=mine)
    assert (theirs.status_code, theirs.json()["error"]) == (400, "invalid_grant")
    assert (await edge.ask(mine)).status_code == 200


async def test_a19_introspection_is_for_the_alliance_s_bodies_alone(edge):
    token = edge.minted()
    answer = await post(edge, "introspect", token=token)
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
    answer = await post(edge, "introspect", shown=assertion("auditor-desk"), token=token)
    assert answer.json()["active"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"client_assertion=%ff",
        b"a" * 40_000,
        b"&".join(b"f%d=1" % number for number in range(1_000)),
        b"{}",
    ],
    ids=lambda body: body[:20].decode(),
)
async def test_a19_form_that_is_none_is_refused_without_its_text(edge, body):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await edge.http.post("/oauth/token", content=body, headers=headers)
    assert answer.status_code in {400, 413}
    assert answer.json()["error"] == "invalid_request"
