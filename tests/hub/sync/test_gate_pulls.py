"""What the gate holds of native lists that a member changed, and what it lets through."""

import dataclasses
import io
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from federation.gate import GateMode, GateRules
from federation.harmonize.dates import day
from federation.members.registry import FEEDS
from hub.sync.types import Outcome
from tests.hub.store.lists import NOTICES, row, table_of

FEED = "kr.mfds_shortages"
UNREAD = "부서접수번호"

PRIMARY = NOTICES.primary
LISTS = dataclasses.replace(
    NOTICES,
    source=FEEDS["ref.alliance_substances"].source,
    primary=dataclasses.replace(
        PRIMARY,
        values=PRIMARY.values
        | {
            "status": pl.coalesce("reason", pl.lit("ONGOING")),
            "posted_on": day(pl.col("starts"), "%Y%m%d"),
        },
    ),
)
FIRST_DAY = date(2025, 1, 1)


def _rows(count=100, *, later=0, **others):
    days = [FIRST_DAY + timedelta(days=number % 100 + later) for number in range(count)]
    return [row(str(n), **{"starts": f"{day:%Y%m%d}"} | others) for n, day in enumerate(days)]


def _list(rows, stated_at=None, **changes):
    table = dataclasses.replace(table_of(rows), stated_at=stated_at)
    return dataclasses.replace(LISTS, read=lambda _: table, **changes)


async def _codes(hub, feed=LISTS.id):
    (breaches,) = await hub.last(feed, "breaches")
    return [breach["code"] for breach in breaches]


# Tables, by their columns.


def _edited(members, change):
    frame = pl.read_csv(members.file(FEED).read_bytes(), infer_schema=False)
    out = io.BytesIO()
    change(frame).write_csv(out)
    return out.getvalue()


async def _pulled_after(hub, members, change):
    await hub.pull(FEED)
    before = await hub.written()
    with members.changed(FEED, _edited(members, change)):
        result = await hub.pull(FEED)
    assert (await hub.written() == before) is (result.outcome is not Outcome.PUBLISHED)
    return result


async def test_column_that_nobody_reads_and_that_vanished_holds_the_pull(hub, members):
    result = await _pulled_after(hub, members, lambda frame: frame.drop(UNREAD))
    assert result.outcome is Outcome.HELD
    assert result.reason == (
        f"the column `{UNREAD}`, which 74 rows filled, is gone: ask the member whether that is "
        "meant, then release the pull"
    )
    assert await hub.last(FEED, "reason_code, rows") == ("COLUMN_VANISHED", 74)


async def test_renamed_column_holds_the_pull_and_names_the_new_one(hub, members):
    renamed = f"{UNREAD}(신)"
    result = await _pulled_after(hub, members, lambda frame: frame.rename({UNREAD: renamed}))
    assert result.outcome is Outcome.HELD
    assert f"`{UNREAD}` is gone and `{renamed}`, which is most like it, is new" in result.reason
    assert await _codes(hub, FEED) == ["COLUMN_RENAMED"]


async def test_column_that_a_mapping_needs_is_held_by_its_reader(hub, members):
    result = await _pulled_after(hub, members, lambda frame: frame.rename({"품목명": "제품명"}))
    assert result.outcome is Outcome.HELD
    assert "`품목명` is gone and `제품명`, which looks like it, is new" in result.reason
    assert await hub.last(FEED, "reason_code") == ("SOURCE_CHANGED",)


async def test_column_that_a_mapping_needs_is_told_where_no_reader_asks_for_it(hub):
    await hub.pull(_list(_rows()))
    table = table_of(_rows())
    renamed = dataclasses.replace(table, rows=table.rows.rename({"title": "titles"}))
    result = await hub.pull(dataclasses.replace(LISTS, read=lambda _: renamed), is_full=True)
    assert result.outcome is Outcome.HELD
    assert "`title` is gone and `titles`" in result.reason
    assert await _codes(hub) == ["COLUMN_RENAMED"]


async def test_new_column_holds_the_pull(hub, members):
    result = await _pulled_after(hub, members, lambda f: f.with_columns(pl.lit("x").alias("비고")))
    assert result.outcome is Outcome.HELD
    assert await _codes(hub, FEED) == ["COLUMN_APPEARED"]


async def test_feed_that_evolves_publishes_a_new_column_and_tells_of_it(hub, members):
    evolving = dataclasses.replace(FEEDS[FEED], gate=GateRules(mode=GateMode.EVOLVE))
    await hub.pull(evolving)
    with members.changed(FEED, _edited(members, lambda f: f.with_columns(x=pl.lit("1")))):
        assert (await hub.pull(evolving)).outcome is Outcome.PUBLISHED
        assert await hub.query(
            "SELECT native_row, record_type, native FROM finding WHERE code = 'COLUMN_APPEARED'"
        ) == [(0, "SupplyNotice", {"columns": ["x"]})]
        assert (await hub.pull(evolving, is_full=True)).outcome is Outcome.PUBLISHED
    told = await hub.query("SELECT count(*) FROM finding WHERE code = 'COLUMN_APPEARED'")
    assert told == [(1,)], "it is new once"


# Lists, by their rows.


@pytest.mark.parametrize(
    ("after", "codes"),
    [
        (_list(_rows(69)), ["ROWS_LOST", "DATES_WENT_BACK"]),
        (_list(_rows(201)), ["ROWS_JUMPED"]),
        (_list([*_rows()[21:], *[row(None)] * 21]), ["MOSTLY_UNUSABLE", "QUARANTINE_JUMPED"]),
        (_list([*_rows()[10:], *[row(None)] * 10]), ["QUARANTINE_JUMPED"]),
        (_list([*_rows()[11:], *_rows(11, reason="UNMAPPED")]), ["UNMAPPED_JUMPED"]),
        (
            _list([*_rows()[10:], *[row("99", str(n)) for n in range(10)]]),
            ["QUARANTINE_JUMPED", "KEYS_COLLIDE"],
        ),
        (_list([*_rows()[5:], *_rows(5, starts="20990101")]), ["DATES_AHEAD"]),
        (_list(_rows(later=-8)), ["DATES_WENT_BACK"]),
        (_list(_rows(later=120)), ["DATES_SHIFTED"] * 2),
    ],
)  # fmt: skip
async def test_list_that_differs_too_much_is_held_with_its_figures(hub, after, codes):
    await hub.pull(_list(_rows()))
    before = await hub.written()
    assert (await hub.pull(after, is_full=True)).outcome is Outcome.HELD
    assert await _codes(hub) == codes
    (reason_code, breaches) = await hub.last(LISTS.id, "reason_code, breaches")
    assert reason_code == codes[0]
    assert all(None not in (each["before"], each["now"], each["limit"]) for each in breaches[1:])
    assert await hub.written() == before


@pytest.mark.parametrize(
    ("hours", "outcome"), [(-0.5, Outcome.PUBLISHED), (-24, Outcome.HELD), (20, Outcome.PUBLISHED)]
)
async def test_list_that_says_it_is_older_than_what_is_served_is_held(hub, hours, outcome):
    stated_at = datetime(2026, 3, 20, tzinfo=UTC)
    await hub.pull(_list(_rows(), stated_at))
    after = _list(_rows(), stated_at + timedelta(hours=hours))
    assert (await hub.pull(after, is_full=True)).outcome is outcome
    if outcome is Outcome.HELD:
        assert await _codes(hub) == ["LIST_DATED_BACK"]


async def test_first_list_of_a_day_to_come_is_held(hub):
    result = await hub.pull(_list(_rows(), datetime.now(UTC) + timedelta(days=2)))
    assert result.outcome is Outcome.HELD
    assert await _codes(hub) == ["LIST_DATED_AHEAD"]


async def test_frozen_feed_publishes_nothing(hub):
    frozen = GateRules(mode=GateMode.FREEZE)
    assert (await hub.pull(_list(_rows(), gate=frozen))).outcome is Outcome.HELD
    assert await _codes(hub) == ["FROZEN"]
    assert await hub.query("SELECT count(*) FROM supply_notice") == [(0,)]


async def test_held_pull_is_not_what_the_next_one_is_compared_with(hub):
    await hub.pull(_list(_rows()))
    await hub.pull(_list(_rows(60)), is_full=True)
    assert (await hub.pull(_list(_rows(60)), is_full=True)).outcome is Outcome.HELD
    assert (await hub.pull(_list(_rows(101)), is_full=True)).outcome is Outcome.PUBLISHED


async def test_what_later_pulls_are_compared_with_is_committed_with_the_records(hub):
    await hub.pull(_list(_rows()))
    ((profile, published),) = await hub.query(
        "SELECT p.profile, count(*) FROM pull p "
        "JOIN supply_notice n ON n.pull_id = p.id GROUP BY p.id"
    )
    assert (profile["rows"], profile["keyed"], profile["shared"], published) == (100, 100, 0, 100)
    assert [name for name, _ in profile["columns"]] == ["id", "title", "reason", "codes", "starts"]
    assert profile["dates"]["SupplyNotice.posted_on"]["newest"] == "2025-04-10"
