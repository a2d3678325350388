"""What a comparison says, and what publishing the same rows then does."""

import random

import pytest

from federation.harmonize.run import harmonize
from hub.store.merge import Merged
from hub.sync import comparison
from hub.sync.comparison import Balance, FieldChange, FieldDifference, compare
from tests.hub.store.lists import COMPANIES, MENTIONS, NOTICES, PACKS, row, table_of
from tests.hub.sync.native_lists import listing

LISTS = [NOTICES, COMPANIES, MENTIONS, PACKS]


async def _compared(hub, feed, rows, **given):
    mapped = harmonize(feed, table_of(rows), resolver=None)
    return await compare(hub.tools.pool, mapped, feed, **given)


def _merged(difference):
    (one,) = difference.types
    return Merged(one.added, one.changed, one.absent)


@pytest.mark.parametrize("feed", LISTS, ids=lambda feed: feed.id)
async def test_what_it_says_is_what_publishing_does(hub, feed):
    chance = random.Random(7)
    await hub.pull(listing([row(str(number)) for number in range(0, 20, 2)], COMPANIES))
    for _ in range(3):
        ids = chance.sample(range(20), 15)
        rows = [row(str(each), chance.choice(["title", "other"])) for each in ids]
        said = await _compared(hub, feed, rows)
        assert said.types[0].added + said.types[0].changed + said.types[0].same == len(rows)
        done = await hub.pull(listing(rows, feed), is_full=True)
        assert _merged(said) == done.merged
        again = await _compared(hub, feed, rows)
        assert (again.is_none, again.types[0].same) == (True, len(rows))


async def test_nothing_stays_written(hub):
    await hub.pull(listing([row("1"), row("2")]))
    before = await hub.written()
    said = await _compared(hub, NOTICES, [row("2", "new"), row("3")])
    assert _merged(said) == Merged(1, 1, 1)
    assert await hub.written() == before


async def test_fields_are_shown_before_and_after_in_their_stored_form(hub):
    await hub.pull(listing([row("1", codes=["a", "b"], starts="20260102")]))
    (one,) = (
        await _compared(hub, NOTICES, [row("1", "new", codes=["b"], starts="20260103")])
    ).types
    assert one.changed_keys == ("KR.SupplyNotice.1",)
    changes = {each.field: each.examples[0] for each in one.fields}
    assert changes.keys() == {"title", "package_codes", "starts_on"}
    assert changes["title"] == FieldChange("KR.SupplyNotice.1", "title", "new")
    assert changes["package_codes"] == FieldChange("KR.SupplyNotice.1", '["a", "b"]', '["b"]')
    assert "2026-01-02" in changes["starts_on"].before
    assert "2026-01-03" in changes["starts_on"].after


async def test_record_that_comes_back_shows_its_listing(hub):
    await hub.pull(listing([row("1"), row("2"), row("3"), row("4")]))
    await hub.pull(listing([row("1"), row("2"), row("3")]))
    (one,) = (await _compared(hub, NOTICES, [row(each) for each in "1234"])).types
    assert (one.changed, one.same) == (1, 3)
    changes = {each.field: each.examples[0] for each in one.fields}
    assert changes["listing"] == FieldChange("KR.SupplyNotice.4", "NO_LONGER_LISTED", "LISTED")


async def test_examples_are_few_and_counts_are_not(hub, monkeypatch):
    monkeypatch.setattr(comparison, "EXAMPLES", 2)
    await hub.pull(listing([row(each) for each in "123456"]))
    said = await _compared(hub, NOTICES, [row(each, "new") for each in "4567890"])
    (one,) = said.types
    assert (one.added, one.changed, one.absent) == (4, 3, 3)
    assert [len(keys) for keys in (one.added_keys, one.changed_keys, one.absent_keys)] == [2, 2, 2]
    assert one.absent_keys == ("KR.SupplyNotice.1", "KR.SupplyNotice.2")
    assert one.fields == (
        FieldDifference(
            "title",
            3,
            (
                FieldChange("KR.SupplyNotice.4", "title", "new"),
                FieldChange("KR.SupplyNotice.5", "title", "new"),
            ),
        ),
    )


async def test_records_of_unusable_rows_are_not_absent(hub):
    await hub.pull(listing([row("1"), row("2")]))
    said = await _compared(hub, NOTICES, [row("1")], unusable=["KR.SupplyNotice.2"])
    assert said.is_none


async def test_balance_is_of_what_is_served_and_what_would_be(hub):
    said = await _compared(hub, NOTICES, [row("1"), row(None)])
    assert (said.before, said.after) == (None, Balance(2, 1, 1))
    await hub.pull(listing([row(each) for each in "12345"]))
    said = await _compared(hub, NOTICES, [row("1"), row(None)])
    assert said.before == Balance(5, 5, 0)
