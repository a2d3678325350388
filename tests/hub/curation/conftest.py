"""Fixtures of the curation tests."""

import pytest

from tests.hub.curation.world import open_hub
from tests.hub.store.databases import migrated_database


@pytest.fixture
async def own_database(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


@pytest.fixture
async def hub(own_database, tmp_path):
    """A hub with an empty database."""
    async with open_hub(own_database, tmp_path) as opened:
        yield opened
