"""Retention: what is needed never goes, what is not goes late, and no pull loses what it landed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from obstore.store import MemoryStore

from hub.settings import Settings
from hub.store.landing import Landing, open_landing, path_of
from hub.sync import retention
from hub.sync.pull import PULL_SECONDS
from hub.sync.retention import Need, Pruned, Weight, faults, prune, survey
from hub.sync.scheduling.worker import PRUNE_CRON, jobs
from hub.sync.types import Outcome
from tests.hub.store.lists import COMPANIES, NOTICES, row
from tests.hub.sync.native_lists import listing, refusing, ruled

DAYS = 90
ROWS = [row(str(number)) for number in range(20)]


@pytest.fixture(params=["folder", "memory"])
def landing(request, tmp_path):
    if request.param == "memory":
        return Landing(MemoryStore())
    return open_landing(None, tmp_path / "own")


@pytest.fixture
def long_after(monkeypatch):
    """Say how far ahead the hub's clock is of the store's, for retention alone."""

    class Later(retention.datetime):
        ahead = timedelta(0)

        @classmethod
        def now(cls, tz=None):
            return retention_now(tz) + cls.ahead

    retention_now = retention.datetime.now
    monkeypatch.setattr(retention, "datetime", Later)

    def set_ahead(**passed):
        Later.ahead = timedelta(**passed)

    return set_ahead


async def _age(hub, days=DAYS + 1):
    await hub.query(
        "UPDATE pull SET started_at = started_at - make_interval(days => %s) RETURNING 1", days
    )


async def _digest(hub, feed=NOTICES.id):
    ((digest,),) = await hub.last(feed, "documents")
    return digest


def _tools(hub, landing):
    return replace(hub.tools, landing=landing, landing_days=DAYS)


async def _prune(hub, landing):
    return await prune(_tools(hub, landing))


async def _kept(hub, landing):
    return (await survey(_tools(hub, landing))).kept


async def _whole(landing, digest):
    return await landing.damage(digest) is None


async def test_every_needed_document_outlives_all_prunings(hub, landing, long_after):
    """One of each need, and one of none, which goes."""
    served, evidence = [*ROWS, row("served")], [*ROWS, row("only here")]
    kept = {}
    await hub.pull(listing(evidence), landing=landing)
    kept[Need.EVIDENCE] = await _digest(hub)
    await hub.pull(listing(served), landing=landing)
    kept[Need.SERVED] = await _digest(hub)
    held = await hub.pull(listing(ROWS[:2]), landing=landing)
    assert held.outcome is Outcome.HELD
    kept[Need.HELD] = await _digest(hub)
    unneeded = await landing.put(b"nothing tells of it")
    await _age(hub)
    long_after(days=DAYS + 1)
    assert (await _prune(hub, landing)).set_aside.documents == 1
    long_after(days=DAYS + 4)
    await _prune(hub, landing)
    assert {need: await landing.damage(digest) for need, digest in kept.items()} == dict.fromkeys(
        kept
    )
    assert await landing.damage(unneeded) == "lost"
    assert await _kept(hub, landing) == {
        need: weight for need, weight in (await _kept(hub, landing)).items() if need in kept
    }
    assert [fault async for fault in faults(_tools(hub, landing))] == []


async def test_document_of_an_open_case_stays_until_it_is_closed(hub, landing, long_after):
    strict = ruled(listing([*ROWS, row("bad")], is_full_list=False), refuse=refusing("bad"))
    await hub.pull(strict, landing=landing)
    digest = await _digest(hub)
    await hub.pull(listing(ROWS[:1], is_full_list=False), landing=landing)
    await hub.query("DELETE FROM supply_notice RETURNING 1")
    await _age(hub)
    long_after(days=DAYS + 1)
    await _prune(hub, landing)
    assert (await _kept(hub, landing))[Need.QUARANTINED].documents == 1
    assert await _whole(landing, digest)
    await hub.query("UPDATE quarantine_case SET closed_at = now() RETURNING 1")
    await _prune(hub, landing)
    long_after(days=DAYS + 4)
    await _prune(hub, landing)
    assert await landing.damage(digest) == "lost"


async def test_pulls_young_enough_keep_their_documents(hub, landing, long_after):
    await hub.pull(listing(ROWS), landing=landing)
    first = await _digest(hub)
    await hub.pull(listing(list(reversed(ROWS))), landing=landing)
    await hub.query("DELETE FROM supply_notice RETURNING 1")
    long_after(days=DAYS + 1)
    await _prune(hub, landing)
    assert (await _kept(hub, landing))[Need.RECENT] == Weight(1, (await _weight(landing, first)))
    await _age(hub)
    assert (await _prune(hub, landing)).set_aside.documents == 1


async def _weight(landing, digest):
    return {one.digest: one.size async for one in landing.documents()}[digest]


@dataclass
class _PrunedAmid:
    """A landing that is pruned right after a pull was told that its bytes are there."""

    landing: Landing
    prune: Callable[[], Awaitable[Pruned]]
    done: Pruned | None = None

    async def put(self, content):
        digest = await self.landing.put(content)
        self.done = await self.prune()
        return digest

    async def get(self, digest):
        return await self.landing.get(digest)


async def test_pull_that_lands_the_same_bytes_amid_a_pruning_keeps_them(hub, landing, long_after):
    content = listing(ROWS).source.document.content
    digest = await landing.put(content)
    long_after(days=DAYS + 1)
    amid = _PrunedAmid(landing, lambda: _prune(hub, landing))
    result = await hub.pull(listing(ROWS), landing=amid)
    assert result.outcome is Outcome.PUBLISHED
    assert amid.done.set_aside.documents == 1
    assert await landing.get(digest) == content
    assert (await _prune(hub, landing)).brought_back.documents == 1
    assert [one.digest async for one in landing.documents()] == [digest]
    assert [one async for one in landing.documents(aside=True)] == []
    assert await landing.get(digest) == content


async def test_what_lies_aside_is_not_dropped_while_a_pull_may_rely_on_it(hub, landing, long_after):
    digest = await landing.put(b"seen by a pull that has not said so yet")
    long_after(days=DAYS + 1)
    await _prune(hub, landing)
    long_after(seconds=PULL_SECONDS)
    assert (await _prune(hub, landing)).dropped == Weight()
    assert await _whole(landing, digest)


async def test_pull_that_lands_bytes_that_lie_aside_writes_them_anew(hub, landing, long_after):
    content = listing(ROWS).source.document.content
    digest = await landing.put(content)
    long_after(days=DAYS + 1)
    await _prune(hub, landing)
    await hub.pull(listing(ROWS), landing=landing)
    long_after(days=DAYS + 4)
    await _prune(hub, landing)
    assert await landing.get(digest) == content


def test_what_lies_aside_outlives_any_pull():
    (longest,) = (
        one.le for one in Settings.model_fields["pull_seconds"].metadata if hasattr(one, "le")
    )
    assert retention.KEPT_ASIDE.total_seconds() > longest >= PULL_SECONDS


async def test_lost_and_damaged_documents_are_found_and_unneeded_ones_are_not(hub, tmp_path):
    landing = open_landing(None, tmp_path)
    await hub.pull(listing(ROWS))
    lost = await _digest(hub)
    await hub.pull(listing(ROWS, COMPANIES))
    await hub.pull(listing([*ROWS, row("20")], COMPANIES))
    damaged = await _digest(hub, COMPANIES.id)
    (tmp_path / "landing" / path_of(lost)).unlink()
    (tmp_path / "landing" / path_of(damaged)).write_bytes(b"other")
    unneeded = await landing.put(b"nothing tells of it")
    (tmp_path / "landing" / path_of(unneeded)).write_bytes(b"other")
    found = {one.digest: one async for one in faults(_tools(hub, landing))}
    assert {digest: one.damage for digest, one in found.items()} == {
        lost: "lost", damaged: "damaged",
    }  # fmt: skip
    assert (found[lost].feeds, found[lost].need) == ((COMPANIES.id, NOTICES.id), Need.SERVED)


async def test_workers_prune_daily(hub):
    queue = jobs(hub.url, hub.tools)
    ((name, task),) = [
        (task.name, task) for task in queue.tasks.values() if task.name.startswith("prune")
    ]
    periodic = queue.periodic_registry.periodic_tasks.values()
    assert [one.cron for one in periodic if one.task.name == name] == [PRUNE_CRON]
    assert await task.func(timestamp=0) is None
