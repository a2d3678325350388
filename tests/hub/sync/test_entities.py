import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sync.entities.linking import Linked, entity_keys, link_entities
from tests.hub.sync.companies import company, entities, key, publish, rows

MAKER = company("1", "한미약품(주)", "KR", "MFDS-ENTP:19570027", business_number="124")
NAMED = company("2", "주식회사 한미약품", "KR")
IMPORTER = company("3", "한미약품(주)", "KR", "MFDS-ENTP:20162753", business_number="124")
OTHER = company("4", "한미약품(주)", "KR", "MFDS-ENTP:20200000", business_number="999")
STRANGER = company("5", "종근당(주)", "KR")


async def test_every_record_has_an_entity_and_one_of_a_kind_has_its_own(connection):
    await publish(connection, MAKER, STRANGER)
    assert await link_entities(connection) == Linked()
    found = await entities(connection)
    assert len(set(found.values())) == 2
    assert all(re.fullmatch(r"E-[0-9a-f]{16}", entity) for entity in found.values())


async def test_spellings_and_licences_of_one_company_share_an_entity(connection):
    await publish(connection, MAKER, NAMED, IMPORTER, STRANGER)
    assert (await link_entities(connection)).found == 3
    found = await entities(connection)
    assert found[key("1")] == found[key("2")] == found[key("3")] != found[key("5")]


async def test_contradicting_numbers_keep_equal_names_apart_and_the_name_open(connection):
    await publish(connection, MAKER, NAMED, OTHER)
    assert (await link_entities(connection)).found == 0
    assert len(set((await entities(connection)).values())) == 3


async def test_second_run_writes_nothing(connection):
    await publish(connection, MAKER, NAMED, STRANGER)
    await link_entities(connection)
    before = await rows(connection, "SELECT version_id, ctid::text FROM organization ORDER BY 1")
    assert await link_entities(connection) == Linked()
    after = await rows(connection, "SELECT version_id, ctid::text FROM organization ORDER BY 1")
    assert after == before


async def test_new_version_says_what_the_source_said_and_which_entity(connection):
    published = await publish(connection, MAKER, NAMED)
    assert (await link_entities(connection)).moved == 1
    old, new = await rows(
        connection,
        "SELECT * FROM organization WHERE key IN "
        "(SELECT key FROM organization WHERE superseded_at IS NOT NULL) ORDER BY change_seq",
    )
    assert old["superseded_at"] == new["recorded_at"] > published
    moved = {"version_id", "entity_key", "recorded_at", "superseded_at", "change_seq"}
    assert {name for name in old if old[name] != new[name]} == moved
    assert new["first_recorded_at"] == published


async def test_entity_keeps_its_key_when_it_grows_by_a_smaller_record(connection):
    await publish(connection, NAMED, IMPORTER)
    await link_entities(connection)
    before = (await entities(connection))[key("2")]
    await publish(connection, MAKER, NAMED, IMPORTER)
    await link_entities(connection)
    assert set((await entities(connection)).values()) == {before}


async def test_next_pull_of_a_changed_record_keeps_its_entity(connection):
    await publish(connection, MAKER, NAMED)
    await link_entities(connection)
    before = await entities(connection)
    await publish(connection, MAKER | {"address": "새 주소"}, NAMED)
    assert await entities(connection) == before
    assert await link_entities(connection) == Linked()


async def test_link_ends_with_its_evidence_and_both_times_can_be_read(connection):
    await publish(connection, MAKER, NAMED)
    await link_entities(connection)
    linked_at = (await rows(connection, "SELECT max(recorded_at) AS at FROM organization"))[0]["at"]
    shared = await entities(connection)
    await publish(connection, MAKER, NAMED | {"name": "다른제약(주)"})
    assert await link_entities(connection) == Linked(found=0, ended=1, moved=1)
    assert len(set((await entities(connection)).values())) == 2
    assert await entities(connection, at=linked_at) == shared
    (link,) = await rows(connection, "SELECT * FROM entity_link")
    assert (link["ended_reason"], link["method"]) == ("NOT_FOUND", "NAME_AND_COUNTRY")
    assert link["found_at"] < link["ended_at"]
    assert link["evidence"] == {"name": "한미약품", "country": "KR"}


async def test_sites_are_linked_by_number_and_kept_apart_from_organizations(connection):
    await publish(connection, company("1", "Glenmark", "IN", "BFARM-PU:8083913"), record="Site")
    await publish(
        connection,
        company("1", "Glenmark", "IN", "BFARM-PU:8083913"),
        company("2", "Alivus", "IN", "BFARM-PU:8083913"),
        record="Site",
    )
    await publish(connection, company("1", "Glenmark", "IN", "BFARM-PU:8083913"))
    assert (await link_entities(connection)).found == 1
    found = await entities(connection, "site")
    assert found[key("1", "Site")] == found[key("2", "Site")]
    assert not set(found.values()) & set((await entities(connection)).values())


async def test_change_feed_shows_the_entity_change_after_all_before(connection):
    await publish(connection, MAKER, NAMED)
    (published,) = await rows(connection, "SELECT max(change_seq) AS seq FROM organization")
    await link_entities(connection)
    moved = await rows(
        connection,
        "SELECT change_seq FROM organization WHERE superseded_at IS NULL "
        "AND recorded_at > first_recorded_at",
    )
    assert [row["change_seq"] > published["seq"] for row in moved] == [True]


KEYS = st.sampled_from("abcdefgh")
HELD = st.dictionaries(KEYS, st.none() | st.sampled_from(["E-1", "E-2", "E-3"]), min_size=1)


@st.composite
def partitions(draw):
    held = draw(HELD)
    number = st.integers(0, len(held))
    place = {name: draw(number) for name in held}
    groups = [tuple(sorted(n for n in held if place[n] == p)) for p in sorted(set(place.values()))]
    return held, [group for group in groups if len(group) > 1]


@given(partitions())
def test_keys_tell_groups_apart_and_stay_when_given_again(drawn):
    held, groups = drawn
    given_keys = entity_keys(groups, held)
    assert set(given_keys) == set(held)
    entities_of_groups = [{given_keys[name] for name in group} for group in groups]
    assert all(len(entity) == 1 for entity in entities_of_groups)
    alone = len(held) - sum(map(len, groups))
    assert len(set(given_keys.values())) == len(groups) + alone
    assert entity_keys(groups, given_keys) == given_keys


def test_larger_part_keeps_the_key():
    held = dict.fromkeys("abc", "E-1")
    parted = entity_keys([("b", "c")], held)
    assert parted["b"] == parted["c"] == "E-1" != parted["a"]


@pytest.mark.parametrize("groups", [[("a", "b")], [("b", "a")]])
def test_merged_entity_takes_the_key_of_its_smallest_record(groups):
    assert set(entity_keys(groups, {"a": "E-2", "b": "E-1"}).values()) == {"E-2"}
