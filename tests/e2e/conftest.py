"""A whole demo, run once for all end-to-end tests: real members' stand-ins, PostgreSQL and HTTP."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.demo.run import BUNDLED, Demo, run_demo
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.identity.types import Purpose
from hub.settings import Settings


@pytest.fixture(scope="session")
async def demo() -> AsyncIterator[Demo]:
    """The demo on its bundled samples, serving."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-e2e-") as folder,
        pytest.MonkeyPatch.context() as p,
    ):
        p.setenv("DATA_GO_KR_SERVICE_KEY", DEMO_SERVICE_KEY)
        settings = Settings(state_dir=Path(folder))
        purpose = Purpose.SHORTAGE_RESPONSE
        async with run_demo(settings, BUNDLED, "127.0.0.1", 0, purpose) as running:
            yield running
