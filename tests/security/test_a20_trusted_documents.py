"""A member that is limited to trusted documents gets no other answered, by no way to ask."""

import asyncio
import json

import pytest

from federation.records.declaration import Origin
from hub.gateway.questions.trusted import digest_of
from hub.identity.types import Purpose
from hub.settings import ROOT
from tests.hub.gateway.serving import HUB_FIXTURES, open_hub

hub, policy_folders, state, world_url = HUB_FIXTURES

FRESHNESS = (ROOT / "graphql" / "operations" / "freshness.graphql").read_text()
FREE = "{ me { member } supplyNotices(first: 1) { totalCount } }"
FOLLOW = "subscription { changes { endCursor } }"


@pytest.fixture(scope="module")
async def limited(world_url, policy_folders, state):
    """A hub whose callers for India may ask trusted documents only."""
    only = [Origin.IN]
    opening = open_hub(world_url, policy_folders["open"], state, trusted_documents_only=only)
    async with opening as opened:
        yield opened


def headers(hub, client="in-cdsco"):
    return {"authorization": f"Bearer {hub.token(client)}"}


async def by_post(hub, **body):
    return await hub.http.post("/graphql", json=body, headers=headers(hub))


async def by_get(hub, **body):
    sign = {"graphql-preflight": "1"}
    return await hub.http.get("/graphql", params=body, headers=headers(hub) | sign)


async def by_events(hub, **body):
    accept = {"accept": "text/event-stream"}
    return await hub.http.post("/graphql", json=body, headers=headers(hub) | accept)


async def by_export(hub, **body):
    body["format"] = "ndjson"
    return await hub.http.post("/exports", json=body, headers=headers(hub))


@pytest.mark.parametrize("document", [FREE, FREE + " ", FRESHNESS + " ", "{ __typename }", FOLLOW])
@pytest.mark.parametrize("ask", [by_post, by_get, by_events, by_export])
async def test_a20_limited_member_gets_no_other_document_answered(limited, ask, document):
    answer = await ask(limited, query=document)
    assert "DOCUMENT_NOT_TRUSTED" in answer.text
    assert "`freshness`" in answer.text
    assert '"data"' not in answer.text
    assert ask is by_events or answer.status_code == 403


async def test_a20_limited_member_gets_no_other_document_answered_over_a_socket(limited):
    coming, going = asyncio.Queue(), asyncio.Queue()
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "subprotocols": ["graphql-transport-ws"],
    }
    serving = asyncio.create_task(limited.http._transport.app(scope, coming.get, going.put))
    asked = {"id": "1", "type": "subscribe", "payload": {"query": FREE}}
    coming.put_nowait({"type": "websocket.connect"})
    for message in ({"type": "connection_init", "payload": headers(limited)}, asked):
        coming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})
    answers = [await going.get() for _ in range(3)]
    coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await serving
    assert [answer["type"] for answer in answers] == ["websocket.accept", *["websocket.send"] * 2]
    refused = json.loads(answers[-1]["text"])
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}


async def test_a20_what_others_asked_often_is_not_answered_to_a_limited_member(limited):
    for _ in range(4):
        others = await limited.http.post(
            "/graphql", json={"query": FREE}, headers=headers(limited, "kr-mfds")
        )
        assert others.json()["data"]["me"] == {"member": "KR"}
    assert (await by_post(limited, query=FREE)).status_code == 403


async def test_a20_digest_beside_another_text_makes_it_no_trusted_document(limited):
    for digest in (digest_of(FRESHNESS), digest_of(FREE)):
        persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        answer = await by_post(limited, query=FREE, extensions=persisted)
        assert answer.status_code in {400, 403}
        assert "data" not in answer.json()


@pytest.mark.parametrize("body", [{"query": FRESHNESS}, {"documentId": "freshness"}])
async def test_a20_limited_member_gets_trusted_documents_answered(limited, body):
    for _ in range(3):
        answer = await by_post(limited, **body)
        assert len(answer.json()["data"]["members"]) == 5


async def test_a20_document_is_not_answered_for_a_purpose_it_is_not_meant_for(limited):
    token = limited.token("in-cdsco", Purpose.POLICY_RESEARCH)
    answer = await limited.http.post(
        "/graphql",
        json={"documentId": "alternatives", "variables": {"product": "x"}},
        headers={"authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "PURPOSE_MISMATCH"}
