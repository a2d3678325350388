"""Pools, migration and the embedded server."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic.script import ScriptDirectory

from hub.errors import Unavailable
from hub.store.database import (
    STATEMENT_TIMEOUT_MS,
    migrate,
    reading_pool,
    revisions,
    writing_pool,
)
from hub.store.embedded import MAX_CONNECTIONS, embedded_postgres
from hub.store.migrating import alembic_config


async def _value(connection, sql):
    cursor = await connection.execute(sql)
    row = await cursor.fetchone()
    return row[0]


async def test_writing_pool_commits_a_block_that_ends_well_and_undoes_one_that_does_not(
    own_database,
):
    async def fail(pool):
        async with pool.connection() as connection:
            await connection.execute("INSERT INTO kept VALUES (2)")
            raise ZeroDivisionError

    async with writing_pool(own_database) as pool:
        async with pool.connection() as connection:
            await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        with pytest.raises(ZeroDivisionError):
            await fail(pool)
        async with pool.connection() as connection:
            assert await _value(connection, "SELECT array_agg(n) FROM kept") == [1]


async def test_reading_pool_can_not_write(own_database):
    async with reading_pool(own_database) as pool, pool.connection() as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await connection.execute("INSERT INTO feed_state (feed) VALUES ('x')")


async def test_reading_pool_counts_in_utc_and_stops_long_statements(own_database):
    async with reading_pool(own_database) as pool, pool.connection() as connection:
        now = await _value(connection, "SELECT now()")
        assert now.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
        assert (
            await _value(connection, "SHOW statement_timeout") == f"{STATEMENT_TIMEOUT_MS // 1000}s"
        )
        await connection.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            await connection.execute("SELECT pg_sleep(5)")


async def test_reading_pool_numbers_its_placeholders(own_database):
    async with reading_pool(own_database) as pool, pool.connection() as connection:
        cursor = await connection.execute("SELECT $2::text || $1::text || $2::text", ["b", "a"])
        assert await cursor.fetchone() == ("aba",)


async def test_processes_that_start_together_migrate_an_empty_database_once(bare_database):
    await asyncio.gather(*(migrate(bare_database) for _ in range(3)))
    async with await psycopg.AsyncConnection.connect(bare_database) as connection:
        found = await _value(connection, "SELECT array_agg(version_num) FROM alembic_version")
    assert found == ScriptDirectory.from_config(alembic_config(bare_database)).get_heads()


def test_revisions_are_those_that_alembic_finds():
    scripts = ScriptDirectory.from_config(alembic_config("postgresql://127.0.0.1/none"))
    assert revisions() == tuple(each.revision for each in scripts.walk_revisions())[::-1]


async def test_database_that_does_not_answer_says_what_to_check():
    with pytest.raises(Unavailable, match="check HUB_DATABASE_URL and that PostgreSQL is up"):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


def test_embedded_server_keeps_its_data_from_one_start_to_the_next(tmp_path):
    with embedded_postgres(tmp_path / "state") as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    with embedded_postgres(tmp_path / "state") as url, psycopg.connect(url) as connection:
        connection.execute("SELECT n FROM kept")


def test_embedded_server_is_durable_recent_and_off_the_network(tmp_path):
    with (
        embedded_postgres(tmp_path) as url,
        embedded_postgres(tmp_path) as again,
        psycopg.connect(url) as connection,
    ):
        assert again == url
        assert connection.info.server_version >= 150_000
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses")
        }
        [(allowed,)] = connection.execute("SHOW max_connections").fetchall()
    assert shown == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
    }
    assert int(allowed) == MAX_CONNECTIONS
