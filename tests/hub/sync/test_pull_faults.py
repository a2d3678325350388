"""A pull that goes badly: it fails with its reason, the good data stays, a good pull mends."""

import asyncio
import dataclasses
import re
from contextlib import asynccontextmanager

import polars as pl
import pytest
import structlog

from federation.harmonize.mapping import Mapping as Table
from federation.members.registry import FEEDS
from hub.demo.standins.process import start_standins
from hub.outbound import Limits, open_outbound
from hub.store.merge import Merged
from hub.sync import history
from hub.sync.types import Outcome
from tests.hub.store.lists import COMPANIES, ID, NOTICES, row, table_of
from tests.hub.sync.members import SERVED

FAULTS = {
    "error-500": ("SOURCE_DOWN", r"answered with HTTP 500"),
    "html": (
        "SOURCE_(FAULT|CHANGED)",
        r"web page|not a readable workbook|links to no file|gateway error",
    ),
    "half-file": ("SOURCE_BROKE_OFF", r"broke the connection off: pull again later"),
    "other-header": ("SOURCE_(FAULT|CHANGED)", r"header|columns?|lacks `|error \?"),
}


@asynccontextmanager
async def answering(answer, seen=None):
    """Serve raw bytes to every request, on a port of its own."""

    async def serve(reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(request)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _failed(hub, feed, result, code, reason):
    assert re.search(reason, result.reason), result.reason
    outcome, logged, said, rows = await hub.last(feed, "outcome, reason_code, reason, rows")
    assert re.fullmatch(code, logged), logged
    assert outcome == (Outcome.HELD if logged == "SOURCE_CHANGED" else Outcome.FAILED)
    assert (result.outcome, result.reason, rows) == (outcome, said, None)


@pytest.mark.parametrize("feed", SERVED)
async def test_no_fault_of_a_source_costs_its_good_data(hub, members, feed):
    await hub.pull(feed)
    good, written = await hub.current(feed), await hub.written()
    for fault, (code, reason) in FAULTS.items():
        async with members.faulty(feed, fault):
            result = await hub.pull(feed)
        await _failed(hub, feed, result, code, reason)
        assert (await hub.current(feed), await hub.written()) == (good, written)
    again = await hub.pull(feed, is_full=True)
    assert (again.outcome, again.merged) == (Outcome.PUBLISHED, Merged(0, 0, 0))


# CDSCO's portal makes its answer anew of whatever rows it has, so half of them are a whole answer.
# Half of a list that never claims to be whole is one too, unless the cut breaks a quote.
NEVER_WHOLE = ["eu.de_site_roles", "us.fda_inspections"]
WHOLE_FILES = [feed for feed in SERVED if feed not in {"in.cdsco_nsq", *NEVER_WHOLE}]


@pytest.mark.parametrize("feed", WHOLE_FILES)
async def test_half_a_file_that_looks_whole_to_http_does_not_publish(hub, members, feed):
    await hub.pull(feed)
    good = await hub.current(feed)
    content = members.file(feed).read_bytes()
    with members.changed(feed, content[: len(content) // 2]):
        result = await hub.pull(feed)
    assert result.outcome in {Outcome.FAILED, Outcome.HELD}
    assert result.reason != "the hub failed inside: its log says where"
    assert await hub.current(feed) == good


@pytest.mark.parametrize("feed", NEVER_WHOLE)
async def test_half_of_a_list_that_is_never_whole_takes_no_record_away(hub, members, feed):
    await hub.pull(feed)
    good = await hub.current(feed)
    content = members.file(feed).read_bytes()
    with members.changed(feed, content[: len(content) // 2]):
        result = await hub.pull(feed)
    assert result.merged.added == result.merged.absent == 0
    assert len(await hub.current(feed)) == len(good)


@pytest.mark.parametrize("feed", ["kr.mfds_permits", "eu.fr_products"])
async def test_source_that_hangs_fails_the_pull_in_the_stated_time(hub, members, feed):
    await hub.pull(feed)
    async with (
        members.faulty(feed, "hang"),
        open_outbound(allow_loopback=True, limits=Limits(silence_seconds=0.2)) as hasty,
    ):
        async with asyncio.timeout(5):
            result = await hub.pull(feed, is_full=True, outbound=hasty)
    await _failed(hub, feed, result, "SOURCE_TIMEOUT", "did not answer in time: pull again later")


async def test_pull_as_a_whole_is_bounded_in_time(hub, members):
    async with members.faulty("eu.fr_products", "hang"), asyncio.timeout(5):
        result = await hub.pull("eu.fr_products", limit_seconds=0.3)
    await _failed(hub, "eu.fr_products", result, "PULL_TIMEOUT", "the pull took over 0.3 s")


async def test_status_keeps_the_good_pull_beside_the_failed_one(hub, members):
    await hub.pull("eu.fr_products")
    async with members.faulty("eu.fr_products", "error-500"):
        await hub.pull("eu.fr_products")
    async with hub.tools.pool.connection() as connection:
        (status,) = await history.statuses(connection)
    assert (status.outcome, status.reason) == (
        "FAILED", "`CIS_bdpm.txt` answered with HTTP 500: pull again later",
    )  # fmt: skip
    assert status.rows == 108
    assert status.good_pull_at < status.last_pull_at


async def test_bytes_that_could_not_be_read_stay_in_the_landing(hub, members):
    async with members.faulty("kr.mfds_shortages", "other-header"):
        await hub.pull("kr.mfds_shortages")
    ((digest,),) = await hub.last("kr.mfds_shortages", "documents")
    assert "보고번호_v2".encode() in await hub.tools.landing.get(digest)


async def test_first_pull_that_fails_is_seen_in_the_status(hub, members):
    async with members.faulty("eu.fr_products", "error-500"):
        await hub.pull("eu.fr_products")
    async with hub.tools.pool.connection() as connection:
        (status,) = await history.statuses(connection)
    assert (status.outcome, status.good_pull_at, status.rows) == ("FAILED", None, None)


@pytest.mark.parametrize(
    ("base_url", "code", "reason"),
    [
        ("http://no-such-host.invalid", "SOURCE_UNKNOWN_HOST", "has no address: check the feed's"),
        ("http://127.0.0.1:1", "SOURCE_UNREACHABLE", "could not be reached: check that it is up"),
        ("ftp://127.0.0.1", "ADDRESS_REFUSED", "not a plain http"),
        ("http://key@127.0.0.1", "ADDRESS_REFUSED", "without a user"),
        ("", "ADDRESS_REFUSED", "not a plain http"),
    ],
)
async def test_address_that_leads_nowhere_is_named_without_what_it_carries(
    hub, base_url, code, reason
):
    feed = "kr.mfds_permits"
    result = await hub.pull(feed, base_urls={feed: base_url})
    await _failed(hub, feed, result, code, reason)
    assert "serviceKey" not in result.reason
    assert "key@" not in result.reason


async def test_redirect_elsewhere_is_not_followed(hub):
    followed = []
    async with answering(b"HTTP/1.1 200 OK\r\n\r\nsecret", followed) as inside:
        redirect = f"HTTP/1.1 302 Found\r\nLocation: {inside}/x\r\nContent-Length: 0\r\n\r\n"
        async with answering(redirect.encode()) as base_url:
            result = await hub.pull("eu.fr_products", base_urls={"eu.fr_products": base_url})
    await _failed(hub, "eu.fr_products", result, "SOURCE_FAULT", "answered with HTTP 302")
    assert followed == []


async def test_body_over_the_cap_is_dropped(hub, members):
    limits = Limits(body_bytes=members.file("eu.fr_products").stat().st_size - 1)
    async with open_outbound(allow_loopback=True, limits=limits) as narrow:
        result = await hub.pull("eu.fr_products", outbound=narrow)
    await _failed(
        hub, "eu.fr_products", result, "SOURCE_TOO_LARGE", "the answer is over [0-9]+ bytes"
    )


# data.go.kr says no within HTTP 200, in the gateway's own XML.


async def test_spent_quota_is_named_and_the_good_data_stays(hub, members):
    feed = "kr.mfds_permits"
    await hub.pull(feed)
    good = await hub.current(feed)
    async with members.faulty(feed, "quota"):
        result = await hub.pull(feed)
    reason = "gateway error 22: the daily quota is used up: pull again tomorrow"
    await _failed(hub, feed, result, "SOURCE_QUOTA", reason)
    assert await hub.current(feed) == good


async def test_quota_that_ends_between_two_pages_publishes_no_half_list(hub, members):
    feed, manifest = "kr.mfds_permits", members.folder / "two-pages.toml"
    permits = members.file(feed).read_text("utf-8").strip().removeprefix("[").removesuffix("]")
    (members.folder / "two-pages.json").write_text(f"[{permits},{permits}]", "utf-8")
    manifest.write_text(f'[feeds]\n"{feed}" = ["two-pages.json"]\n')
    async with start_standins(manifest, daily_quota=1) as standins:
        result = await hub.pull(feed, base_urls=standins.base_urls)
    await _failed(hub, feed, result, "SOURCE_QUOTA", "error 22")
    assert await hub.query("SELECT count(*) FROM product") == [(0,)]


async def test_wrong_service_key_is_named_and_not_shown(hub, monkeypatch):
    monkeypatch.setenv("DATA_GO_KR_SERVICE_KEY", "not-the-key")
    with structlog.testing.capture_logs() as logs:
        result = await hub.pull("kr.mfds_permits")
    await _failed(
        hub, "kr.mfds_permits", result, "SOURCE_FAULT", "error 30: the service key is not"
    )
    assert "not-the-key" not in f"{result} {logs}"


async def test_missing_service_key_says_which_to_set(hub, monkeypatch):
    monkeypatch.delenv("DATA_GO_KR_SERVICE_KEY")
    result = await hub.pull("kr.mfds_permits")
    await _failed(hub, "kr.mfds_permits", result, "SOURCE_FAULT", "set DATA_GO_KR_SERVICE_KEY")


async def test_service_key_file_that_is_not_there_says_so(hub, monkeypatch, tmp_path):
    monkeypatch.setenv("DATA_GO_KR_SERVICE_KEY_FILE", str(tmp_path / "gone"))
    result = await hub.pull("kr.mfds_permits")
    reason = "can't read the key file that `DATA_GO_KR_SERVICE_KEY_FILE` names"
    await _failed(hub, "kr.mfds_permits", result, "INVALID_INPUT", reason)


# Defects of ours.


def _of(feed, table, rows):
    return dataclasses.replace(
        feed,
        source=FEEDS["ref.alliance_substances"].source,
        read=lambda _: table_of(rows),
        primary=table or feed.primary,
    )


async def test_exception_in_a_mapping_fails_that_feed_only_and_is_logged(hub):
    breaks = pl.col("title").map_elements(lambda text: text[9], return_dtype=pl.String)
    values = {**COMPANIES.primary.values, "name": breaks}
    table = Table(COMPANIES.primary.record, scheme="x", national_id=ID, values=values)
    with structlog.testing.capture_logs() as logs:
        result = await hub.pull(_of(COMPANIES, table, [row("1")]))
    await _failed(
        hub, COMPANIES.id, result, "INTERNAL", "the hub failed inside: its log says where"
    )
    assert {"event": "pull broke", "feed": COMPANIES.id}.items() <= logs[0].items()
    assert logs[0]["exc_info"]
    assert (await hub.pull(_of(NOTICES, None, [row("1")]))).outcome is Outcome.PUBLISHED


async def test_word_outside_the_vocabulary_is_refused_by_the_database_and_publishes_nothing(hub):
    values = {**NOTICES.primary.values, "status": pl.lit("SORT_OF")}
    table = Table(NOTICES.primary.record, scheme="x", national_id=ID, values=values)
    result = await hub.pull(_of(NOTICES, table, [row("1")]))
    await _failed(hub, NOTICES.id, result, "INTERNAL", "the hub failed inside")
    assert await hub.query("SELECT count(*) FROM supply_notice") == [(0,)]
    assert await hub.query("SELECT count(*) FROM field_quality") == [(0,)]


async def test_landing_that_takes_nothing_fails_the_pull(hub, tmp_path):
    folder = tmp_path / "landing"
    folder.rmdir()
    folder.write_text("a file in the folder's place")
    result = await hub.pull("eu.fr_products")
    await _failed(hub, "eu.fr_products", result, "UNAVAILABLE", "the landing does not answer")
