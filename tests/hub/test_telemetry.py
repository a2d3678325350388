"""What the process tells: lines of a log, spans and metrics, and to whom."""

import io
import json
import logging
import sys
import time

import pytest
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hub import telemetry
from hub.telemetry import log_to_stderr, open_metrics, open_tracing, request_id, set_out
from tests.hub.collector import attributes, collector

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""Source: W3C Trace Context, section 3.2.4."""

OFF = [name for names in telemetry.COLLECTORS.values() for name in names]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in (*OFF, "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_METRIC_EXPORT_INTERVAL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def outside_of_requests():
    telemetry._trail.set(None)
    yield
    telemetry._trail.set(None)


@pytest.fixture
def written(monkeypatch):
    """Let logs be set up anew; gives what stands in for standard error."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def log_to(stream, level=logging.INFO):
        monkeypatch.setattr(sys, "stderr", stream)
        log_to_stderr(level)
        return stream

    yield log_to
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def broken(message, _secret=None):
    raise ValueError(message)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# Logs


def test_line_is_json_with_its_level_its_time_and_what_happened(written):
    stream = written(io.StringIO())
    structlog.get_logger().info("pulled", feed="kr.mfds_permits", title="의약품")
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "pulled",
        "level": "info",
        "feed": "kr.mfds_permits",
        "title": "의약품",
    }


def test_line_of_a_request_has_its_id_and_its_trace(written):
    stream = written(io.StringIO())
    trail = set_out(None, PARENT)
    structlog.get_logger().info("refused")
    logging.getLogger("library").warning("late by %s", "2 s")
    for line in lines(stream):
        assert line["request_id"] == trail.request_id == request_id()
        assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def test_line_outside_of_a_request_has_no_id(written):
    stream = written(io.StringIO())
    structlog.get_logger().info("started")
    assert "request_id" not in lines(stream)[0]
    assert request_id() is None


def test_line_of_a_library_is_of_the_same_form(written):
    stream = written(io.StringIO())
    logging.getLogger("library").info("not heard")
    try:
        broken("broken")
    except ValueError:
        logging.getLogger("library").exception("failed")
    [line] = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("failed", "error", "library")
    assert "ValueError: broken" in line["exception"]


def test_libraries_are_heard_in_full_where_all_is_wanted(written):
    stream = written(io.StringIO(), logging.DEBUG)
    logging.getLogger("library").debug("heard")
    assert [line["event"] for line in lines(stream)] == ["heard"]


def test_terminal_gets_text_without_the_values_of_variables(written):
    stream = written(Terminal())
    try:
        broken("broken", "correct-" + "horse")
    except ValueError:
        structlog.get_logger().exception("failed")
    text = stream.getvalue()
    assert "failed" in text
    assert "ValueError: broken" in text
    assert "correct-horse" not in text
    assert not text.startswith("{")


# Requests


def test_requests_have_ids_of_their_own():
    first, second = set_out(None), set_out(None)
    assert first.request_id != second.request_id
    assert len(first.request_id) == 32
    assert first.trace_id is None


@pytest.mark.parametrize(
    "header",
    [
        "nonsense",
        "",
        PARENT + "-more",
        PARENT.replace("00-", "ff-"),
        PARENT.upper(),
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
        PARENT + '\n{"event": "forged"}',
    ],
)
def test_header_that_is_no_traceparent_is_passed_over(header):
    assert set_out(None, header).trace_id is None


# Traces


def test_no_spans_are_made_where_no_collector_is_named():
    with open_tracing() as tracer:
        assert tracer is None
        assert set_out(tracer).span is None


def test_no_spans_are_made_where_all_is_switched_off(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with open_tracing() as tracer:
        assert tracer is None


def test_spans_reach_the_collector_under_the_callers_trace(monkeypatch):
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.url)
        with open_tracing() as tracer:
            trail, other = set_out(tracer, PARENT), set_out(tracer)
            trail.span.end()
            other.span.end()
    assert trail.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert [span.trace_id.hex() for span in collected.spans] == [trail.trace_id, other.trace_id]
    assert collected.spans[0].parent_span_id.hex() == "b7ad6b7169203331"
    assert collected.spans[1].parent_span_id == b""
    assert collected.resources[0]["service.name"] == "hub"


def test_operator_names_the_service(monkeypatch):
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collected.url}/v1/traces")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "hub-kr")
        with open_tracing() as tracer:
            set_out(tracer).span.end()
    assert collected.resources[0]["service.name"] == "hub-kr"


def test_trace_that_the_caller_does_not_record_is_not_recorded_here(monkeypatch):
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.url)
        with open_tracing() as tracer:
            trail = set_out(tracer, PARENT.removesuffix("01") + "00")
            trail.span.end()
    assert trail.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert not collected.spans


@pytest.mark.timeout(25)  # left alone, the exporter would try again for longer
def test_collector_that_is_gone_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr("hub.collector.PARTING_SECONDS", 0.1)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1000")
    with open_tracing() as tracer:
        set_out(tracer).span.end()


# Metrics


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    asked = Counter("asked", "Questions.", ["kind"], registry=registry)
    asked.labels("query").inc(3)
    Gauge("waiting", "Answers that wait.", registry=registry).set(7)
    took = Histogram("took_seconds", "Time.", ["stage"], buckets=(0.1, 1), registry=registry)
    for seconds in (0.05, 0.5, 0.6, 9):
        took.labels("sql").observe(seconds)
    return registry


def test_metrics_reach_the_collector_as_prometheus_has_them(monkeypatch, registry):
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collected.url)
        with open_metrics(registry):
            pass
    asked, waiting, took = collected.metrics
    [point] = asked.sum.data_points
    assert (asked.name, asked.sum.is_monotonic) == ("asked", True)
    assert (attributes(point), point.as_double) == ({"kind": "query"}, 3)
    assert [point.as_double for point in waiting.gauge.data_points] == [7]
    [point] = took.histogram.data_points
    assert attributes(point) == {"stage": "sql"}
    assert list(point.explicit_bounds) == [0.1, 1]
    assert list(point.bucket_counts) == [1, 2, 1]
    assert (point.count, point.sum) == (4, pytest.approx(10.15))
    assert not point.HasField("max")


def test_metrics_are_sent_again_and_again(monkeypatch, registry):
    with collector() as collected:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", f"{collected.url}/v1/metrics")
        monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "10")
        with open_metrics(registry):
            deadline = time.monotonic() + 20
            while len(collected.raw) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
    assert len(collected.raw) >= 3


def test_no_metrics_are_sent_where_no_collector_is_named(monkeypatch, registry):
    monkeypatch.setattr("hub.collector.OTLPMetricExporter", None)
    with open_metrics(registry):
        pass
