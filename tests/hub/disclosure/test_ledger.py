"""What a member was given of counted rows bars what would single out a holder beside it."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hub.disclosure import ledger as ledger_module
from hub.disclosure.audit import Figure
from hub.disclosure.ledger import AggregateLedger, Answer
from hub.errors import Forbidden, TooLarge, Unavailable
from hub.store.database import writing_pool

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def figure(*items, smallest_cell=2):
    return Figure(items, items, smallest_cell)


def answer(*figures, question="noticeStats by status", recipient="KR", measure="count", **changed):
    facts = {
        "recipient": recipient,
        "record_type": "SupplyNotice",
        "question": question,
        "as_of": AT,
        "policy_digest": "digest",
        "figures": {measure: figures},
    }
    return Answer(**(facts | changed))


@pytest.fixture
async def pool(database_url):
    async with writing_pool(database_url) as opened:
        yield opened
        async with opened.connection() as connection:
            await connection.execute("DELETE FROM answered_aggregate")


@pytest.fixture
def ledger(pool):
    return AggregateLedger(pool)


async def rows(pool, sql):
    async with pool.connection() as connection:
        return await (await connection.execute(sql)).fetchall()


async def test_an_admitted_answer_is_durable_with_its_question_instant_and_policies(ledger, pool):
    await ledger.admit(answer(figure(-1, 2**63 - 1)))
    [entry] = await rows(
        pool,
        "SELECT recipient, record_type, question, as_of, policy_digest FROM answered_aggregate",
    )
    assert entry == ("KR", "SupplyNotice", "noticeStats by status", AT, "digest")
    [cell] = await rows(pool, "SELECT measure, items, holders FROM answered_cell")
    assert cell == ("count", [-1, 2**63 - 1], [-1, 2**63 - 1])


async def test_the_same_figures_are_admitted_again_and_entered_once(ledger, pool):
    for _ in range(3):
        await ledger.admit(answer(figure(1, 2), figure(3, 4, 5)))
    assert await rows(pool, "SELECT count(*) FROM answered_aggregate") == [(1,)]
    assert await rows(pool, "SELECT count(*) FROM answered_cell") == [(2,)]


async def test_a_figure_that_differs_by_one_holder_is_refused_and_names_the_earlier_one(ledger):
    await ledger.admit(answer(figure(1, 2, 3), question="noticeStats by origin"))
    with pytest.raises(Forbidden) as refused:
        await ledger.admit(answer(figure(1, 2, 3, 4)))
    assert refused.value.public_code == "AGGREGATE_LEDGER"
    assert refused.value.message == (
        "together with those of `noticeStats by origin` as of 2026-01-02T03:04:05.678Z, which KR "
        "was given, these figures would single out too few holders: ask that one again as of then, "
        "group by fewer fields, or wait for more changes"
    )


async def test_a_refused_answer_leaves_nothing_behind(ledger, pool):
    await ledger.admit(answer(figure(1, 2, 3)))
    with pytest.raises(Forbidden):
        await ledger.admit(answer(figure(8, 9), figure(1, 2, 3, 4)))
    assert await rows(pool, "SELECT count(*) FROM answered_cell") == [(1,)]


async def test_a_figure_given_again_under_a_higher_demand_is_entered_with_it(ledger, pool):
    for smallest_cell in (2, 3, 2):
        await ledger.admit(answer(figure(1, 2, 3, smallest_cell=smallest_cell)))
    found = await rows(pool, "SELECT smallest_cell FROM answered_cell ORDER BY id")
    assert found == [(2,), (3,)]
    with pytest.raises(Forbidden):
        await ledger.admit(answer(figure(1, 2, 3, 4, 5)))


async def test_figures_that_collide_with_each_other_are_refused(ledger):
    with pytest.raises(Forbidden, match="together with themselves"):
        await ledger.admit(answer(figure(1, 2), figure(1, 2, 3)))


async def test_another_member_another_type_and_another_measure_have_ledgers_of_their_own(ledger):
    await ledger.admit(answer(figure(1, 2, 3)))
    await ledger.admit(answer(figure(1, 2, 3, 4), recipient="US"))
    await ledger.admit(answer(figure(1, 2, 3, 4), record_type="Product"))
    await ledger.admit(answer(figure(1, 2, 3, 4), measure="quantity"))


async def test_two_questions_at_once_that_collide_are_not_both_answered(pool):
    """Each gateway process has a ledger of its own over the same database."""
    found = await asyncio.gather(
        *(
            AggregateLedger(pool).admit(answer(figure(*range(9, 13 + more), smallest_cell=4)))
            for more in range(4)
        ),
        return_exceptions=True,
    )
    assert found.count(None) == 1
    assert {type(each) for each in found} == {type(None), Forbidden}


async def test_a_figure_is_forgotten_a_year_after_it_was_last_given(ledger, pool):
    await ledger.admit(answer(figure(1, 2, 3)))
    async with pool.connection() as connection:
        await connection.execute(
            "UPDATE answered_aggregate SET answered_at = now() - %s", [timedelta(days=364)]
        )
    await ledger.admit(answer(figure(1, 2, 3)))
    with pytest.raises(Forbidden):
        await ledger.admit(answer(figure(1, 2, 3, 4)))
    async with pool.connection() as connection:
        await connection.execute(
            "UPDATE answered_aggregate SET answered_at = now() - %s", [timedelta(days=366)]
        )
    await ledger.admit(answer(figure(1, 2, 3, 4)))


@pytest.mark.parametrize(("limit", "most"), [("MAX_FIGURES", 2), ("MAX_ITEMS", 8)])
async def test_a_full_ledger_refuses_what_is_new_and_answers_what_is_not(
    ledger, monkeypatch, limit, most
):
    monkeypatch.setattr(ledger_module, limit, most)
    await ledger.admit(answer(figure(1, 2, 3), figure(4, 5, 6)))
    with pytest.raises(TooLarge) as refused:
        await ledger.admit(answer(figure(7, 8, 9)))
    assert refused.value.public_code == "AGGREGATE_LEDGER_FULL"
    await ledger.admit(answer(figure(1, 2, 3)))


async def test_an_answer_that_waits_too_long_for_its_turn_is_refused(
    ledger, database_url, monkeypatch
):
    monkeypatch.setattr(ledger_module, "PATIENCE", timedelta(milliseconds=50))
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["aggregates KR SupplyNotice"]
        )
        with pytest.raises(Unavailable, match="not given"):
            await ledger.admit(answer(figure(1, 2)))
