"""What others do while an approval's set is being admitted, on connections of their own."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from psycopg import AsyncConnection
from psycopg.errors import ExclusionViolation

from hub.agreements import applying, history, proceedings
from hub.agreements.types import AgreementState
from hub.errors import Conflict
from tests.hub.agreements.parties import APPROVER, AUDITOR, KR, active, members, ratified, text


class Gate:
    """Holds admissions up, each in its thread, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._admit = applying.admit
        self._opened = threading.Event()
        self._reached = asyncio.Semaphore(0)
        self._loop = asyncio.get_running_loop()
        monkeypatch.setattr(applying, "admit", self.admit)

    def admit(self, *given):
        self._loop.call_soon_threadsafe(self._reached.release)
        assert self._opened.wait(60)
        return self._admit(*given)

    async def reached(self, count: int = 1) -> None:
        """Wait until so many more admissions are held up."""
        for _ in range(count):
            await self._reached.acquire()

    def open(self) -> None:
        self._opened.set()


@asynccontextmanager
async def transaction(url: str) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(url) as connection:
        yield connection


async def approve(url: str, *keys):
    async with transaction(url) as connection:
        return await proceedings.approve(connection, APPROVER, keys, "in order")


@pytest.fixture
async def url(own_ground_url) -> str:
    """A database with one agreement in force."""
    async with transaction(own_ground_url) as connection:
        await active(connection)
    return own_ground_url


async def test_end_goes_through_during_an_admission_and_the_approval_does_not_undo_it(
    url, monkeypatch
):
    async with transaction(url) as connection:
        key = await ratified(connection, text("kr-other"))
    gate = Gate(monkeypatch)
    approving = asyncio.create_task(approve(url, key))
    await gate.reached()
    async with transaction(url) as connection:
        await proceedings.end(connection, KR, "kr-supply", "no longer")
    async with transaction(url) as connection:
        assert await members(connection) == []
    gate.open()
    await approving
    async with transaction(url) as connection:
        assert await members(connection) == ["kr-other@1"]


async def test_of_two_approvals_at_once_of_different_agreements_one_is_to_be_decided_again(
    url, monkeypatch
):
    async with transaction(url) as connection:
        keys = [await ratified(connection, text(name)) for name in ("kr-one", "kr-two")]
    gate = Gate(monkeypatch)
    approving = [asyncio.create_task(approve(url, key)) for key in keys]
    await gate.reached(2)
    gate.open()
    found = await asyncio.gather(*approving, return_exceptions=True)
    (refused,) = (each for each in found if isinstance(each, Conflict))
    assert refused.public_code == "POLICIES_MOVED"
    async with transaction(url) as connection:
        versions = [await history.version(connection, AUDITOR, key) for key in keys]
        assert len(await members(connection)) == 2
    assert {each.state for each in versions} == {AgreementState.ACTIVE, AgreementState.RATIFIED}


async def test_owner_who_suspends_during_an_admission_of_an_edit_stays_suspended(url, monkeypatch):
    async with transaction(url) as connection:
        key = await ratified(connection, text(groups="[public, operational]"))
    gate = Gate(monkeypatch)
    approving = asyncio.create_task(approve(url, key))
    await gate.reached()
    async with transaction(url) as connection:
        await proceedings.suspend(connection, KR, "kr-supply", "a doubt")
    gate.open()
    with pytest.raises(Conflict, match="while `kr-supply` is suspended"):
        await approving
    async with transaction(url) as connection:
        assert await members(connection) == []


async def test_database_refuses_two_sets_at_one_time(url):
    async with transaction(url) as connection:
        with pytest.raises(ExclusionViolation):
            await connection.execute(
                "INSERT INTO policy_set (digest, baseline, source_digest, policies, made_at, "
                "in_force_from) SELECT digest, baseline, source_digest, policies, made_at, "
                "in_force_from FROM policy_set WHERE in_force_until IS NULL"
            )
