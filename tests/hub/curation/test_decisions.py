"""A decision reaches all records at once, lasts through pulls, and can be undone."""

import asyncio

import pytest

from federation.records.declaration import Origin
from hub.curation.models import Verdict
from hub.errors import Conflict, InvalidInput, NotFound
from hub.store.merge import Merged
from tests.hub.curation.world import CURATOR, KNOWN, LEFT_OPEN, caller, row

AMOXICILLIN = "ALLIANCE.Substance.amoxicillin"
OPEN = (None, "NONE", "0.000")
DECIDED = (AMOXICILLIN, "CURATED", "1.000")
ROWS = (row("1", LEFT_OPEN), row("2", LEFT_OPEN), row("3", KNOWN))


@pytest.fixture
async def published(hub):
    """A hub with two records that a text holds back."""
    await hub.publish(*ROWS)
    assert await hub.resolved() == {"1": OPEN, "2": OPEN, "3": (AMOXICILLIN, "SYNONYM", "0.990")}
    return hub


async def test_decision_gives_all_records_of_the_text_new_versions_at_once(published):
    decision = await published.decide(LEFT_OPEN, "Amoxicillin ")
    assert (decision.verdict, decision.inn, decision.records) == ("SUBSTANCE", "amoxicillin", 2)
    assert await published.resolved() == {
        "1": DECIDED, "2": DECIDED, "3": (AMOXICILLIN, "SYNONYM", "0.990"),
    }  # fmt: skip
    versions = await published.query(
        "SELECT resolution_method, recorded_at, superseded_at, first_recorded_at, content_digest "
        "FROM ingredient WHERE national_id = '1' ORDER BY change_seq"
    )
    (_, first, closed, *_, digest), (_, second, current, first_recorded, same_digest) = versions
    assert first < closed == second == decision.decided_at
    assert current is None
    assert (first_recorded, same_digest) == (first, digest)


async def test_next_pull_of_the_same_list_changes_nothing(published):
    await published.decide(LEFT_OPEN, "amoxicillin")
    before = await published.query("SELECT count(*), max(change_seq) FROM ingredient")
    assert (await published.publish(*ROWS)).merged == Merged(0, 0, 0)
    assert await published.query("SELECT count(*), max(change_seq) FROM ingredient") == before


async def test_new_rows_and_new_feeds_with_the_text_come_decided(published):
    await published.decide(LEFT_OPEN, "amoxicillin")
    await published.publish(*ROWS, row("4", LEFT_OPEN))
    await published.publish(row("5", LEFT_OPEN), name="other")
    assert {(await published.resolved())[key] for key in "1245"} == {DECIDED}


async def test_the_same_text_of_another_member_stays_open(published):
    await published.decide(LEFT_OPEN, "amoxicillin")
    await published.publish(row("1", LEFT_OPEN), member=Origin.JP)
    assert await published.resolved("JP") == {"1": OPEN}


async def test_undo_restores_what_the_resolver_says_also_of_rows_that_came_decided(published):
    decision = await published.decide(KNOWN, "acetylsalicylic acid")
    await published.publish(*ROWS, row("4", KNOWN))
    assert (await published.resolved())["4"][1] == "CURATED"
    undone = await published.undo(decision)
    assert (undone.verdict, undone.inn, undone.records) == ("UNDONE", None, 2)
    resolved = await published.resolved()
    assert resolved["3"] == resolved["4"] == (AMOXICILLIN, "SYNONYM", "0.990")
    before = await published.query("SELECT count(*) FROM ingredient")
    assert (await published.publish(*ROWS, row("4", KNOWN))).merged == Merged(0, 0, 0)
    assert await published.query("SELECT count(*) FROM ingredient") == before


async def test_undo_after_a_newer_decision_restores_the_resolver_not_the_older_decision(published):
    first = await published.decide(LEFT_OPEN, "amoxicillin")
    second = await published.decide(LEFT_OPEN, "aciclovir", supersedes=first.id)
    assert (await published.resolved())["1"][0] == "ALLIANCE.Substance.aciclovir"
    await published.undo(second)
    assert (await published.resolved())["1"] == OPEN
    assert [each.verdict for each in await published.history()] == [
        "UNDONE", "SUBSTANCE", "SUBSTANCE",
    ]  # fmt: skip


async def test_text_that_names_no_substance_leaves_the_queue(published):
    decision = await published.decide(LEFT_OPEN, None)
    assert decision.verdict is Verdict.NO_SUBSTANCE
    assert (await published.resolved())["1"] == (None, "CURATED", "1.000")
    assert (await published.queue()).texts == []


async def test_a_text_can_be_decided_again_after_an_undo(published):
    await published.undo(await published.decide(LEFT_OPEN, "amoxicillin"))
    await published.decide(LEFT_OPEN, "aciclovir")
    assert (await published.resolved())["2"][0] == "ALLIANCE.Substance.aciclovir"


async def test_products_of_the_text_are_equal_to_others_while_the_decision_stands(published):
    sql = "SELECT pharmaceutical_product_key FROM product WHERE superseded_at IS NULL ORDER BY key"
    first, second, known = await published.query(sql)
    assert first == second == (None,) != known
    decision = await published.decide(LEFT_OPEN, "amoxicillin")
    assert await published.query(sql) == [known] * 3
    await published.undo(decision)
    assert await published.query(sql) == [first, second, known]


async def test_agreements_on_a_substance_cover_what_a_pull_or_a_decision_says_contains_it(
    published,
):
    sql = "SELECT substances FROM product WHERE superseded_at IS NULL ORDER BY key"
    assert await published.query(sql) == [([],), ([],), ([AMOXICILLIN],)]
    decision = await published.decide(LEFT_OPEN, "amoxicillin")
    await published.publish(*ROWS, row("4", LEFT_OPEN))
    assert await published.query(sql) == [([AMOXICILLIN],)] * 4
    await published.undo(decision)
    assert await published.query(sql) == [([],), ([],), ([AMOXICILLIN],), ([],)]


async def test_history_keeps_author_reason_and_time_of_everything(published):
    first = await published.decide(LEFT_OPEN, "amoxicillin", reason=" seen on the label ")
    second = await published.undo(first, by=caller(client="kr-second"), reason="read it wrongly")
    newest, oldest = await published.history(text=LEFT_OPEN)
    assert newest == second
    assert newest.superseded_at is None
    assert (newest.client, newest.reason) == ("kr-second", "read it wrongly")
    assert (oldest.reason, oldest.superseded_at) == ("seen on the label", newest.decided_at)
    assert (oldest.issuer, oldest.subject, oldest.client, oldest.member, oldest.organisation) == (
        CURATOR.issuer, CURATOR.subject, CURATOR.client, CURATOR.member, CURATOR.organisation,
    )  # fmt: skip


async def test_decision_on_a_text_already_decided_must_name_the_one_that_stands(published):
    first = await published.decide(LEFT_OPEN, "amoxicillin")
    with pytest.raises(Conflict, match=f"pass `supersedes: {first.id}`") as refused:
        await published.decide(LEFT_OPEN, "aciclovir")
    assert refused.value.public_code == "DECIDED"
    assert (await published.resolved())["1"] == DECIDED
    assert await published.history() == [first]


async def test_only_a_decision_that_stands_can_be_undone(published):
    first = await published.decide(LEFT_OPEN, "amoxicillin")
    undone = await published.undo(first)
    for ended in (first, undone):
        with pytest.raises(Conflict, match="no decision stands"):
            await published.undo(ended)


async def test_two_curators_at_once_one_decides_and_the_other_is_told(published):
    both = await asyncio.gather(
        published.decide(LEFT_OPEN, "amoxicillin"),
        published.decide(LEFT_OPEN, "aciclovir"),
        return_exceptions=True,
    )
    (refused,) = [each for each in both if isinstance(each, Conflict)]
    (decided,) = [each for each in both if each is not refused]
    assert f"decision `{decided.id}`" in refused.message
    assert await published.history() == [decided]
    assert {(await published.resolved())[key][0] for key in "12"} == {decided.substance_key}


async def test_decision_while_a_pull_publishes_is_not_overtaken(published):
    rows = [row(str(number), LEFT_OPEN) for number in range(10, 60)]
    await asyncio.gather(
        published.publish(*ROWS, *rows), published.decide(LEFT_OPEN, "amoxicillin")
    )
    resolved = await published.resolved()
    assert {found for key, found in resolved.items() if key != "3"} == {DECIDED}


async def test_decisions_and_pulls_never_share_an_instant(published):
    for inn in ("amoxicillin", "aciclovir") * 3:
        standing = [each for each in await published.history(first=1) if each.superseded_at is None]
        await published.decide(LEFT_OPEN, inn, supersedes=standing[0].id if standing else None)
        await published.publish(*ROWS, row("4", LEFT_OPEN, atc=inn))
    ((versions, instants),) = await published.query(
        "SELECT count(*), count(DISTINCT recorded_at) FROM ingredient WHERE national_id = '1'"
    )
    assert versions == instants == 7


async def test_past_is_as_it_was_and_change_feed_tells(published):
    ((seq, instant),) = await published.query(
        "SELECT max(change_seq), max(recorded_at) FROM ingredient"
    )
    decision = await published.decide(LEFT_OPEN, "amoxicillin")
    then = await published.query(
        "SELECT resolution_method FROM ingredient WHERE national_id = '1' AND recorded_at <= %s "
        "AND (superseded_at IS NULL OR superseded_at > %s)",
        instant, instant,
    )  # fmt: skip
    assert then == [("NONE",)]
    changed = await published.query(
        "SELECT key, recorded_at FROM ingredient WHERE change_seq > %s ORDER BY key", seq
    )
    assert changed == [
        ("KR.Ingredient.1", decision.decided_at), ("KR.Ingredient.2", decision.decided_at),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("inn", "code", "advice"),
    [
        ("amoxicilin", "UNKNOWN_SUBSTANCE", "did you mean `amoxicillin`"),
        ("아목시실린", "UNKNOWN_SUBSTANCE", "did you mean `amoxicillin`"),
        ("qqqqqqqq", "UNKNOWN_SUBSTANCE", "use the INN of a substance of the register"),
        ("", "UNKNOWN_SUBSTANCE", "use the INN"),
        ("amoxicillin+clavulanic acid", "COMBINATION", "holds one substance"),
    ],
)
async def test_what_is_no_inn_of_the_register_is_refused_with_advice(published, inn, code, advice):
    with pytest.raises(InvalidInput, match=advice) as refused:
        await published.decide(LEFT_OPEN, inn)
    assert refused.value.public_code == code
    assert await published.history() == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001, "a\0b"])
async def test_no_decision_and_no_undo_without_a_reason(published, reason):
    decision = await published.decide(LEFT_OPEN, "amoxicillin")
    with pytest.raises(InvalidInput, match="must say why"):
        await published.undo(decision, reason=reason)
    with pytest.raises(InvalidInput, match="must say why"):
        await published.decide(LEFT_OPEN, "aciclovir", reason=reason, supersedes=decision.id)
    assert await published.history() == [decision]


async def test_a_text_that_no_record_has_is_refused(published):
    with pytest.raises(NotFound, match="copy it from the review queue"):
        await published.decide(LEFT_OPEN + " ", "amoxicillin")


async def test_text_longer_than_an_index_holds_is_decided(hub):
    long = "수수께끼" * 2_000
    await hub.publish(row("1", long))
    assert (await hub.decide(long, "amoxicillin")).records == 1
