"""`hub pull` and `hub status`."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.app import open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.history import FeedStatus, statuses
from hub.sync.models import Outcome
from hub.sync.pull import PullResult
from hub.sync.pull import pull as pull_feed


def pull(
    feeds: Annotated[list[str] | None, typer.Argument(help="Feed ids; all when none.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read again even what is unchanged.")
    ] = False,
    state: State = None,
) -> None:
    """Pull feeds now."""
    results = asyncio.run(_pull(settings_for(state), known_feeds(feeds), is_full=full))
    for result in results:
        print(_line(result))
    if any(result.outcome in {Outcome.FAILED, Outcome.HELD} for result in results):
        sys.exit(1)


def status(state: State = None) -> None:
    """Show the freshness, quality and last result of every feed."""
    found = asyncio.run(_statuses(settings_for(state)))
    known = {one.feed: one for one in found}
    table = Table(
        "feed",
        "last pull",
        "outcome",
        "data of",
        "rows",
        "records",
        "quarantined",
        "merged",
        "defects",
        "unmapped",
        "findings",
        "reason",
    )
    for feed in FEEDS:
        table.add_row(feed, *_cells(known.get(feed)))
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


def known_feeds(ids: list[str] | None) -> list[Feed]:
    """Find feeds by id; all of them when none is named.

    Raises:
        InvalidInput: an unknown id.
    """
    unknown = [name for name in ids or () if name not in FEEDS]
    if unknown:
        raise InvalidInput(f"no feed `{unknown[0]}`: known are {', '.join(FEEDS)}")
    return [FEEDS[name] for name in ids] if ids else list(FEEDS.values())


async def _pull(settings: Settings, feeds: list[Feed], *, is_full: bool) -> list[PullResult]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        return [await pull_feed(feed, tools, is_full=is_full) for feed in feeds]


async def _statuses(settings: Settings) -> list[FeedStatus]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        return await statuses(connection)


def _line(result: PullResult) -> str:
    if result.merged is not None:
        done = result.merged
        return (
            f"{result.feed}: {result.outcome}, {done.added} added, {done.changed} changed, "
            f"{done.absent} no longer listed"
        )
    return f"{result.feed}: {result.outcome}" + (f", {result.reason}" if result.reason else "")


def _cells(status: FeedStatus | None) -> list[str]:
    if status is None:
        return ["never", *[""] * 10]
    shown = (
        status.rows,
        status.records,
        status.quarantined,
        status.merged,
        status.defects,
        status.unmapped,
        status.findings,
    )
    stated = status.stated_at or status.good_pull_at
    return [
        f"{status.last_pull_at:%Y-%m-%d %H:%M}",
        status.outcome,
        f"{stated:%Y-%m-%d}" if stated else "",
        *("" if figure is None else f"{figure:,}" for figure in shown),
        status.reason or "",
    ]
