"""Whole pulls from the stand-ins: parts of a list, resumed files, moving lists and quotas."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.process import start_standins
from hub.outbound import open_outbound
from hub.store.merge import Merged
from hub.sync.fetching.hosts import Hosts
from hub.sync.types import Outcome
from tests.hub.sync.members import Members, copy_samples, open_hub

RECALLS = "us.fda_enforcement"


def recall(number, day, **others):
    return {
        "recall_number": f"D-{number:04}-2026",
        "recalling_firm": "Sample Ridge Laboratories, LLC",
        "recall_initiation_date": "20260102",
        "classification": "Class II",
        "product_description": "Sample Tablets, 500 mg, Lot #: SR2401",
        "reason_for_recall": "Lack of Assurance of Sterility",
        "status": "Ongoing",
        "distribution_pattern": "Nationwide",
        "city": "Wilmington",
        "state": "DE",
        "country": "United States",
        "code_info": "Lot #: SR2401",
        "report_date": day,
        "event_id": f"{90_000 + number}",
        "openfda": {},
    } | others


@pytest.fixture(scope="module")
async def own_members(tmp_path_factory):
    """Stand-ins of the test's own: recalls as openFDA serves them, not their conversion."""
    folder = tmp_path_factory.mktemp("members")
    manifest = copy_samples(folder)
    text = manifest.read_text()
    manifest.write_text(text.replace("us/openfda_enforcement_2026-03-18.csv", "us/recalls.json"))
    _publish(folder / "us" / "recalls.json", [])
    async with start_standins(manifest) as standins, open_outbound(allow_loopback=True) as control:
        yield Members(folder, standins, control)


@pytest.fixture
async def own_hub(own_database, own_members, tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
    async with open_hub(own_database, own_members.standins.base_urls, tmp_path) as opened:
        yield opened


def _publish(file, recalls):
    document = {"meta": {"last_updated": "2026-03-26"}, "results": recalls}
    file.write_bytes(orjson.dumps(document))


async def _served(hub):
    found = await hub.query(
        "SELECT national_id, listing FROM quality_alert WHERE superseded_at IS NULL"
    )
    return dict(found)


async def test_recalls_are_read_whole_then_in_part_then_whole_again(own_hub, own_members):
    file = own_members.file(RECALLS)
    recalls = [recall(n, f"2025{n % 12 + 1:02}15") for n in range(1, 1101)]
    _publish(file, recalls)
    assert (await own_hub.pull(RECALLS)).outcome is Outcome.PUBLISHED
    assert await own_hub.last(RECALLS, "extent, rows, source_total, store_total") == (
        "WHOLE", 1100, 1100, 1100,
    )  # fmt: skip
    recalls += [recall(2000, "20251216"), recall(2001, "20251120")]
    recalls[10] |= {"report_date": "20251217", "status": "Terminated"}
    _publish(file, recalls)
    part = await own_hub.pull(RECALLS)
    assert (part.merged.added, part.merged.absent) == (2, 0)
    extent, rows, *totals = await own_hub.last(RECALLS, "extent, rows, source_total, store_total")
    assert (extent, totals) == ("PART", [1102, 1102])
    assert rows < 250
    assert (await own_hub.query("SELECT watermark::text FROM feed_state"))[0] == ("2025-12-17",)
    del recalls[20]
    _publish(file, recalls)
    assert (await own_hub.pull(RECALLS)).outcome is Outcome.UNCHANGED
    whole = await own_hub.pull(RECALLS)
    assert whole.merged == Merged(0, 0, 1)
    served = await _served(own_hub)
    assert {key for key, listing in served.items() if listing == "LISTED"} == {
        recall["recall_number"] for recall in recalls
    }
    assert sorted(served.values()).count("NO_LONGER_LISTED") == 1


async def test_file_that_breaks_off_is_resumed_and_published_whole(own_hub, own_members):
    async with own_members.faulty("eu.fr_products", "break-off"):
        result = await own_hub.pull("eu.fr_products")
    assert (result.outcome, result.reason) == (Outcome.PUBLISHED, None)
    ((digest,),) = [await own_hub.last("eu.fr_products", "documents")]
    landed = await own_hub.tools.landing.get(digest[0])
    assert landed == own_members.file("eu.fr_products").read_bytes()


class AtOnce(Hosts):
    """Hosts for which no time passes; keeps the pauses, and does something after the first."""

    def __init__(self, after_pause=None):
        self.pauses = []
        self.now = 0.0
        self.after_pause = after_pause
        super().__init__(self.sleep, lambda: self.now)

    async def sleep(self, seconds):
        await asyncio.sleep(0)
        self.now += seconds
        if seconds > 0.5:
            self.pauses.append(seconds)
            if self.after_pause:
                await self.after_pause()


@pytest.mark.parametrize(
    ("at", "code", "wait"),
    [
        (("us.openfda_shortages", "moving"), "SOURCE_MOVING", None),
        (("kr.mfds_permits", "moving"), "SOURCE_MOVING", None),
        (("us.openfda_shortages", "quota"), "SOURCE_QUOTA", timedelta(days=1)),
        (("kr.mfds_permits", "quota"), "SOURCE_QUOTA", timedelta(days=1)),
        (("kr.mfds_permits", "too-fast"), "SOURCE_BUSY", None),
        (("eu.fr_products", "busy"), "SOURCE_BUSY", timedelta(seconds=1)),
    ],
)
async def test_pull_that_a_limit_ends_says_why_and_when_to_come_back(
    own_hub, own_members, at, code, wait
):
    feed, fault = at
    before = datetime.now(UTC)
    async with own_members.faulty(feed, fault):
        result = await own_hub.pull(feed, hosts=AtOnce())
    assert (result.outcome, result.code) == (Outcome.FAILED, code)
    assert await own_hub.last(feed, "reason_code, reason") == (code, result.reason)
    if wait is None:
        assert result.retry_at is None
    else:
        assert before < result.retry_at <= datetime.now(UTC) + wait
    again = await own_hub.pull(feed)
    assert again.outcome is Outcome.PUBLISHED


@pytest.mark.parametrize(
    ("feed", "fault", "pause"),
    [
        ("us.openfda_shortages", "quota", 60),
        ("kr.mfds_permits", "too-fast", 1),
        ("eu.fr_products", "busy", 1),
    ],
)
async def test_pull_goes_on_when_a_limit_is_over(own_hub, own_members, feed, fault, pause):
    async def clear():
        url = f"{own_members.standins.control_url}/{feed}"
        await own_members.control.send("DELETE", url, {})

    hosts = AtOnce(clear)
    async with own_members.faulty(feed, fault):
        result = await own_hub.pull(feed, hosts=hosts)
    assert (result.outcome, result.reason) == (Outcome.PUBLISHED, None)
    assert hosts.pauses == [pytest.approx(pause, abs=0.3)]
