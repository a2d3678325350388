"""`hub replay`: landed bytes mapped again by the rules of now, shown before it is done.

`hub/sync/replay.py` maps and compares, `hub/sync/comparison.py` says what differs. Nothing is
published unless `--publish` says so.
"""

import asyncio
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from federation.feed import Feed
from hub.cli.options import FeedId, Json, State, settings_for
from hub.cli.printing import print_json
from hub.cli.progress import line_of
from hub.cli.pull_desk import pulling
from hub.cli.pulls import known_feeds
from hub.settings import Settings
from hub.sync import replay as replays
from hub.sync.comparison import Difference, TypeDifference
from hub.sync.pipeline import catch_up
from hub.sync.pull import PullResult
from hub.sync.replay import Preview
from hub.sync.types import Outcome

_SHOWN = 60
"""Characters that are shown of a value."""


def replay(
    feed: FeedId,
    *,
    pull: Annotated[
        int | None, typer.Option("--pull", help="Pull whose bytes to map; unset: the one served.")
    ] = None,
    publish: Annotated[
        bool,
        typer.Option("--publish/--dry-run", help="Publish it, or only show what would change."),
    ] = False,
    json: Json = False,
    state: State = None,
) -> None:
    """Map a past pull's bytes again, and show what would change.

    Example: hub replay kr.mfds_permits --publish
    """
    (known,) = known_feeds([feed])
    settings = settings_for(state)
    if not publish:
        found = asyncio.run(_preview(settings, known, pull))
        if json:
            print_json(found)
        else:
            print("\n".join(_told(found)))
        return
    result = asyncio.run(_publish(settings, known, pull))
    if json:
        print_json({"feed": feed, "published": result})
    elif result is None:
        print(f"{feed}: nothing to do, these records are being served")
    else:
        print(line_of(result))
    if result and result.outcome in {Outcome.FAILED, Outcome.HELD}:
        sys.exit(1)


async def _preview(settings: Settings, feed: Feed, pull_id: int | None) -> Preview:
    async with pulling(settings) as tools:
        return await replays.preview(tools, feed, pull_id)


async def _publish(settings: Settings, feed: Feed, pull_id: int | None) -> PullResult | None:
    async with pulling(settings) as tools:
        result = await replays.publish(tools, feed, pull_id)
        await catch_up(tools.pool)
        return result


def _told(found: Preview) -> Iterator[str]:
    of, difference = found.of, found.difference
    stated = f", data of {of.stated_at:%Y-%m-%d}" if of.stated_at else ""
    yield f"pull {of.pull_id} of {difference.feed}, {of.started_at:%Y-%m-%d %H:%M}{stated}"
    yield f"mapping {str(of.mapping_digest)[:12]} → {found.mapped_by[:12]}"
    yield from difference_lines(difference)
    if found.is_served:
        yield "nothing to publish: these records are being served"
    elif difference.is_none:
        yield "no record would change: --publish notes the mapping and the quarantine anew"
    else:
        yield "nothing was written: add --publish"


def difference_lines(difference: Difference) -> Iterator[str]:
    """Say in lines what publishing would change."""
    yield from _balance(difference)
    for one in difference.types:
        yield from _type(one)


def _balance(difference: Difference) -> Iterator[str]:
    before, after = difference.before, difference.after
    for name in ("rows", "records", "quarantined"):
        was = f"{getattr(before, name):,}" if before else "–"
        yield f"{name}: {was} → {getattr(after, name):,}"


def _type(one: TypeDifference) -> Iterator[str]:
    yield (
        f"{one.record_type}: {one.added:,} added, {one.changed:,} changed, "
        f"{one.absent:,} no longer listed, {one.same:,} the same"
    )
    for name, keys in (("added", one.added_keys), ("no longer listed", one.absent_keys)):
        if keys:
            yield f"  {name}: {', '.join(keys)}"
    for each in one.fields:
        yield f"  {each.field}: {each.records:,} records"
        for change in each.examples:
            yield f"    {change.key}: {_short(change.before)} → {_short(change.after)}"


def _short(value: str | None) -> str:
    if value is None:
        return "–"
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
