"""Many pulls side by side, published in the order they were asked for, and what follows a pull.

While one feed publishes, the next ones are fetched, read and mapped, so that the database and the
hub each keep a core busy. The records come out as if the feeds had been pulled one by one.
"""

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from federation.feed import Feed
from federation.members.alliance.compilation import REFERENCE_FEEDS
from hub.errors import Unavailable
from hub.search.index import bring_up_to_date
from hub.store.database import Pool
from hub.sync.alone import FeedBusy, in_turn
from hub.sync.current_register import REGISTER_FEED
from hub.sync.entities.linking import link_after
from hub.sync.pull import PullResult, PullTools, pull
from hub.sync.turns import Turn
from hub.sync.types import Outcome

COLLECT_AFTER = 100_000
"""Objects made before the youngest are looked at."""

PULLS_AT_ONCE = 3
"""One publishes, one is mapped, one is fetched; each holds its feed's rows in memory."""

_log = structlog.get_logger()


async def pull_many(
    feeds: Sequence[Feed],
    tools: PullTools,
    *,
    is_full: bool = False,
    told: Callable[[PullResult], None] = lambda _: None,
) -> list[PullResult]:
    """Pull feeds, and give their results in the same order.

    One that is being pulled already, by a worker or another command, is left to whoever does.

    Args:
        feeds: each once, in the order to publish in.
        tools: what with.
        is_full: fetch and map again even where the source stands still.
        told: is called with each result as its pull ends.
    """
    # INVARIANT: places are taken in the feeds' order and a pull waits for earlier ones only, so the
    # first that has not ended can always go on.
    places = asyncio.Semaphore(PULLS_AT_ONCE)
    tasks: dict[str, asyncio.Task[PullResult]] = {}

    async def pull_in_place(feed: Feed, turn: Turn, earlier: Sequence[str]) -> PullResult:
        async with places:
            if needed := [tasks[name] for name in earlier if name in _built_on(feed)]:
                await asyncio.wait(needed)
            try:
                return await in_turn(
                    tools.pool,
                    feed.id,
                    lambda _: pull(feed, tools, is_full=is_full, turn=turn),
                )
            except (FeedBusy, Unavailable) as fault:
                return PullResult(feed.id, Outcome.FAILED, fault.message, code=fault.public_code)
            finally:
                await turn.end()

    turn = None
    with _collecting_seldom():
        async with asyncio.TaskGroup() as group:
            for feed in feeds:
                turn = Turn(turn)
                tasks[feed.id] = group.create_task(pull_in_place(feed, turn, tuple(tasks)))
                tasks[feed.id].add_done_callback(lambda task: _tell(task, told))
    return [task.result() for task in tasks.values()]


def _tell(task: asyncio.Task[PullResult], told: Callable[[PullResult], None]) -> None:
    if not task.cancelled() and task.exception() is None:
        told(task.result())


async def catch_up(pool: Pool) -> None:
    """Bring entities and search terms in line with what was published."""
    await link_after(pool)
    await bring_up_to_date(pool)


async def follow_up(pool: Pool) -> None:
    """Catch up, or log why not.

    What was published stays so, whatever becomes of this: the next pull makes it good.
    """
    try:
        await catch_up(pool)
    except Exception:  # noqa: BLE001 - who published must learn of that, and not of this alone
        _log.exception("entities and search terms wait for the next pull")


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Have cycles looked for seldom: registers and rows are millions of objects without any."""
    usual = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _built_on(feed: Feed) -> frozenset[str]:
    """Name the feeds that have to be published before this one is mapped."""
    if feed.id == REGISTER_FEED:
        return frozenset(REFERENCE_FEEDS)
    resolves = any(mapping.substance for mapping in feed.mappings)
    return frozenset([REGISTER_FEED] if resolves else [])
