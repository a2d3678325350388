"""`hub pull`: feeds pulled at once, whatever their schedules say.

What a worker does on schedule (`hub/sync/scheduling/worker.py`) is done in this process; then the
links and the search index that hang on new records are brought up to date.
"""

import asyncio
import sys
from typing import Annotated

import typer

from federation.feed import Feed
from federation.members.registry import FEEDS
from federation.members.submitted import EVERY_FEED
from hub.cli.options import Json, State, settings_for
from hub.cli.printing import print_json
from hub.cli.progress import Ended, watching
from hub.cli.pull_desk import pulling
from hub.errors import InvalidInput
from hub.settings import Settings
from hub.sync.pipeline import catch_up, pull_many
from hub.sync.pull import PullResult
from hub.sync.types import Outcome


def pull(
    feeds: Annotated[list[str] | None, typer.Argument(help="Feed ids; all when none.")] = None,
    *,
    full: Annotated[
        bool, typer.Option("--full", help="Read again even what is unchanged.")
    ] = False,
    json: Json = False,
    state: State = None,
) -> None:
    """Pull feeds now, all or those named.

    Example: hub pull us.openfda_shortages --full
    """
    known, settings = known_feeds(feeds), settings_for(state)
    if filed := [feed.id for feed in known if feed.id not in FEEDS]:
        raise InvalidInput(
            f"`{filed[0]}` is filed by its agency, not pulled: see `hub submit --help`"
        )
    with watching("pulling", lines=not json) as ended:
        results = asyncio.run(_pull(settings, known, is_full=full, ended=ended))
    if json:
        print_json(*results)
    if any(result.outcome in {Outcome.FAILED, Outcome.HELD} for result in results):
        sys.exit(1)


def known_feeds(ids: list[str] | None) -> list[Feed]:
    """Find feeds by id, filed ones too; all that are pulled when none is named.

    Raises:
        InvalidInput: an unknown id.
    """
    unknown = [name for name in ids or () if name not in EVERY_FEED]
    if unknown:
        raise InvalidInput(f"no feed `{unknown[0]}`: `hub status` lists them")
    return [EVERY_FEED[name] for name in dict.fromkeys(ids)] if ids else list(FEEDS.values())


async def _pull(
    settings: Settings, feeds: list[Feed], *, is_full: bool, ended: Ended = lambda *_: None
) -> list[PullResult]:
    async with pulling(settings) as tools:
        results = await pull_many(
            feeds, tools, is_full=is_full, told=lambda result: ended(result, len(feeds))
        )
        await catch_up(tools.pool)
        return results
