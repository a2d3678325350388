"""What a merge compares, and that what it leaves out is as it was."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.harmonize.run import with_digests
from hub.store import merge as merging
from hub.store.marks import Marks
from hub.store.merge import Merged
from tests.hub.store.lists import (
    COMPANIES,
    MENTIONS,
    NOTICES,
    PACKS,
    Publisher,
    batches_of,
    feed_of,
    row,
)

KEY = "KR.Organization.1"


@pytest.fixture
def publisher(connection):
    return Publisher(connection)


@pytest.fixture
def compared(monkeypatch):
    """The keys that each merge compares."""
    found: list[set[str]] = []

    def watched(batch):
        found.append({key.rsplit(".", 1)[-1] for key in batch.frame["key"]})
        return with_digests(batch)

    monkeypatch.setattr(merging, "with_digests", watched)
    return found


@pytest.mark.parametrize("feed", [NOTICES, COMPANIES, PACKS, MENTIONS], ids=lambda feed: feed.id)
async def test_only_what_is_new_or_changed_is_compared(publisher, compared, feed):
    await publisher.publish(feed, row("1"), row("2"), row("3"))
    assert await publisher.publish(
        feed, row("3"), row("2", "changed"), row("1"), row("4")
    ) == Merged(1, 1, 0)
    assert await publisher.publish(feed, row("1"), row("4")) == Merged(
        0, 0, 0 if feed is MENTIONS else 2
    )
    assert compared == [{"1", "2", "3"}, {"2", "4"}, set()]


async def test_what_comes_back_is_compared(publisher, compared):
    await publisher.publish(COMPANIES, row("1"), row("2"))
    await publisher.publish(COMPANIES, row("2"))
    assert await publisher.publish(COMPANIES, row("1"), row("2")) == Merged(0, 1, 0)
    assert compared[1:] == [set(), {"1"}]


async def test_what_another_feed_wrote_is_compared_and_taken_back(publisher, compared):
    own = (row("1", "ours"), row("2"))
    other = replace(COMPANIES, id="kr.others")
    await publisher.publish(COMPANIES, *own)
    assert await publisher.publish(other, row("1", "theirs")) == Merged(0, 1, 0)
    assert await publisher.publish(COMPANIES, *own) == Merged(0, 1, 0)
    *_, newest = await publisher.versions("organization", KEY)
    assert (newest["name"], newest["feed"]) == ("ours", COMPANIES.id)
    assert compared[-1] == {"1"}


async def test_a_mention_whose_record_went_away_is_made_again(publisher, compared):
    mentions = feed_of("kr.pack_mentions", replace(PACKS.primary, is_mention=True))
    await publisher.publish(PACKS, row("1"))
    assert await publisher.publish(mentions, row("1")) == Merged(0, 0, 0)
    assert await publisher.publish(PACKS) == Merged(0, 0, 1)
    assert await publisher.publish(mentions, row("1")) == Merged(1, 0, 0)


async def test_lists_in_part_are_remembered_and_a_whole_one_after_them_is_compared_whole(
    publisher, compared
):
    await publisher.publish(NOTICES, row("1"), is_full_list=False)
    await publisher.publish(NOTICES, row("2"), is_full_list=False)
    assert await publisher.publish(NOTICES, row("1"), is_full_list=False) == Merged(0, 0, 0)
    assert compared == [{"1"}, {"2"}, set()]
    assert await publisher.publish(NOTICES, row("1")) == Merged(0, 0, 1)
    assert compared[-1] == {"1"}


async def test_what_was_absent_from_part_of_a_whole_list_is_found_absent_later(publisher, compared):
    await publisher.publish(NOTICES, row("1"), row("2"), row("3"))
    await publisher.publish(NOTICES, row("2", "changed"), is_full_list=False)
    assert await publisher.publish(NOTICES, row("2", "changed")) == Merged(0, 0, 2)
    assert compared[1:] == [{"2"}, set()]


async def test_written_since_is_known_even_after_a_list_in_part(publisher, compared):
    other = replace(COMPANIES, id="kr.others")
    await publisher.publish(COMPANIES, row("1", "ours"), row("2"))
    await publisher.publish(other, row("1", "theirs"))
    await publisher.publish(COMPANIES, row("2"), is_full_list=False)
    assert await publisher.publish(COMPANIES, row("1", "ours"), row("2")) == Merged(0, 1, 0)
    assert compared[-1] == {"1"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE feed_marks SET rule = 'of another edition'",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
async def test_marks_by_another_rule_or_from_before_a_migration_tell_nothing(
    publisher, compared, statement
):
    await publisher.publish(NOTICES, row("1"), row("2"))
    await publisher.connection.execute(statement)
    assert await publisher.publish(NOTICES, row("1")) == Merged(0, 0, 1)
    assert compared[-1] == {"1"}


async def test_whoever_asks_for_it_has_all_compared(publisher, compared):
    await publisher.publish(NOTICES, row("1"), row("2"))
    await publisher.connection.execute("UPDATE supply_notice SET title = 'by hand'")
    assert await publisher.publish(NOTICES, row("1"), row("2")) == Merged(0, 0, 0)
    digests = "UPDATE supply_notice SET content_digest = ''"
    await publisher.connection.execute(digests)
    assert await publisher.publish(NOTICES, row("1"), row("2"), compares_all=True) == Merged(
        0, 2, 0
    )


async def test_a_row_that_could_not_be_used_keeps_its_record_until_it_is_gone(publisher, compared):
    key = "KR.SupplyNotice.1"
    await publisher.publish(NOTICES, row("1"), row("2"))
    assert await publisher.publish(NOTICES, row("2"), unusable=(key,)) == Merged(0, 0, 0)
    assert await publisher.publish(NOTICES, row("2"), unusable=(key,)) == Merged(0, 0, 0)
    assert await publisher.publish(NOTICES, row("2")) == Merged(0, 0, 1)


async def test_what_was_taken_back_is_compared_when_it_comes_again(publisher, compared):
    key = "KR.SupplyNotice.1"
    await publisher.publish(NOTICES, row("1"), row("2"), is_full_list=False)
    await publisher.publish(NOTICES, withdrawn=(key,), is_full_list=False)
    assert await publisher.publish(NOTICES, row("1"), is_full_list=False) == Merged(0, 1, 0)


_TEXTS = st.one_of(st.none(), st.sampled_from(["", " ", "a", "b", "ab", "NULL", '"', ",", "é"]))
_LISTS = st.lists(st.sampled_from(["", "a", "b", "ab", ","]), max_size=3)
_ROWS = st.tuples(
    st.sampled_from(["a", "ab", "é"]), _TEXTS, _LISTS, st.sampled_from([None, "20260102"])
)


@given(st.lists(_ROWS, min_size=2, max_size=2))
def test_marks_differ_where_digests_do_and_nowhere_else(contents):
    (one, other) = (
        next(iter(batches_of(NOTICES, [row("1", title, reason, codes=codes, starts=starts)])))
        for title, reason, codes, starts in contents
    )
    digests = [with_digests(batch).frame["content_digest"].item() for batch in (one, other)]
    marks = [Marks.of(batch, is_whole=True) for batch in (one, other)]
    assert marks[0].unlike(marks[1]).to_list() == ([0] if len(set(digests)) == 2 else [])
