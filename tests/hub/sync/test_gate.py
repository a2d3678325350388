"""The gate's rules, each over figures of two pulls alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.gate import GateMode, GateRules
from hub.sync.gate import rules as gate
from hub.sync.gate.profile import Dates, Profile, Terms

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
COLUMNS = {"id": 100, "name": 100, "maker": 60, "note": 1}
STATUS, POSTED, ENDS = "SupplyNotice.status", "SupplyNotice.posted_on", "SupplyNotice.ended_on"
GOOD = Profile(
    rows=100,
    quarantined=2,
    columns=COLUMNS,
    keyed=100,
    shared=1,
    terms={STATUS: Terms(98, 1)},
    dates={
        POSTED: Dates(98, "2025-10-01", "2026-03-18", 0),
        ENDS: Dates(40, "2026-01-01", "2026-03-01", 12),
    },
    listed_at="2026-03-19T00:00:00+00:00",
    taken_at="2026-03-19T06:00:00+00:00",
)


def judged(before=GOOD, mode=GateMode.HOLD, rules=None, *, is_full_list=True, known=(), **changes):
    """Judge a pull that is the good one but for `changes`; gives the codes of what it broke."""
    now = replace(GOOD, **{"taken_at": NOW.isoformat()} | changes)
    question = gate.Question(
        now, before, rules or GateRules(), mode, is_full_list, NOW, frozenset(known)
    )
    held = gate.judge(question)
    return [each.code for each in held.breaches] if held else []


def columns(*without, **more):
    return {name: n for name, n in COLUMNS.items() if name not in without} | more


def test_pull_like_the_last_good_one_passes():
    assert judged() == []


def test_first_pull_is_judged_by_itself_alone():
    assert judged(before=None, rows=1_000_000, keyed=1, columns={"x": 1}) == []
    assert judged(before=None, quarantined=21) == ["MOSTLY_UNUSABLE"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rows": 69, "quarantined": 1}, "ROWS_LOST"),
        ({"rows": 201}, "ROWS_JUMPED"),
        ({"quarantined": 8}, "QUARANTINE_JUMPED"),
        ({"terms": {STATUS: Terms(98, 12)}}, "UNMAPPED_JUMPED"),
        ({"shared": 7}, "KEYS_COLLIDE"),
        ({"listed_at": "2026-03-18T00:00:00+00:00"}, "LIST_DATED_BACK"),
        ({"listed_at": "2026-03-22T00:00:00+00:00"}, "LIST_DATED_AHEAD"),
        ({"dates": {POSTED: Dates(98, "2025-10-01", "2026-03-18", 5)}}, "DATES_AHEAD"),
        ({"dates": {POSTED: Dates(98, "2025-10-01", "2026-03-10", 0)}}, "DATES_WENT_BACK"),
        ({"dates": {ENDS: Dates(40, "2025-09-01", "2026-03-01", 12)}}, "DATES_SHIFTED"),
        ({"columns": columns("maker")}, "COLUMN_VANISHED"),
        ({"columns": columns(price=80)}, "COLUMN_APPEARED"),
    ],
)
def test_each_rule_holds_what_it_is_for_and_nothing_else_does(changes, code):
    assert judged(**changes) == [code]


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 70, "quarantined": 0},
        {"rows": 200},
        {"quarantined": 7},
        {"terms": {STATUS: Terms(98, 10)}},
        {"terms": {"SupplyNotice.kind": Terms(98, 98)}},
        {"shared": 6},
        {"listed_at": "2026-03-18T23:00:00+00:00"},
        {"listed_at": "2026-03-21T12:00:00+00:00"},
        {"listed_at": None},
        {"dates": {POSTED: Dates(98, "2025-10-01", "2026-03-18", 4)}},
        {"dates": {POSTED: Dates(98, "2025-10-01", "2026-03-11", 0)}},
        {"dates": {ENDS: Dates(40, "2025-10-03", "2024-01-01", 40)}},
        {"dates": {ENDS: Dates(19, "2020-01-01", "2020-01-01", 0)}},
        {"columns": columns("note")},
        {"columns": columns(price=6)},
        {"columns": dict(reversed(COLUMNS.items()))},
    ],
)
def test_what_stays_within_its_bound_passes(changes):
    assert judged(**changes) == []


def test_figures_say_what_was_what_is_and_what_would_have_passed():
    question = gate.Question(
        replace(GOOD, rows=69), GOOD, GateRules(), GateMode.HOLD, is_full_list=True, at=NOW
    )
    held = gate.judge(question)
    assert held.code == "ROWS_LOST"
    assert held.figures == [
        {
            "code": "ROWS_LOST",
            "reason": "69 rows where the last good pull had 100: ask the member whether the list "
            "was cut",
            "what": None,
            "before": 100,
            "now": 69,
            "limit": 70,
        }
    ]


def test_all_that_was_broken_is_said_the_cause_first():
    codes = judged(columns=columns("name", names=100), rows=30, quarantined=15)
    assert codes == ["COLUMN_RENAMED", "ROWS_LOST", "MOSTLY_UNUSABLE", "QUARANTINE_JUMPED"]


@pytest.mark.parametrize(
    ("gone", "new", "became"),
    [
        ("maker", {"maker_name": 60, "zzz": 90}, "maker_name"),
        ("note", {"remarks": 60}, None),
        ("name", {"zzz": 100}, None),
    ],
)
def test_renamed_column_is_told_with_the_new_one_it_is_most_like(gone, new, became):
    before = replace(GOOD, columns={"id": 100, "name": 100, "maker": 60, "note": 60})
    after = {name: n for name, n in before.columns.items() if name != gone}
    question = gate.Question(
        replace(before, columns={**new, **after}),
        before,
        GateRules(),
        GateMode.HOLD,
        is_full_list=True,
        at=NOW,
    )
    [first, *_] = gate.judge(question).breaches
    assert (first.what, first.now) == (gone, became or 0)
    if became:
        assert first.reason.startswith(f"the column `{gone}` is gone and `{became}`, which is most")


def test_new_column_in_a_lost_ones_place_is_taken_for_it_whatever_its_name():
    after = {"id": 100, "zzz": 100, "maker": 60, "note": 1}
    assert judged(columns=after) == ["COLUMN_RENAMED"]


def test_evolve_lets_new_columns_through_and_holds_the_rest():
    assert judged(mode=GateMode.EVOLVE, columns=columns(price=80)) == []
    assert judged(mode=GateMode.EVOLVE, columns=columns("maker")) == ["COLUMN_VANISHED"]
    assert judged(mode=GateMode.EVOLVE, rows=69) == ["ROWS_LOST"]


def test_freeze_holds_even_what_did_not_change():
    assert judged(mode=GateMode.FREEZE) == ["FROZEN"]
    assert judged(before=None, mode=GateMode.FREEZE) == ["FROZEN"]


def test_column_that_the_feed_declares_may_come():
    assert judged(columns=columns(price=80), known={"price"}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 2, "quarantined": 0},
        {"rows": 1_000},
        {"dates": {POSTED: Dates(98, "2020-10-01", "2026-03-01", 0)}},
    ],
)
def test_list_that_is_not_the_full_one_may_have_any_length_and_age(changes):
    assert judged(is_full_list=False, **changes) == []


def test_feed_s_own_bounds_are_the_ones_that_count():
    assert judged(rules=GateRules(max_loss=0.5), rows=51, quarantined=1) == []
    assert judged(rules=GateRules(max_loss=0.1), rows=89) == ["ROWS_LOST"]


def test_time_gone_by_moves_the_median_s_bound():
    long_ago = replace(GOOD, taken_at=(NOW - timedelta(days=300)).isoformat())
    moved = {ENDS: Dates(40, "2026-12-01", "2026-03-01", 12)}
    assert judged(before=long_ago, dates=moved) == []
    assert judged(dates=moved) == ["DATES_SHIFTED"]


def test_pull_of_an_older_release_is_compared_by_its_counts():
    assert judged(before=Profile(100, 2)) == []
    assert judged(before=Profile(100, 2), rows=60, quarantined=1) == ["ROWS_LOST"]


def test_profile_comes_back_from_json_as_it_was():
    kept = GOOD.as_json
    assert Profile.read(kept) == GOOD
    assert list(Profile.read(kept).columns) == list(COLUMNS)
