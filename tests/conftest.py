"""Fixtures of all tests: a real PostgreSQL with the hub's schema, and rolled-back connections."""

import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import settings

from hub.demo.run import BUNDLED, Demo, run_demo
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.identity.types import Purpose
from hub.settings import Settings
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres

# How long a case takes is the bench's matter.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what reads the members' real files where a checkout has none beside it."""
    if SHARED_DATA.is_dir():
        return
    skip = pytest.mark.skip(reason="the members' real files are not beside this checkout")
    for item in items:
        if "real" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def own_output(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Print as to a pipe; leave the log as it was, for commands send it to what is closed soon."""
    monkeypatch.delenv("COLUMNS", raising=False)
    kept = structlog.get_config()
    root, handlers, level = logging.root, [*logging.root.handlers], logging.root.level
    yield
    structlog.configure(**kept)
    if root.handlers != handlers:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the members' real files."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def state_dir() -> Iterator[Path]:
    """A state folder for the whole run."""
    with tempfile.TemporaryDirectory(prefix="hub-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
async def database_url(state_dir: Path) -> AsyncIterator[str]:
    """A real PostgreSQL at the newest schema, which need not outlive a fall of the machine."""
    with embedded_postgres(state_dir) as url:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as server:
            await server.execute("ALTER SYSTEM SET fsync = off")
            await server.execute("SELECT pg_reload_conf()")
        await migrate(url)
        yield url


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection whose work is rolled back after the test."""
    async with await psycopg.AsyncConnection.connect(database_url) as opened:
        yield opened
        await opened.rollback()


@pytest.fixture(scope="session")
async def demo() -> AsyncIterator[Demo]:
    """A whole demo on the bundled samples, serving: stand-ins, PostgreSQL and HTTP, all real."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-demo-") as folder,
        pytest.MonkeyPatch.context() as p,
    ):
        p.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
        settings = Settings(state_dir=Path(folder))
        purpose = Purpose.SHORTAGE_RESPONSE
        async with run_demo(settings, BUNDLED, "127.0.0.1", 0, purpose) as running:
            yield running
