"""The edge takes one JSON question by POST, and nothing a browser can be made to send."""

import json

import pytest

from hub.gateway.endpoint import MAX_BODY_BYTES
from tests.hub.gateway.serving import HUB_FIXTURES

hub, policy_folders, state, world_url = HUB_FIXTURES

QUESTION = json.dumps({"query": "{ me { client } }"})


async def send(hub, content, **headers):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return await hub.http.post("/graphql", content=content, headers=headers)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonp",
        "text/plain; application/json",
        "",
    ],
)
async def test_a_content_type_that_a_form_can_send_is_refused(hub, kind):
    answer = await send(hub, QUESTION, content_type=kind)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["message"] == "send the question as `Content-Type: application/json`"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
async def test_json_is_taken_with_any_parameter(hub, kind):
    answer = await send(hub, QUESTION, content_type=kind)
    assert answer.json()["data"] == {"me": {"client": "kr-mfds"}}


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
async def test_a_question_in_the_address_is_not_run(hub, accept):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}", "accept": accept}
    answer = await hub.http.get("/graphql?query={me{client}}", headers=headers)
    assert "kr-mfds" not in answer.text
    assert accept == "text/html" or answer.status_code == 405


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_no_other_method_is_taken(hub, method):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}"}
    answer = await hub.http.request(method, "/graphql", content=QUESTION, headers=headers)
    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the body is not JSON"),
        ("{", "the body is not JSON"),
        ('{"query": "{ me { client } }"', "the body is not JSON"),
        ("\ud800".encode("utf-8", "surrogatepass"), "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        ("[" * 5000, "the body is not JSON"),
        ('{"query": NaN}', "the body is not JSON"),
        (f"[{QUESTION}]", "send one JSON object"),
        (f"[{QUESTION}, {QUESTION}]", "send one JSON object"),
        ("null", "send one JSON object"),
        ('"query"', "send one JSON object"),
        ("{}", "send one JSON object"),
        ('{"query": null}', "send one JSON object"),
        ('{"query": ["{ me { client } }"]}', "send one JSON object"),
        ('{"query": "{ me { client } }", "variables": []}', "send `variables` as an object"),
        ('{"query": "{ me { client } }", "variables": "{}"}', "send `variables` as an object"),
        ('{"query": "{ me { client } }", "operationName": 1}', "send `operationName` as a text"),
    ],
)
async def test_a_body_that_is_no_question_is_refused(hub, body, message):
    answer = await send(hub, body, content_type="application/json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["message"].startswith(message)
    assert error["extensions"] == {"code": "INVALID_INPUT"}


@pytest.mark.parametrize("spare", [0, 1])
async def test_a_body_has_a_limit_in_bytes(hub, spare):
    body = QUESTION + " " * (MAX_BODY_BYTES - len(QUESTION) + spare)
    answer = await send(hub, body, content_type="application/json")
    assert answer.status_code == (413 if spare else 200)
    if spare:
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": "TOO_LARGE"}
        assert str(MAX_BODY_BYTES) in error["message"]


async def test_a_body_without_a_length_is_cut_off_at_the_limit(hub):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1024

    answer = await send(hub, endless(), content_type="application/json")
    assert answer.status_code == 413
    assert sent * 1024 <= MAX_BODY_BYTES + 64 * 1024


@pytest.mark.parametrize(
    ("protocol", "code"), [("graphql-ws", 4406), ("graphql-transport-ws", 4401)]
)
async def test_no_socket_is_served_by_the_token_of_its_headers(hub, protocol, code):
    question = {"type": "subscribe", "id": "1", "payload": json.loads(QUESTION)}
    messages = iter(
        [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": json.dumps(question)},
        ]
    )
    sent = []

    async def receive():
        return next(messages)

    async def keep(message):
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", f"Bearer {hub.token('kr-mfds')}".encode())],
        "subprotocols": [protocol],
    }
    await hub.http._transport.app(scope, receive, keep)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
    assert sent[-1]["code"] == code


async def test_a_question_that_breaks_off_is_refused_quietly(hub):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def keep(message):
        sent.append(message)

    token = f"Bearer {hub.token('kr-mfds')}".encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"authorization", token), (b"content-type", b"application/json")],
    }
    await hub.http._transport.app(scope, receive, keep)
    assert sent[0]["status"] == 400
