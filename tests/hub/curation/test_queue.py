"""What the queue holds, in which order, with what evidence, page by page."""

import pytest

from federation.records.declaration import Origin
from hub.curation import queue
from hub.errors import InvalidInput
from hub.identity.types import Role
from tests.hub.curation.world import CURATOR, KNOWN, LEFT_OPEN, caller, feed_of, row

ACETYLCYSTEINE, ACICLOVIR = "WYQ7N0BPYC", "X4HES1O11F"
SECRETARIAT = caller("ALLIANCE", Role.SECRETARIAT)


def _open(*counts):
    """Rows of texts that name nothing, each so many times."""
    return [
        row(f"{place}-{number}", f"수수께끼 {place}")
        for place, count in enumerate(counts)
        for number in range(count)
    ]


async def test_texts_are_ranked_by_the_records_they_hold_back(hub):
    await hub.publish(row("k", KNOWN), *_open(1, 3, 2))
    page = await hub.queue()
    assert [(each.text, each.held_back) for each in page.texts] == [
        ("수수께끼 1", 3), ("수수께끼 2", 2), ("수수께끼 0", 1),
    ]  # fmt: skip
    assert not page.has_next


async def test_pages_hold_every_text_once_in_one_order(hub):
    await hub.publish(*_open(2, 1, 2, 1, 1))
    await hub.publish(*_open(2, 1), member=Origin.JP)
    whole = (await hub.queue(SECRETARIAT)).texts
    assert [each.origin for each in whole[:3]] == ["JP", "KR", "KR"]
    found, after, has_next = [], None, True
    while has_next:
        page = await hub.queue(SECRETARIAT, first=2, after=after)
        found += page.texts
        after, has_next = page.texts[-1].cursor, page.has_next
    assert found == whole
    assert len({(each.origin, each.text) for each in found}) == 7


async def test_texts_that_came_by_several_feeds_are_one(hub):
    await hub.publish(row("1", LEFT_OPEN))
    await hub.publish(row("2", LEFT_OPEN), name="other")
    (queued,) = (await hub.queue()).texts
    assert (queued.held_back, queued.feeds) == (2, ["kr.list", "kr.other"])
    assert queued.keys == ["KR.Ingredient.1", "KR.Ingredient.2"]


async def test_codes_of_the_same_records_are_shown(hub, monkeypatch):
    rows = [
        row("1", LEFT_OPEN, unii=["ZZZZZZZZZZ", ACICLOVIR], atc="J05AB01"),
        row("2", LEFT_OPEN, atc="J01"),
    ]
    await hub.publish(*rows)
    monkeypatch.setattr(queue, "FEEDS", {"kr.list": feed_of(Origin.KR, rows)})
    (queued,) = (await hub.queue()).texts
    assert (queued.unii, queued.atc) == ([ACICLOVIR, "ZZZZZZZZZZ"], ["J01", "J05AB01"])


async def test_codes_of_native_rows_are_for_their_owner_alone(hub, monkeypatch):
    rows = [row("1", LEFT_OPEN, unii=["ZZZZZZZZZZ"])]
    await hub.publish(*rows)
    monkeypatch.setattr(queue, "FEEDS", {"kr.list": feed_of(Origin.KR, rows)})
    (queued,) = (await hub.queue(SECRETARIAT)).texts
    assert (queued.text, queued.unii) == (LEFT_OPEN, [])


async def test_text_that_codes_resolve_only_in_part_is_ambiguous(hub):
    await hub.publish(row("1", LEFT_OPEN, unii=[ACICLOVIR]), row("2", LEFT_OPEN))
    (queued,) = (await hub.queue()).texts
    assert (queued.held_back, queued.is_ambiguous) == (1, True)
    assert queued.substances == ["ALLIANCE.Substance.aciclovir"]


async def test_text_that_names_two_substances_holds_all_its_records_back(hub):
    await hub.publish(
        row("1", LEFT_OPEN, unii=[ACICLOVIR]),
        row("2", LEFT_OPEN, unii=[ACETYLCYSTEINE]),
        row("3", KNOWN),
    )
    (queued,) = (await hub.queue()).texts
    assert (queued.held_back, queued.is_ambiguous, len(queued.substances)) == (2, True, 2)
    await hub.decide(LEFT_OPEN, "aciclovir")
    assert (await hub.queue()).texts == []


async def test_decided_texts_leave_and_undone_ones_come_back(hub):
    await hub.publish(row("1", LEFT_OPEN))
    decision = await hub.decide(LEFT_OPEN, "aciclovir")
    assert (await hub.queue()).texts == []
    await hub.undo(decision)
    assert [each.text for each in (await hub.queue()).texts] == [LEFT_OPEN]


async def test_records_no_longer_there_hold_nothing_back(hub):
    await hub.publish(row("1", LEFT_OPEN), row("2", LEFT_OPEN), row("3", KNOWN), row("4", KNOWN))
    await hub.publish(row("2", LEFT_OPEN), row("3", KNOWN), row("4", KNOWN))
    (queued,) = (await hub.queue()).texts
    assert queued.held_back == 1


async def test_any_text_in_use_can_be_looked_up(hub):
    await hub.publish(row("1", KNOWN))
    async with hub.pool.connection() as connection:
        found = await queue.find_text(connection, CURATOR, "KR", KNOWN)
        missing = await queue.find_text(connection, CURATOR, "KR", LEFT_OPEN)
    assert (found.held_back, found.substances) == (0, ["ALLIANCE.Substance.amoxicillin"])
    assert missing is None


@pytest.mark.parametrize(
    ("asking", "code"),
    [
        ({"first": 0}, "PAGE_SIZE"),
        ({"first": 51}, "PAGE_SIZE"),
        ({"after": "x"}, "BAD_CURSOR"),
        ({"after": "ÄÄ"}, "BAD_CURSOR"),
        ({"after": "WzEsMl0="}, "BAD_CURSOR"),
        ({"after": "e30="}, "BAD_CURSOR"),
        ({"origin": "XX"}, "INVALID_INPUT"),
    ],
)
async def test_questions_that_make_no_sense_are_refused(hub, asking, code):
    with pytest.raises(InvalidInput) as refused:
        await hub.queue(**asking)
    assert refused.value.public_code == code
