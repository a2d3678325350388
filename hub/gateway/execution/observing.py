"""What is told of each operation: how long its stages took, how it came out, and if it was slow.

A `Watch` goes along with one operation; `Observer.finish` makes of it figures, spans, the
`Server-Timing` header, and a line of the log by `slow.py`. Labels of figures come from lists of
ours, never from a caller's text.
"""

import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import accumulate

import prometheus_client
from graphql import GraphQLFormattedError
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.errors import HubError
from hub.gateway.execution.slow import Ran, SlowLog
from hub.gateway.questions.question import Question
from hub.identity.types import Caller
from hub.telemetry import Trail, clocks_apart, current_trail, set_out

REFERENCE, HOT = "reference", "hot"
"""The tiers, as figures name them."""

IDENTITY, READ, PLAN, SQL, DISCLOSE = "identity", "read", "plan", "sql", "disclose"
"""The stages: who asks; what is asked; how to answer; the answer's rows; its record."""

TOTAL = "total"
UNKNOWN = "unknown"
ANSWERED = "OK"
"""The outcome of an operation without an error; otherwise it is the code of its first one."""

BOUNDS_S = (
    *(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
)
"""Upper bounds of the histograms' buckets."""

_NANO = 1_000_000_000
_BOUNDS = [round(bound * _NANO) for bound in BOUNDS_S]

_operations = prometheus_client.Counter(
    "hub_operations",
    "Operations by kind, tier, the code of their first error, and who asked.",
    ["kind", "tier", "code", "member"],
)
_trusted = prometheus_client.Counter(
    "hub_trusted_operations", "Trusted documents asked, by their names.", ["operation", "code"]
)


class StageSeconds(Collector):
    """A histogram of times by tier and stage, at a fifth of the cost of the library's own.

    Not for threads: the event loop alone observes.
    """

    _labelnames = ("tier", "stage")

    def __init__(self) -> None:
        self._told: dict[str, dict[str, list[int]]] = {REFERENCE: {}, HOT: {}}

    def observe(self, tier: str, spent: Mapping[str, int]) -> None:
        """Count the stages of one operation, in nanoseconds."""
        told = self._told[tier]
        for stage, nanoseconds in spent.items():
            counts = told.get(stage)
            if counts is None:
                counts = told[stage] = [0] * (len(_BOUNDS) + 2)
            counts[bisect_left(_BOUNDS, nanoseconds)] += 1
            counts[-1] += nanoseconds

    def collect(self) -> Iterator[Metric]:
        """Give what was counted."""
        family = HistogramMetricFamily(
            "hub_operation_seconds", "Time of operations by stage.", labels=self._labelnames
        )
        for tier, told in self._told.items():
            for stage, (*counts, total) in told.copy().items():
                upto = accumulate(counts)
                buckets = zip((*map(str, BOUNDS_S), "+Inf"), map(float, upto), strict=True)
                family.add_metric([tier, stage], list(buckets), total / _NANO)
        yield family


_seconds = StageSeconds()
prometheus_client.REGISTRY.register(_seconds)


@dataclass(slots=True)
class Watch:
    """One operation under way. Times are of `time.perf_counter_ns`.

    `operation` is the name of a trusted document, never one that the caller gave.
    """

    tier: str = REFERENCE
    trail: Trail | None = None
    began: int = field(default_factory=time.perf_counter_ns)
    stages: list[tuple[str, int, int]] = field(default_factory=list)
    kind: str = UNKNOWN
    operation: str | None = None
    document: str = ""
    member: str = UNKNOWN
    code: str = ANSWERED
    cost: int = 0
    slowest: Ran | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage. Those of one name may run side by side."""
        began = time.perf_counter_ns()
        try:
            yield
        finally:
            self.stages.append((name, began, time.perf_counter_ns()))

    def until_now(self, name: str, began: int) -> int:
        """Time a stage that began at an instant and ends now; give the instant."""
        now = time.perf_counter_ns()
        self.stages.append((name, began, now))
        return now

    @contextmanager
    def statement(self, sql: str, parameters: Sequence[object]) -> Iterator[None]:
        """Time a statement, however it ends, and keep the one that took longest."""
        began = time.perf_counter_ns()
        try:
            yield
        finally:
            self.ran(sql, parameters, began)

    def ran(self, sql: str | bytes, parameters: Sequence[object], began: int) -> None:
        """Time a statement that began at an instant and ends now, likewise."""
        took = self.until_now(SQL, began) - began
        if self.slowest is None or took > self.slowest.nanoseconds:
            self.slowest = Ran(sql, parameters, took)

    def asks(self, caller: Caller, question: Question) -> None:
        """Note who asks what."""
        self.member, self.document = caller.member, question.document
        if question.trusted:
            self.operation = question.trusted.name

    def came_out(self, errors: Sequence[GraphQLFormattedError] | None) -> None:
        """Note how it came out, by the first of the errors that its answer shows."""
        if errors:
            self.code = errors[0]["extensions"].get("code", UNKNOWN)

    def spent(self) -> dict[str, int]:
        """Sum the stages up, in nanoseconds and in the order they first ended; the total last."""
        sums: dict[str, int] = {}
        for name, began, ended in self.stages:
            sums[name] = sums.get(name, 0) + ended - began
        sums[TOTAL] = time.perf_counter_ns() - self.began
        return sums


class Observer:
    """Tells of the operations of one gateway."""

    def __init__(self, tracer: Tracer | None = None, slow: SlowLog | None = None) -> None:
        """Keep the parts; without them no spans are made, and no operation counts as slow."""
        self.tracer = tracer
        self._slow = slow

    def begin(self) -> Watch:
        """Begin an operation of a request that `Trails` has set out."""
        return Watch(REFERENCE, current_trail())

    def begin_hot(self, traceparent: bytes | None, began: int | None = None) -> Watch:
        """Begin an operation that is the whole of its request.

        Args:
            traceparent: that header of the request.
            began: when the request did, by `time.perf_counter_ns`; now if left out.
        """
        began = time.perf_counter_ns() if began is None else began
        parent = None if traceparent is None else traceparent.decode("latin-1")
        return Watch(HOT, set_out(self.tracer, parent, began), began)

    def finish(self, watch: Watch) -> str:
        """Tell of an operation that ended; give the value of its `Server-Timing` header.

        A tenth of a millisecond is told, and no less: what is finer would help to find out, by
        asking often, what a statement passed over.
        """
        spent = watch.spent()
        _seconds.observe(watch.tier, spent)
        _counted(watch.kind, watch.tier, watch.code, watch.member).inc()
        if watch.operation:
            _trusted.labels(watch.operation, watch.code).inc()
        if self._slow and spent[TOTAL] >= self._slow.limit_ns:
            self._slow.tell(watch, spent)
        if self.tracer and watch.trail and watch.trail.span:
            _tell_spans(self.tracer, watch, watch.trail.span)
        return ", ".join([_told(name, (each + 50_000) // 100_000) for name, each in spent.items()])


@lru_cache(maxsize=10_000)
def _told(stage: str, tenths: int) -> str:
    return f"{stage};dur={tenths / 10}"


@cache
def _counted(kind: str, tier: str, code: str, member: str) -> prometheus_client.Counter:
    return _operations.labels(kind, tier, code, member)


def _tell_spans(tracer: Tracer, watch: Watch, request: Span) -> None:
    if request.is_recording():
        request.set_attributes(
            {
                "graphql.operation.type": watch.kind,
                "hub.tier": watch.tier,
                "hub.code": watch.code,
                "hub.member": watch.member,
                "hub.cost": watch.cost,
            }
        )
        if watch.operation:
            request.set_attribute("graphql.operation.name", watch.operation)
        if watch.code == HubError.code:
            request.set_status(StatusCode.ERROR)
        _tell_stages(tracer, watch, request)
    if watch.tier == HOT:
        request.update_name("POST /graphql")
        request.end()


def _tell_stages(tracer: Tracer, watch: Watch, request: Span) -> None:
    context = set_span_in_context(request)
    apart = clocks_apart()
    for name, began, ended in watch.stages:
        kind = SpanKind.CLIENT if name == SQL else SpanKind.INTERNAL
        span = tracer.start_span(name, context, kind, start_time=began + apart)
        if name == SQL:
            span.set_attribute("db.system.name", "postgresql")
        span.end(ended + apart)


class Trails:
    """Middleware that gives each request a trail, and its caller the id to tell the operator.

    The span of a request is named by its route, which is one of few.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the application, whose `state.tracer` makes the spans."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        # A socket may be open for days: no span is made of it.
        tracer = scope["app"].state.tracer if scope["type"] == "http" else None
        trail = set_out(tracer, Headers(scope=scope).get("traceparent"))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = trail.request_id
                if trail.span:
                    trail.span.set_attribute("http.response.status_code", message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if trail.span:
                trail.span.update_name(_name(scope))
                trail.span.end()


def _name(scope: Scope) -> str:
    """Name a request by the route that answered, as it is declared: a caller may ask for any."""
    endpoint = scope.get("endpoint")
    for route in scope["app"].routes if endpoint else ():
        if getattr(route, "endpoint", None) == endpoint and scope["method"] in route.methods:
            return f"{scope['method']} {route.path}"
    return UNKNOWN
