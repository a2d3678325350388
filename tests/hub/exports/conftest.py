"""Hubs that export, each over a database of its own."""

from contextlib import AsyncExitStack

import pytest

from tests.hub.exports.exporting import Exporter, hub_alone
from tests.hub.gateway.serving import policy_folders, state

__all__ = ["policy_folders", "state"]


@pytest.fixture(scope="session")
async def exporting_hubs(database_url, policy_folders, state):
    """The application by the name of its policies: all open, or masks that vary by row."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                hub_alone(database_url, policy_folders[name], state)
            )
            for name in ("open", "by_row")
        }


@pytest.fixture
def exporter(exporting_hubs):
    """A client of the hub with everything open."""
    return Exporter(exporting_hubs["open"])
