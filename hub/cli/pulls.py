"""`hub pull` and `hub status`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from federation.feed import Feed
from federation.harmonize.run import FieldQuality
from federation.members.registry import FEEDS
from hub.app import open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput
from hub.search.index import bring_up_to_date
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.entities import link_after
from hub.sync.history import FeedStatus, field_qualities, statuses
from hub.sync.models import Outcome
from hub.sync.pipeline import pull_many
from hub.sync.pull import PullResult

Answer = TypeVar("Answer")


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


def status(
    feed: Annotated[
        str | None, typer.Argument(help="A feed id, for the quality of each of its fields.")
    ] = None,
    state: State = None,
) -> None:
    """Show the freshness, quality and last result of every feed, or one feed's fields."""
    if feed:
        known_feeds([feed])
        _print(_fields(asyncio.run(_read(settings_for(state), field_qualities)).get(feed, [])))
        return
    found = asyncio.run(_read(settings_for(state), statuses))
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
    for name in FEEDS:
        table.add_row(name, *_cells(known.get(name)))
    _print(table)


def _print(table: Table) -> None:
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)


def _fields(qualities: list[FieldQuality]) -> Table:
    """Lay out where each field comes from and how it fared, in percent of the records."""
    table = Table("record", "field", "native columns", "coverage %", "defects %", "unmapped %")
    for one in qualities:
        shares = (one.filled, one.defects, one.unmapped)
        table.add_row(
            one.record_type,
            one.field,
            ", ".join(one.native_columns),
            *(f"{one.percent(count):g}" for count in shares),
        )
    return table


def known_feeds(ids: list[str] | None) -> list[Feed]:
    """Find feeds by id; all of them when none is named.

    Raises:
        InvalidInput: an unknown id.
    """
    unknown = [name for name in ids or () if name not in FEEDS]
    if unknown:
        raise InvalidInput(f"no feed `{unknown[0]}`: known are {', '.join(FEEDS)}")
    return [FEEDS[name] for name in dict.fromkeys(ids)] if ids else list(FEEDS.values())


async def _pull(settings: Settings, feeds: list[Feed], *, is_full: bool) -> list[PullResult]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        results = await pull_many(feeds, tools, is_full=is_full)
        await link_after(results, pool)
        await bring_up_to_date(pool)
        return results


async def _read(
    settings: Settings, query: Callable[[AsyncConnection], Awaitable[Answer]]
) -> Answer:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        return await query(connection)


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
