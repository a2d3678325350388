"""How spans and metrics go to OpenTelemetry's collector, by OTLP over HTTP.

`telemetry.py` says whether the environment names one; only then this is loaded, which takes long.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import export as otlp
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

PARTING_SECONDS = 2.0
"""How long a process that stops waits for a collector."""

_SCOPE = "hub"
_METRIC_MILLISECONDS = 60_000


@contextmanager
def sending_spans() -> Iterator[Tracer]:
    """Send spans for a block."""
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


@contextmanager
def sending_metrics(registry: CollectorRegistry) -> Iterator[None]:
    """Send what Prometheus would fetch, again and again for a block, and at its end."""
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


def _resource() -> Resource:
    # What the operator says in OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES comes before.
    named = os.environ.get("OTEL_SERVICE_NAME") or "hub"
    return Resource.create({SERVICE_NAME: named})
