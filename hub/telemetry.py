"""Logs, traces and metrics of the process, by structlog, OpenTelemetry and Prometheus.

How they are told to whoever listens; what is told stands where it happens, and of the operations in
`gateway/execution/observing.py`. Traces and metrics are sent only where OpenTelemetry's own
environment variables name a collector; Prometheus fetches the metrics itself.
INVARIANT: nothing told holds a token, a key, or a value of a question or a record.
"""

import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import export as otlp
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Span, SpanKind, Tracer, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics_core import Metric
from structlog.typing import EventDict, Processor

COLLECTORS = {
    "traces": ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    "metrics": ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
}
"""Variables that name a collector of each signal, by OTLP over HTTP; the others shape how."""

PARTING_SECONDS = 2.0
"""How long a process that stops waits for a collector."""

_SCOPE = "hub"
_METRIC_MILLISECONDS = 60_000

# Logs


@dataclass(slots=True)
class Trail:
    """What ties together all that is told of one request: ids in hexadecimal, its span."""

    request_id: str
    trace_id: str | None = None
    span: Span | None = None


_trail: ContextVar[Trail | None] = ContextVar("trail", default=None)


def current_trail() -> Trail | None:
    """Give the trail of the request being answered; None outside of one."""
    return _trail.get()


def request_id() -> str | None:
    """Tell the id of the request being answered; None outside of one."""
    trail = _trail.get()
    return trail.request_id if trail else None


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send the logs of a level and above to standard error, those of libraries too.

    They are lines of JSON, but text where it is a terminal. Libraries are heard from warnings on,
    unless all is wanted.
    """
    told: list[Processor] = [
        _with_trail,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered = _rendered(is_terminal=sys.stderr.isatty())
    structlog.configure(
        processors=[*told, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*told, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    quiet = level if level < logging.INFO else max(level, logging.WARNING)
    logging.basicConfig(handlers=[handler], level=quiet, force=True)


def _rendered(*, is_terminal: bool) -> list[Processor]:
    if is_terminal:
        # The default formatter would show the values of local variables.
        return [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _with_trail(_logger: object, _method: str, event: EventDict) -> EventDict:
    if trail := _trail.get():
        event["request_id"] = trail.request_id
        if trail.trace_id:
            event["trace_id"] = trail.trace_id
    return event


# Traces


@contextmanager
def open_tracing() -> Iterator[Tracer | None]:
    """Send spans to the collector of the environment; None where it names none."""
    if not _is_wanted("traces"):
        yield None
        return
    exporter = OTLPSpanExporter()
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield provider.get_tracer(_SCOPE)
    finally:
        # It would wait half a minute for a collector that is gone.
        giving_up = threading.Timer(PARTING_SECONDS, exporter.shutdown)
        giving_up.start()
        provider.shutdown()
        giving_up.cancel()


def clocks_apart() -> int:
    """Give what to add to `time.perf_counter_ns` for the time of a span, which is of the day."""
    return time.time_ns() - time.perf_counter_ns()


def set_out(
    tracer: Tracer | None, traceparent: str | None = None, began: int | None = None
) -> Trail:
    """Begin a request: what is logged from now on, in its task, is told to be of it.

    Args:
        tracer: of `open_tracing`; who sets out ends the span.
        traceparent: of the caller's header; one that is none is passed over.
        began: when the request did, by `time.perf_counter_ns`; now if left out.
    """
    context = span = None
    if traceparent is not None:
        # Not its `tracestate`: that may hold any text, and would be sent on.
        context = _PROPAGATOR.extract({"traceparent": traceparent})
    if tracer:
        began_at = None if began is None else began + clocks_apart()
        span = tracer.start_span("request", context, SpanKind.SERVER, start_time=began_at)
    trail = Trail(secrets.token_hex(16), _trace_id(span, context), span)
    _trail.set(trail)
    return trail


def _trace_id(span: Span | None, context: Context | None) -> str | None:
    if span is None and context is None:
        return None
    found = (span or get_current_span(context)).get_span_context()
    return format_trace_id(found.trace_id) if found.is_valid else None


_PROPAGATOR = TraceContextTextMapPropagator()


# Metrics


@contextmanager
def open_metrics(registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Send what Prometheus would fetch to the collector of the environment, if it names one."""
    if not _is_wanted("metrics"):
        yield
        return
    exporter = OTLPMetricExporter()
    stopped = threading.Event()
    every_s = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL", _METRIC_MILLISECONDS)) / 1000
    sending = threading.Thread(
        target=_send, args=(registry, exporter, stopped, every_s), name="metrics", daemon=True
    )
    sending.start()
    try:
        yield
    finally:
        stopped.set()
        sending.join(PARTING_SECONDS)
        exporter.shutdown()


def _send(
    registry: CollectorRegistry,
    exporter: OTLPMetricExporter,
    stopped: threading.Event,
    every_s: float,
) -> None:
    since = time.time_ns()
    is_last = False
    while not is_last:
        is_last = stopped.wait(every_s)
        exporter.export(_data(registry.collect(), since, time.time_ns()))


def _data(families: Iterable[Metric], since: int, now: int) -> otlp.MetricsData:
    found = [
        otlp.Metric(family.name, family.documentation, family.unit, data)
        for family in families
        if (data := _points(family, since, now)) is not None
    ]
    scope = otlp.ScopeMetrics(InstrumentationScope(_SCOPE), found, "")
    return otlp.MetricsData([otlp.ResourceMetrics(_resource(), [scope], "")])


def _points(family: Metric, since: int, now: int) -> otlp.DataT | None:
    """Say it in OpenTelemetry's terms; times are in nanoseconds since 1970."""
    if family.type == "histogram":
        return otlp.Histogram(_histogram(family, since, now), _CUMULATIVE)
    numbers = [
        otlp.NumberDataPoint(sample.labels, since, now, sample.value)
        for sample in family.samples
        if not sample.name.endswith("_created")
    ]
    if family.type == "counter":
        return otlp.Sum(numbers, _CUMULATIVE, is_monotonic=True)
    return otlp.Gauge(numbers)


_CUMULATIVE = otlp.AggregationTemporality.CUMULATIVE


def _histogram(family: Metric, since: int, now: int) -> list[otlp.HistogramDataPoint]:
    found: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    for sample in family.samples:
        labels = dict(sample.labels)
        part = labels.pop("le", sample.name.removeprefix(family.name))
        found.setdefault(tuple(labels.items()), {})[part] = sample.value
    return [_histogram_point(dict(labels), parts, since, now) for labels, parts in found.items()]


def _histogram_point(
    labels: dict[str, str], parts: dict[str, float], since: int, now: int
) -> otlp.HistogramDataPoint:
    upto = [(float(bound), int(count)) for bound, count in parts.items() if bound[0] != "_"]
    counts = [count for _, count in upto]
    return otlp.HistogramDataPoint(
        attributes=labels,
        start_time_unix_nano=since,
        time_unix_nano=now,
        count=counts[-1],
        sum=parts["_sum"],
        bucket_counts=[each - before for before, each in zip([0, *counts], counts, strict=False)],
        explicit_bounds=[bound for bound, _ in upto[:-1]],
        min=None,  # type: ignore[arg-type]  # not known, which the protocol allows
        max=None,  # type: ignore[arg-type]  # likewise
    )


def _is_wanted(signal: str) -> bool:
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(os.environ.get(name) for name in COLLECTORS[signal])


def _resource() -> Resource:
    # What the operator says in OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES comes before.
    named = os.environ.get("OTEL_SERVICE_NAME") or "hub"
    return Resource.create({SERVICE_NAME: named})
