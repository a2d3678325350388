"""What a caller is told when the database can't answer."""

from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from hub.errors import InvalidInput, Timeout, Unavailable
from hub.gateway.reading import reading
from hub.store.database import reading_pool


async def test_a_statement_over_its_time_is_a_timeout(world_url):
    async with reading_pool(world_url, max_size=1) as pool:
        async with reading(pool) as connection:
            await connection.execute("SET statement_timeout = 20")
        with pytest.raises(Timeout) as caught:
            async with reading(pool) as connection:
                await connection.execute("SELECT pg_sleep(5)")
        assert caught.value.public_code == "STATEMENT_TIMEOUT"
        # The connection is good for the next one.
        async with reading(pool) as connection:
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_value_out_of_range_is_the_questions_fault(world_url):
    async with reading_pool(world_url, max_size=1) as pool:
        with pytest.raises(InvalidInput) as caught:
            async with reading(pool) as connection:
                await connection.execute("SELECT $1::text", ["a\0"])
        assert caught.value.public_code == "BAD_VALUE"
        assert "NUL" in str(caught.value.detail)


@pytest.mark.parametrize("error", [psycopg.OperationalError, PoolTimeout])
async def test_no_connection_is_unavailable(error):
    class Pool:
        @asynccontextmanager
        async def connection(self):
            raise error("host 10.0.0.1 is down")
            yield

    with pytest.raises(Unavailable) as caught:
        async with reading(Pool()):
            pass
    assert "10.0.0.1" not in caught.value.message
    assert "10.0.0.1" in str(caught.value.detail)


async def test_the_records_can_only_be_read(world_url):
    async with reading_pool(world_url, max_size=1) as pool:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            async with reading(pool) as connection:
                await connection.execute("DELETE FROM product")


async def test_a_broken_connection_is_unavailable(world_url):
    async with reading_pool(world_url, max_size=1) as pool:
        with pytest.raises(Unavailable):
            async with reading(pool) as connection:
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
