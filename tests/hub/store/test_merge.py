"""What the merge writes for every way a record can go from one list to the next."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import polars as pl
import psycopg
import pytest

from federation.harmonize.dates import PARTIAL_DATE
from federation.harmonize.mapping import Mapping as Table
from federation.records.declaration import PartialDate
from federation.records.registry import RECORD_TYPES
from hub.store.merge import Merged
from tests.hub.store.lists import (
    COMPANIES,
    ID,
    MENTIONS,
    NOTICES,
    PACKS,
    Publisher,
    feed_of,
    row,
)

NOTICE = "KR.SupplyNotice.1"
COMPANY = "KR.Organization.1"
PACK = "KR.Package.1"


@pytest.fixture
def publisher(connection):
    return Publisher(connection)


async def _physical(connection, table):
    """Where every row version lies, the dead ones' space included."""
    cursor = await connection.execute(
        f"SELECT version_id, ctid::text, xmin::text, xmax::text FROM {table} ORDER BY version_id"
    )
    rows = await cursor.fetchall()
    size = await connection.execute("SELECT pg_relation_size(%s)", [table])
    sequence = await connection.execute("SELECT last_value FROM change_seq")
    return rows, await size.fetchone(), await sequence.fetchone()


async def test_new_record_is_one_current_listed_version(publisher):
    assert await publisher.publish(NOTICES, row("1")) == Merged(added=1, changed=0, absent=0)
    (version,) = await publisher.versions("supply_notice", NOTICE)
    assert version["listing"] == "LISTED"
    assert version["superseded_at"] is None
    assert version["first_recorded_at"] == version["recorded_at"] == publisher.now
    assert (version["origin"], version["feed"]) == ("KR", "kr.notices")
    assert (version["pull_id"], version["native_row"]) == (1, 1)
    assert version["native"] == row("1") | {"codes": []}


@pytest.mark.parametrize("feed", [NOTICES, COMPANIES, PACKS, MENTIONS], ids=lambda feed: feed.id)
async def test_same_list_again_writes_no_row_not_even_a_dead_one(publisher, feed):
    rows = [row(str(number), "é" * number, None) for number in range(1, 40)]
    await publisher.publish(feed, *rows)
    table = feed.primary.record_type.table
    before = await _physical(publisher.connection, table)
    assert await publisher.publish(feed, *reversed(rows)) == Merged(0, 0, 0)
    assert await _physical(publisher.connection, table) == before


async def test_change_closes_the_old_version_and_keeps_when_it_was_first_recorded(publisher):
    await publisher.publish(NOTICES, row("1", "old"), row("2"))
    first = publisher.now
    assert await publisher.publish(NOTICES, row("1", "new"), row("2")) == Merged(0, 1, 0)
    old, new = await publisher.versions("supply_notice", NOTICE)
    assert (old["title"], old["superseded_at"]) == ("old", publisher.now)
    assert (new["title"], new["superseded_at"]) == ("new", None)
    assert (new["recorded_at"], new["first_recorded_at"]) == (publisher.now, first)
    assert new["change_seq"] > old["change_seq"]
    assert len(await publisher.versions("supply_notice", "KR.SupplyNotice.2")) == 1


async def test_absent_notice_is_marked_no_longer_listed_in_listing_and_status(publisher):
    await publisher.publish(NOTICES, row("1", "kept", "why", codes=["a"]), row("2"))
    first = publisher.now
    assert await publisher.publish(NOTICES, row("2")) == Merged(0, 0, 1)
    listed, marked = await publisher.versions("supply_notice", NOTICE)
    assert listed["superseded_at"] == marked["recorded_at"] == publisher.now
    assert (marked["listing"], marked["status"]) == ("NO_LONGER_LISTED", "NO_LONGER_LISTED")
    assert (marked["first_recorded_at"], marked["superseded_at"]) == (first, None)
    assert (marked["title"], marked["package_codes"]) == ("kept", ["a"])
    assert marked["change_seq"] > listed["change_seq"]
    assert (listed["pull_id"], marked["pull_id"]) == (1, 2)


async def test_absent_record_without_a_status_is_marked_in_its_listing_alone(publisher):
    await publisher.publish(COMPANIES, row("1"))
    await publisher.publish(COMPANIES, row("2"))
    _, marked = await publisher.versions("organization", COMPANY)
    assert (marked["listing"], marked["name"]) == ("NO_LONGER_LISTED", "title")


async def test_record_that_stays_absent_is_not_marked_again(publisher):
    await publisher.publish(NOTICES, row("1"), row("2"))
    await publisher.publish(NOTICES, row("2"))
    assert await publisher.publish(NOTICES, row("2")) == Merged(0, 0, 0)
    assert len(await publisher.versions("supply_notice", NOTICE)) == 2


async def test_relisted_record_is_a_new_version_even_with_the_old_content(publisher):
    await publisher.publish(NOTICES, row("1"), row("2"))
    first = publisher.now
    await publisher.publish(NOTICES, row("2"))
    assert await publisher.publish(NOTICES, row("1"), row("2")) == Merged(0, 1, 0)
    _, _, relisted = await publisher.versions("supply_notice", NOTICE)
    assert (relisted["listing"], relisted["status"]) == ("LISTED", "ONGOING")
    assert relisted["first_recorded_at"] == first


async def test_list_that_is_not_the_full_one_says_nothing_of_what_it_lacks(publisher):
    await publisher.publish(NOTICES, row("1"))
    assert await publisher.publish(NOTICES, row("2"), is_full_list=False) == Merged(1, 0, 0)
    (version,) = await publisher.versions("supply_notice", NOTICE)
    assert version["superseded_at"] is None


async def test_absent_part_is_closed_for_good_with_its_place_in_the_change_feed(publisher):
    await publisher.publish(PACKS, row("1"), row("2"))
    assert await publisher.publish(PACKS, row("2")) == Merged(0, 0, 1)
    (closed,) = await publisher.versions("package", PACK)
    assert (closed["superseded_at"], closed["listing"]) == (publisher.now, "LISTED")
    assert closed["removed_seq"] > closed["change_seq"]
    (kept,) = await publisher.versions("package", "KR.Package.2")
    assert kept["removed_seq"] is None


async def test_part_that_comes_back_is_a_new_record(publisher):
    await publisher.publish(PACKS, row("1"), row("2"))
    await publisher.publish(PACKS, row("2"))
    assert await publisher.publish(PACKS, row("1"), row("2")) == Merged(1, 0, 0)
    closed, again = await publisher.versions("package", PACK)
    assert again["first_recorded_at"] == again["recorded_at"] == publisher.now
    assert again["change_seq"] > closed["removed_seq"]


async def test_owner_takes_a_mentioned_record_over_once_and_the_mention_never_back(publisher):
    await publisher.publish(MENTIONS, row("1", "as mentioned"))
    first = publisher.now
    assert await publisher.publish(COMPANIES, row("1", "as mentioned")) == Merged(0, 1, 0)
    for title in ("otherwise mentioned", "as mentioned"):
        assert await publisher.publish(MENTIONS, row("1", title)) == Merged(0, 0, 0)
        assert await publisher.publish(COMPANIES, row("1", "as mentioned")) == Merged(0, 0, 0)
    mention, owned = await publisher.versions("organization", COMPANY)
    assert (mention["feed"], owned["feed"]) == ("kr.mentions", "kr.companies")
    assert owned["first_recorded_at"] == first


async def test_mention_does_not_list_again_what_its_owner_no_longer_lists(publisher):
    await publisher.publish(COMPANIES, row("1"))
    await publisher.publish(COMPANIES, row("2"))
    assert await publisher.publish(MENTIONS, row("1", "other")) == Merged(0, 0, 0)
    _, marked = await publisher.versions("organization", COMPANY)
    assert marked["listing"] == "NO_LONGER_LISTED"


async def test_silence_of_a_mention_means_nothing_and_its_word_counts_for_its_own(publisher):
    await publisher.publish(MENTIONS, row("1"), row("2"))
    assert await publisher.publish(MENTIONS, row("2", "new name")) == Merged(0, 1, 0)
    (silent,) = await publisher.versions("organization", COMPANY)
    assert (silent["listing"], silent["superseded_at"]) == ("LISTED", None)


async def test_silence_of_an_owner_spares_what_others_mention(publisher):
    await publisher.publish(MENTIONS, row("1"))
    assert await publisher.publish(COMPANIES, row("2")) == Merged(1, 0, 0)


async def test_empty_list_marks_all_of_its_feed(publisher):
    await publisher.publish(NOTICES, row("1"), row("2"))
    assert await publisher.publish(NOTICES) == Merged(0, 0, 2)


async def test_second_current_version_of_a_key_can_not_be_written(publisher):
    await publisher.publish(NOTICES, row("1"))
    columns = "content_digest, pull_id, native_row, key, origin, national_id, national_id_scheme, "
    columns += "feed, listing, retrieved_at, first_recorded_at, recorded_at, native, title, kind, "
    columns += "status, native_status, legal_fact, package_codes, vocabulary_edition"
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_supply_notice_current"):
        await publisher.connection.execute(
            f"INSERT INTO supply_notice (change_seq, {columns}) "
            f"SELECT nextval('change_seq'), {columns} FROM supply_notice"
        )


NASTY = (
    "it's", 'a "quoted" word', '"', '""', "back\\slash", "\\", "\\N", "\\.", "\\x01", "\x01",
    "two\nlines", "\r\n", "a\rb", "tab\there", "comma, comma", "{curly}", "NULL", "null", "-",
    "\u2028", "\x7f", "💊", "e\u0301", "타이레놀정", "アセトアミノフェン錠", "%s $1 {} :name",
    " lead", "x" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text)[:20])
async def test_text_comes_back_as_it_was_in_columns_lists_keys_and_native(publisher, text):
    kept = text if text.strip() else None
    codes = [text, "plain", text]
    await publisher.publish(NOTICES, row(f"1{text}", f"t{text}", text, codes=codes))
    (version,) = await publisher.versions("supply_notice")
    assert version["key"] == f"KR.SupplyNotice.1{text}"
    assert version["title"] == f"t{text}"
    assert version["reason_text"] == kept
    assert version["package_codes"] == codes
    assert version["native"]["title"] == f"t{text}"
    assert version["native"]["codes"] == codes
    assert await publisher.publish(NOTICES, row(f"1{text}", f"t{text}", text, codes=codes)) == (
        Merged(0, 0, 0)
    )


@pytest.mark.parametrize(
    "codes",
    [[], [""], ["", ""], ["NULL"], ["null", "a,b", '"', "\\", "{}", "{", "}", " "], ["a\nb"]],
    ids=repr,
)
async def test_list_comes_back_element_by_element(publisher, codes):
    await publisher.publish(NOTICES, row("1", codes=codes))
    (version,) = await publisher.versions("supply_notice")
    assert version["package_codes"] == codes


async def test_list_that_is_null_is_empty_and_a_null_in_a_list_is_left_out(publisher):
    await publisher.publish(NOTICES, row("1", codes=None), row("2", codes=["a", None, "b"]))
    one, two = await publisher.versions("supply_notice")
    assert (one["package_codes"], two["package_codes"]) == ([], ["a", "b"])


async def test_column_that_is_null_throughout_is_null(publisher):
    await publisher.publish(NOTICES, row("1"), row("2"))
    for version in await publisher.versions("supply_notice"):
        assert version["reason_text"] is None
        assert version["starts_on"] is None
        assert version["product_key"] is None


async def test_blank_text_is_null_and_differs_from_none_in_nothing(publisher):
    await publisher.publish(NOTICES, row("1", reason=""))
    assert await publisher.publish(NOTICES, row("1", reason=None)) == Merged(0, 0, 0)


async def test_partial_date_is_stored_with_its_words_bounds_and_precision(publisher):
    await publisher.publish(NOTICES, row("1", starts="20260307"), row("2", starts='"soon", 20'))
    known, unknown = await publisher.versions("supply_notice")
    assert known["starts_on"] == {
        "text": "20260307",
        "earliest": "2026-03-07",
        "latest": "2026-03-07",
        "precision": "DAY",
    }
    assert date.fromisoformat(known["starts_on"]["earliest"]) == date(2026, 3, 7)
    assert unknown["starts_on"] == {
        "text": '"soon", 20',
        "earliest": None,
        "latest": None,
        "precision": "UNKNOWN",
    }


def _sample(facts):
    """A value of a field in the form a mapping gives it."""
    if facts.is_list and facts.python_type is str:
        return pl.lit(pl.Series([["a", 'b"']]))
    if facts.is_list:
        return pl.lit(pl.Series([[str(term) for term in facts.python_type]]))
    if issubclass(facts.python_type, StrEnum):
        return pl.lit(str(next(iter(facts.python_type))))
    if facts.python_type is PartialDate:
        stated = {"text": "a", "earliest": None, "latest": date(2026, 1, 2), "precision": "ABOUT"}
        return pl.lit(pl.Series([stated], dtype=PARTIAL_DATE))
    samples = {bool: pl.lit(True), int: pl.lit(7), Decimal: pl.lit("0.10"), str: pl.lit("é")}
    return samples[facts.python_type]


@pytest.mark.parametrize("is_filled", [True, False], ids=["all-filled", "all-optional-null"])
@pytest.mark.parametrize("name", RECORD_TYPES)
async def test_every_record_type_is_stored_and_stands_still(publisher, name, is_filled):
    fields = RECORD_TYPES[name].content_fields
    values = {facts.name: _sample(facts) for facts in fields}
    for facts in fields:
        if facts.is_nullable and not is_filled:
            values[facts.name] = pl.lit(None, dtype=pl.select(values[facts.name]).dtypes[0])
    record = RECORD_TYPES[name].model
    feed = feed_of("kr.any", Table(record, scheme="any", national_id=ID, values=values))
    assert await publisher.publish(feed, row("1")) == Merged(1, 0, 0)
    assert await publisher.publish(feed, row("1")) == Merged(0, 0, 0)
    (version,) = await publisher.versions(RECORD_TYPES[name].table)
    for facts in fields:
        is_null = version[facts.name] is None
        assert is_null == (facts.is_nullable and not is_filled), facts.name
        if facts.python_type is Decimal and not is_null:
            assert version[facts.name].as_tuple() == Decimal("0.10").as_tuple()


async def test_two_publishers_at_once_number_their_changes_in_commit_order(own_database):
    """A reader that has seen a number has seen all below it."""

    async def publish(feed, pause):
        async with await psycopg.AsyncConnection.connect(own_database) as connection:
            for turn in range(6):
                publisher = Publisher(connection)
                publisher.now += timedelta(seconds=turn)
                await publisher.publish(feed, *(row(str(n), f"{turn}") for n in range(20)))
                await asyncio.sleep(pause)
                await connection.commit()

    seen: list[int] = []
    late: list[int] = []

    async def read():
        async with await psycopg.AsyncConnection.connect(own_database, autocommit=True) as reader:
            while True:
                cursor = await reader.execute(
                    "SELECT change_seq FROM supply_notice UNION ALL "
                    "SELECT change_seq FROM organization ORDER BY 1"
                )
                found = [seq for (seq,) in await cursor.fetchall()]
                highest = max(seen, default=0)
                late.extend(seq for seq in found if seq < highest and seq not in set(seen))
                seen[:] = found
                await asyncio.sleep(0.002)

    reading = asyncio.create_task(read())
    await asyncio.gather(publish(NOTICES, 0.03), publish(COMPANIES, 0.01))
    await asyncio.sleep(0.05)
    reading.cancel()
    assert len(seen) == 2 * 6 * 20
    assert late == []
