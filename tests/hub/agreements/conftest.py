"""A database whose sets stand on a small baseline, and connections to it that are rolled back."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

import pytest
from psycopg import AsyncConnection

from hub.agreements import applying
from hub.agreements.applying import stand_on
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.policy.admission import admit
from hub.policy.agreement import Agreement
from hub.policy.policy_set import PolicySet
from tests.hub.agreements.parties import BASELINE
from tests.hub.store.databases import migrated_database


@pytest.fixture(scope="session", autouse=True)
def _admission_once() -> Iterator[None]:
    """Admit each set once a run: it takes a second and comes out the same."""

    @cache
    def admitted(baseline: str, contents: tuple[str, ...]) -> PolicySet:
        return admit(baseline, [Agreement.model_validate_json(each) for each in contents])

    def remembered(baseline: str, agreements: Sequence[Agreement]) -> PolicySet:
        return admitted(baseline, tuple(each.model_dump_json() for each in agreements))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "admit", remembered)
        yield


@pytest.fixture(scope="session")
async def ground_url(database_url: str) -> AsyncIterator[str]:
    """A database with the demo's clients and a set of the baseline alone; nobody commits to it."""
    async with _grounded(database_url) as url:
        yield url


@pytest.fixture
async def own_ground_url(database_url: str) -> AsyncIterator[str]:
    """Such a database of the test's own."""
    async with _grounded(database_url) as url:
        yield url


@asynccontextmanager
async def _grounded(database_url: str) -> AsyncIterator[str]:
    async with migrated_database(database_url) as url:
        async with await AsyncConnection.connect(url) as opened:
            for client in DEMO_CLIENTS:
                await register(opened, client)
            await stand_on(opened, BASELINE)
        yield url


@pytest.fixture
async def ground(ground_url: str) -> AsyncIterator[AsyncConnection]:
    """A connection whose work is rolled back after the test."""
    async with await AsyncConnection.connect(ground_url) as opened:
        yield opened
        await opened.rollback()
