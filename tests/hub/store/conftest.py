"""Fixtures of the store's tests."""

import pytest

from tests.hub.store.databases import empty_database, migrated_database


@pytest.fixture
async def own_database(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


@pytest.fixture
async def bare_database(database_url):
    """The URL of a database without a schema."""
    async with empty_database(database_url) as url:
        yield url
