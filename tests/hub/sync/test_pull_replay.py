"""Replay: a past pull's bytes by the rules of now, shown first, published once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import hub.sync.pull as hub_pull
from federation.errors import SourceChanged
from federation.members.submitted import EVERY_FEED
from federation.sources.exchange import Extent
from hub.errors import Conflict, MemberFault, NotFound
from hub.store.merge import Merged
from hub.sync import replay
from hub.sync.types import Outcome
from tests.hub.store.lists import ID, NOTICES, row
from tests.hub.sync.native_lists import listing, refusing, ruled

ROWS = [row(each) for each in "123456789"]
STRICT = {"refuse": refusing("9")}


@pytest.fixture
def mended(monkeypatch):
    """Let the rules be others from now on."""
    return lambda name="mended": monkeypatch.setattr(hub_pull, "mapping_digest", lambda: name)


async def _pulls(hub):
    return await hub.query("SELECT id, of_pull_id, outcome, reason_code FROM pull ORDER BY id")


async def test_preview_shows_what_would_change_and_writes_nothing(hub, mended):
    await hub.pull(ruled(listing(ROWS), **STRICT))
    before = await hub.written(), await _pulls(hub)
    mended()
    shown = await replay.preview(hub.tools, listing(ROWS))
    (one,) = shown.difference.types
    assert (one.added, one.changed, one.absent, one.same) == (1, 0, 0, 8)
    assert one.added_keys == ("KR.SupplyNotice.9",)
    assert (shown.difference.before.quarantined, shown.difference.after.quarantined) == (1, 0)
    assert shown.mapped_by == "mended" != shown.of.mapping_digest
    assert not shown.is_served
    assert (await hub.written(), await _pulls(hub)) == before


async def test_publishing_does_what_was_shown_once_and_closes_the_cases(hub, mended):
    first = await hub.pull(ruled(listing(ROWS), **STRICT))
    mended()
    done = await replay.publish(hub.tools, listing(ROWS))
    assert (done.outcome, done.merged) == (Outcome.PUBLISHED, Merged(1, 0, 0))
    assert (await _pulls(hub))[-1] == (done.pull_id, first.pull_id, "PUBLISHED", None)
    assert await hub.query("SELECT reason, closed_as, closed_pull_id FROM quarantine_case") == [
        ("NOT_YET", "RECORD", done.pull_id)
    ]
    before = await hub.written(), await _pulls(hub)
    assert await replay.publish(hub.tools, listing(ROWS)) is None
    assert (await replay.preview(hub.tools, listing(ROWS))).is_served
    assert (await hub.written(), await _pulls(hub)) == before


async def test_source_that_stands_still_is_unchanged_after_a_replay(hub, mended):
    await hub.pull(listing(ROWS))
    mended()
    await replay.publish(hub.tools, listing(ROWS))
    assert (await hub.pull(listing(ROWS))).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("stated_at", [None, datetime(2026, 1, 1, tzinfo=UTC)])
async def test_data_look_no_fresher_than_they_are(hub, mended, stated_at):
    feed = listing(ROWS, stated_at=stated_at)
    first = await hub.pull(feed)
    await hub.query(
        "UPDATE pull SET started_at = started_at - interval '40 days' WHERE id = %s RETURNING 1",
        first.pull_id,
    )
    for name, title in (("one", "new"), ("two", "newer")):
        mended(name)
        values = {**feed.primary.values, "title": ID + title}
        await replay.publish(hub.tools, ruled(feed, values=values))
        versions = await hub.query(
            "SELECT DISTINCT retrieved_at FROM supply_notice WHERE superseded_at IS NULL"
        )
        ((retrieved_at,),) = versions
        assert await hub.last(feed.id, "stated_at") == (stated_at,)
        if stated_at:
            assert retrieved_at == stated_at
        else:
            assert datetime.now(UTC) - retrieved_at > timedelta(days=39)


async def test_older_pull_is_compared_and_never_published(hub, mended):
    old = await hub.pull(listing(ROWS))
    new = await hub.pull(listing([*ROWS, row("10")]))
    mended()
    shown = await replay.preview(hub.tools, listing([]), old.pull_id)
    assert shown.difference.types[0].absent_keys == ("KR.SupplyNotice.10",)
    before = await hub.written(), await _pulls(hub)
    with pytest.raises(Conflict, match=f"is older than pull {new.pull_id}") as refused:
        await replay.publish(hub.tools, listing([]), old.pull_id)
    assert refused.value.public_code == "OLDER_PULL"
    assert (await hub.written(), await _pulls(hub)) == before


async def test_pull_is_older_by_the_bytes_and_not_by_who_took_them_last(hub, mended):
    first = await hub.pull(listing(ROWS))
    mended("one")
    await replay.publish(hub.tools, listing(ROWS))
    mended("two")
    again = await replay.publish(hub.tools, listing(ROWS), first.pull_id)
    assert again.outcome is Outcome.PUBLISHED
    assert {of for _, of, *_ in await _pulls(hub)} == {None, first.pull_id}


async def test_part_of_a_list_says_nothing_of_what_it_lacks(hub, mended):
    await hub.pull(listing(ROWS))
    part = listing([row("1", "new")], extent=Extent.PART)
    await hub.pull(part, is_full=True)
    mended()
    (one,) = (await replay.preview(hub.tools, part)).difference.types
    assert (one.absent, one.same) == (0, 1)
    assert (await replay.publish(hub.tools, part)).merged == Merged(0, 0, 0)
    ((is_full_due,),) = await hub.query("SELECT is_full_due FROM feed_state")
    assert is_full_due, "the other rows are still mapped by the old rules"


async def test_replay_is_no_reading_of_the_source(hub, mended):
    await hub.pull(listing(ROWS))
    state = "SELECT full_read_at, is_full_due FROM feed_state"
    await hub.query("UPDATE feed_state SET is_full_due = true RETURNING 1")
    before = await hub.query(state)
    mended()
    await replay.publish(hub.tools, listing(ROWS))
    assert await hub.query(state) == before


async def test_newer_pull_that_broke_is_published_once_it_can_be_mapped(hub):
    def breaks(_):
        raise ValueError("a defect of ours")

    await hub.pull(listing(ROWS))
    newer = listing([*ROWS, row("10")])
    broke = await hub.pull(replace(newer, read=breaks))
    assert broke.outcome is Outcome.FAILED
    done = await replay.publish(hub.tools, newer, broke.pull_id)
    assert done.merged == Merged(1, 0, 0)


async def test_gate_holds_a_replay_that_loses_most_rows(hub, mended):
    first = await hub.pull(listing(ROWS))
    before = await hub.query("SELECT * FROM supply_notice ORDER BY version_id")
    mended()
    worse = ruled(listing(ROWS), refuse=refusing(*"123456"))
    held = await replay.publish(hub.tools, worse)
    assert held.outcome is Outcome.HELD
    assert await hub.query("SELECT * FROM supply_notice ORDER BY version_id") == before
    ((good,),) = await hub.query("SELECT good_pull_id FROM feed_state")
    assert good == first.pull_id


async def test_bytes_that_the_feed_of_now_does_not_read_are_told_of(hub):
    def read(_):
        raise SourceChanged("another form")

    await hub.pull(listing(ROWS))
    with pytest.raises(MemberFault, match="can't be mapped: another form"):
        await replay.preview(hub.tools, replace(listing(ROWS), read=read))


async def test_pulls_that_are_not_the_feeds_are_not_found(hub):
    with pytest.raises(NotFound, match="was never published: run `hub pull"):
        await replay.preview(hub.tools, NOTICES)
    with pytest.raises(NotFound, match="never published: file something first, see `hub submit"):
        await replay.preview(hub.tools, EVERY_FEED["kr.filed_stock_reports"])
    done = await hub.pull(listing(ROWS))
    other = replace(listing(ROWS), id="kr.other")
    with pytest.raises(NotFound, match=f"`kr.other` has no pull {done.pull_id}"):
        await replay.preview(hub.tools, other, done.pull_id)
