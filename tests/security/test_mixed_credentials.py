"""Attacks that are on no list: credentials mixed, caches confused, trust that moves meanwhile."""

import asyncio
import json
import time
from contextlib import suppress

import pytest
from starlette.requests import HTTPConnection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hub.errors import Forbidden, HubError, Unauthenticated
from hub.identity.authentication import Authenticator
from hub.identity.presented import Presenter
from hub.identity.purposes import HEADER
from hub.identity.tokens.claims import VOUCHED_BY
from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.identity.trust.trusted import ClaimMap, ClaimSource, FixedTrust
from hub.identity.types import Purpose, Scheme
from tests.hub.gateway.serving import ADDRESS
from tests.hub.identity import forge, possession
from tests.security.edge import EDGE_FIXTURES, QUESTION

hub, policy_folders, state, world_url, edge = EDGE_FIXTURES

PROTOCOL = "graphql-transport-ws"
KEY = possession.jwk(forge.ed_key())
ELSEWHERE = "https://other.example"


# A session beside a token


class AlwaysSignedIn:
    """Sessions in which whoever asks is signed in."""

    asked = 0

    async def caller(self, _request, _purpose):
        self.asked += 1
        return await forge.verified(forge.token())


def request(*headers, kind="http"):
    raw = [(name.encode(), text.encode()) for name, text in headers]
    return HTTPConnection({"type": kind, "method": "POST", "path": "/graphql", "headers": raw})


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "")],
        [("authorization", "Bearer nonsense")],
        [("authorization", "Basic a3I6a3I=")],
        [("authorization", f"Bearer {forge.token(exp=1, iat=0)}")],
        [("authorization", f"Bearer {forge.token()}")] * 2,
        [("authorization", f"DPoP {forge.token()}"), ("dpop", "x")],
        [("Authorization", "Bearer"), ("cookie", "__Host-hub-session=x")],
    ],
    ids=lambda headers: headers[0][1][:14],
)
async def test_a_token_that_does_not_hold_is_not_helped_by_a_session(headers):
    sessions = AlwaysSignedIn()
    authenticator = Authenticator(forge.verifier(), Presenter(forge.AUDIENCE), sessions)
    with pytest.raises(Unauthenticated):
        await authenticator.admit(request(*((name.lower(), text) for name, text in headers)))
    assert sessions.asked == 0


async def test_a_socket_s_payload_stands_for_its_headers_and_not_beside_them():
    sessions = AlwaysSignedIn()
    authenticator = Authenticator(forge.verifier(), Presenter(forge.AUDIENCE), sessions)
    handshake = request(("authorization", f"Bearer {forge.token()}"), kind="websocket")
    for payload in ({"authorization": "Bearer x"}, {"Authorization": None}, {"authorization": []}):
        with pytest.raises(Unauthenticated):
            await authenticator.admit(handshake, payload)
    both = {"authorization": f"Bearer {forge.token()}", "Authorization": "Bearer x"}
    with pytest.raises(Unauthenticated):
        await authenticator.admit(handshake, both)
    assert sessions.asked == 0


# One token, asked with in several ways


async def test_what_was_verified_for_one_purpose_does_not_serve_another():
    text, verifier = forge.token(purpose="exercise shortage-response"), forge.verifier()
    for stated in ("exercise", "shortage-response", "exercise"):
        caller = await verifier.verify(forge.presented(text, purpose=stated))
        assert caller.purpose == stated
    for stated in ("policy-research", "exercise, shortage-response", "EXERCISE", "", None):
        with pytest.raises(Forbidden):
            await verifier.verify(forge.presented(text, purpose=stated))


async def test_two_purposes_in_the_headers_are_none(edge):
    token = edge.forged(purpose=["exercise", "shortage-response"])
    named = [(HEADER, "exercise"), (HEADER, "shortage-response")]
    headers = [("authorization", f"Bearer {token}"), *named]
    answer = await edge.http.post("/graphql", json=QUESTION, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        403,
        "PURPOSE_NOT_ALLOWED",
    )


async def test_a_plan_made_for_one_purpose_does_not_serve_another(edge):
    token = edge.forged(purpose=["exercise", "shortage-response"])
    for purpose in ("exercise", "shortage-response", "exercise"):
        answer = await edge.http.post(
            "/graphql",
            json={"query": "{ me { purpose } products { totalCount } }"},
            headers={"authorization": f"Bearer {token}", HEADER: purpose},
        )
        assert answer.json()["data"]["me"] == {"purpose": purpose}


def bound(**more):
    thumbprint = forge.read_jwks({"keys": [forge.ed_key().jwk()]})["ed-1"].thumbprint
    return forge.token(cnf={"jkt": thumbprint} | more)


def proof_for(text, number):
    header = {"alg": "Ed25519", "jwk": KEY}
    return possession.proof(
        forge.ed_key(), header=header, jti=f"proof-{number}", ath=possession.ath(text)
    )


def shown_with(text, number):
    proofs = (proof_for(text, number),)
    return forge.presented(text, scheme=Scheme.DPOP, url=possession.URL, proofs=proofs)


async def test_a_token_that_was_proven_once_is_not_taken_unproven():
    verifier, text = forge.verifier(proofs=possession.checker()), bound()
    assert (await verifier.verify(shown_with(text, 1))).sender_constrained
    for unproven in (
        forge.presented(text),
        forge.presented(text, scheme=Scheme.DPOP, url=possession.URL),
        shown_with(text, 1),
    ):
        with pytest.raises(Unauthenticated):
            await verifier.verify(unproven)
    assert await verifier.verify(shown_with(text, 2))


async def test_a_token_bound_to_both_needs_both():
    certificate = "c" * 43
    verifier, text = forge.verifier(proofs=possession.checker()), bound(**{"x5t#S256": certificate})
    with pytest.raises(Unauthenticated):
        await verifier.verify(shown_with(text, 1))
    with pytest.raises(Unauthenticated):
        await verifier.verify(forge.presented(text, certificate=certificate))


async def test_a_certificate_is_asked_for_each_time():
    verifier, text = forge.verifier(), forge.token(cnf={"x5t#S256": "c" * 43})
    assert await verifier.verify(forge.presented(text, certificate="c" * 43))
    for other in (None, "", "d" * 43):
        with pytest.raises(Unauthenticated):
            await verifier.verify(forge.presented(text, certificate=other))
        with pytest.raises(Unauthenticated):
            await verifier.verify_again(forge.presented(text, certificate=other))


# Trust that moves


class Moving(FixedTrust):
    """Trust in one issuer, until it is `gone`; finding a key takes as long as a test says."""

    def __init__(self):
        super().__init__([forge.trusted()])
        self.gone = asyncio.Event()
        self.looked_up = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.revoked = False
        self.generation = 0

    def find(self, name):
        return None if self.gone.is_set() else super().find(name)

    async def key(self, issuer, kid):
        self.looked_up.set()
        await self.may_go_on.wait()
        return await super().key(issuer, kid)

    def is_revoked(self, _issuer, _client, _token_id):
        return self.revoked


@pytest.fixture
def trust():
    return Moving()


@pytest.fixture
def verifier(trust):
    return TokenVerifier(TokenRules(forge.AUDIENCE), trust, clock=lambda: forge.NOW)


async def test_an_issuer_distrusted_while_its_key_is_fetched_opens_nothing(trust, verifier):
    trust.may_go_on.clear()
    asking = asyncio.create_task(verifier.verify(forge.presented(forge.token())))
    await trust.looked_up.wait()
    trust.gone.set()
    trust.generation += 1
    trust.may_go_on.set()
    with pytest.raises(Unauthenticated):
        await asking


async def test_what_was_verified_while_trust_moved_is_verified_anew(trust, verifier):
    trust.may_go_on.clear()
    asking = asyncio.create_task(verifier.verify(forge.presented(forge.token())))
    await trust.looked_up.wait()
    trust.generation += 1
    trust.may_go_on.set()
    assert await asking
    trust.gone.set()
    with pytest.raises(Unauthenticated):
        await verifier.verify(forge.presented(forge.token()))


async def test_a_revoked_token_is_refused_though_it_is_known(trust, verifier):
    shown = forge.presented(forge.token())
    assert await verifier.verify(shown)
    trust.revoked = True
    for again in (verifier.verify, verifier.verify_again):
        with pytest.raises(Unauthenticated):
            await again(shown)


@pytest.mark.parametrize("vouched_by", [ELSEWHERE, "", 5, [forge.ISSUER], None])
async def test_an_exchanged_token_ends_with_the_trust_in_whoever_vouched(vouched_by):
    assert await forge.verified(forge.token(**{VOUCHED_BY: forge.ISSUER}))
    assert (await forge.refusal(forge.token(**{VOUCHED_BY: vouched_by}))).startswith("iss: ")


# An issuer that says more than it may


SAYS_ONE_THING = ClaimMap(
    client=ClaimSource("azp"),
    member=ClaimSource(fixed=("KR",)),
    organisation=ClaimSource("org.name"),
    roles=ClaimSource("realm_access.roles", words={"officer": "regulator"}),
    purposes=ClaimSource(fixed=("exercise",)),
)


def mapped(**claims):
    said = {
        "azp": "desk",
        "org": {"name": "Office"},
        "realm_access": {"roles": ["officer", "offline_access"]},
        "member": forge.ABSENT,
        "roles": forge.ABSENT,
        "purpose": forge.ABSENT,
    }
    return forge.token(**(said | claims))


def reading(**changes):
    reach = {"members": frozenset({"KR"}), "claims": SAYS_ONE_THING}
    return forge.verifier(forge.trusted(**(reach | changes)))


@pytest.mark.parametrize(
    "extra",
    [
        {"member": "US"},
        {"purpose": "policy-research"},
        {"roles": ["secretariat"]},
        {"client_id": "us-fda"},
        {"realm_access.roles": "regulator", "organisation": "Another"},
    ],
    ids=str,
)
async def test_claims_that_are_not_asked_for_say_nothing(extra):
    caller = await forge.verified(mapped(**extra), reading())
    assert (caller.member, caller.client, caller.organisation) == ("KR", "desk", "Office")
    assert (caller.purpose, caller.roles) == (Purpose.EXERCISE, {"regulator"})


@pytest.mark.parametrize(
    "claims",
    [
        {"realm_access": {"roles": ["secretariat"]}},
        {"realm_access": {"roles": ["officer", "auditor"]}},
        {"realm_access": {"roles": "officer\nregulator"}},
        {"realm_access": ["roles"]},
        {"org": "Office"},
        {"azp": ["desk"]},
    ],
    ids=str,
)
async def test_claims_beyond_an_issuer_s_reach_are_refused(claims):
    assert await forge.refusal(mapped(**claims), reading())


@pytest.mark.parametrize("member", ["ALLIANCE", "ＫＲ", "kr", "KR ", "KR\0"])
async def test_a_member_is_its_code_and_nothing_like_it(member):
    only_korea = forge.verifier(forge.trusted(members=frozenset({"KR"})))
    for roles in (["regulator"], ["secretariat"]):
        assert await forge.refusal(forge.token(member=member, roles=roles), only_korea)


async def test_a_key_of_our_kid_at_another_issuer_speaks_for_that_issuer_alone(edge):
    thief = forge.ECSigner(edge.key.kid)
    both = forge.verifier(
        forge.trusted(),
        forge.trusted(thief, issuer=ELSEWHERE, members=frozenset({"JP"})),
    )
    header = forge.header(kid=thief.kid)
    theirs = forge.compact(header, forge.claims(iss=ELSEWHERE, member="JP"), thief)
    assert (await forge.verified(theirs, both)).issuer == ELSEWHERE
    for claims in (forge.claims(iss=ELSEWHERE), forge.claims()):
        assert await forge.refusal(forge.compact(header, claims, thief), both)


# Sockets


async def closed_with(edge, payload, **handshake):
    """Open a socket with a payload; give the code it is closed with, None where it is not."""
    address = edge.url.replace("http", "ws", 1) + "/graphql"
    async with connect(address, subprotocols=[PROTOCOL], **handshake) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        try:
            return {"connection_ack": None}[json.loads(await socket.recv())["type"]]
        except ConnectionClosed as closed:
            return closed.rcvd.code


def socket_proof(edge, text, number, **changes):
    stated = {"jti": f"socket-{number}", "iat": int(time.time()), "htm": "GET"}
    stated |= {"htu": f"{ADDRESS}/graphql", "ath": possession.ath(text)}
    return possession.proof(forge.ec_key(), **(stated | changes))


async def test_a_bound_token_over_a_socket_needs_its_own_proof(edge):
    thumbprint = forge.read_jwks({"keys": [forge.ec_key().jwk()]})["ec-1"].thumbprint
    token = edge.forged(cnf={"jkt": thumbprint})
    shown = {"authorization": f"DPoP {token}"}
    good = shown | {"dpop": socket_proof(edge, token, 1)}
    assert await closed_with(edge, good) is None
    for payload in (
        good,
        shown,
        {"authorization": f"Bearer {token}"},
        shown | {"dpop": socket_proof(edge, token, 2, htm="POST")},
        shown | {"dpop": socket_proof(edge, token, 3, htu=f"{edge.url}/graphql")},
        shown | {"dpop": [socket_proof(edge, token, 4)]},
        shown | {"dpop": socket_proof(edge, token, 5), "DPoP": socket_proof(edge, token, 6)},
    ):
        assert await closed_with(edge, payload) == 4403


async def test_a_proof_for_a_socket_opens_no_question_and_the_reverse(edge):
    thumbprint = forge.read_jwks({"keys": [forge.ec_key().jwk()]})["ec-1"].thumbprint
    token = edge.forged(cnf={"jkt": thumbprint})
    refused = await edge.ask(token, "DPoP", dpop=socket_proof(edge, token, 7))
    assert refused.status_code == 401
    answered = await edge.ask(token, "DPoP", dpop=socket_proof(edge, token, 8, htm="POST"))
    assert answered.status_code == 200


async def test_a_token_in_a_socket_s_handshake_opens_nothing(edge):
    token = f"Bearer {edge.minted()}"
    handshake = {"additional_headers": {"authorization": token}, "origin": ELSEWHERE}
    for payload in ({}, {"authorization": ""}, [], token):
        assert await closed_with(edge, payload, **handshake) == 4403
    assert await closed_with(edge, {"authorization": token}, **handshake) is None


async def test_a9_two_proofs_over_http_are_refused(edge):
    thumbprint = forge.read_jwks({"keys": [forge.ec_key().jwk()]})["ec-1"].thumbprint
    token = edge.forged(cnf={"jkt": thumbprint})
    proofs = [("dpop", socket_proof(edge, token, number, htm="POST")) for number in (9, 10)]
    headers = [("authorization", f"DPoP {token}"), *proofs]
    answer = await edge.http.post("/graphql", json=QUESTION, headers=headers)
    assert answer.status_code == 401
    for _, proof in proofs:
        assert (await edge.ask(token, "DPoP", dpop=proof)).status_code == 200


# Addresses that a caller states


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
        {"forwarded": "for=10.0.0.1;host=evil.example;proto=https"},
        {"x-original-url": "/elsewhere", "x-http-method-override": "GET"},
    ],
    ids=str,
)
async def test_where_a_proof_is_for_is_not_the_caller_s_to_say(edge, headers):
    thumbprint = forge.read_jwks({"keys": [forge.ec_key().jwk()]})["ec-1"].thumbprint
    token = edge.forged(cnf={"jkt": thumbprint})
    number = f"{sorted(headers)}"
    evil = socket_proof(edge, token, number, htm="POST", htu="https://evil.example/graphql")
    assert (await edge.ask(token, "DPoP", dpop=evil, **headers)).status_code == 401
    ours = socket_proof(edge, token, f"{number}-ours", htm="POST")
    assert (await edge.ask(token, "DPoP", dpop=ours, **headers)).status_code == 200


async def test_a_thousand_made_up_tokens_leave_nothing_in_memory():
    verifier = forge.verifier()
    for number in range(1_000):
        with suppress(HubError):
            await verifier.verify(forge.presented(forge.token(jti=str(number))[:-4] + "AAAA"))
    assert len(verifier._cache) == 0
