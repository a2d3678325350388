"""The database that the migrations make, against what the code declares."""

import asyncio
import re
from enum import StrEnum

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from federation.records.registry import RECORD_TYPES
from hub.store.database import migrate
from hub.store.migrating import alembic_config
from tests.hub.store.databases import empty_database

VOCABULARIES = [
    (record_type.table, facts)
    for record_type in RECORD_TYPES.values()
    for facts in record_type.fields.values()
    if issubclass(facts.python_type, StrEnum)
]
LINKS = [
    (record_type.table, facts.name)
    for record_type in RECORD_TYPES.values()
    for facts in record_type.fields.values()
    if facts.refers_to or facts.siblings
]


async def _rows(connection, sql, *values):
    cursor = await connection.execute(sql, values)
    return await cursor.fetchall()


async def _index(connection, name):
    found = await _rows(connection, "SELECT indexdef FROM pg_indexes WHERE indexname = %s", name)
    return found[0][0].partition(" USING ")[2] if found else None


async def test_migrated_database_has_every_table_and_column_as_declared(database_url):
    """Raises where the models have moved on: make a migration."""
    await asyncio.to_thread(command.check, alembic_config(database_url))


async def test_empty_database_is_brought_to_the_newest_schema_and_stays_there(database_url):
    async with empty_database(database_url) as url:
        await migrate(url)
        await migrate(url)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            found = await _rows(connection, "SELECT version_num FROM alembic_version")
            tables = await _rows(
                connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
    (head,) = ScriptDirectory.from_config(alembic_config(database_url)).get_heads()
    assert found == [(head,)]
    assert {table for (table,) in tables} >= {
        *(record_type.table for record_type in RECORD_TYPES.values()),
        "pull", "feed_state", "quarantined_row", "finding", "field_quality", "disclosure",
        "oauth_client", "procrastinate_jobs",
    }  # fmt: skip


async def test_records_of_the_first_schema_live_on_in_the_newest(database_url):
    async with empty_database(database_url) as url:
        await asyncio.to_thread(command.upgrade, alembic_config(url), "0001")
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute(_FIRST_PRODUCT)
        await migrate(url)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            found = await _rows(
                connection, "SELECT name, routes, dose_form, vocabulary_edition FROM product"
            )
    assert found == [("타이레놀정", [], None, 1)]


_FIRST_PRODUCT = """
INSERT INTO product (key, origin, national_id, national_id_scheme, feed, listing, retrieved_at,
    first_recorded_at, recorded_at, change_seq, native, content_digest, pull_id, native_row, name,
    species, authorisation_status, route_texts, atc_codes, manufacturing_countries)
VALUES ('KR.Product.1', 'KR', '1', 'scheme', 'kr.mfds_permits', 'LISTED', now(), now(), now(), 1,
    '{}', '', 1, 1, '타이레놀정', 'HUMAN', 'AUTHORISED', '{}', '{}', '{}')
"""


@pytest.mark.parametrize(
    ("table", "facts"), VOCABULARIES, ids=lambda value: getattr(value, "name", value)
)
async def test_check_of_every_vocabulary_holds_its_words_and_no_other(connection, table, facts):
    found = await _rows(
        connection,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND conname = %s AND contype = 'c' AND convalidated",
        table,
        f"ck_{table}_{facts.name}_vocabulary",
    )
    ((definition,),) = found
    assert set(re.findall(r"'([^']*)'", definition)) == set(facts.python_type)
    assert ("<@" in definition) == facts.is_list


@pytest.mark.parametrize("record_type", RECORD_TYPES.values(), ids=lambda value: value.name)
async def test_every_policy_attribute_is_never_null(connection, record_type):
    found = await _rows(
        connection,
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = %s AND is_nullable = 'NO'",
        record_type.table,
    )
    attributes = {facts.name for facts in record_type.policy_attributes}
    assert attributes >= {"origin", "feed", "listing"}
    assert attributes <= {name for (name,) in found}


@pytest.mark.parametrize("record_type", RECORD_TYPES.values(), ids=lambda value: value.name)
async def test_a_key_has_one_current_version_and_its_versions_are_found_fast(
    connection, record_type
):
    current = await _index(connection, f"uq_{record_type.table}_current")
    assert current == "btree (key) WHERE (superseded_at IS NULL)"
    versions = await _index(connection, f"ix_{record_type.table}_versions")
    assert versions == "btree (key, recorded_at)"
    assert await _index(connection, f"ix_{record_type.table}_changes") == "btree (change_seq)"


@pytest.mark.parametrize(("table", "field"), LINKS)
async def test_every_link_is_indexed_for_current_records(connection, table, field):
    assert await _index(connection, f"ix_{table}_{field}") == (
        f"btree ({field}) WHERE (superseded_at IS NULL)"
    )


async def test_change_feed_has_one_sequence_without_a_cache(connection):
    """A cached sequence hands numbers out of commit order."""
    assert await _rows(
        connection,
        "SELECT cache_size, increment_by FROM pg_sequences WHERE sequencename = 'change_seq'",
    ) == [(1, 1)]
