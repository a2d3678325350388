"""Fixtures of the pull tests."""

import pytest

from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.demo.standins.process import start_standins
from hub.outbound import open_outbound
from tests.hub.store.databases import migrated_database
from tests.hub.sync.members import Members, copy_samples, open_hub


@pytest.fixture(scope="session")
async def members(tmp_path_factory):
    """Five members on loopback, served by another process."""
    folder = tmp_path_factory.mktemp("members")
    manifest = copy_samples(folder)
    async with start_standins(manifest) as standins, open_outbound(allow_loopback=True) as control:
        yield Members(folder, standins, control)


@pytest.fixture
async def own_database(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


@pytest.fixture
async def hub(own_database, members, tmp_path, monkeypatch):
    """A hub that pulls the stand-ins."""
    monkeypatch.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
    async with open_hub(own_database, members.standins.base_urls, tmp_path) as opened:
        yield opened
