"""Cron lines on their member's clock: which instants they name, and which lines are refused."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.feed import TIME_ZONES
from federation.members.registry import FEEDS
from federation.records.declaration import Origin
from hub.errors import InvalidInput
from hub.sync.scheduling.plan import FLOOR, MOST_JITTER, Plan, checked_line

BRUSSELS = "Europe/Brussels"
NEW_YORK = "America/New_York"


def slots(plan, after, until):
    """All slots between two instants."""
    found = []
    while (slot := plan.slot_after(after)) < until:
        found.append(slot)
        after = slot
    return found


def local(plan, day, days=1):
    """The slots of a local day or several, on the local clock."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(plan.time_zone))
    end = (start + timedelta(days=days)).astimezone(UTC)
    before = start.astimezone(UTC) - timedelta(microseconds=1)
    zone = ZoneInfo(plan.time_zone)
    return [f"{slot.astimezone(zone):%H:%M%z}" for slot in slots(plan, before, end)]


def test_every_member_has_a_time_zone_that_there_is():
    assert set(TIME_ZONES) == set(Origin)
    assert all(ZoneInfo(name) for name in TIME_ZONES.values())


def test_every_feed_has_a_line_that_members_could_set_too():
    assert [feed.id for feed in FEEDS.values() if checked_line(feed.cron) != feed.cron] == []


def test_a_line_is_read_on_the_members_clock():
    plan = Plan.of(FEEDS["kr.mfds_shortages"])
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert plan.slot_after(noon) == datetime(2026, 1, 2, 4, 30, tzinfo=UTC)
    assert f"{plan.slot_after(noon).astimezone(ZoneInfo('Asia/Seoul')):%H:%M}" == "13:30"


@pytest.mark.parametrize(
    ("cron", "zone", "day", "expected"),
    [
        ("30 2 * * *", BRUSSELS, "2026-03-29", ["03:00+0200"]),
        ("30 2 * * *", NEW_YORK, "2026-03-08", ["03:00-0400"]),
        ("30 2,3 * * *", BRUSSELS, "2026-03-29", ["03:00+0200", "03:30+0200"]),
        ("30 2 * * *", BRUSSELS, "2026-10-25", ["02:30+0200"]),
        ("30 1 * * *", NEW_YORK, "2026-11-01", ["01:30-0400"]),
        ("0 1-3 * * *", BRUSSELS, "2026-10-25", ["01:00+0200", "02:00+0200", "03:00+0100"]),
        ("0 5 * * *", "Asia/Kolkata", "2026-03-29", ["05:00+0530"]),
    ],
)  # fmt: skip
def test_days_of_23_and_25_hours_neither_skip_nor_double_a_run(cron, zone, day, expected):
    assert local(Plan("a.feed", cron, zone), day) == expected


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_line_of_every_hour_runs_each_hour_that_passes(day, hours):
    found = local(Plan("a.feed", "15 * * * *", BRUSSELS), day)
    assert len(found) == hours


WALLS = st.tuples(st.integers(0, 59), st.integers(0, 23))
INSTANTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(
    wall=WALLS,
    zone=st.sampled_from(sorted(TIME_ZONES.values())),
    start=INSTANTS,
)
def test_a_daily_line_has_one_slot_on_each_local_day(wall, zone, start):
    minute, hour = wall
    plan = Plan("a.feed", f"{minute} {hour} * * *", zone)
    first = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=ZoneInfo(zone))
    before = first.astimezone(UTC) - timedelta(seconds=1)
    found = slots(plan, before, before + timedelta(days=10))[:9]
    days = [slot.astimezone(ZoneInfo(zone)).date() for slot in found]
    assert days == [first.date() + timedelta(days=each) for each in range(9)]


@given(start=INSTANTS)
def test_slots_of_any_feed_rise_and_stay_five_minutes_apart(start):
    for feed in FEEDS.values():
        plan = Plan.of(feed)
        first = plan.slot_after(start)
        second = plan.slot_after(first)
        assert start < first < second
        assert second - first >= FLOOR
        assert plan.slot_after(second - timedelta(seconds=1)) == second


def test_jitter_is_the_same_whoever_asks_and_differs_by_feed_and_slot():
    slot = datetime(2026, 1, 2, 4, 30, tzinfo=UTC)
    due = Plan("a.feed", "30 4 * * *", "UTC").run_at(slot)
    assert due == Plan("a.feed", "30 4 * * *", "UTC").run_at(slot)
    assert slot <= due < slot + MOST_JITTER
    others = {Plan(f"{n}.feed", "30 4 * * *", "UTC").run_at(slot) for n in range(50)}
    assert len(others) == 50
    assert max(others) - min(others) > MOST_JITTER / 2
    next_day = slot + timedelta(days=1)
    assert Plan("a.feed", "30 4 * * *", "UTC").run_at(next_day) - next_day != due - slot


def test_runs_with_their_jitter_keep_the_order_of_their_slots():
    plan = Plan("a.feed", "*/5 * * * *", "UTC")
    start = datetime(2026, 1, 2, tzinfo=UTC)
    due = [plan.run_at(slot) for slot in slots(plan, start, start + timedelta(hours=5))]
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert min(gaps) > FLOOR * 0.9


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("30 4 * * 1-5", "30 4 * * 1-5"),
        ("  30  4 * * mon-fri ", "30 4 * * mon-fri"),
        ("*/5 * * * *", "*/5 * * * *"),
        ("0 0 L * *", "0 0 L * *"),
        ("58 23 * * *", "58 23 * * *"),
        ("2,58 8 * * *", "2,58 8 * * *"),
    ],
)
def test_cron_lines_are_taken(given, taken):
    assert checked_line(given) == taken


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "it has 0 of 5 fields"),
        ("@daily", "it has 1 of 5 fields"),
        ("* * * *", "it has 4 of 5 fields"),
        ("0 0 5 * * 1", "it has 6 of 5 fields"),
        ("61 * * * *", "out of range"),
        ("0 9 * * funday", "`funday` names no weekday or month"),
        ("R R * * *", "`r` names no weekday or month"),
        ("0 0 31 2 *", "find next date"),
        ("*/0 * * * *", "step '0'"),
    ],
)
def test_what_is_no_cron_line_is_refused_with_its_fault_and_an_example(line, says):
    with pytest.raises(InvalidInput) as refused:
        checked_line(line)
    assert refused.value.public_code == "CRON_INVALID"
    assert says in refused.value.message
    assert "such as `30 4 * * 1-5` for 04:30 from Monday to Friday" in refused.value.message


@pytest.mark.parametrize(
    ("line", "minutes"),
    [("* * * * *", 1), ("*/7 * * * *", 4), ("58,2 8,9 * * *", 4), ("58 23,0 * * *", None),
     ("59 23 * * *", None), ("2 0,1 * * *", None), ("0,4 1 1 1 *", 4)],
)  # fmt: skip
def test_a_line_that_comes_too_often_is_refused_with_both_figures(line, minutes):
    if minutes is None:
        assert checked_line(line) == line
        return
    with pytest.raises(InvalidInput) as refused:
        checked_line(line)
    assert refused.value.public_code == "CRON_TOO_FREQUENT"
    assert f"after {minutes} min, and the least is 5 min" in refused.value.message
