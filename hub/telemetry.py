"""Logs, traces and metrics of the process, by structlog, OpenTelemetry and Prometheus.

How they are told to whoever listens; what is told stands where it happens, and of the operations in
`gateway/execution/observing.py`. Traces and metrics are sent only where OpenTelemetry's own
environment variables name a collector, by `collector.py`; Prometheus fetches the metrics itself.
INVARIANT: nothing told holds a token, a key, or a value of a question or a record.
"""

import logging
import os
import secrets
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import REGISTRY, CollectorRegistry
from structlog.typing import EventDict, Processor

from hub.late import load_late

COLLECTORS = {
    "traces": ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    "metrics": ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
}
"""Variables that name a collector of each signal, by OTLP over HTTP; the others shape how."""

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


def open_tracing() -> AbstractContextManager[Tracer | None]:
    """Send spans to the collector of the environment; None where it names none."""
    if not _is_wanted("traces"):
        return nullcontext()
    sending: AbstractContextManager[Tracer] = load_late("hub.collector:sending_spans")()
    return sending


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


def open_metrics(registry: CollectorRegistry = REGISTRY) -> AbstractContextManager[None]:
    """Send what Prometheus would fetch to the collector of the environment, if it names one."""
    if not _is_wanted("metrics"):
        return nullcontext()
    sending: AbstractContextManager[None] = load_late("hub.collector:sending_metrics")(registry)
    return sending


def _is_wanted(signal: str) -> bool:
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(os.environ.get(name) for name in COLLECTORS[signal])
