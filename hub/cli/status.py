"""`hub status`: how fresh and how well each feed is, when it runs next, and what holds it back.

Here is what a feed's standing is and how programs get it; `standing_lines.py` puts it in words.
"""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from federation.members.submitted import EVERY_FEED
from hub.cli.desk import connected
from hub.cli.options import Json, State, settings_for
from hub.cli.printing import print_json, print_remark, print_table
from hub.cli.pulls import known_feeds
from hub.cli.standing_lines import KnownFeed, all_remarks, fields, figures, legend, overview
from hub.settings import Settings
from hub.sync.breaker import Breaker
from hub.sync.freshness import Freshness, all_freshness, look
from hub.sync.held.pulls import open_cases
from hub.sync.history import field_qualities, statuses
from hub.sync.scheduling.standing import standings

_SCHEDULE = ("cron", "time_zone", "is_own_line", "next_run_at", "paused_at", "paused_by")


def status(
    feed: Annotated[
        str | None, typer.Argument(help="A feed's id, for all of it and each of its fields.")
    ] = None,
    *,
    json: Json = False,
    state: State = None,
) -> None:
    """Show how fresh and how good each feed is, and what to do.

    Example: hub status kr.mfds_permits
    """
    named = known_feeds([feed]) if feed else EVERY_FEED.values()
    found = asyncio.run(_read(settings_for(state)))
    shown = [found[each.id] for each in named]
    if json:
        print_json(*map(_document, shown))
        return
    if feed:
        print_table(figures(shown[0]))
        print()
        print_table(
            fields(shown[0].qualities), none="Its fields have figures once it was published."
        )
    else:
        print_table(overview(shown))
        print_remark(legend())
    for remark in all_remarks(shown):
        print_remark(remark)


async def _read(settings: Settings) -> dict[str, KnownFeed]:
    async with connected(settings) as connection:
        known = {one.feed: one for one in await statuses(connection)}
        standing = await standings(connection)
        fresh = all_freshness(await look(connection))
        qualities = await field_qualities(connection)
        held = await open_cases(connection)
    now = datetime.now(UTC)
    return {
        name: KnownFeed(
            feed,
            now,
            known.get(name),
            standing.get(name),
            # What is filed comes when there is something to file: it has no rhythm to fall behind.
            fresh.get(name, Freshness(feed)),
            qualities.get(name, []),
            held.get(name),
        )
        for name, feed in EVERY_FEED.items()
    }


def _document(each: KnownFeed) -> dict[str, Any]:
    standing = each.standing
    shown = asdict(each.status) if each.status else {}
    return shown | {
        "feed": each.feed.id,
        "title": each.feed.title,
        "member": each.feed.member,
        "kind": "pulled" if standing else "filed",
        "stale_since": each.fresh.stale_since,
        "held_pull": each.held and asdict(each.held),
        "schedule": standing
        and {
            **{name: getattr(standing, name) for name in (*_SCHEDULE, "pause_reason")},
            "run": standing.waiting and asdict(standing.waiting),
        },
        "breaker": standing and _breaker(standing.breaker, standing.now),
        "host": standing and standing.host and _breaker(standing.host, standing.now),
    }


def _breaker(breaker: Breaker, now: datetime) -> dict[str, Any]:
    return asdict(breaker) | {"state": breaker.state_at(now), "open_until": breaker.open_until}
