"""Prepared statements over libpq, on a real PostgreSQL."""

import asyncio
import struct

import psycopg
import pytest

from hub.store import line as module
from hub.store.line import Line

PATIENCE = 30


@pytest.fixture
async def line(database_url):
    opened = await Line.open(database_url)
    yield opened
    opened.close()


async def value(line, sql, *values, formats=None, patience_s=PATIENCE):
    found = await line.run(sql, values, formats, patience_s=patience_s)
    return found.get_value(0, 0)


async def test_a_statement_answers_with_other_values_each_time(line):
    sql = b"SELECT $1::int + 1"
    assert [await value(line, sql, text) for text in (b"1", b"41")] == [b"2", b"42"]


async def test_null_and_binary_values_are_taken(line):
    assert await value(line, b"SELECT $1::text IS NULL", None) == b"t"
    assert await value(line, b"SELECT $1::float8", struct.pack("!d", 1.5), formats=[1]) == b"1.5"


async def test_a_statement_is_prepared_once(line):
    for _ in range(3):
        await value(line, b"SELECT 7")
    named = b"SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 7'"
    assert await value(line, named) == b"1"


async def test_the_oldest_of_too_many_statements_is_let_go(line, monkeypatch):
    monkeypatch.setattr(module, "MAX_PREPARED", 3)
    for number in range(6):
        assert await value(line, b"SELECT %d" % number) == b"%d" % number
    assert await value(line, b"SELECT count(*) FROM pg_prepared_statements") == b"3"
    assert await value(line, b"SELECT 0") == b"0"


async def test_a_statement_that_fails_leaves_the_line_open(line):
    with pytest.raises(psycopg.errors.DivisionByZero):
        await value(line, b"SELECT 1 / $1::int", b"0")
    with pytest.raises(psycopg.errors.SyntaxError):
        await value(line, b"SELEKT")
    assert await value(line, b"SELECT 1 / $1::int", b"1") == b"1"


async def test_values_and_answers_larger_than_a_socket_takes_at_once_come_whole(line):
    text = b"x" * 20_000_000
    assert await value(line, b"SELECT $1::text", text) == text


async def test_a_line_that_is_cut_off_while_it_waits_says_so(line, connection):
    pid = int(await value(line, b"SELECT pg_backend_pid()"))
    asking = asyncio.create_task(value(line, b"SELECT pg_sleep(30)"))
    while not await _is_active(connection, pid):  # noqa: ASYNC110 - PostgreSQL tells nobody
        await asyncio.sleep(0.01)
    await connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(psycopg.OperationalError):
        await asking
    assert line.is_closed


async def _is_active(connection, pid):
    cursor = await connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND query LIKE '%%pg_sleep%%'", [pid]
    )
    return await cursor.fetchone()


async def test_a_line_that_is_cut_off_at_rest_is_closed(line, connection):
    pid = int(await value(line, b"SELECT pg_backend_pid()"))
    await connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    while not line.is_closed:  # noqa: ASYNC110 - a line tells nobody
        await asyncio.sleep(0.01)
    with pytest.raises(psycopg.OperationalError):
        await value(line, b"SELECT 1")


async def test_an_answer_that_does_not_come_in_time_closes_the_line(line):
    with pytest.raises(TimeoutError):
        await value(line, b"SELECT pg_sleep(30)", patience_s=0.05)
    assert line.is_closed


async def test_a_statement_that_is_given_up_closes_the_line(line):
    asking = asyncio.create_task(value(line, b"SELECT pg_sleep(30)"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert line.is_closed


async def test_statements_sent_one_behind_the_other_are_answered_in_turn(line):
    numbers = [b"%d" % number for number in range(50)]
    asked = [value(line, b"SELECT $1::text || pg_sleep(0)", number) for number in numbers]
    assert await asyncio.gather(*asked) == numbers


async def test_a_statement_that_can_not_be_prepared_fails_alone_and_each_time(line):
    asked = [value(line, sql) for sql in (b"SELECT 1", b"SELEKT", b"SELECT 2", b"SELEKT")]
    one, wrong, two, again = await asyncio.gather(*asked, return_exceptions=True)
    assert (one, two) == (b"1", b"2")
    assert isinstance(wrong, psycopg.errors.SyntaxError)
    assert isinstance(again, psycopg.Error)
    with pytest.raises(psycopg.errors.SyntaxError):
        await value(line, b"SELEKT")


async def test_a_statement_that_waits_behind_one_given_up_is_told(line):
    slow = asyncio.create_task(value(line, b"SELECT pg_sleep(30)", patience_s=0.2))
    behind = asyncio.create_task(value(line, b"SELECT 1"))
    for asked in (slow, behind):
        with pytest.raises(TimeoutError):
            await asked
    assert line.is_closed


async def test_a_statement_that_can_not_be_sent_closes_the_line_and_answers_nobody_else(line):
    before = asyncio.create_task(value(line, b"SELECT pg_sleep(0.1)"))
    await asyncio.sleep(0.01)
    with pytest.raises(TypeError):
        await value(line, b"SELECT $1::text", "no bytes")
    with pytest.raises(TypeError):
        await before
    assert line.is_closed
