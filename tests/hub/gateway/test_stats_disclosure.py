"""What statistics tell of rows that are only counted, and what no series of questions finds out."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from itertools import product

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.settings import ROOT
from tests.hub.gateway.serving import new_database, open_hub, without_entry, write_policies
from tests.hub.gateway.stats_scene import NOW, POLICIES, SMALLEST, Scene, notices
from tests.hub.gateway.test_differential import GENERATED


@pytest.fixture(scope="module")
async def open_scene(database_url, tmp_path_factory, state):
    folder = tmp_path_factory.mktemp("policies")
    baseline = (ROOT / "policies" / "baseline.cedar").read_text()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(new_database(database_url))
        hubs = {
            name: await stack.enter_async_context(
                open_hub(url, write_policies(folder / name, baseline, agreements), state)
            )
            for name, agreements in POLICIES.items()
        }
        yield Scene(url, hubs)


@pytest.fixture
async def scene(open_scene):
    await open_scene.clear()
    return open_scene


async def test_a_group_of_too_few_holders_is_left_out_and_another_with_it(scene):
    for status, times in (("ONGOING", 5), ("RESOLVED", 4), ("DRAFT", 2)):
        await scene.add("SupplyNotice", times, status=status)
    assert await scene.groups(["STATUS"]) == {("ONGOING",): 5}


async def test_many_records_of_few_holders_are_too_few(scene):
    await scene.add("SupplyNotice", 50, holder="KR.Organization.x")
    await scene.add("SupplyNotice", 50, holder="KR.Organization.y")
    assert await scene.groups([]) == {}


async def test_records_that_name_no_holder_count_as_one_holders(scene):
    await scene.add("SupplyNotice", 50, holder_key=None)
    assert await scene.groups([]) == {}
    await scene.add("SupplyNotice", 2)
    assert await scene.groups([]) == {(): 52}


async def test_rows_that_may_be_read_are_counted_exactly_beside_those_only_counted(scene):
    await scene.add("SupplyNotice", 1, origin="US")
    await scene.add("SupplyNotice", 2, origin="KR")
    assert await scene.groups(["ORIGIN"]) == {("US",): 1}
    await scene.add("SupplyNotice", 1, origin="KR")
    assert await scene.groups(["ORIGIN"]) == {("KR",): 3, ("US",): 1}
    assert await scene.groups(["ORIGIN"], client="kr-mfds") == {("KR",): 3}


async def test_rows_that_neither_may_be_read_nor_counted_are_in_nothing(scene):
    await scene.add("SupplyNotice", 9, origin="JP")
    assert await scene.groups([]) == {}


async def test_an_answer_says_what_it_leaves_out_and_no_more(scene):
    await scene.add("SupplyNotice", 2)
    few = (await scene.ask(notices(["STATUS"])))["data"]["supplyNoticeStats"]
    assert few == {
        "count": 0,
        "groups": [],
        "isSuppressed": False,
        "note": (
            "records that you may only have counted are in figures of 3 holders or more; figures "
            "of fewer, and those that would give them away, are left out, and nothing in the "
            "groups tells whether there are any"
        ),
    }
    await scene.add("SupplyNotice", 2, status="RESOLVED")
    more = (await scene.ask(notices(["STATUS"])))["data"]["supplyNoticeStats"]
    assert more == few | {"isSuppressed": True}


async def test_too_few_holders_answer_byte_for_byte_as_none(scene):
    questions = [
        notices(["STATUS"]),
        notices([]),
        notices(["HOLDER_KEY", "STATUS"]),
        notices(["STATUS"], 'filter: {holderKey: {eq: "KR.Organization.x"}}'),
        notices(["STATUS"], 'filter: {key: {contains: "KR"}}'),
    ]
    before = [without_entry((await scene.post(question)).content) for question in questions]
    await scene.add("SupplyNotice", 9, holder="KR.Organization.x")
    await scene.add("SupplyNotice", 1, status="RESOLVED")
    assert [without_entry((await scene.post(question)).content) for question in questions] == before


async def test_a_filter_draws_no_line_around_a_holder(scene):
    """All but one holder, by name: the table by holder is withheld, and the filter finds none."""
    await scene.add("SupplyNotice", 1, holder="KR.Organization.x")
    await scene.add("SupplyNotice", 5)
    assert await scene.groups([]) == {(): 6}
    for operator in ("ne", "eq", "startsWith", "contains"):
        given = f'filter: {{holderKey: {{{operator}: "KR.Organization.x"}}}}'
        assert await scene.groups([], given) == {}


async def test_a_filter_by_dimensions_chooses_among_the_figures_of_their_table(scene):
    for status, feed, times in (
        ("ONGOING", "one.feed", 5),
        ("ONGOING", "two.feed", 4),
        ("RESOLVED", "one.feed", 6),
        ("RESOLVED", "two.feed", 1),
    ):
        await scene.add("SupplyNotice", times, status=status, feed=feed)
    given = 'filter: {feed: {eq: "one.feed"}}'
    table = await scene.groups(["FEED", "STATUS"])
    chosen = {status: count for (feed, status), count in table.items() if feed == "one.feed"}
    found = await scene.groups(["STATUS"], given)
    assert found == {(status,): count for status, count in chosen.items()}


async def test_a_filter_by_anything_else_leaves_rows_that_are_only_counted_out(scene):
    [*_, key] = await scene.add("SupplyNotice", 9)
    await scene.add("SupplyNotice", 1, origin="US")
    for test in (f'key: {{ne: "{key}"}}', 'title: {contains: ""}', "recordedAt: {isNull: false}"):
        assert await scene.groups(["ORIGIN"], f"filter: {{{test}}}") == {("US",): 1}


@pytest.mark.parametrize("added", [1, 2])
async def test_one_row_more_tomorrow_is_not_told(scene, added):
    await scene.add("SupplyNotice", 5)
    assert await scene.groups([]) == {(): 5}
    await scene.add("SupplyNotice", added)
    assert await scene.refusal(notices([])) == "AGGREGATE_LEDGER"
    assert await scene.groups([], client="jp-mhlw") == {(): 5 + added}
    await scene.add("SupplyNotice", SMALLEST - added)
    assert await scene.groups([]) == {(): 8}


async def test_the_earlier_question_can_be_asked_again_as_of_then(scene):
    await scene.add("SupplyNotice", 5)
    first = await scene.post(notices([]))
    await scene.add("SupplyNotice", 1, recorded_at=NOW + timedelta(milliseconds=1))
    assert await scene.refusal(notices([])) == "AGGREGATE_LEDGER"
    given = f'asOf: "{NOW.isoformat()}"'
    again = await scene.post(notices([], given))
    assert without_entry(again.content) == without_entry(first.content)


async def test_two_instants_that_differ_by_few_are_not_both_told(scene):
    await scene.add("SupplyNotice", 5, recorded_at=NOW - timedelta(days=9))
    await scene.add("SupplyNotice", 2, recorded_at=NOW - timedelta(days=3))
    old, new = (f'asOf: "{(NOW - timedelta(days=ago)).isoformat()}"' for ago in (5, 1))
    assert await scene.groups([], new) == {(): 7}
    assert await scene.refusal(notices([], old)) == "AGGREGATE_LEDGER"


async def test_a_row_that_changes_its_group_is_not_told(scene):
    keys = await scene.add("SupplyNotice", 5)
    await scene.add("SupplyNotice", 5, status="RESOLVED")
    assert await scene.groups(["STATUS"]) == {("ONGOING",): 5, ("RESOLVED",): 5}
    await scene.execute("UPDATE supply_notice SET status = 'RESOLVED' WHERE key = %s", keys[0])
    assert await scene.refusal(notices(["STATUS"])) == "AGGREGATE_LEDGER"


async def test_two_groupings_do_not_add_up_to_a_holder(scene):
    """By status each group is large enough, and by feed; beside the whole table one is not."""
    for status, feed, times in (
        ("ONGOING", "one.feed", 6),
        ("ONGOING", "two.feed", 6),
        ("RESOLVED", "one.feed", 6),
        ("RESOLVED", "two.feed", 1),
    ):
        await scene.add("SupplyNotice", times, status=status, feed=feed)
    assert await scene.groups([]) == {(): 19}
    assert await scene.groups(["STATUS"]) == {("ONGOING",): 12, ("RESOLVED",): 7}
    assert await scene.groups(["FEED"]) == {("one.feed",): 12, ("two.feed",): 7}
    both = await scene.groups(["STATUS", "FEED"])
    assert ("RESOLVED", "two.feed") not in both
    assert len(both) in {0, 1}


async def test_a_new_agreement_does_not_tell_of_its_few_holders(scene):
    await scene.add("SupplyNotice", 5)
    await scene.add("SupplyNotice", 2, origin="EU")
    assert await scene.groups([]) == {(): 5}
    assert await scene.refusal(notices([]), "more") == "AGGREGATE_LEDGER"
    await scene.add("SupplyNotice", 1, origin="EU")
    assert await scene.groups([], policies="more") == {(): 8}


async def test_a_refusal_names_the_earlier_question_and_what_to_do(scene):
    await scene.add("SupplyNotice", 5)
    await scene.groups(["LISTING"])
    await scene.add("SupplyNotice", 1)
    answer = await scene.ask(notices(["STATUS"]))
    [error] = answer["errors"]
    assert error["path"] == ["supplyNoticeStats"]
    assert "`supplyNoticeStats by listing` as of " in error["message"]
    assert "ask that one again as of then, group by fewer fields, or wait" in error["message"]


async def test_the_same_question_gets_the_same_bytes_and_one_entry(scene):
    await scene.add("SupplyNotice", 7)
    answers = {without_entry((await scene.post(notices(["STATUS"]))).content) for _ in range(3)}
    assert len(answers) == 1
    async with await psycopg.AsyncConnection.connect(scene.url) as connection:
        cursor = await connection.execute("SELECT recipient, question FROM answered_aggregate")
        assert await cursor.fetchall() == [("US", "supplyNoticeStats by status")]


async def test_rows_that_may_be_read_need_no_ledger(scene):
    await scene.add("SupplyNotice", 2)
    for times in range(3):
        found = await scene.groups([], client="kr-mfds")
        assert found == {(): 2 + times}
        await scene.add("SupplyNotice", 1)


STOCK = (
    "{ stockStats(groupBy: [LISTING]) { isSuppressed note groups { listing count holders "
    "isSuppressed sums { quantity } } } }"
)


async def stock(scene, question=STOCK, client="us-fda"):
    answer = await scene.ask(question, "sums", client)
    assert "errors" not in answer, answer["errors"]
    return {each["listing"]: each for each in answer["data"]["stockStats"]["groups"]}


async def test_sums_of_counted_values_are_exact_where_they_are_told(scene):
    for quantity in ("10000000000000000000000000000000.5", "9" * 32, "8" * 32):
        await scene.add("StockReport", quantity=Decimal(quantity))
    await scene.add("StockReport", quantity=None)
    [group] = (await stock(scene)).values()
    expected = Decimal("10000000000000000000000000000000.5")
    total = f"{int(expected) + int('9' * 32) + int('8' * 32)}.5"
    assert group["sums"] == {"quantity": total}
    assert (group["count"], group["holders"], group["isSuppressed"]) == (4, 4, False)


async def test_a_sum_that_one_holder_nearly_makes_up_is_withheld_and_its_count_is_not(scene):
    for quantity in (1000, 20, 10, 5):
        await scene.add("StockReport", quantity=Decimal(quantity))
    [group] = (await stock(scene)).values()
    assert group["sums"] == {"quantity": None}
    assert group["isSuppressed"] is True
    assert group["count"] == 4


async def test_sums_are_withheld_by_value_where_rows_may_be_read(scene):
    """The public group of these reports may be read, their quantities only be added up."""
    await scene.add("StockReport", 2, quantity=Decimal(5))
    assert await stock(scene) == {}
    exact = await stock(scene, STOCK.replace("sums { quantity }", ""))
    assert exact["LISTED"]["count"] == 2


async def test_a_changed_quantity_is_not_told(scene):
    keys = [
        key for n in range(5) for key in await scene.add("StockReport", quantity=Decimal(9 + n))
    ]
    assert (await stock(scene))["LISTED"]["sums"] == {"quantity": "55"}
    await scene.execute("UPDATE stock_report SET quantity = 10 WHERE key = %s", keys[0])
    answer = await scene.ask(STOCK, "sums")
    assert answer["errors"][0]["extensions"]["code"] == "AGGREGATE_LEDGER"
    assert (await stock(scene, client="kr-mfds"))["LISTED"]["sums"] == {"quantity": "56"}


async def test_hidden_values_change_no_byte(scene):
    """Neither quantities that are not counted nor rows out of sight have any bearing."""
    await scene.add("StockReport", 5, quantity=Decimal(5), quantity_band="1-9")
    await scene.add("StockReport", 5, origin="JP", quantity=Decimal(5))
    question = (
        "{ stockStats(groupBy: [QUANTITY_BAND, ORIGIN]) { count note isSuppressed groups "
        "{ origin quantityBand count holders sums { quantity } } } }"
    )
    before = without_entry((await scene.post(question, "sums")).content)
    assert json.loads(before)["data"]["stockStats"]["count"] == 5
    await scene.execute("UPDATE stock_report SET quantity_band = '10-99', place_text = 'elsewhere'")
    await scene.execute(
        "UPDATE stock_report SET quantity = 7, holder_key = key WHERE origin = 'JP'"
    )
    await scene.add("StockReport", 5, origin="JP", quantity=Decimal(1))
    assert without_entry((await scene.post(question, "sums")).content) == before


async def test_two_overlapping_questions_at_once_are_not_both_answered(scene):
    await scene.add("SupplyNotice", 5, recorded_at=NOW - timedelta(days=9))
    await scene.add("SupplyNotice", 2, recorded_at=NOW - timedelta(days=3))
    instants = [NOW - timedelta(days=ago) for ago in (5, 1)] * 3
    answers = await asyncio.gather(
        *(scene.ask(notices([], f'asOf: "{instant.isoformat()}"')) for instant in instants)
    )
    counts = {answer["data"]["supplyNoticeStats"]["count"] for answer in _answered(answers)}
    assert counts in ({5}, {7})
    codes = {error["extensions"]["code"] for each in answers for error in each.get("errors", ())}
    assert codes == {"AGGREGATE_LEDGER"}


def _answered(answers):
    return [answer for answer in answers if "errors" not in answer]


@settings(GENERATED, max_examples=15)
@given(chance=st.randoms(use_true_random=False))
async def test_no_series_of_questions_singles_out_few_holders(scene, chance):
    """Questions at random while rows come and go; then every sum of answers is tried."""
    await scene.clear()
    sets: list[frozenset] = []
    for _ in range(6):
        await scene.add("SupplyNotice", chance.randint(1, 5), **_drawn(chance))
        for by in chance.sample(SERIES, 3):
            answer = await scene.ask(notices(by))
            found = [(group["count"], await scene.members(by, group)) for group in _groups(answer)]
            assert all(count == len(members) for count, members in found)
            sets += [frozenset(members) for _, members in found]
    for one, other in product(sets, repeat=2):
        assert not 0 < len(one ^ other) < SMALLEST
    for one, two, three in product(set(sets), repeat=3):
        left = Counter(one) | Counter()
        left.update(two)
        left.subtract(three)
        assert not 0 < sum(map(bool, left.values())) < SMALLEST


SERIES = ([], ["STATUS"], ["FEED"], ["STATUS", "FEED"], ["KIND"], ["KIND", "FEED"])


def _drawn(chance):
    return {
        "status": chance.choice(("ONGOING", "RESOLVED")),
        "feed": chance.choice(("one.feed", "two.feed")),
        "kind": chance.choice(("SHORTAGE", "SUSPENSION")),
    }


def _groups(answer):
    if "errors" in answer:
        assert answer["errors"][0]["extensions"]["code"] == "AGGREGATE_LEDGER"
        return []
    return answer["data"]["supplyNoticeStats"]["groups"]
