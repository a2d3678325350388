"""Subscriptions over WebSocket and server-sent events, against a real server on loopback."""

import asyncio
import json
import socket
import statistics
import time
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass

import httpx  # noqa: TID251 - asks a server on loopback
import psycopg
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hub.agreements.applying import stand_on
from hub.app import Server, build_app
from hub.entrance import embedded_issuer
from hub.gateway.changes import subscriptions
from hub.gateway.changes.wakeups import Wakeups
from hub.gateway.edge import streams, websocket
from hub.identity.types import Purpose
from hub.policy.engine import load_policies
from hub.settings import ROOT, Settings
from tests.hub.gateway.notices import LISTED, LISTED_BASELINE, Notices, SwitchedPolicies
from tests.hub.gateway.serving import ADDRESS, CLIENTS, new_database, write_policies

FOLLOW = """subscription ($since: String, $types: [String!]) {
  changes(since: $since, types: $types) { nodes { kind key seq } endCursor } }"""
QUERY = "query ($since: String) { changes(since: $since) { nodes { kind key } endCursor } }"
# Small buffers between the two, so that a client that stops reading is soon felt.
SMALL_SENDER = (socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
SMALL_READER = (socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
CUT_OFF = (ConnectionClosed, httpx.RemoteProtocolError)
A, B, HIDDEN = (f"KR.SupplyNotice.{name}" for name in ("a", "b", "hidden"))


@dataclass
class Served:
    """A hub that is served, and what a test turns of it."""

    address: str
    settings: Settings
    notices: Notices
    policies: SwitchedPolicies
    sets: dict
    wakeups: Wakeups

    def token(self, client="us-fda", lifetime_s=600):
        return embedded_issuer(self.settings).mint(
            CLIENTS[client], Purpose.SHORTAGE_RESPONSE, lifetime_s
        )

    def headers(self, **token):
        return {"authorization": f"Bearer {self.token(**token)}"}

    def put_in_force(self, name):
        self.policies.engine.replace(self.sets[name])

    async def query(self, **variables):
        async with httpx.AsyncClient(base_url=self.address) as http:
            body = {"query": QUERY, "variables": variables}
            answer = await http.post("/graphql", json=body, headers=self.headers())
        return answer.json()["data"]["changes"]

    async def disclosures(self):
        async with await psycopg.AsyncConnection.connect(self.notices.url) as connection:
            cursor = await connection.execute("SELECT opened_by FROM disclosure ORDER BY id")
            return [row[0] for row in await cursor.fetchall()]


@pytest.fixture(scope="session")
def policy_sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("subscribed")
    return {
        "listed": load_policies(write_policies(folder / "listed", "", {"notices": LISTED})),
        "nothing": load_policies(write_policies(folder / "nothing", "", {})),
    }


@pytest.fixture(scope="session")
async def lasting(database_url, policy_sets, tmp_path_factory):
    state = tmp_path_factory.mktemp("served")
    async with new_database(database_url) as url, serving(url, policy_sets, state) as found:
        yield found


@pytest.fixture
async def served(lasting):
    """The hub, without a record and a disclosure."""
    async with await psycopg.AsyncConnection.connect(lasting.notices.url) as connection:
        await connection.execute("TRUNCATE supply_notice, disclosure")
    lasting.notices = Notices(lasting.notices.url)
    lasting.put_in_force("listed")
    yield lasting
    lasting.wakeups.is_stopping = False


@asynccontextmanager
async def serving(url, policy_sets, state, policies_dir=ROOT / "policies"):
    """Serve a hub with switched policies, or with those of the database."""
    settings = Settings(state_dir=state, public_url=ADDRESS, policies_dir=policies_dir)
    policies = SwitchedPolicies(policy_sets["listed"]) if policy_sets else None
    app = build_app(settings, url, policies=policies)
    with socket.socket() as listening:
        listening.setsockopt(*SMALL_SENDER)
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(app, log_level="error", access_log=False)
        server = Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        address = f"http://127.0.0.1:{port}"
        wakeups = app.state.wakeups
        yield Served(address, settings, Notices(url), policies, policy_sets, wakeups)
        server.should_exit = True
        await running


@asynccontextmanager
async def socket_of(served, payload=None, **token):
    """Open a socket and present a token."""
    url = served.address.replace("http", "ws") + "/graphql"
    reading = socket.socket()
    reading.setsockopt(*SMALL_READER)
    reading.connect(("127.0.0.1", int(served.address.rpartition(":")[2])))
    async with connect(
        url, sock=reading, subprotocols=["graphql-transport-ws"], max_queue=1, compression=None
    ) as opened:
        payload = served.headers(**token) if payload is None else payload
        await send(opened, type="connection_init", payload=payload)
        yield opened


async def send(opened, **message):
    await opened.send(json.dumps(message))


async def receive(opened):
    while True:
        message = json.loads(await opened.recv())
        if message["type"] != "ping":
            return message


async def over_socket(served, variables, document=FOLLOW, **token):
    """Follow over a WebSocket: answers as they come."""
    async with socket_of(served, **token) as opened:
        assert (await receive(opened))["type"] == "connection_ack"
        payload = {"query": document, "variables": variables}
        await send(opened, id="1", type="subscribe", payload=payload)
        while (message := await receive(opened))["type"] != "complete":
            is_error = message["type"] == "error"
            yield {"errors": message["payload"]} if is_error else message["payload"]
            if is_error:
                return


async def over_sse(served, variables, document=FOLLOW, **token):
    """Follow over server-sent events: answers as they come."""
    headers = served.headers(**token) | {"accept": "text/event-stream"}
    body = {"query": document, "variables": variables}
    async with (
        httpx.AsyncClient(
            base_url=served.address,
            timeout=60,
            transport=httpx.AsyncHTTPTransport(socket_options=[SMALL_READER]),
        ) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        event = None
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data:") and event == "next":
                yield json.loads(line.removeprefix("data: "))
            elif line.startswith("data:"):
                return


CARRIERS = pytest.mark.parametrize("over", [over_socket, over_sse])


def changes_of(answer):
    assert "errors" not in answer, answer
    return answer["data"]["changes"]


def told(page):
    return [(change["kind"], change["key"]) for change in page["nodes"]]


async def next_page(events):
    return changes_of(await anext(events))


@CARRIERS
async def test_events_begin_now_and_come_as_they_are_published(served, over):
    await served.notices.add(A, listing="LISTED")
    async with aclosing(over(served, {})) as events:
        assert told(await next_page(events)) == []
        await served.notices.add(B, listing="LISTED")
        assert told(await next_page(events)) == [("ADDED", B)]
        await served.notices.add(B, listing="NO_LONGER_LISTED")
        assert told(await next_page(events)) == [("LEFT", B)]


@CARRIERS
async def test_hidden_changes_make_no_event(served, over):
    async with aclosing(over(served, {})) as events:
        start = await next_page(events)
        await served.notices.add(HIDDEN, listing="NO_LONGER_LISTED")
        await served.notices.add(HIDDEN, listing="NO_LONGER_LISTED")
        await served.notices.add(A, listing="LISTED")
        page = await next_page(events)
        assert told(page) == [("ADDED", A)]
        assert page["endCursor"] == page["nodes"][-1]["seq"] != start["endCursor"]


async def test_a_publication_that_notified_nobody_is_told_all_the_same(served):
    async with aclosing(over_sse(served, {})) as events:
        await next_page(events)
        async with await psycopg.AsyncConnection.connect(served.notices.url) as connection:
            await served.notices.publish(connection, A, listing="LISTED")
        assert told(await next_page(events)) == [("ADDED", A)]


async def test_a_hub_that_lost_its_listening_connection_listens_again(served):
    async with aclosing(over_sse(served, {})) as events:
        await next_page(events)
        async with await psycopg.AsyncConnection.connect(served.notices.url) as connection:
            cursor = await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'hub-wakeups' AND datname = current_database()"
            )
            assert await cursor.fetchall() == [(True,)]
        for key in (A, B):
            await served.notices.add(key, listing="LISTED")
            assert told(await next_page(events)) == [("ADDED", key)]


@CARRIERS
async def test_a_broken_stream_goes_on_from_its_last_cursor(served, over):
    async with aclosing(over(served, {})) as events:
        await next_page(events)
        await served.notices.add(A, listing="LISTED")
        since = (await next_page(events))["endCursor"]
    await served.notices.add(B, listing="LISTED")
    async with aclosing(over(served, {"since": since})) as events:
        assert told(await next_page(events)) == [("ADDED", B)]
    assert told({"nodes": (await served.query(since=since))["nodes"]}) == [("ADDED", B)]


@CARRIERS
async def test_what_happened_before_the_first_event_was_taken_is_not_lost(served, over):
    async with aclosing(over(served, {})) as events:
        since = (await next_page(events))["endCursor"]
    await served.notices.add(A, listing="LISTED")
    async with aclosing(over(served, {"since": since})) as events:
        assert told(await next_page(events)) == [("ADDED", A)]


@CARRIERS
async def test_types_choose_what_is_followed(served, over):
    async with aclosing(over(served, {"types": ["Product"]})) as products:
        async with aclosing(over(served, {"types": ["SupplyNotice"]})) as notices:
            await next_page(products)
            await next_page(notices)
            await served.notices.add(A, listing="LISTED")
            assert told(await next_page(notices)) == [("ADDED", A)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(products), 1)


@CARRIERS
async def test_an_agreement_that_ends_bites_on_open_subscriptions(served, over):
    await served.notices.add(A, listing="LISTED")
    await served.notices.add(HIDDEN, listing="NO_LONGER_LISTED")
    seconds = []
    async with aclosing(over(served, {})) as events:
        await next_page(events)
        for _ in range(5):
            began = time.perf_counter()
            served.put_in_force("nothing")
            assert told(await next_page(events)) == [("LEFT", A)]
            seconds.append(time.perf_counter() - began)
            await served.notices.add(B, listing="LISTED")
            served.put_in_force("listed")
            page = await next_page(events)
            assert ("ENTERED", A) in told(page)
            assert {key for _, key in told(page)} <= {A, B}
            async with served.notices.turn() as connection:
                await served.notices.remove(connection, B)
            while ("REMOVED", B) not in told(page):
                page = await next_page(events)
    # Shown by `pytest -s`.
    print(f"LEFT after {statistics.median(seconds):.3f} s ({over.__name__})")  # noqa: T201


@CARRIERS
async def test_policies_that_end_in_the_database_bite_on_open_subscriptions(
    database_url, tmp_path, over
):
    folder = write_policies(tmp_path / "policies", LISTED_BASELINE, {})
    seconds = []
    async with new_database(database_url) as url, serving(url, None, tmp_path, folder) as served:
        await served.notices.add(A, listing="LISTED")
        async with aclosing(over(served, {})) as events:
            await next_page(events)
            for baseline, kind in 3 * [("", "LEFT"), (LISTED_BASELINE, "ENTERED")]:
                async with await psycopg.AsyncConnection.connect(url) as connection:
                    await stand_on(connection, baseline)
                began = time.perf_counter()
                assert told(await next_page(events)) == [(kind, A)]
                seconds.append(time.perf_counter() - began)
    # Shown by `pytest -s`.
    print(f"told {statistics.median(seconds):.3f} s after the commit ({over.__name__})")  # noqa: T201


@CARRIERS
async def test_every_event_is_disclosed_before_it_is_sent(served, over):
    async with aclosing(over(served, {"types": ["SupplyNotice"]})) as events:
        await next_page(events)
        assert len(await served.disclosures()) == 1
        await served.notices.add(A, listing="LISTED")
        await next_page(events)
        assert await served.disclosures() == [["notices/1"], ["notices/1"]]


@CARRIERS
async def test_a_subscription_ends_with_its_token(served, over):
    async with aclosing(over(served, {}, lifetime_s=2)) as events:
        changes_of(await anext(events))
        [answer] = [answer async for answer in events]
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    await served.notices.add(A, listing="LISTED")


@CARRIERS
@pytest.mark.parametrize(
    ("variables", "document", "code"),
    [
        ({"since": "1"}, FOLLOW, "BAD_CURSOR"),
        ({"types": ["Nothing"]}, FOLLOW, "INVALID_INPUT"),
        ({"since": 1}, FOLLOW, "INVALID_INPUT"),
        ({}, "subscription { nothing }", "INVALID_INPUT"),
        ({}, "subscription {", "INVALID_INPUT"),
        ({}, "subscription { changes { nodes { key } } again: changes { endCursor } }", None),
    ],
)
async def test_what_is_no_subscription_is_refused(served, over, variables, document, code):
    [answer] = [answer async for answer in over(served, variables, document)]
    assert answer["errors"]
    assert code is None or answer["errors"][0]["extensions"]["code"] == code


@CARRIERS
async def test_a_query_is_answered_with_one_event(served, over):
    await served.notices.add(A, listing="LISTED")
    answers = [answer async for answer in over(served, {}, QUERY)]
    assert [told(changes_of(answer)) for answer in answers] == [[("ADDED", A)]]


@CARRIERS
async def test_a_client_has_a_limit_of_subscriptions(served, over, monkeypatch):
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", 2)
    async with aclosing(over(served, {})) as one, aclosing(over(served, {})) as other:
        await next_page(one)
        await next_page(other)
        [answer] = [answer async for answer in over(served, {})]
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "SUBSCRIPTION_LIMIT"
        assert error["message"] == ("`us-fda` has 2 subscriptions open, 2 at most: end one first")
        async with aclosing(over(served, {}, client="jp-mhlw")) as third:
            await next_page(third)
    while True:
        async with aclosing(over(served, {})) as again:
            if "errors" not in await anext(again):
                break


@CARRIERS
async def test_a_slow_client_is_cut_off_and_loses_nothing(served, over, monkeypatch):
    keys = [f"KR.SupplyNotice.{'long' * 60}{number}" for number in range(1500)]
    async with served.notices.turn() as connection:
        for key in keys:
            await served.notices.publish(connection, key, listing="LISTED")
    page = await served.query()
    since, found = page["endCursor"], [key for _, key in told(page)]
    with monkeypatch.context() as patience:
        patience.setattr(websocket, "PATIENCE_SECONDS", 0.5)
        patience.setattr(streams, "PATIENCE_SECONDS", 0.5)
        async with aclosing(over(served, {"since": since})) as events:
            with suppress(*CUT_OFF):
                async for answer in events:
                    if len(found) == 50:
                        await asyncio.sleep(2)
                    since = changes_of(answer)["endCursor"]
                    found += [key for _, key in told(changes_of(answer))]
                    assert len(found) < len(keys), "the client was not cut off"
    async with aclosing(over(served, {"since": since})) as events:
        while len(found) < len(keys):
            found += [key for _, key in told(await next_page(events))]
    assert found == keys


@CARRIERS
async def test_a_hub_that_stops_ends_its_subscriptions(database_url, policy_sets, tmp_path, over):
    async with new_database(database_url) as url, AsyncExitStack() as stack:
        async with serving(url, policy_sets, tmp_path) as stopping:
            events = await stack.enter_async_context(aclosing(over(stopping, {})))
            await next_page(events)
        with suppress(ConnectionClosed):
            async for answer in events:
                assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


@CARRIERS
async def test_a_subscription_says_that_the_hub_is_stopping(served, over):
    async with aclosing(over(served, {})) as events:
        await next_page(events)
        served.wakeups.stop()
        [answer] = [answer async for answer in events]
        assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_a_subscription_is_not_answered_with_json(served):
    async with httpx.AsyncClient(base_url=served.address) as http:
        answer = await http.post("/graphql", json={"query": FOLLOW}, headers=served.headers())
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "SUBSCRIPTION"


async def test_an_event_stream_needs_a_token(served):
    async with httpx.AsyncClient(base_url=served.address) as http:
        headers = {"accept": "text/event-stream"}
        answer = await http.post("/graphql", json={"query": FOLLOW}, headers=headers)
    assert answer.status_code == 401


async def test_a_silent_stream_has_a_heartbeat(served, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    headers = served.headers() | {"accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=served.address) as http,
        http.stream("POST", "/graphql", json={"query": FOLLOW}, headers=headers) as answer,
    ):
        lines = answer.aiter_lines()
        while await anext(lines) != ":":
            pass


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, {"authorization": "Bearer x"}, {"authorization": 1}, "Bearer x"],
    ids=str,
)
async def test_a_socket_without_a_token_is_closed(served, payload):
    url = served.address.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as opened:
        await send(opened, type="connection_init", payload=payload)
        with pytest.raises(ConnectionClosed):
            await opened.recv()
    assert opened.close_code == 4403


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 4400),
        ("[]", 4400),
        ('{"type": 1}', 4400),
        ('{"type": "nothing"}', 4400),
        ('{"type": "subscribe", "payload": {}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {}}', 4400),
        ('{"type": "connection_init"}', 4429),
        (b"{}", 4400),
        ("x" * 200_000, 4400),
    ],
)
async def test_what_is_no_message_of_the_protocol_closes_the_socket(served, text, code):
    async with socket_of(served) as opened:
        assert (await receive(opened))["type"] == "connection_ack"
        await opened.send(text)
        with pytest.raises(ConnectionClosed):
            await receive(opened)
    assert opened.close_code == code


async def test_a_socket_that_asks_before_its_token_is_closed(served):
    url = served.address.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as opened:
        await send(opened, id="1", type="subscribe", payload={"query": FOLLOW})
        with pytest.raises(ConnectionClosed):
            await opened.recv()
    assert opened.close_code == 4401


async def test_a_socket_that_presents_no_token_in_time_is_closed(served, monkeypatch):
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.05)
    url = served.address.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as opened:
        with pytest.raises(ConnectionClosed):
            await opened.recv()
    assert opened.close_code == 4408


async def test_another_subprotocol_is_not_served(served):
    url = served.address.replace("http", "ws") + "/graphql"
    async with connect(url) as opened:
        with pytest.raises(ConnectionClosed):
            await opened.recv()
    assert opened.close_code == 4406


async def test_a_socket_is_pinged_and_closed_when_its_token_ends(served, monkeypatch):
    monkeypatch.setattr(websocket, "PING_SECONDS", 0.1)
    async with socket_of(served, lifetime_s=2) as opened:
        kinds = set()
        with suppress(ConnectionClosed):
            while True:
                kinds.add(json.loads(await opened.recv())["type"])
    assert opened.close_code == 4403
    assert kinds == {"connection_ack", "ping"}


async def test_operations_share_a_socket_and_end_one_by_one(served):
    async with socket_of(served) as opened:
        assert (await receive(opened))["type"] == "connection_ack"
        for name in ("1", "2"):
            await send(opened, id=name, type="subscribe", payload={"query": FOLLOW})
            assert (await receive(opened))["id"] == name
        await send(opened, id="1", type="complete")
        await send(opened, type="ping")
        assert (await receive(opened))["type"] == "pong"
        await served.notices.add(A, listing="LISTED")
        assert (await receive(opened))["id"] == "2"
        await send(opened, id="1", type="subscribe", payload={"query": FOLLOW})
        assert (await receive(opened))["id"] == "1"
        await send(opened, id="2", type="subscribe", payload={"query": FOLLOW})
        with pytest.raises(ConnectionClosed):
            await receive(opened)
    assert opened.close_code == 4409
