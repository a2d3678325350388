"""A pull that goes well: what it publishes and logs, and when it writes nothing."""

import dataclasses
from datetime import UTC, datetime

import pytest

import hub.sync.pull as hub_pull
from federation.members.registry import FEEDS
from hub.store.merge import Merged
from hub.sync import history
from hub.sync.gate import rules as gate
from hub.sync.types import Outcome
from tests.hub.store.lists import NOTICES, row, table_of
from tests.hub.sync.members import SERVED

BALANCE = "rows, records, quarantined, merged"

BESIDES = {"kr.mfds_gmp_sites": 2}
"""Records of the primary type beside those of the balance: a row may tell of two site roles."""


@pytest.mark.parametrize("feed", SERVED)
async def test_every_feed_publishes_and_all_its_rows_are_accounted_for(hub, feed):
    result = await hub.pull(feed)
    assert (result.outcome, result.reason) == (Outcome.PUBLISHED, None)
    rows, records, quarantined, merged = await hub.last(feed, BALANCE)
    assert rows == records + quarantined + merged
    assert records > 0
    table = FEEDS[feed].primary.record_type.table
    ((stored,),) = await hub.query(
        f"SELECT count(*) FROM {table} WHERE feed = %s AND superseded_at IS NULL", feed
    )
    assert stored == records + BESIDES.get(feed, 0)


async def test_pull_log_tells_the_whole_pull(hub, members):
    result = await hub.pull("kr.mfds_shortages")
    columns = "outcome, reason, added, changed, absent, documents, validator, stated_at, started_at"
    found = await hub.last("kr.mfds_shortages", f"{columns}, finished_at, seconds, mapping_digest")
    outcome, reason, added, changed, absent, documents, validator, stated_at, *times = found
    assert (outcome, reason) == ("PUBLISHED", None)
    assert Merged(added, changed, absent) == result.merged
    assert [await hub.tools.landing.get(digest) for digest in documents] == [
        members.file("kr.mfds_shortages").read_bytes()
    ]
    assert validator.startswith('"')
    assert stated_at == datetime(2026, 3, 20, tzinfo=UTC)
    started_at, finished_at, seconds, digest = times
    assert started_at <= finished_at
    assert seconds > 0
    assert digest == hub_pull.mapping_digest()


async def test_quarantine_findings_and_quality_are_kept_by_pull(hub):
    await hub.pull("in.janaushadhi")
    ((pull,),) = await hub.query("SELECT id FROM pull")
    (quarantined,) = await hub.last("in.janaushadhi", "quarantined")
    kept = await hub.query("SELECT pull_id, native_row, reason, native FROM quarantined_row")
    assert len(kept) == quarantined > 0
    assert all(
        pull_id == pull and native_row > 0 and reason for pull_id, native_row, reason, _ in kept
    )
    assert all(isinstance(native, dict) and native for *_, native in kept)
    quality = await hub.query("SELECT record_type, field, rows, filled, defects FROM field_quality")
    lineage = FEEDS["in.janaushadhi"].primary.lineage()
    assert {field for record_type, field, *_ in quality if record_type == "Product"} == (
        set(lineage) - {"national_id"}
    )
    assert all(
        0 <= filled <= rows and 0 <= defects <= rows for *_, rows, filled, defects in quality
    )


async def test_findings_name_their_record_type_and_rule(hub):
    await hub.pull("kr.mfds_shortages")
    found = await hub.query("SELECT record_type, code, native FROM finding")
    assert {code for _, code, _ in found} >= {"END_BEFORE_START"}
    assert all(
        record_type in {"SupplyNotice", "Organization", "StockReport"} for record_type, *_ in found
    )


@pytest.mark.parametrize("feed", SERVED)
async def test_same_bytes_mapped_again_write_no_record_row(hub, feed):
    await hub.pull(feed)
    before = await hub.written()
    again = await hub.pull(feed, is_full=True)
    assert (again.outcome, again.merged) == (Outcome.PUBLISHED, Merged(0, 0, 0))
    assert await hub.written() == before


@pytest.mark.parametrize("feed", ["kr.mfds_shortages", "eu.fr_products", "jp.mhlw_supply"])
async def test_source_that_says_not_modified_is_not_even_read(hub, feed):
    await hub.pull(feed)
    before = await hub.written()

    def read(_):
        raise AssertionError("read again")

    again = await hub.pull(dataclasses.replace(FEEDS[feed], read=read))
    assert (again.outcome, again.reason) == (Outcome.UNCHANGED, None)
    assert await hub.written() == before
    (documents,) = await hub.last(feed, "documents")
    assert documents == [], "nothing was sent"


async def test_source_without_validators_that_sends_the_same_bytes_is_not_read(hub):
    await hub.pull("us.openfda_shortages")

    def read(_):
        raise AssertionError("read again")

    again = await hub.pull(dataclasses.replace(FEEDS["us.openfda_shortages"], read=read))
    assert again.outcome is Outcome.UNCHANGED
    (documents,) = await hub.last("us.openfda_shortages", "documents")
    assert len(documents) == 1


async def test_changed_federation_maps_again_and_writes_nothing_when_it_means_the_same(
    hub, monkeypatch
):
    await hub.pull("eu.fr_products")
    before = await hub.written()
    monkeypatch.setattr(hub_pull, "mapping_digest", lambda: "another")
    again = await hub.pull("eu.fr_products")
    assert (again.outcome, again.merged) == (Outcome.PUBLISHED, Merged(0, 0, 0))
    assert await hub.written() == before
    assert await hub.last("eu.fr_products", "mapping_digest") == ("another",)
    assert (await hub.pull("eu.fr_products")).outcome is Outcome.UNCHANGED


async def test_changed_file_changes_what_changed_and_nothing_else(hub, members):
    feed = "kr.mfds_shortages"
    await hub.pull(feed)
    header, *lines = members.file(feed).read_bytes().splitlines(keepends=True)
    gone, changed = lines[0].split(b",")[0].decode(), lines[1].split(b",")[0].decode()
    lines[1] = lines[1].replace("처리완료".encode(), "취하".encode())
    with members.changed(feed, b"".join([header, *lines[1:]])):
        result = await hub.pull(feed)
    notices = await hub.query(
        "SELECT national_id, status FROM supply_notice WHERE superseded_at IS NULL "
        "AND first_recorded_at < recorded_at"
    )
    assert set(notices) == {(gone, "NO_LONGER_LISTED"), (changed, "WITHDRAWN")}
    assert (result.merged.added, result.merged.absent >= 1) == (0, True)


async def test_usual_pull_goes_by_the_last_merge_and_a_full_one_compares_all(hub, members):
    feed = "kr.mfds_shortages"
    await hub.pull(feed)
    ((records,),) = await hub.query(
        "WITH spoilt AS (UPDATE supply_notice SET content_digest = '' RETURNING 1) "
        "SELECT count(*) FROM spoilt"
    )
    with members.changed(feed, members.file(feed).read_bytes().rstrip()):
        assert (await hub.pull(feed)).merged == Merged(0, 0, 0)
    assert (await hub.pull(feed, is_full=True)).merged == Merged(0, records, 0)


async def test_registry_order_pulls_owners_of_companies_before_those_that_mention_them(hub):
    for feed in ("kr.mfds_shortages", "kr.mfds_permits", "kr.mfds_shortages"):
        await hub.pull(feed, is_full=True)
    before = await hub.written()
    for feed in ("kr.mfds_shortages", "kr.mfds_permits") * 2:
        assert (await hub.pull(feed, is_full=True)).merged == Merged(0, 0, 0)
    assert await hub.written() == before


async def test_bundled_register_is_published_once(hub):
    assert (await hub.pull("ref.alliance_substances")).outcome is Outcome.PUBLISHED
    assert (await hub.pull("ref.alliance_substances")).outcome is Outcome.UNCHANGED


# What the gate holds.


def _feed(rows):
    return dataclasses.replace(
        NOTICES, source=FEEDS["ref.alliance_substances"].source, read=lambda _: table_of(rows)
    )


ROWS = [row(str(number)) for number in range(100)]
UNUSABLE = [row(None) for _ in range(100)]


async def test_list_that_lost_many_rows_is_held_and_says_so(hub):
    await hub.pull(_feed(ROWS))
    before = await hub.written()
    result = await hub.pull(_feed(ROWS[:69]), is_full=True)
    assert result.outcome is Outcome.HELD
    assert result.reason.startswith("69 rows where the last good pull had 100")
    assert await hub.last(NOTICES.id, f"reason_code, reason, {BALANCE}") == (
        "ROWS_LOST", result.reason, 69, 69, 0, 0,
    )  # fmt: skip
    assert await hub.written() == before


async def test_list_that_lost_a_few_rows_publishes(hub):
    await hub.pull(_feed(ROWS))
    result = await hub.pull(_feed(ROWS[:70]), is_full=True)
    assert result.merged == Merged(added=0, changed=0, absent=30)


async def test_list_that_is_never_the_full_one_may_be_of_any_length(hub):
    await hub.pull(dataclasses.replace(_feed(ROWS), is_full_list=False))
    result = await hub.pull(dataclasses.replace(_feed(ROWS[:2]), is_full_list=False), is_full=True)
    assert result.merged == Merged(0, 0, 0)


async def test_list_of_mostly_unusable_rows_is_held_with_its_quarantine(hub):
    result = await hub.pull(_feed(ROWS[:79] + UNUSABLE[:21]))
    assert result.outcome is Outcome.HELD
    assert result.reason.startswith("21 of 100 rows could not become records")
    assert await hub.last(NOTICES.id, f"reason_code, {BALANCE}") == (
        "MOSTLY_UNUSABLE",
        100,
        79,
        21,
        0,
    )
    assert await hub.query("SELECT count(*), min(reason) FROM quarantined_row") == [
        (21, "NO_IDENTITY")
    ]
    assert await hub.query("SELECT count(*) FROM supply_notice") == [(0,)]


async def test_empty_list_is_held(hub):
    await hub.pull(_feed(ROWS))
    result = await hub.pull(_feed([]), is_full=True)
    assert (result.outcome, result.reason) == (Outcome.HELD, gate.NO_ROWS.reason)
    assert await hub.last(NOTICES.id, "reason_code, rows") == ("NO_ROWS", 0)
    assert await hub.query(
        "SELECT count(*) FROM supply_notice WHERE superseded_at IS NULL AND listing = 'LISTED'"
    ) == [(100,)]


@pytest.mark.parametrize(
    ("feed", "content"),
    [
        ("kr.mfds_permits", b"[]"),
        ("in.cdsco_nsq", b'{"iTotalRecords": 0, "aaData": []}'),
        ("us.openfda_shortages", b'{"meta": {"results": {"total": 0}}, "results": []}'),
    ],
)
async def test_member_that_sends_an_empty_list_does_not_publish(hub, members, feed, content):
    await hub.pull(feed)
    before = await hub.written()
    with members.changed(feed, content):
        result = await hub.pull(feed)
    assert result.outcome in {Outcome.HELD, Outcome.FAILED}
    assert "no r" in result.reason
    assert await hub.written() == before


async def test_record_whose_row_can_not_be_used_any_more_keeps_its_last_good_version(hub):
    await hub.pull(_feed(ROWS))
    broken = [*ROWS[2:], row("0", title=None)]
    result = await hub.pull(_feed(broken), is_full=True)
    assert result.merged == Merged(added=0, changed=0, absent=1), "1 is gone, 0 is not"
    assert await hub.last(NOTICES.id, BALANCE) == (99, 98, 1, 0)
    assert await hub.query(
        "SELECT national_id, title, status FROM supply_notice "
        "WHERE superseded_at IS NULL AND national_id IN ('0', '1') ORDER BY 1"
    ) == [("0", "title", "ONGOING"), ("1", "title", "NO_LONGER_LISTED")]


async def test_good_list_after_a_held_one_publishes_and_is_compared_with_the_good(hub):
    await hub.pull(_feed(ROWS))
    await hub.pull(_feed(ROWS[:10]), is_full=True)
    assert (await hub.pull(_feed(ROWS[:10]), is_full=True)).outcome is Outcome.HELD
    assert (await hub.pull(_feed([*ROWS, row("new")]), is_full=True)).merged == Merged(1, 0, 0)


async def test_status_shows_the_good_balance_and_the_newest_outcome(hub):
    await hub.pull(_feed(ROWS))
    await hub.pull(_feed(ROWS[:10]), is_full=True)
    async with hub.tools.pool.connection() as connection:
        (status,) = await history.statuses(connection)
    assert (status.feed, status.outcome) == (NOTICES.id, "HELD")
    assert status.reason.startswith("10 rows")
    assert (status.rows, status.records, status.quarantined, status.merged) == (100, 100, 0, 0)
    assert status.good_pull_at < status.last_pull_at
    assert status.seconds > 0
