"""The edge takes one question a request, and nothing a page elsewhere can make a browser send."""

import json

import pytest

from hub.gateway.limits import BODY_BYTES
from hub.gateway.questions.question import PREFLIGHT_HEADERS
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
    assert answer.status_code == 415
    [error] = answer.json()["errors"]
    assert error["message"] == "send the question as `Content-Type: application/json`"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON; profile=x",
    ],
)
async def test_json_is_taken_in_utf_8_with_any_other_parameter(hub, kind):
    answer = await send(hub, QUESTION, content_type=kind)
    assert answer.json()["data"] == {"me": {"client": "kr-mfds"}}


async def test_another_charset_is_refused_and_not_guessed(hub):
    kind = "application/json; charset=utf-16"
    answer = await send(hub, QUESTION.encode("utf-16"), content_type=kind)
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["message"] == "the charset `utf-16` is not read: send UTF-8"


async def get(hub, query="{ me { client } }", **headers):
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return await hub.http.get("/graphql", params={"query": query}, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept": "application/json"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"sec_fetch_mode": "navigate", "sec_fetch_site": "same-origin"},
        {"sec_fetch_mode": "no-cors", "sec_fetch_site": "cross-site"},
        {"sec_fetch_mode": "cors", "sec_fetch_site": "cross-site"},
        {"sec_fetch_mode": "cors", "sec_fetch_site": "same-site"},
        {"sec_fetch_mode": "same-origin", "sec_fetch_site": "cross-site"},
    ],
)
async def test_a_question_in_the_address_that_any_page_can_have_sent_is_not_run(hub, headers):
    answer = await get(hub, **headers)
    assert answer.status_code == 403
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "CROSS_SITE"}
    assert f"`{PREFLIGHT_HEADERS[0]}: 1`" in error["message"]


@pytest.mark.parametrize(
    "headers",
    [
        *({name: "1"} for name in PREFLIGHT_HEADERS),
        {"sec_fetch_mode": "cors"},
        {"sec_fetch_mode": "cors", "sec_fetch_site": "same-origin"},
        {"sec_fetch_mode": "same-origin", "sec_fetch_site": "same-origin"},
    ],
)
async def test_a_question_in_the_address_that_no_page_elsewhere_sent_is_run(hub, headers):
    answer = await get(hub, **headers)
    assert answer.json()["data"] == {"me": {"client": "kr-mfds"}}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_browser_that_opens_the_address_gets_the_page_and_no_answer(hub):
    answer = await get(hub, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert answer.headers["content-type"].startswith("text/html")
    assert "kr-mfds" not in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nothing_is_changed_but_by_post(hub, method):
    params = {"query": "mutation { __typename }"}
    headers = {
        "authorization": f"Bearer {hub.token('kr-mfds')}",
        "graphql-preflight": "1",
    }
    answer = await hub.http.request(method, "/graphql", params=params, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


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
        ("null", "send one JSON object"),
        ('"query"', "send one JSON object"),
        ("{}", "send one JSON object"),
        ('{"query": null}', "send one JSON object"),
        ('{"query": ["{ me { client } }"]}', "send one JSON object"),
        ('{"query": "{ me { client } }", "variables": []}', "send `variables` as an object"),
        ('{"query": "{ me { client } }", "variables": "{}"}', "send `variables` as an object"),
        ('{"query": "{ me { client } }", "operationName": 1}', "send `operationName` as a text"),
        ('{"query": "{ me { client } }", "extensions": []}', "send `extensions` as an object"),
        ('{"documentId": 1}', "send `documentId` as a text"),
    ],
)
async def test_a_body_that_is_no_question_is_refused(hub, body, message):
    answer = await send(hub, body, content_type="application/json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["message"].startswith(message)
    assert error["extensions"] == {"code": "INVALID_INPUT"}


@pytest.mark.parametrize("size", [0, 1, 10])
async def test_a_batch_is_refused(hub, size):
    batch = ", ".join([QUESTION] * size)
    answer = await send(hub, f"[{batch}]", content_type="application/json")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "BATCH"}
    assert error["message"].startswith(f"a batch is not taken, and this is one of {size}: ")


@pytest.mark.parametrize("spare", [0, 1])
async def test_a_body_has_a_limit_in_bytes(hub, spare):
    body = QUESTION + " " * (BODY_BYTES.most - len(QUESTION) + spare)
    answer = await send(hub, body, content_type="application/json")
    assert answer.status_code == (413 if spare else 200)
    if spare:
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": "TOO_LARGE"}
        assert error["message"] == BODY_BYTES.message(BODY_BYTES.most + 1)


async def test_a_body_without_a_length_is_cut_off_at_the_limit(hub):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1024

    answer = await send(hub, endless(), content_type="application/json")
    assert answer.status_code == 413
    assert sent * 1024 <= BODY_BYTES.most + 64 * 1024


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
