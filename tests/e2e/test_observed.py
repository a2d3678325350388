"""A gateway as an operator sees it: its traces, metrics, logs and health, and how it stops."""

import asyncio
import json
import signal
from contextlib import asynccontextmanager

import httpx  # noqa: TID251 - asks a gateway on loopback
import pytest

from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.types import Purpose
from hub.settings import Settings
from tests.e2e.gateways import gateway_process
from tests.hub.collector import attributes, collector
from tests.hub.store.databases import migrated_database

PUBLIC = "https://hub.example"
QUESTION = (
    "query Seeking($t: String) { products(first: 3, filter: {name: {eq: $t}}) { totalCount } }"
)
SOUGHT = "Zyzzyxomycin-4711"
"""A value of a question, which nothing may tell."""

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
STAGES = {"identity", "read", "plan", "sql", "disclose"}
PATIENCE_S = 60

CLOCKS_NS = 1_000_000
"""How far the two clocks of a span and its stages may be apart."""

ASKED = 8
"""How often the question is asked: the hot tier learns it on the way."""

[KR] = [client for client in DEMO_CLIENTS if client.client_id == "kr-mfds"]


@asynccontextmanager
async def running(database_url, state, **settings):
    async with (
        migrated_database(database_url) as url,
        gateway_process(state, url, PUBLIC, **settings) as gateway,
    ):
        yield gateway


def token(state):
    settings = Settings(state_dir=state, public_url=PUBLIC)
    return embedded_issuer(settings).mint(KR, Purpose.EXERCISE)


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.05)


def lines(gateway):
    return [json.loads(line) for line in gateway.told().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
async def observed(database_url, tmp_path_factory):
    """A gateway that was asked the same often, so by both tiers; all of it was slow."""
    state = tmp_path_factory.mktemp("observed")
    with collector() as collected:
        told = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collected.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
            "HUB_SLOW_SECONDS": "0.00001",
        }
        async with running(database_url, state, **told) as gateway:
            url = f"http://{gateway.address}"
            headers = {
                "authorization": f"Bearer {token(state)}",
                "traceparent": f"00-{TRACE}-{PARENT}-01",
                "tracestate": f"vendor={SOUGHT}",
            }
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
                body = {"query": QUESTION, "variables": {"t": SOUGHT}}
                answers = [await http.post("/graphql", json=body) for _ in range(ASKED)]
                metrics = await http.get("/metrics")
                readiness = await http.get("/readyz")
            assert {answer.status_code for answer in answers} == {200}
            yield gateway, collected, answers, metrics, readiness


def requests_of(collected):
    return [span for span in collected.spans if span.parent_span_id.hex() == PARENT]


async def test_request_is_followed_from_its_caller_to_its_record(observed):
    _, collected, *_ = observed
    await until(lambda: len(requests_of(collected)) == ASKED + 2)
    found = [each for each in requests_of(collected) if each.name == "POST /graphql"]
    assert len(found) == ASKED
    for request in found:
        assert request.trace_id.hex() == TRACE
        stages = [each for each in collected.spans if each.parent_span_id == request.span_id]
        assert {each.name for each in stages} == STAGES
        for stage in stages:
            began, ended = request.start_time_unix_nano, request.end_time_unix_nano
            assert began - CLOCKS_NS <= stage.start_time_unix_nano
            assert stage.end_time_unix_nano <= ended + CLOCKS_NS
    tiers = {attributes(request)["hub.tier"] for request in found}
    assert tiers == {"reference", "hot"}
    assert {attributes(request)["hub.member"] for request in found} == {"KR"}


async def test_metrics_are_sent_to_the_collector_too(observed):
    _, collected, *_ = observed
    await until(lambda: any(each.name == "hub_operation_seconds" for each in collected.metrics))
    assert {"hub_operations", "hub_ready"} <= {each.name for each in collected.metrics}


async def test_slow_operation_is_logged_under_the_ids_that_its_caller_has(observed):
    gateway, _, answers, *_ = observed
    ids = {answer.headers["x-request-id"] for answer in answers}
    slow = [line for line in lines(gateway) if line["event"] == "slow_operation"]
    assert {line["request_id"] for line in slow} == ids
    assert {line["trace_id"] for line in slow} == {TRACE}
    assert {line["tier"] for line in slow} == {"reference", "hot"}
    for line in slow:
        assert set(line["milliseconds"]) == STAGES | {"total"}
    await until(lambda: any(line["event"] == "slow_plan" for line in lines(gateway)))


async def test_answer_tells_its_caller_what_took_how_long(observed):
    _, _, answers, *_ = observed
    for answer in answers:
        stages = [each.split(";dur=") for each in answer.headers["server-timing"].split(", ")]
        assert {name for name, _ in stages} == STAGES | {"total"}
        assert all(float(milliseconds) >= 0 for _, milliseconds in stages)


async def test_a19_nothing_that_is_told_holds_a_token_or_a_value(observed):
    gateway, collected, answers, metrics, readiness = observed
    await until(lambda: len(requests_of(collected)) == ASKED + 2)
    secret = answers[0].request.headers["authorization"].partition(" ")[2]
    told = [metrics.text, readiness.text, gateway.told(), *map(repr, collected.raw)]
    for text in told:
        assert SOUGHT not in text
        assert "Seeking" not in text.replace('"operation": "Seeking"', "")
        assert not any(part in text for part in secret.split("."))


async def test_running_gateway_is_ready_in_all_its_parts(observed):
    *_, readiness = observed
    assert readiness.status_code == 200
    checks = ("serving", "database", "migrations", "policies", "trust", "disclosure")
    assert readiness.json() == {"status": "ready", "checks": dict.fromkeys(checks, "ok")}


async def test_gateway_that_is_told_to_stop_says_so_and_ends_what_runs(database_url, tmp_path):
    async with running(database_url, tmp_path, HUB_DRAIN_SECONDS="3") as gateway:
        host, port = gateway.address.split(":")
        reader, writer = await asyncio.open_connection(host, port)
        body = json.dumps({"query": "{ me { client } }"}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: {gateway.address}\r\nconnection: close\r\n"
            f"authorization: Bearer {token(tmp_path)}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body[:5])
        await writer.drain()
        async with httpx.AsyncClient(base_url=f"http://{gateway.address}") as http:
            assert (await http.get("/readyz")).status_code == 200
            gateway.process.send_signal(signal.SIGTERM)
            while (answer := await http.get("/readyz")).status_code == 200:
                pass
            assert answer.status_code == 503
            assert answer.json()["checks"]["serving"] == "the hub is stopping"
            assert (await http.get("/healthz")).status_code == 200
        writer.write(body[5:])
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"client":"kr-mfds"' in answer
        async with asyncio.timeout(PATIENCE_S):
            await gateway.process.wait()
