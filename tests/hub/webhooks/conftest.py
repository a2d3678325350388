"""The scene of the webhooks' tests."""

import pytest

from tests.hub.webhooks.scene import open_scene


@pytest.fixture
async def scene(database_url):
    async with open_scene(database_url) as opened:
        yield opened
