"""What Prometheus is told at `/metrics`, whom it is told to, and that the manual has it all."""

import re
import time
from contextlib import asynccontextmanager
from ipaddress import ip_network
from types import SimpleNamespace

import psycopg
import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

import hub.app
from federation.members.registry import FEEDS
from hub import metrics
from hub.disclosure.log import DisclosureLog
from hub.gateway.changes.subscriptions import OpenSubscriptions
from hub.gateway.execution import observing
from hub.health import Health
from hub.identity.errors import refused
from hub.metrics import Metrics, Parts
from hub.settings import ROOT
from hub.store.database import reading_pool
from tests.hub.gateway.serving import new_database

MANUAL = (ROOT / "docs" / "operating.md").read_text("utf-8")
SQL = """
    INSERT INTO pull (feed, started_at, outcome, documents, stated_at, records, quarantined)
    VALUES ('kr.mfds_permits', '2026-01-01Z', 'PUBLISHED', '{}', '2025-12-31Z', 40, 2),
           ('kr.mfds_permits', '2026-01-03Z', 'UNCHANGED', '{}', NULL, NULL, NULL),
           ('kr.mfds_permits', '2026-01-04Z', 'FAILED', '{}', NULL, NULL, NULL);
    INSERT INTO feed_state (feed, good_pull_id, last_pull_id)
    SELECT feed, min(id), max(id) FROM pull GROUP BY feed;
    INSERT INTO policy_set
        (digest, baseline, source_digest, policies, made_at, in_force_from, in_force_until)
    VALUES ('old', '', '', '', '2026-01-01Z', '2026-01-01Z', '2026-01-02Z'),
           ('new', '', '', '', '2026-01-02Z', '2026-01-02Z', NULL);
"""
JANUARY_2 = 1767312000
DAY = 86400


def figure(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


@asynccontextmanager
async def told(url, networks=None, pool=None):
    async with reading_pool(pool or url) as reading:
        health = Health(reading, {"trust": lambda: "not followed"})
        parts = Parts(health, {"reading": reading}, DisclosureLog(reading), OpenSubscriptions())
        yield Metrics(parts, reading, networks)


def asking(host):
    return SimpleNamespace(client=SimpleNamespace(host=host) if host else None)


async def status(found, host):
    return (await found.answer(asking(host))).status_code


async def test_what_the_database_keeps_is_told(database_url):
    async with new_database(database_url) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(SQL)
        async with told(url) as found:
            assert await status(found, "127.0.0.1") == 200
    feed = {"feed": "kr.mfds_permits"}
    assert figure("hub_feed_current_timestamp_seconds", **feed) == JANUARY_2 + DAY
    assert figure("hub_feed_age_seconds", **feed) == pytest.approx(
        time.time() - JANUARY_2 - DAY, abs=60
    )
    assert figure("hub_feed_stale", **feed) == 1
    assert figure("hub_feed_stated_timestamp_seconds", **feed) == JANUARY_2 - 2 * DAY
    assert figure("hub_feed_records", **feed) == 40
    assert figure("hub_feed_quarantined", **feed) == 2
    for outcome in ("PUBLISHED", "UNCHANGED", "FAILED"):
        assert figure("hub_feed_pulls", outcome=outcome, **feed) == 1
    assert figure("hub_policies_timestamp_seconds", digest="new") == JANUARY_2
    assert figure("hub_policies_timestamp_seconds", digest="old") is None
    assert figure("hub_exports", state="QUEUED") == 0


async def test_feed_that_was_never_read_is_told_as_that(database_url):
    async with new_database(database_url) as url, told(url) as found:
        await status(found, "127.0.0.1")
    for feed in FEEDS:
        assert figure("hub_feed_current_timestamp_seconds", feed=feed) == 0
        assert figure("hub_feed_stale", feed=feed) == 0
        assert figure("hub_feed_age_seconds", feed=feed) is None


async def test_parts_of_the_process_are_told(database_url):
    async with told(database_url) as found:
        await status(found, "127.0.0.1")
    assert figure("hub_ready", check="database") == 1
    assert figure("hub_ready", check="trust") == 0
    states = [figure("hub_pool_connections", pool="reading", state=s) for s in ("used", "idle")]
    assert sum(states) >= 1
    assert figure("hub_pool_waiting", pool="reading") == 0
    assert figure("hub_disclosures_waiting") == 0
    assert figure("hub_subscriptions_open") == 0


async def test_figures_are_in_the_form_that_prometheus_reads(database_url):
    observing.Observer().finish(observing.Watch())
    async with told(database_url) as found:
        answer = await found.answer(asking("127.0.0.1"))
    assert answer.headers["content-type"].startswith("text/plain; version=")
    read = {each.name: each for each in text_string_to_metric_families(answer.body.decode())}
    assert {"hub_operation_seconds", "hub_operations", "hub_ready"} <= read.keys()
    assert read["hub_operation_seconds"].type == "histogram"


async def test_database_that_is_gone_leaves_its_figures_out(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(hub.health, "READY_SECONDS", 0.2)
    nowhere = f"postgresql:///hub?host={tmp_path}"
    async with told(database_url, pool=nowhere) as found:
        assert await status(found, "127.0.0.1") == 200
    assert figure("hub_ready", check="database") == 0
    assert figure("hub_feed_current_timestamp_seconds", feed="kr.mfds_permits") is None


@pytest.mark.parametrize(
    ("host", "networks", "expected"),
    [
        ("127.0.0.1", None, 200),
        ("10.1.2.3", None, 200),
        ("fd00::5", None, 200),
        ("::ffff:192.168.0.9", None, 200),
        (None, None, 200),
        ("8.8.8.8", None, 403),
        ("2001:4860:4860::8888", None, 403),
        ("::ffff:8.8.8.8", None, 403),
        ("8.8.8.8", ["8.8.0.0/16"], 200),
        ("::ffff:8.8.8.8", ["8.8.0.0/16"], 200),
        ("127.0.0.1", ["8.8.0.0/16"], 403),
        ("fd00::5", ["8.8.0.0/16"], 403),
        ("127.0.0.1", [], 403),
    ],
)
async def test_figures_are_told_to_some_networks_alone(database_url, host, networks, expected):
    networks = networks if networks is None else [ip_network(each) for each in networks]
    async with told(database_url, networks) as found:
        assert await status(found, host) == expected


def test_refused_token_is_counted_by_the_part_at_fault():
    before = figure("hub_tokens_refused_total", part="aud") or 0
    refused("aud: another audience")
    assert figure("hub_tokens_refused_total", part="aud") == before + 1


# The manual


def declared():
    """All metrics of the hub: name, kind, labels and meaning."""
    for collector in REGISTRY._collector_to_names:
        for family in collector.collect():
            if family.name.startswith("hub_"):
                suffix = "_total" if family.type == "counter" else ""
                labels = tuple(getattr(collector, "_labelnames", ()))
                yield family.name + suffix, family.type, labels, family.documentation


def rows(heading):
    section = MANUAL.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found]


def test_manual_has_every_metric_with_its_labels_and_meaning():
    written = [
        (name.strip("`"), kind, tuple(re.findall(r"`(\w+)`", labels)), meaning)
        for name, kind, labels, meaning in rows("Metrics")
    ]
    assert written == sorted(declared())


def test_alerts_of_the_manual_are_of_metrics_that_there_are():
    [text] = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
    rules = yaml.safe_load(text)["groups"][0]["rules"]
    known = {name for name, *_ in declared()}
    named = {name for rule in rules for name in re.findall(r"hub_\w+", rule["expr"])}
    assert len(rules) >= 5
    assert {name.removesuffix("_bucket") for name in named} <= known


async def test_manual_has_every_check_of_readiness(database_url):
    async with reading_pool(database_url) as pool:
        parts = dict.fromkeys(("policies", "trust", "disclosure"), lambda: None)
        checks = await Health(pool, parts).faults()
    assert [row[0].strip("`") for row in rows("Health")[2:]] == list(checks)


def test_manual_names_events_that_are_logged():
    source = "".join(file.read_text("utf-8") for file in (ROOT / "hub").rglob("*.py"))
    events = [row[0].strip("`") for row in rows("Logs")]
    assert len(events) == 4
    assert all(f'"{event}"' in source for event in events)
