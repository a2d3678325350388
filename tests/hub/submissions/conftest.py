"""Fixtures of the submission tests: one hub for all, which each test finds without a record."""

import pytest

from tests.hub.submissions.filing_scene import open_filing

FILLED = (
    "filed_record",
    "submission",
    "stock_report",
    "supply_notice",
    "held_pull_event",
    "held_pull",
    "feed_state",
    "pull",
)
"""Tables that a submission leaves something in that another test would see."""


@pytest.fixture(scope="session")
async def filing_hub(database_url, tmp_path_factory):
    """A running hub with a database of its own."""
    async with open_filing(database_url, tmp_path_factory.mktemp("filing")) as opened:
        yield opened


@pytest.fixture
async def filing(filing_hub):
    """A hub with which nobody has filed yet."""
    await filing_hub.forget(FILLED)
    return filing_hub
