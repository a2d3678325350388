"""A feed read in part: what is asked for, what is kept of it, and when the whole is due."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

import hub.sync.pull as hub_pull
from federation.gate import GateRules
from federation.members.registry import FEEDS
from federation.reading.native import NativeTable
from federation.sources.exchange import Since
from federation.watermark import Watermark
from hub.store.merge import Merged
from hub.sync import history
from hub.sync.types import Outcome
from tests.hub.sync.members import open_hub
from tests.hub.sync.sources import DATED, Source, serving

MARK = Watermark("dated", ("%Y-%m-%d", "%Y%m%d"), overlap_days=10, full_days=30)
TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 5, tzinfo=UTC)


def days_ago(days):
    return date.today() - timedelta(days=days)  # noqa: DTZ011 - days apart, not instants


def table(*days):
    return NativeTable(pl.DataFrame({"dated": list(days)}, schema={"dated": pl.String}))


# The mark.


@pytest.mark.parametrize(
    ("days", "reached"),
    [
        (["2026-03-01", " 20260315 ", None], date(2026, 3, 15)),
        (["2026-03-20", "2062-03-20"], TODAY),
        (["2062-03-20"], None),
        (["soon", ""], None),
        ([], None),
    ],
)
def test_mark_is_the_newest_day_that_is_not_to_come(days, reached):
    assert MARK.reached(table(*days), TODAY) == reached


def test_list_without_the_column_has_no_mark():
    assert MARK.reached(NativeTable(pl.DataFrame({"id": ["1"]})), TODAY) is None


def test_part_begins_some_days_before_the_mark():
    assert MARK.since(date(2026, 3, 15), TODAY) == Since("dated", date(2026, 3, 5))


def test_mark_of_a_clock_that_stepped_back_counts_as_today():
    assert MARK.since(date(2027, 3, 15), TODAY) == Since("dated", date(2026, 3, 10))


@pytest.mark.parametrize(
    ("read_at", "is_due"),
    [
        (None, True),
        (NOW, False),
        (NOW - timedelta(days=29, hours=23), False),
        (NOW - timedelta(days=30), True),
        (NOW + timedelta(seconds=1), True),
    ],
)
def test_whole_is_due_never_having_been_read_too_long_ago_or_at_a_time_to_come(read_at, is_due):
    assert MARK.is_full_due(read_at, NOW) is is_due


# Pulls.


@pytest.fixture
async def source():
    rows = {str(number): (f"title {number}", days_ago(number)) for number in range(40)}
    async with serving(Source(rows)) as opened:
        yield opened


@pytest.fixture
async def dated(own_database, source, tmp_path):
    async with open_hub(own_database, {DATED.id: source.url}, tmp_path) as opened:
        yield opened


async def pull(hub, **how):
    return await hub.pull(DATED, **how)


async def listed(hub):
    rows = await hub.query(
        "SELECT national_id, title FROM supply_notice "
        "WHERE superseded_at IS NULL AND listing = 'LISTED'"
    )
    return dict(rows)


async def state(hub, columns="watermark, is_full_due"):
    return (await hub.query(f"SELECT {columns} FROM feed_state"))[0]


async def test_first_pull_reads_the_whole_and_the_next_a_part(dated, source):
    assert (await pull(dated)).merged == Merged(40, 0, 0)
    assert source.parts == []
    source.rows["new"] = ("new", days_ago(0))
    assert (await pull(dated)).merged == Merged(1, 0, 0)
    assert source.parts == [f"dated:[{days_ago(10):%Y%m%d} TO 99991231]"]
    assert await dated.last(DATED.id, "extent, rows") == ("PART", 12)
    assert await listed(dated) == source.usable


async def test_part_marks_nothing_absent_and_the_whole_does(dated, source):
    await pull(dated)
    del source.rows["35"], source.rows["3"]
    source.rows["5"] = ("changed", source.rows["5"][1])
    assert (await pull(dated)).merged == Merged(0, 1, 0)
    assert (await pull(dated, is_full=True)).merged == Merged(0, 0, 2)
    assert await listed(dated) == source.usable
    assert await dated.query(
        "SELECT national_id FROM supply_notice WHERE superseded_at IS NULL "
        "AND listing = 'NO_LONGER_LISTED' ORDER BY 1"
    ) == [("3",), ("35",)]


async def test_row_later_than_the_overlap_makes_a_full_read_due_which_finds_it(dated, source):
    await pull(dated)
    await pull(dated)
    source.rows["late"] = ("late", days_ago(25))
    result = await pull(dated)
    assert result.outcome is Outcome.UNCHANGED, "the part is the same"
    told = "the source has 41 rows; 40 are records and 0 are rightly none"
    code, reason, *totals = await dated.last(
        DATED.id, "reason_code, reason, source_total, store_total"
    )
    assert (code, totals) == ("COUNTS_DIFFER", [41, 40])
    assert reason.startswith(told)
    assert (await state(dated))[1] is True
    assert (await pull(dated)).merged == Merged(1, 0, 0)
    assert await state(dated) == (days_ago(0), False)
    assert await listed(dated) == source.usable


async def test_counts_are_compared_after_a_part_that_publishes_too(dated, source):
    await pull(dated)
    source.rows |= {"late": ("late", days_ago(25)), "new": ("new", days_ago(0))}
    assert (await pull(dated)).merged == Merged(1, 0, 0)
    assert await dated.last(DATED.id, "outcome, reason_code, source_total, store_total") == (
        "PUBLISHED", "COUNTS_DIFFER", 42, 41,
    )  # fmt: skip
    await pull(dated)
    assert await listed(dated) == source.usable


async def test_row_that_can_not_be_used_is_counted_as_none_after_one_full_read(dated, source):
    source.rows["broken"] = (None, days_ago(2))
    await pull(dated)
    assert await state(dated, "is_full_due, uncounted") == (False, 1)
    source.rows |= {"broken too": (None, days_ago(1)), "new": ("new", days_ago(0))}
    await pull(dated)
    assert (await state(dated))[1] is True
    await pull(dated)
    assert await state(dated, "is_full_due, uncounted") == (False, 2)
    source.rows["newer"] = ("newer", days_ago(0))
    await pull(dated)
    assert (await state(dated))[1] is False
    assert await dated.last(DATED.id, "extent, reason_code") == ("PART", None)


async def test_record_that_is_kept_though_its_row_broke_is_in_both_counts(dated, source):
    await pull(dated)
    source.rows["5"] = (None, source.rows["5"][1])
    await pull(dated, is_full=True)
    assert await dated.last(DATED.id, "source_total, store_total, reason_code") == (40, 40, None)
    assert await state(dated, "is_full_due, uncounted") == (False, 0)


async def test_part_with_nothing_in_it_is_unchanged(dated, source):
    source.rows = {str(n): (f"{n}", days_ago(30 + n)) for n in range(20)}
    await pull(dated)
    await dated.query("UPDATE feed_state SET watermark = watermark + 30 RETURNING feed")
    result = await pull(dated)
    assert (result.outcome, result.reason) == (Outcome.UNCHANGED, None)
    assert await dated.last(DATED.id, "extent, documents, source_total, store_total") == (
        "PART", [], 20, 20,
    )  # fmt: skip


async def test_pull_that_fails_moves_no_mark(dated, source, monkeypatch):
    await pull(dated)
    source.rows["new"] = ("new", days_ago(0))
    before = await state(dated, "watermark, full_read_at, is_full_due, uncounted, good_pull_id")

    with monkeypatch.context() as broken:
        broken.setattr(history, "finish", _failing_once(history.finish))
        assert (await pull(dated)).outcome is Outcome.FAILED
    after = await state(dated, "watermark, full_read_at, is_full_due, uncounted, good_pull_id")
    assert after == before
    await pull(dated)
    assert await listed(dated) == source.usable


def _failing_once(finish):
    async def fail(connection, pull_id, outcome, *rest, **others):
        if outcome is Outcome.PUBLISHED:
            raise ConnectionError("gone")
        await finish(connection, pull_id, outcome, *rest, **others)

    return fail


async def test_whole_after_parts_is_judged_by_the_whole_before(dated, source):
    feed = dataclasses.replace(DATED, gate=GateRules())
    source.rows |= {f"more {n}": (f"more {n}", days_ago(20)) for n in range(200)}
    assert (await dated.pull(feed)).outcome is Outcome.PUBLISHED
    source.rows["new"] = ("new", days_ago(0))
    assert (await dated.pull(feed)).merged == Merged(1, 0, 0)
    assert await dated.last(DATED.id, "rows") == (12,)
    whole = await dated.pull(feed, is_full=True)
    assert (whole.outcome, whole.reason) == (Outcome.PUBLISHED, None)
    source.rows = dict(list(source.rows.items())[:100])
    held = await dated.pull(feed, is_full=True)
    assert held.code == "ROWS_LOST", held


async def test_full_read_comes_round(dated, source):
    await pull(dated)
    await dated.query(
        "UPDATE feed_state SET full_read_at = full_read_at - interval '30 days' RETURNING feed"
    )
    await pull(dated)
    assert source.parts == []
    assert await dated.last(DATED.id, "outcome, extent") == ("UNCHANGED", "WHOLE")
    await pull(dated)
    assert len(source.parts) == 1


async def test_changed_mapping_reads_the_whole(dated, source, monkeypatch):
    await pull(dated)
    monkeypatch.setattr(hub_pull, "mapping_digest", lambda: "another")
    await pull(dated)
    assert source.parts == []
    assert await dated.last(DATED.id, "extent") == ("WHOLE",)


async def test_status_tells_the_counts_and_the_mark(dated, source):
    await pull(dated)
    source.rows["late"] = ("late", days_ago(25))
    await pull(dated)
    async with dated.tools.pool.connection() as connection:
        (status,) = await history.statuses(connection)
    assert (status.source_total, status.store_total) == (41, 40)
    assert (status.watermark, status.is_full_due) == (days_ago(0), True)
    assert status.reason.endswith("the next pull reads the whole list")


async def test_whole_list_feed_is_counted_on_every_read(hub):
    await hub.pull("eu.fr_products")
    source_total, store_total, records = await hub.last(
        "eu.fr_products", "source_total, store_total, records"
    )
    rows, none = await hub.last("eu.fr_products", "rows, quarantined + merged")
    assert (source_total, store_total) == (rows, records)
    assert rows - none == records


async def test_enforcement_of_openfda_is_read_in_part():
    feed = FEEDS["us.fda_enforcement"]
    assert feed.watermark == Watermark(
        "report_date", ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y"), overlap_days=35, full_days=28
    )
    assert dataclasses.asdict(feed.source)["path"] == "/drug/enforcement.json"
    assert [name for name, one in FEEDS.items() if one.watermark] == ["us.fda_enforcement"]
