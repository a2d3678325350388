"""What is told of operations: figures, spans, the header and the log of slow ones."""

import asyncio
import hashlib
import re

import httpx  # noqa: TID251 - asks an in-process application, not the network
import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from hub.errors import HubError
from hub.gateway.execution import observing, slow
from hub.gateway.execution.observing import (
    DISCLOSE,
    IDENTITY,
    PLAN,
    READ,
    SQL,
    Observer,
    StageSeconds,
    Trails,
    Watch,
)
from hub.gateway.execution.slow import Ran, open_slow_log
from hub.settings import ROOT
from hub.store.database import reading_pool
from hub.telemetry import set_out
from tests.security.edge import edge

__all__ = ["edge"]

QUESTION = "query Mine($n: Int!) { supplyNotices(first: $n) { nodes { key } } }"
SECRET = "Zyzzyx-4711"


def figure(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


def counted(**labels):
    known = {"kind": "query", "tier": "reference", "code": "OK", "member": "KR"}
    return figure("hub_operations_total", **(known | labels))


def total(name, **labels):
    """Sum a counter up over the labels that are left out."""
    samples = [sample for family in REGISTRY.collect() for sample in family.samples]
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    exporter.tracer = provider.get_tracer("test")
    return exporter


# Stages


def test_stages_are_summed_by_name_and_the_total_comes_last():
    watch = Watch(began=0)
    watch.stages += [(SQL, 10, 30), (PLAN, 0, 5), (SQL, 10, 50)]
    spent = watch.spent()
    assert list(spent) == [SQL, PLAN, "total"]
    assert (spent[SQL], spent[PLAN]) == (60, 5)
    assert spent["total"] > 60


def test_stage_that_fails_is_timed():
    watch = Watch()
    with pytest.raises(ValueError, match="broken"), watch.stage(READ):
        raise ValueError("broken")
    with pytest.raises(ValueError, match="broken"), watch.statement("SELECT 1", []):
        raise ValueError("broken")
    assert [name for name, _, _ in watch.stages] == [READ, SQL]
    assert watch.slowest.sql == "SELECT 1"


def test_slowest_statement_is_kept(monkeypatch):
    watch, times = Watch(), iter([0, 5, 5, 35, 35, 40])
    monkeypatch.setattr(observing.time, "perf_counter_ns", lambda: next(times))
    for sql in ("first", "slow", "last"):
        with watch.statement(sql, [1]):
            pass
    assert watch.slowest == Ran("slow", [1], 30)


def test_outcome_is_the_code_of_the_first_error():
    watch = Watch()
    watch.came_out(None)
    assert watch.code == "OK"
    watch.came_out([{"extensions": {"code": "DEPTH_LIMIT"}}, {"extensions": {"code": "OTHER"}}])
    assert watch.code == "DEPTH_LIMIT"


def test_header_tells_tenths_of_milliseconds_in_the_standard_form():
    watch = Watch()
    watch.stages.append((SQL, 0, 1_234_567))
    header = Observer().finish(watch)
    # Source: Server Timing, W3C, section 3.
    assert re.fullmatch(r"sql;dur=1\.2, total;dur=\d+\.\d", header)


# Figures


def test_histogram_counts_each_time_in_its_bucket_and_all_above():
    seconds = StageSeconds()
    for nanoseconds in (50_000, 50_001, 2_000_000, 3_600_000_000_000):
        seconds.observe("hot", {SQL: nanoseconds})
    [family] = seconds.collect()
    found = {
        (sample.name, sample.labels.get("le")): sample.value
        for sample in family.samples
        if sample.labels == {"tier": "hot", "stage": SQL} | {"le": sample.labels.get("le")}
        or "le" not in sample.labels
    }
    assert found["hub_operation_seconds_bucket", "5e-05"] == 1
    assert found["hub_operation_seconds_bucket", "0.0001"] == 2
    assert found["hub_operation_seconds_bucket", "0.0025"] == 3
    assert found["hub_operation_seconds_bucket", "15.0"] == 3
    assert found["hub_operation_seconds_bucket", "+Inf"] == 4
    assert found["hub_operation_seconds_count", None] == 4
    assert found["hub_operation_seconds_sum", None] == pytest.approx(3600.002100001)


def test_operation_of_the_hot_tier_is_counted_as_one():
    before = counted(tier="hot")
    watch = Observer().begin_hot(None)
    watch.kind, watch.member = "query", "KR"
    Observer().finish(watch)
    assert counted(tier="hot") == before + 1


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        (QUESTION, {}),
        ("{ nothing }", {"kind": "unknown", "code": "INVALID_INPUT"}),
        ("{ supplyNotices(first: 0) { totalCount } }", {"code": "PAGE_SIZE"}),
        ("subscription { changes { endCursor } }", {"kind": "subscription"}),
    ],
    ids=["answered", "refused", "failed in a field", "asked in the wrong way"],
)
async def test_operation_is_counted_by_its_kind_and_outcome(hub, question, labels):
    answer = await hub.ask(question, variables={"n": 2})
    codes = {each["extensions"]["code"] for each in answer.get("errors", [])}
    labels = labels | ({"code": codes.pop()} if codes else {})
    before = counted(**labels)
    await hub.ask(question + " # once more, and not the same", variables={"n": 2})
    assert counted(**labels) == before + 1


async def test_request_of_nobody_is_counted_without_a_member_and_not_told_its_time(hub):
    labels = {"kind": "unknown", "code": "UNAUTHENTICATED", "member": "unknown"}
    before = counted(**labels)
    answer = await hub.http.post("/graphql", json={"query": QUESTION})
    assert answer.status_code == 401
    assert counted(**labels) == before + 1
    assert "server-timing" not in answer.headers


async def test_trusted_document_is_counted_by_its_name(hub):
    name = min(file.stem for file in (ROOT / "graphql" / "operations").glob("*.graphql"))
    before = total("hub_trusted_operations_total", operation=name)
    headers = {"authorization": f"Bearer {hub.token('kr-mfds')}"}
    await hub.http.post("/graphql", json={"documentId": name}, headers=headers)
    assert total("hub_trusted_operations_total", operation=name) == before + 1


async def test_event_and_refused_subscription_are_counted(edge):
    headers = {
        "authorization": f"Bearer {edge.minted()}",
        "accept": "text/event-stream",
    }
    event, refused = {"kind": "subscription"}, {"kind": "unknown", "code": "INVALID_INPUT"}
    before = counted(**event), counted(**refused)
    for document in ("subscription { changes { endCursor } }", "subscription { nothing }"):
        body = {"query": document}
        async with edge.http.stream("POST", "/graphql", json=body, headers=headers) as stream:
            assert await anext(stream.aiter_lines()) == "event: next"
    assert (counted(**event), counted(**refused)) == (before[0] + 1, before[1] + 1)


async def test_text_of_a_caller_is_no_label(hub):
    await hub.ask(f"query {SECRET.replace('-', '_')} {{ me {{ client }} }}")
    shown = (await hub.http.get("/metrics")).text
    assert SECRET.partition("-")[0] not in shown
    assert "kr-mfds" not in shown


async def test_answer_of_the_reference_tier_names_its_stages(hub):
    document = f"{QUESTION} # {SECRET}: asked for the first time"
    answer = await hub.post(document, variables={"n": 3})
    named = [each.partition(";")[0] for each in answer.headers["server-timing"].split(", ")]
    assert named == [IDENTITY, READ, PLAN, SQL, DISCLOSE, "total"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


# Spans


def test_stages_are_spans_below_that_of_the_request(spans):
    trail = set_out(spans.tracer)
    watch = Watch(trail=trail, kind="query", member="KR", operation="short-now", cost=7)
    with watch.stage(PLAN):
        pass
    with watch.statement("SELECT 1", [SECRET]):
        pass
    Observer(spans.tracer).finish(watch)
    trail.span.end()
    plan, sql, request = spans.get_finished_spans()
    assert [each.name for each in (plan, sql)] == [PLAN, SQL]
    assert plan.parent.span_id == sql.parent.span_id == request.context.span_id
    assert plan.start_time <= plan.end_time <= sql.start_time <= sql.end_time
    assert request.attributes == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "short-now",
        "hub.tier": "reference",
        "hub.code": "OK",
        "hub.member": "KR",
        "hub.cost": 7,
    }
    assert SECRET not in "".join(each.to_json() for each in (plan, sql, request))


def test_span_of_a_hot_operation_ends_with_it(spans):
    observer = Observer(spans.tracer)
    observer.finish(observer.begin_hot(None))
    [request] = spans.get_finished_spans()
    assert request.name == "POST /graphql"


def test_failure_of_ours_is_an_error_of_the_span_and_a_refusal_is_none(spans):
    observer = Observer(spans.tracer)
    for code in (HubError.code, "DEPTH_LIMIT"):
        watch = observer.begin_hot(None)
        watch.code = code
        observer.finish(watch)
    assert [each.status.is_ok for each in spans.get_finished_spans()] == [False, True]


def named_app(spans):
    async def found(_):
        return PlainTextResponse("found")

    app = Starlette(routes=[Route("/exports/{id}", found), Mount("/page", PlainTextResponse("x"))])
    app.add_middleware(Trails)
    app.state.tracer = spans.tracer
    return app


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/exports/4711", "GET /exports/{id}"),
        ("HEAD", "/exports/4711", "HEAD /exports/{id}"),
        ("ZYZZYX", "/exports/4711", "unknown"),
        ("GET", f"/{SECRET}", "unknown"),
        ("GET", f"/page/{SECRET}", "unknown"),
    ],
)
async def test_span_of_a_request_is_named_by_its_route_alone(spans, method, path, name):
    transport = httpx.ASGITransport(named_app(spans))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
        answer = await http.request(method, f"{path}?token={SECRET}")
    [request] = spans.get_finished_spans()
    assert request.name == name
    assert request.attributes == {"http.response.status_code": answer.status_code}


# Slow operations


@pytest.fixture
async def slow_log(database_url):
    async with reading_pool(database_url) as pool, open_slow_log(pool, 0.5) as log:
        yield log


async def told(observer, watch):
    with structlog.testing.capture_logs() as logs:
        observer.finish(watch)
        if observer._slow._explaining:
            await observer._slow._explaining
    return logs


def took(seconds, **more):
    watch = Watch(document=QUESTION, kind="query", member="KR", **more)
    watch.began -= int(seconds * 1e9)
    return watch


async def test_operation_under_the_limit_is_not_logged(slow_log):
    assert await told(Observer(slow=slow_log), took(0.1)) == []


async def test_slow_operation_is_logged_with_the_plan_of_its_slowest_statement(slow_log):
    sql = "SELECT key FROM supply_notice WHERE title = $1 ORDER BY key LIMIT 5"
    before = figure("hub_slow_operations_total", tier="reference")
    watch = took(0.7, cost=50, slowest=Ran(sql, [SECRET], 600_000_000))
    operation, plan = await told(Observer(slow=slow_log), watch)
    statement = hashlib.sha256(sql.encode()).hexdigest()
    assert operation.pop("milliseconds")["total"] >= 700
    assert operation == {
        "event": "slow_operation",
        "log_level": "warning",
        "kind": "query",
        "tier": "reference",
        "document": hashlib.sha256(QUESTION.encode()).hexdigest(),
        "operation": None,
        "member": "KR",
        "code": "OK",
        "cost": 50,
        "statement": statement,
    }
    assert (plan["event"], plan["statement"]) == ("slow_plan", statement)
    assert plan["plan"][0].startswith("Limit (cost ")
    assert any("supply_notice" in line for line in plan["plan"])
    assert SECRET not in repr([operation, plan])
    assert figure("hub_slow_operations_total", tier="reference") == before + 1


async def test_statement_that_can_t_be_explained_tells_no_value(slow_log):
    watch = took(0.7, slowest=Ran("SELECT $1::int", [SECRET], 1))
    _, failed = await told(Observer(slow=slow_log), watch)
    assert failed["event"] == "slow_plan_not_found"
    assert SECRET not in repr(failed)


async def test_one_statement_is_explained_at_a_time(slow_log, monkeypatch):
    let_on, explained = asyncio.Event(), []

    async def explain(_, ran, __):
        explained.append(ran.sql)
        await let_on.wait()

    monkeypatch.setattr(slow.SlowLog, "_explain", explain)
    observer = Observer(slow=slow_log)
    with structlog.testing.capture_logs() as logs:
        for sql in ("first", "second"):
            observer.finish(took(0.7, slowest=Ran(sql, [], 1)))
            await asyncio.sleep(0)
        let_on.set()
        await slow_log._explaining
        observer.finish(took(0.7, slowest=Ran("third", [], 1)))
        await slow_log._explaining
    assert explained == ["first", "third"]
    assert len(logs) == 3


async def test_slow_operation_without_a_statement_is_logged_alone(slow_log):
    [line] = await told(Observer(slow=slow_log), took(0.7))
    assert "statement" not in line
