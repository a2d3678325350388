import pytest

from hub.errors import Conflict, InvalidInput, NotFound
from hub.sync.entities.decisions import decide, show, undo
from hub.sync.entities.linking import link_entities
from hub.sync.entities.types import EntityVerdict
from tests.hub.sync.companies import company, entities, key, publish, rows

SAME, DIFFERENT = EntityVerdict.SAME, EntityVerdict.DIFFERENT
A, B, C = key("1"), key("2"), key("3")
WHO = ("curator", "looked it up")


@pytest.fixture
async def linked(connection):
    """Two spellings of one company, and a company of another country."""
    await publish(
        connection,
        company("1", "Glenmark Ltd", "IN"),
        company("2", "Glenmark Limited", "IN"),
        company("3", "Glenmark", "CZ"),
    )
    await link_entities(connection)
    return connection


async def are_one(connection, left, right):
    found = await entities(connection)
    return found[left] == found[right]


async def test_different_parts_what_the_rules_joined_and_undo_joins_it_again(linked):
    joined = await entities(linked)
    await decide(linked, (B, A), DIFFERENT, *WHO)
    assert not await are_one(linked, A, B)
    assert (await rows(linked, "SELECT ended_reason FROM entity_link"))[0]["ended_reason"] == (
        "OVERRULED"
    )
    await undo(linked, (A, B), "curator", "they are one after all")
    assert await entities(linked) == joined
    links = await rows(linked, "SELECT ended_at FROM entity_link ORDER BY id")
    assert [link["ended_at"] is None for link in links] == [False, True]


async def test_every_state_can_be_read_as_of_its_time(linked):
    (first,) = await rows(linked, "SELECT max(recorded_at) AS at FROM organization")
    await decide(linked, (A, B), DIFFERENT, *WHO)
    (second,) = await rows(linked, "SELECT max(recorded_at) AS at FROM organization")
    await undo(linked, (A, B), *WHO)
    then = await entities(linked, at=first["at"])
    between = await entities(linked, at=second["at"])
    assert then[A] == then[B]
    assert between[A] != between[B]
    assert await are_one(linked, A, B)


async def test_same_joins_across_a_contradiction_and_undo_parts_it(linked):
    await decide(linked, (A, C), SAME, *WHO)
    assert await are_one(linked, A, C)
    assert await are_one(linked, A, B)
    await undo(linked, (A, C), *WHO)
    assert not await are_one(linked, A, C)
    assert await are_one(linked, A, B)


async def test_decision_outlives_the_next_pull(linked):
    await decide(linked, (A, B), DIFFERENT, *WHO)
    await publish(linked, company("1", "GLENMARK LTD", "IN"), company("2", "GLENMARK LTD.", "IN"))
    await link_entities(linked)
    assert not await are_one(linked, A, B)


async def test_decision_is_kept_with_author_reason_and_undo(linked):
    await decide(linked, (B, A), DIFFERENT, "curator", "two plants")
    await undo(linked, (A, B), "chief", "mistaken")
    shown = await show(linked, A)
    assert [member.key for member in shown.members] == [A, B]
    (decision,) = shown.decisions
    assert (decision.left_key, decision.right_key, decision.verdict) == (A, B, DIFFERENT)
    assert (decision.author, decision.reason) == ("curator", "two plants")
    assert (decision.undone_by, decision.undone_reason) == ("chief", "mistaken")
    assert decision.decided_at < decision.undone_at
    assert [link.ended_reason for link in shown.evidence] == ["OVERRULED", None]


async def test_decided_pair_is_decided_anew_only_after_an_undo(linked):
    await decide(linked, (A, B), DIFFERENT, *WHO)
    with pytest.raises(Conflict, match="decided to be DIFFERENT: undo that first"):
        await decide(linked, (B, A), SAME, *WHO)


async def test_decisions_that_contradict_each_other_together_are_refused(linked):
    await decide(linked, (A, C), SAME, *WHO)
    await decide(linked, (A, B), DIFFERENT, *WHO)
    with pytest.raises(Conflict, match="say the contrary"):
        await decide(linked, (B, C), SAME, *WHO)
    await undo(linked, (A, B), *WHO)
    await decide(linked, (B, C), SAME, *WHO)
    with pytest.raises(Conflict, match="say the contrary"):
        await decide(linked, (A, B), DIFFERENT, *WHO)


@pytest.mark.parametrize(
    ("keys", "error", "says"),
    [
        ((A, A), InvalidInput, "named twice"),
        ((A, "KR.Site.1"), InvalidInput, "of two types"),
        ((A, "KR.Organization.none"), NotFound, "no record `KR.Organization.none`"),
        (("KR.Product.1", A), InvalidInput, "is no key of an organisation or site"),
        (("nonsense", A), InvalidInput, "is no key of an organisation or site"),
    ],
)
async def test_wrong_keys_are_refused(linked, keys, error, says):
    with pytest.raises(error, match=says):
        await decide(linked, keys, SAME, *WHO)


async def test_decision_without_a_reason_is_refused(linked):
    with pytest.raises(InvalidInput, match="say who and why"):
        await decide(linked, (A, B), SAME, "curator", " ")


async def test_nothing_is_undone_where_nothing_stands(linked):
    with pytest.raises(NotFound, match="no decision stands"):
        await undo(linked, (A, B), *WHO)
