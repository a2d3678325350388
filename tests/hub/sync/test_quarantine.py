"""Quarantine: a row refused by pull after pull is one case, until it is a record or gone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from federation.harmonize.reasons import REASONS, words_of
from federation.members.registry import FEEDS
from hub.errors import InvalidInput
from hub.sync.quarantine import cases as quarantine_cases
from hub.sync.quarantine import upkeep as quarantine
from hub.sync.types import Outcome
from tests.hub.store.lists import NOTICES, row
from tests.hub.sync.native_lists import listing, refusing, ruled

GOOD = [row(str(number)) for number in range(20)]
BAD = row("bad", "left out")


def _strict(rows, *ids, **changes):
    return ruled(listing(rows, **changes), refuse=refusing(*(ids or ["bad"])))


async def _cases(hub, columns="first_pull_id, last_pull_id, closed_as, closed_pull_id"):
    return await hub.query(f"SELECT {columns} FROM quarantine_case ORDER BY id")


async def _page(hub, **asked):
    async with hub.tools.pool.connection() as connection:
        return await quarantine_cases.page(connection, NOTICES.id, **{"first": 10} | asked)


async def _counts(hub, **asked):
    async with hub.tools.pool.connection() as connection:
        return await quarantine_cases.counts(connection, **asked)


async def test_row_refused_by_pull_after_pull_is_one_case_of_its_first_date(hub):
    first = await hub.pull(_strict([*GOOD, BAD]))
    ((seen_at,),) = await _cases(hub, "first_seen_at")
    again = await hub.pull(_strict([BAD, *reversed(GOOD)]))
    assert await _cases(hub) == [(first.pull_id, again.pull_id, None, None)]
    (case,) = (await _page(hub)).cases
    assert (case.first_seen_at, case.native_row, case.code) == (seen_at, 1, "NOT_YET")
    assert case.native == {"id": "bad", "title": "left out", "codes": "[]"}
    assert case.national_id == "bad"
    assert case.mapping_digest == (await hub.last(NOTICES.id, "mapping_digest"))[0]


async def test_column_that_is_added_and_blank_makes_no_other_case(hub):
    first = await hub.pull(_strict([*GOOD, BAD]))

    def read(documents):
        table = listing([]).read(documents)
        return replace(table, rows=table.rows.with_columns(remark=None))

    await hub.pull(replace(_strict([*GOOD, BAD]), read=read), is_full=True)
    ((opened, _, closed, _),) = await _cases(hub)
    assert (opened, closed) == (first.pull_id, None)


async def test_row_that_became_a_record_closes_its_case(hub):
    first = await hub.pull(_strict([*GOOD, BAD]))
    again = await hub.pull(listing([*GOOD, BAD]), is_full=True)
    assert await _cases(hub) == [(first.pull_id, first.pull_id, "RECORD", again.pull_id)]
    assert (await _page(hub)).cases == ()
    assert await _counts(hub) == []


async def test_row_that_the_source_mended_closes_its_case_as_a_record(hub):
    await hub.pull(_strict([*GOOD, BAD]))
    await hub.pull(listing([*GOOD, row("bad", "mended")]))
    assert await _cases(hub, "closed_as") == [("RECORD",)]


async def test_row_that_the_list_no_longer_holds_closes_its_case_as_such(hub):
    await hub.pull(_strict([*GOOD, BAD]))
    await hub.pull(_strict(GOOD))
    assert await _cases(hub, "closed_as") == [("NO_LONGER_LISTED",)]


async def test_case_stays_open_where_a_part_of_the_list_says_nothing_of_it(hub):
    await hub.pull(_strict([*GOOD, BAD], is_full_list=False))
    await hub.pull(_strict(GOOD[:3], is_full_list=False))
    assert await _cases(hub, "closed_as") == [(None,)]
    await hub.pull(listing([row("bad", "mended")], is_full_list=False))
    assert await _cases(hub, "closed_as") == [("RECORD",)]


async def test_row_refused_anew_after_it_was_gone_is_another_case(hub):
    for rows in ([*GOOD, BAD], GOOD, [*GOOD, BAD]):
        await hub.pull(_strict(rows))
    assert await _cases(hub, "closed_as") == [("NO_LONGER_LISTED",), (None,)]


async def test_second_row_of_an_identity_is_a_record_only_when_its_own_text_is(hub):
    twice = [*GOOD, row("3", "says otherwise")]
    await hub.pull(listing(twice))
    assert await _cases(hub, "reason, closed_as") == [("IDENTITY_TAKEN", None)]
    await hub.pull(listing(GOOD))
    assert await _cases(hub, "closed_as") == [("NO_LONGER_LISTED",)]


async def test_held_pull_opens_cases_and_closes_none(hub):
    await hub.pull(_strict([*GOOD, BAD]))
    held = await hub.pull(_strict(GOOD, *(str(number) for number in range(15))))
    assert held.outcome is Outcome.HELD
    cases = await _cases(hub, "national_id, closed_as")
    assert cases[0] == ("bad", None)
    assert len(cases) == 16
    await hub.pull(listing(GOOD), is_full=True)
    assert {closed for _, closed in await _cases(hub, "national_id, closed_as")} == {
        "RECORD",
        "NO_LONGER_LISTED",
    }


async def test_cases_are_closed_slice_by_slice(hub, monkeypatch):
    monkeypatch.setattr(quarantine, "_SLICE_ROWS", 2)
    await hub.pull(_strict(GOOD, "1", "2", "3"))
    await hub.pull(listing([*GOOD[:2], *GOOD[3:]]))
    assert sorted(await _cases(hub, "national_id, closed_as")) == [
        ("1", "RECORD"), ("2", "NO_LONGER_LISTED"), ("3", "RECORD"),
    ]  # fmt: skip


async def test_counts_tell_reasons_and_ages(hub):
    lost = [row(None, "a"), row(None, "a"), row(None, "b")]
    await hub.pull(_strict([*GOOD, *GOOD, BAD, *lost]))
    await hub.query(
        "UPDATE quarantine_case SET first_seen_at = first_seen_at - interval '8 days' "
        "WHERE native ->> 'title' = 'b' RETURNING 1"
    )
    nameless, refused = await _counts(hub)
    assert (nameless.feed, nameless.code, nameless.cases) == (NOTICES.id, "NO_IDENTITY", 2)
    assert (nameless.under_a_day, nameless.under_a_week, nameless.under_a_month) == (1, 0, 1)
    assert nameless.rows == 3
    assert (refused.code, refused.cases, refused.older) == ("NOT_YET", 1, 0)
    assert await _counts(hub, code="NOT_YET") == [refused]
    assert await _counts(hub, feed="kr.other") == []


async def test_pages_give_every_case_once_the_oldest_first(hub):
    await hub.pull(_strict(GOOD, "1", "2"))
    await hub.pull(_strict(GOOD, "1", "2", "3", "4"), is_full=True)
    found, after = [], None
    while True:
        page = await _page(hub, first=1, after=after)
        found += page.cases
        if not page.has_next:
            break
        after = page.cases[-1].cursor
    assert sorted(case.national_id for case in found) == ["1", "2", "3", "4"]
    assert {case.national_id for case in found[:2]} == {"1", "2"}
    assert [case.first_seen_at for case in found] == sorted(case.first_seen_at for case in found)
    assert (await _page(hub, code="OTHER")).cases == ()


@pytest.mark.parametrize("after", ["x", "20260101T000000.000000-zz", "-", "20260101-00"])
async def test_strange_cursors_are_refused(hub, after):
    with pytest.raises(InvalidInput, match="pass the `endCursor` of the page before"):
        await _page(hub, after=after)


async def test_native_text_is_bounded(hub):
    await hub.pull(_strict([*GOOD, row("bad", "x" * 100_000)]))
    (case,) = (await _page(hub)).cases
    assert case.native["title"] == "x" * quarantine_cases.VALUE_CHARACTERS


async def test_cursor_holds_the_instant_to_the_millisecond(hub):
    await hub.pull(_strict([*GOOD, BAD]))
    (case,) = (await _page(hub)).cases
    earlier = replace(case, first_seen_at=case.first_seen_at - timedelta(milliseconds=1))
    assert (await _page(hub, after=earlier.cursor)).cases == (case,)
    assert (await _page(hub, after=case.cursor)).cases == ()


def test_every_code_of_the_feeds_has_words():
    codes = {code for feed in FEEDS.values() for code in feed.primary.refuse}
    assert codes <= REASONS.keys()
    assert words_of("MISSING_TITLE").startswith("has nothing that `title` could be made of")
    assert words_of("ELSE") == "was refused as `ELSE`: look at its text"
