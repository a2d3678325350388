"""Rows that come late, out of order or from yesterday: nothing is skipped.

A source's list goes through days of edits, and is pulled in part now and then. What is served is
compared with the source in full: at once for what lies within the overlap, and after the full read
that a count or a calendar makes due for everything.
"""

import contextlib
import itertools
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.sync.types import Outcome
from tests.hub.sync.members import open_hub
from tests.hub.sync.sources import DATED, OVERLAP_DAYS, Source, serving

TODAY = date.today()  # noqa: DTZ011 - days apart, not instants


@pytest.fixture
async def scene(own_database, tmp_path):
    """A hub and a source of ten rows, pulled once."""
    async with (
        serving(Source()) as source,
        open_hub(own_database, {DATED.id: source.url}, tmp_path) as hub,
    ):
        yield hub, source


async def _begin(hub, source):
    """Begin with a list of its own, whatever the last one left."""
    source.rows = {f"old {n}": (f"old {n}", TODAY - timedelta(days=60 + n)) for n in range(5)}
    source.rows |= {f"new {n}": (f"new {n}", TODAY - timedelta(days=40 + n)) for n in range(5)}
    source.served, source.total = None, None
    async with hub.tools.pool.connection() as connection:
        await connection.execute("TRUNCATE supply_notice, pull, feed_state CASCADE")
    assert (await hub.pull(DATED)).outcome is Outcome.PUBLISHED


async def _served(hub):
    rows = await hub.query(
        "SELECT national_id, title FROM supply_notice "
        "WHERE superseded_at IS NULL AND listing = 'LISTED'"
    )
    return dict(rows)


async def _mark(hub):
    ((mark, is_full_due),) = await hub.query("SELECT watermark, is_full_due FROM feed_state")
    return mark, is_full_due


def _newest(source):
    return max(day for _, day in source.rows.values())


async def test_rows_committed_out_of_order_are_all_served_at_once(scene):
    hub, source = scene
    await _begin(hub, source)
    for late in (0, 3, OVERLAP_DAYS, 1):
        source.rows[f"late by {late}"] = ("late", _newest(source) - timedelta(days=late))
        await hub.pull(DATED)
        assert await _served(hub) == source.usable
    assert len(source.parts) == 4


async def test_source_whose_clock_steps_back_skips_nothing(scene):
    hub, source = scene
    await _begin(hub, source)
    source.rows["tomorrow"] = ("dated ahead", TODAY + timedelta(days=300))
    await hub.pull(DATED)
    assert (await _mark(hub))[0] <= TODAY, "a day to come is no mark"
    for day in (5, 4, 3):
        source.rows[f"then {day}"] = ("then", TODAY - timedelta(days=30 + day))
        await hub.pull(DATED)
        assert await _served(hub) == source.usable


async def test_hub_whose_clock_was_ahead_skips_nothing(scene):
    hub, source = scene
    await _begin(hub, source)
    await hub.query(
        "UPDATE feed_state SET watermark = %s, full_read_at = now() + interval '1 year' "
        "RETURNING feed",
        TODAY + timedelta(days=365),
    )
    source.rows["today"] = ("today", TODAY)
    await hub.pull(DATED)
    assert await _served(hub) == source.usable


async def test_mark_never_goes_back(scene):
    hub, source = scene
    await _begin(hub, source)
    source.rows["new"] = ("new", TODAY - timedelta(days=20))
    await hub.pull(DATED)
    del source.rows["new"]
    source.rows["other"] = ("other", TODAY - timedelta(days=35))
    await hub.pull(DATED)
    await hub.pull(DATED, is_full=True)
    assert (await _mark(hub))[0] == TODAY - timedelta(days=20)
    assert await _served(hub) == source.usable


@pytest.mark.parametrize("days", [1, 5, 30])
async def test_source_that_returns_yesterdays_page_skips_nothing(scene, days):
    hub, source = scene
    await _begin(hub, source)
    yesterday = dict(source.rows)
    source.rows["a"] = ("a", _newest(source) + timedelta(days=days))
    await hub.pull(DATED)
    source.served = yesterday
    source.rows["b"] = ("b", _newest(source) - timedelta(days=1))
    await hub.pull(DATED)
    served = await _served(hub)
    assert served["a"] == "a", "what an old page lacks is not gone"
    source.served = None
    await hub.pull(DATED)
    await hub.pull(DATED)
    assert await _served(hub) == source.usable


async def test_row_that_goes_unnoticed_by_count_and_part_is_found_when_the_whole_is_due(scene):
    hub, source = scene
    await _begin(hub, source)
    del source.rows["old 1"]
    source.rows["late"] = ("far too late", TODAY - timedelta(days=90))
    source.rows["old 2"] = ("changed", source.rows["old 2"][1])
    await hub.pull(DATED)
    assert (await _mark(hub))[1] is False, "the counts are the same"
    await hub.query("UPDATE feed_state SET full_read_at = now() - interval '30 days' RETURNING 1")
    await hub.pull(DATED)
    assert await _served(hub) == source.usable


# Scenes.

_NUMBERS = itertools.count()
_DAYS = st.integers(0, 100)

_EDIT = st.one_of(
    st.tuples(st.just("add"), _DAYS),
    st.tuples(st.just("add unusable"), _DAYS),
    st.tuples(st.just("drop"), st.integers(0, 20)),
    st.tuples(st.just("change"), st.integers(0, 20)),
    st.tuples(st.just("add ahead"), _DAYS),
    st.tuples(st.just("pull"), st.just(0)),
    st.tuples(st.just("pull yesterday"), st.just(0)),
    st.tuples(st.just("pull broken"), st.just(0)),
)


def _edit(source, kind, number):
    keys = sorted(source.rows)
    key = keys[number % len(keys)] if keys else None
    if kind == "add":
        source.rows[f"row {next(_NUMBERS)}"] = (f"{number}", TODAY - timedelta(days=number))
    elif kind == "add unusable":
        source.rows[f"row {next(_NUMBERS)}"] = (None, TODAY - timedelta(days=number))
    elif kind == "add ahead":
        source.rows[f"row {next(_NUMBERS)}"] = ("ahead", TODAY + timedelta(days=number + 1))
    elif kind == "drop" and len(keys) > 5:
        del source.rows[key]
    elif kind == "change" and key:
        source.rows[key] = (f"changed {next(_NUMBERS)}", source.rows[key][1])


async def _pull(hub, source, kind, yesterday):
    """Pull; then everything that the part asked for has to be served as it is."""
    source.served = yesterday if kind == "pull yesterday" else None
    source.asked.clear()
    await hub.pull(DATED)
    if kind == "pull":
        served = await _served(hub)
        first = source.parts[0].split("[")[1][:8] if source.parts else "00000000"
        due = {key for key in source.usable if f"{source.rows[key][1]:%Y%m%d}" >= first}
        assert {key: served.get(key) for key in due} == {key: source.usable[key] for key in due}
    source.served = None


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=st.lists(_EDIT, min_size=3, max_size=14))
async def test_whatever_happens_at_the_source_the_store_comes_to_be_the_source(scene, edits):
    hub, source = scene
    await _begin(hub, source)
    yesterday = dict(source.rows)
    for kind, number in edits:
        if kind == "pull broken":
            with contextlib.suppress(AssertionError):
                await hub.pull(DATED, base_urls={DATED.id: "http://127.0.0.1:9"})
        elif kind.startswith("pull"):
            await _pull(hub, source, kind, yesterday)
            yesterday = dict(source.rows)
        else:
            _edit(source, kind, number)
    await _pull(hub, source, "pull", yesterday)
    counted = len(await _served(hub))
    (uncounted,) = await hub.query("SELECT uncounted, is_full_due FROM feed_state")
    total = len(source.rows)
    assert counted + uncounted[0] == total or uncounted[1], "a difference makes a full read due"
    await hub.pull(DATED, is_full=True)
    served = await _served(hub)
    assert {key: served[key] for key in source.usable} == source.usable
    kept = served.keys() - source.usable.keys()
    assert kept <= source.rows.keys(), "only a row that broke keeps its last good version"
