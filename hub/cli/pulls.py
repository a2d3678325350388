"""`hub pull`."""

import asyncio
import sys
from typing import Annotated

import typer

from federation.feed import Feed
from federation.members.registry import FEEDS
from federation.members.submitted import EVERY_FEED
from hub.app import open_database, open_pulls
from hub.cli.options import State, settings_for
from hub.errors import InvalidInput
from hub.search.index import bring_up_to_date
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.entities.linking import link_after
from hub.sync.models import Outcome
from hub.sync.pipeline import pull_many
from hub.sync.pull import PullResult


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
        print(line_of(result))
    if any(result.outcome in {Outcome.FAILED, Outcome.HELD} for result in results):
        sys.exit(1)


def known_feeds(ids: list[str] | None) -> list[Feed]:
    """Find feeds by id, filed ones too; all that are pulled when none is named.

    Raises:
        InvalidInput: an unknown id.
    """
    unknown = [name for name in ids or () if name not in EVERY_FEED]
    if unknown:
        raise InvalidInput(f"no feed `{unknown[0]}`: known are {', '.join(FEEDS)}")
    return [EVERY_FEED[name] for name in dict.fromkeys(ids)] if ids else list(FEEDS.values())


async def _pull(settings: Settings, feeds: list[Feed], *, is_full: bool) -> list[PullResult]:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        open_pulls(settings, pool) as tools,
    ):
        results = await pull_many(feeds, tools, is_full=is_full)
        await link_after(pool)
        await bring_up_to_date(pool)
        return results


def line_of(result: PullResult) -> str:
    """Say in one line how a pull ended."""
    if result.merged is not None:
        done = result.merged
        return (
            f"{result.feed}: {result.outcome}, {done.added} added, {done.changed} changed, "
            f"{done.absent} no longer listed"
        )
    return f"{result.feed}: {result.outcome}" + (f", {result.reason}" if result.reason else "")
