"""What a hub does in a process of its own, which may kill itself at a given place.

`test_crashed_pulls.py` has it forked from a process that has imported all this and done nothing
yet: the product knows of no crash, a function of it is wrapped here.
"""

import asyncio
import importlib
import inspect
import itertools
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import reduce, wraps

import polars as pl

from federation.feed import Feed
from federation.members.registry import FEEDS
from federation.reading.native import Document
from hub.cli import pulls, replay
from hub.demo.standins.datagokr import DEMO_SERVICE_KEY
from hub.errors import Conflict
from hub.pulling import open_pulls
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.submissions.filing import FilingTools, file
from hub.submissions.types import Filing
from hub.sync import pull as pulling
from hub.sync import releasing
from hub.sync.held.pulls import readable
from tests.hub.sync.held_scene import ANNA, BORA

FEED = "kr.mfds_permits"
FILED = "kr.filed_stock_reports"
REPORTS = (
    b"report_id,product_id,as_of,quantity,quantity_unit,place\n"
    b"R-1,199303108,2026-03-31,1250,vial,Central depot\n"
    b"R-2,199303108,2026-03-31,10,vial,Second depot\n"
)

Deed = Callable[[Settings], Awaitable[None]]


@dataclass(frozen=True)
class Crash:
    """A place to die at: before or after the `nth` call of a function, given as `module:name`."""

    place: str
    when: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.place.rpartition('.')[2]} {self.nth}"

    def arm(self) -> None:
        module, _, path = self.place.partition(":")
        *owners, name = path.split(".")
        owner = reduce(getattr, owners, importlib.import_module(module))
        setattr(owner, name, self._deadly(getattr(owner, name)))

    def _deadly(self, function):
        calls = itertools.count(1)

        def step(number: int, when: str) -> None:
            if (number, when) == (self.nth, self.when):
                os.kill(os.getpid(), signal.SIGKILL)

        @wraps(function)
        async def awaited(*args, **named):
            number = next(calls)
            step(number, "before")
            result = await function(*args, **named)
            step(number, "after")
            return result

        @wraps(function)
        def called(*args, **named):
            number = next(calls)
            step(number, "before")
            result = function(*args, **named)
            step(number, "after")
            return result

        return awaited if inspect.iscoroutinefunction(function) else called


async def pull(settings: Settings) -> None:
    """Do as `hub pull` does."""
    await pulls._pull(settings, [FEEDS[FEED]], is_full=False)


async def propose(settings: Settings) -> None:
    """Have the first person propose the release of the pull that is held."""
    await _release(settings, ANNA)


async def release(settings: Settings) -> None:
    """Have the second person release it; then pull, which finds the source as it was."""
    try:
        await _release(settings, BORA)
    except Conflict as told:
        if told.public_code != "NOT_HELD":
            raise
    await pull(settings)


async def _release(settings: Settings, person) -> None:
    async with writing_pool(settings.database_url) as pool, open_pulls(settings, pool) as tools:
        async with pool.connection() as connection:
            (case,) = await readable(connection, person, feed=FEED, is_open=False)
        await releasing.release(tools, person, case.pull_id, "looked at it")


async def republish(settings: Settings) -> None:
    """Do as `hub replay --publish` does, by mended rules; then pull."""
    pulling.mapping_digest = lambda: "mended"
    mended = _mended(FEEDS[FEED])
    await replay._publish(settings, mended, None)
    await pulls._pull(settings, [mended], is_full=False)


def _mended(feed: Feed) -> Feed:
    values = {**feed.primary.values, "procedure_text": pl.lit("mended")}
    return replace(feed, primary=replace(feed.primary, values=values))


async def submit(settings: Settings) -> None:
    """File two reports, always as the same request."""
    async with (
        writing_pool(settings.database_url) as turns,
        writing_pool(settings.database_url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        filing = Filing(FILED, Document("reports.csv", REPORTS), key="one")
        await file(FilingTools(tools, turns), ANNA, filing)


def run(settings: Settings, deed: Deed, crash: Crash | None = None) -> None:
    """Do one thing, and die at a place on the way."""
    os.environ["DATA_GO_KR_SERVICE_KEY"] = DEMO_SERVICE_KEY
    if crash:
        crash.arm()
    asyncio.run(deed(settings))
