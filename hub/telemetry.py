"""Traces, metrics and logs of the hub, by OpenTelemetry, Prometheus and structlog.

Nothing that is shown here holds a token, a key, or a value of a record.
"""
