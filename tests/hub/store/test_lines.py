"""Lines shared by the questions that are asked again and again, on a real PostgreSQL."""

import asyncio

import psycopg
import pytest

from hub.store import lines as module
from hub.store.lines import HOT_TIMEOUT_MS, reading_lines


async def test_a_line_gives_the_row_of_the_first_statement_that_has_one(own_database):
    async with reading_lines(own_database) as lines:
        statements = (b"SELECT $1::text WHERE false", b"SELECT $1::text, 7", b"SELECT 1 / 0")
        assert await lines.first_row(statements, [b"x"]) == [b"x", b"7"]
        assert await lines.first_row(statements[:1], [b"x"]) is None
        assert await lines.first_row((), []) is None


async def test_lines_can_not_write_and_stop_long_statements(own_database):
    async with reading_lines(own_database) as lines:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await lines.first_row([b"DELETE FROM feed_state"], [])
        assert await lines.first_row([b"SHOW statement_timeout"], []) == [
            b"%ds" % (HOT_TIMEOUT_MS // 1000)
        ]


async def test_who_waits_for_a_line_gets_one_in_turn(own_database):
    order = []

    async def ask(lines, number):
        await lines.first_row([b"SELECT pg_sleep(0.01)"], [])
        order.append(number)

    async with reading_lines(own_database, size=1) as lines:
        await asyncio.gather(*(ask(lines, number) for number in range(6)))
    assert order == [0, 1, 2, 3, 4, 5]


async def test_who_gives_up_waiting_leaves_the_line_to_the_next(own_database):
    async with reading_lines(own_database, size=1) as lines:
        first = asyncio.create_task(lines.first_row([b"SELECT pg_sleep(0.1)"], []))
        second, third = (asyncio.create_task(lines.first_row([b"SELECT 3"], [])) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        await first
        assert await third == [b"3"]


async def test_who_waits_too_long_for_a_line_is_told(own_database, monkeypatch):
    monkeypatch.setattr(module, "DEPTH", 1)
    async with reading_lines(own_database, size=1) as lines:
        first = asyncio.create_task(lines.first_row([b"SELECT pg_sleep(1.5)"], []))
        await asyncio.sleep(0.1)
        monkeypatch.setattr(module, "PATIENCE_S", 0.05)
        with pytest.raises(TimeoutError, match="no line came free"):
            await lines.first_row([b"SELECT 1"], [])
        assert await first == [b""]


async def test_question_that_is_never_answered_costs_its_line_and_no_other_question(
    own_database, monkeypatch
):
    monkeypatch.setattr(module, "DEPTH", 1)
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    async with reading_lines(own_database, size=1) as lines:
        slow = asyncio.create_task(lines.first_row([b"SELECT pg_sleep(1.5)"], []))
        await asyncio.sleep(0.2)
        next_one = asyncio.create_task(lines.first_row([b"SELECT 2"], []))
        with pytest.raises(TimeoutError, match="did not answer"):
            await slow
        assert await next_one == [b"2"]


async def test_line_that_broke_is_opened_anew_for_the_next_question(
    own_database, connection, monkeypatch
):
    monkeypatch.setattr(module, "DEPTH", 1)
    async with reading_lines(own_database, size=1) as lines:
        [pid] = await lines.first_row([b"SELECT pg_backend_pid()"], [])
        asking = asyncio.create_task(lines.first_row([b"SELECT pg_sleep(1.5)"], []))
        waiting = asyncio.create_task(lines.first_row([b"SELECT 2"], []))
        await asyncio.sleep(0.1)
        await connection.execute("SELECT pg_terminate_backend(%s)", [int(pid)])
        with pytest.raises(psycopg.OperationalError):
            await asking
        assert await waiting == [b"2"]


async def test_question_is_told_where_no_line_can_be_opened_and_the_next_is_tried(own_database):
    async with reading_lines(own_database.replace("/test_", "/none_"), size=1) as lines:
        for _ in range(2):
            with pytest.raises(psycopg.OperationalError, match="does not exist"):
                await lines.first_row([b"SELECT 1"], [])


async def test_statement_that_fails_leaves_its_line_to_the_next(own_database):
    async with reading_lines(own_database, size=1) as lines:
        [pid] = await lines.first_row([b"SELECT pg_backend_pid()"], [])
        with pytest.raises(psycopg.errors.DivisionByZero):
            await lines.first_row([b"SELECT 1 / 0"], [])
        assert await lines.first_row([b"SELECT pg_backend_pid()"], []) == [pid]


async def test_questions_on_one_line_keep_their_own_answers_and_errors(own_database, monkeypatch):
    monkeypatch.setattr(module, "DEPTH", 4)
    async with reading_lines(own_database, size=1) as lines:
        asked = [
            lines.first_row([b"SELECT 10 / $1::int"], [b"%d" % number])
            for number in (1, 0, 2, 0, 5)
        ]
        found = await asyncio.gather(*asked, return_exceptions=True)
    assert [each for each in found if isinstance(each, list)] == [[b"10"], [b"5"], [b"2"]]
    assert [type(each) for each in found].count(psycopg.errors.DivisionByZero) == 2


async def test_all_questions_on_a_line_that_breaks_are_told(own_database, connection, monkeypatch):
    monkeypatch.setattr(module, "DEPTH", 3)
    async with reading_lines(own_database, size=1) as lines:
        [pid] = await lines.first_row([b"SELECT pg_backend_pid()"], [])
        slow = asyncio.create_task(lines.first_row([b"SELECT pg_sleep(1.5)"], []))
        others = [asyncio.create_task(lines.first_row([b"SELECT 2"], [])) for _ in range(4)]
        await asyncio.sleep(0.1)
        await connection.execute("SELECT pg_terminate_backend(%s)", [int(pid)])
        found = await asyncio.gather(slow, *others, return_exceptions=True)
    assert [isinstance(each, psycopg.OperationalError) for each in found] == [True] * 3 + [
        False
    ] * 2
    assert found[3:] == [[b"2"]] * 2


async def test_lines_are_all_used_before_a_question_waits_behind_another(own_database):
    async with reading_lines(own_database, size=2) as lines:
        pids = [lines.first_row([b"SELECT pg_backend_pid(), pg_sleep(0.2)"], []) for _ in range(2)]
        [[one, _], [other, _]] = await asyncio.gather(*pids)
    assert one != other
