"""Who is admitted by each edge, and what a refusal says there."""

import asyncio
import json

import httpx  # noqa: TID251 - asks an in-process application, not the network
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.websockets import WebSocket

from hub.errors import RateLimited, Unavailable
from hub.gateway.edge import websocket
from hub.gateway.edge.endpoint import GraphQLEndpoint
from hub.gateway.edge.streams import Streams
from hub.gateway.questions.trusted import TrustedDocuments
from hub.gateway.schema import build_schema
from hub.identity.authentication import Authenticator
from hub.identity.errors import NonceNeeded
from hub.identity.presented import Presenter
from tests.hub.identity import forge

SCHEMA = build_schema()
JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"  # RFC 9449 section 6.1
METADATA = f'resource_metadata="{forge.AUDIENCE}/.well-known/oauth-protected-resource"'
EVENTS = {"accept": "text/event-stream"}


class Proofs:
    """Asks for a nonce until it has one, and then for nothing."""

    algorithms = frozenset({"ES256"})

    async def check(self, proofs, **_):
        if proofs != ("with nonce",):
            raise NonceNeeded("fresh-nonce")
        return JKT


class Counted:
    """Admits a number of requests."""

    def __init__(self, left):
        self.left = left

    def take(self, _caller):
        self.left -= 1
        if self.left < 0:
            raise RateLimited("ask again in 3 s", retry_after_s=3)


class Clock:
    now = forge.NOW

    def __call__(self):
        return self.now


def authenticator(left=99, clock=None):
    verifier = forge.verifier(proofs=Proofs())
    verifier._clock = clock or verifier._clock
    return Authenticator(verifier, Presenter(forge.AUDIENCE), None, Counted(left))


async def ask(left=99, **headers):
    """Ask by an edge behind which there is nothing to answer with."""
    admitting = authenticator(left)
    endpoint = GraphQLEndpoint(SCHEMA, admitting, None, None, None, changes=None, desks=None)
    streams = Streams(endpoint, admitting)
    app = Starlette(routes=[Route("/graphql", streams.answer, methods=["POST"])])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as http:
        return await http.post("/graphql", json={"query": "{ me { client } }"}, headers=headers)


def code_of(answer):
    [error] = answer.json()["errors"]
    return error["extensions"]["code"]


SEVERAL = forge.token(purpose=["exercise", "supply-mapping"])
BOUND = forge.token(cnf={"jkt": JKT})
BY_EITHER = pytest.mark.parametrize("accepting", [{}, EVENTS], ids=["json", "events"])


@BY_EITHER
async def test_without_credentials_the_answer_says_how_to_get_some(accepting):
    answer = await ask(**accepting)
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == (
        f'Bearer {METADATA}, DPoP {METADATA}, algs="ES256"'
    )


@BY_EITHER
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", f"Bearer {forge.token(exp=forge.NOW)}", f"Bearer {BOUND}", "DPoP x"],
)
async def test_a_token_that_does_not_hold_is_said_to_be_invalid(accepting, authorization):
    answer = await ask(authorization=authorization, **accepting)
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == (
        f'Bearer {METADATA}, error="invalid_token", '
        f'DPoP {METADATA}, algs="ES256", error="invalid_token"'
    )


@BY_EITHER
async def test_a_proof_without_a_nonce_is_answered_with_one(accepting):
    answer = await ask(authorization=f"DPoP {BOUND}", **accepting)
    assert (answer.status_code, code_of(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["dpop-nonce"] == "fresh-nonce"
    assert answer.headers["www-authenticate"] == (
        f'DPoP {METADATA}, algs="ES256", error="use_dpop_nonce"'
    )


@BY_EITHER
async def test_a_purpose_has_to_be_stated_and_those_that_may_be_are_named(accepting):
    answer = await ask(authorization=f"Bearer {SEVERAL}", **accepting)
    assert (answer.status_code, code_of(answer)) == (403, "PURPOSE_REQUIRED")
    assert "`exercise`, `supply-mapping`" in answer.json()["errors"][0]["message"]
    answer = await ask(
        authorization=f"Bearer {SEVERAL}", **{"hub-purpose": "policy-research"}, **accepting
    )
    assert (answer.status_code, code_of(answer)) == (403, "PURPOSE_NOT_ALLOWED")
    assert "www-authenticate" not in answer.headers


@BY_EITHER
async def test_one_request_too_many_is_told_when_to_come_back(accepting):
    answer = await ask(left=0, authorization=f"Bearer {forge.token()}", **accepting)
    assert (answer.status_code, code_of(answer)) == (429, "RATE_LIMITED")
    assert answer.headers["retry-after"] == "3"


# WebSocket.


class Endpoint:
    """Answers each operation with the purpose of its caller."""

    trusted = TrustedDocuments()

    async def events(self, check, _question):
        yield orjson.dumps({"data": (await check()).purpose})


class Socket:
    """A client's end of a socket, without a network."""

    def __init__(self, admitting):
        self.coming, self.going = asyncio.Queue(), asyncio.Queue()
        scope = {
            "type": "websocket",
            "path": "/graphql",
            "headers": [],
            "subprotocols": [websocket.PROTOCOL],
        }
        opened = WebSocket(scope, self.coming.get, self.going.put)
        self.coming.put_nowait({"type": "websocket.connect"})
        streams = Streams(Endpoint(), admitting)
        self.serving = asyncio.create_task(streams.socket(opened))

    async def send(self, **message):
        await self.coming.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def next(self):
        """Wait for a message, or for the code and reason of the end."""
        event = await self.going.get()
        if event["type"] == "websocket.accept":
            return await self.next()
        if event["type"] == "websocket.close":
            await self.serving
            return event["code"], event["reason"]
        return json.loads(event["text"])

    async def leave(self):
        await self.coming.put({"type": "websocket.disconnect", "code": 1000})
        await self.serving


async def init(admitting=None, **payload):
    """Open a socket and present what its payload holds."""
    socket = Socket(admitting or authenticator())
    await socket.send(type="connection_init", payload=payload)
    return socket


async def test_a_socket_is_admitted_by_its_payload_and_keeps_its_purpose():
    payload = {"authorization": f"Bearer {SEVERAL}", "Hub-Purpose": "supply-mapping"}
    socket = await init(**payload)
    assert await socket.next() == {"type": "connection_ack"}
    await socket.send(id="1", type="subscribe", payload={"query": "{ me { client } }"})
    answer = await socket.next()
    assert answer == {"id": "1", "type": "next", "payload": {"data": "supply-mapping"}}
    await socket.leave()


async def test_a_socket_is_admitted_by_a_proof_and_not_asked_for_it_twice(monkeypatch):
    monkeypatch.setattr(websocket, "PING_SECONDS", 0.01)
    socket = await init(authorization=f"DPoP {BOUND}", dpop="with nonce")
    assert await socket.next() == {"type": "connection_ack"}
    assert await socket.next() == {"type": "ping"}
    await socket.leave()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "UNAUTHENTICATED"),
        ({"authorization": "Bearer x"}, "UNAUTHENTICATED"),
        ({"authorization": f"Bearer {BOUND}"}, "UNAUTHENTICATED"),
        ({"authorization": f"Bearer {SEVERAL}"}, "PURPOSE_REQUIRED"),
        ({"authorization": f"Bearer {SEVERAL}", "hub-purpose": "x"}, "PURPOSE_NOT_ALLOWED"),
        ({"authorization": f"DPoP {BOUND}", "dpop": "x"}, "use_dpop_nonce fresh-nonce"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
async def test_a_socket_that_is_not_admitted_is_closed_with_the_reason(payload, reason):
    socket = await init(**payload)
    assert await socket.next() == (4403, reason)


async def test_a_socket_too_many_may_come_again_later():
    socket = await init(authenticator(left=0), authorization=f"Bearer {forge.token()}")
    assert await socket.next() == (1013, "RATE_LIMITED")


async def test_each_operation_of_a_socket_counts():
    socket = await init(authenticator(left=2), authorization=f"Bearer {forge.token()}")
    assert await socket.next() == {"type": "connection_ack"}
    kinds = []
    for name in ("1", "2"):
        await socket.send(id=name, type="subscribe", payload={"query": "{ me { client } }"})
        while (kind := (await socket.next())["type"]) == "next":
            pass
        kinds.append(kind)
    assert kinds == ["complete", "error"]
    await socket.leave()


async def test_an_operation_too_many_on_a_socket_is_refused_and_the_socket_goes_on(monkeypatch):
    monkeypatch.setattr(websocket, "MAX_OPERATIONS", 0)
    socket = await init(authorization=f"Bearer {forge.token()}")
    assert await socket.next() == {"type": "connection_ack"}
    for name in ("1", "2"):
        await socket.send(id=name, type="subscribe", payload={"query": "{ me { client } }"})
        answer = await socket.next()
        assert (answer["id"], answer["type"]) == (name, "error")
        assert answer["payload"][0]["extensions"] == {"code": "OPERATION_LIMIT"}
    await socket.leave()


async def test_a_socket_closes_when_its_token_ends(monkeypatch):
    monkeypatch.setattr(websocket, "PING_SECONDS", 0.01)
    clock = Clock()
    socket = await init(authenticator(clock=clock), authorization=f"Bearer {forge.token()}")
    assert await socket.next() == {"type": "connection_ack"}
    clock.now += 600
    while (end := await socket.next()) == {"type": "ping"}:
        pass
    assert end == (4403, "UNAUTHENTICATED")


async def test_a_socket_whose_caller_can_not_be_asked_for_may_come_again_later(monkeypatch):
    monkeypatch.setattr(websocket, "PING_SECONDS", 0.01)
    admitting = authenticator()
    socket = await init(admitting, authorization=f"Bearer {forge.token()}")
    assert await socket.next() == {"type": "connection_ack"}

    def away(*_):
        raise Unavailable("ask again shortly")

    monkeypatch.setattr(admitting._verifier._trust, "is_revoked", away)
    while (end := await socket.next()) == {"type": "ping"}:
        pass
    assert end == (1013, "UNAVAILABLE")
