"""The root field `members`: each member's feeds, how fresh they are, and how well they read.

Freshness is for every caller. Counts and reasons are the owner's own, and for the alliance's
bodies that watch over quality: row counts would tell how much a member keeps from others.
"""

from datetime import datetime

import pycountry
import strawberry
from psycopg import AsyncConnection

from federation.members.registry import FEEDS
from federation.records.declaration import Origin
from hub.identity.types import Caller, Role
from hub.sync.history import FeedStatus, statuses


@strawberry.type(description="What the last good pull of a feed came to.")
class FeedBalance:
    """`rows` = `records` + `quarantined` + `merged`."""

    rows: int
    records: int
    quarantined: int
    merged: int
    findings: int = strawberry.field(description="Oddities reported in rows that were kept.")
    defects: int = strawberry.field(description="Field values the source states and we can't read.")
    unmapped: int = strawberry.field(description="Native terms with no common one.")


@strawberry.type(description="One list that a member shares through the hub.")
class FeedInfo:
    """A feed as callers see it."""

    id: strawberry.ID
    title: str
    last_outcome: str | None = strawberry.field(description="How the newest pull ended.")
    last_pull_at: datetime | None
    good_pull_at: datetime | None = strawberry.field(description="Pull of the data being served.")
    stated_at: datetime | None = strawberry.field(description="The source's own date of that data.")
    reason: str | None = strawberry.field(
        description="Why the newest pull did not publish. For the owner and the secretariat."
    )
    balance: FeedBalance | None = strawberry.field(
        description="Counts of the data being served. For the owner and the secretariat."
    )


@strawberry.type(description="A member of the alliance.")
class Member:
    """A member and its feeds."""

    code: strawberry.ID
    name: str
    feeds: list[FeedInfo]


async def members(connection: AsyncConnection, caller: Caller) -> list[Member]:
    """List the members, each with its feeds as this caller may see them."""
    known = {status.feed: status for status in await statuses(connection)}
    return [
        Member(code=strawberry.ID(origin), name=_name(origin), feeds=_feeds(origin, known, caller))
        for origin in Origin
        if origin is not Origin.ALLIANCE
    ]


def _name(origin: Origin) -> str:
    country = pycountry.countries.get(alpha_2=origin)
    return country.name if country else "European Union"


def _feeds(origin: Origin, known: dict[str, FeedStatus], caller: Caller) -> list[FeedInfo]:
    watches = bool(caller.roles & {Role.SECRETARIAT, Role.AUDITOR})
    is_open = watches or caller.member == origin
    return [
        _feed(feed_id, feed.title, known.get(feed_id), is_open=is_open)
        for feed_id, feed in FEEDS.items()
        if feed.member is origin
    ]


def _feed(feed_id: str, title: str, status: FeedStatus | None, *, is_open: bool) -> FeedInfo:
    return FeedInfo(
        id=strawberry.ID(feed_id),
        title=title,
        last_outcome=status.outcome if status else None,
        last_pull_at=status.last_pull_at if status else None,
        good_pull_at=status.good_pull_at if status else None,
        stated_at=status.stated_at if status else None,
        reason=status.reason if status and is_open else None,
        balance=_balance(status) if status and is_open else None,
    )


def _balance(status: FeedStatus) -> FeedBalance | None:
    if status.rows is None:
        return None
    return FeedBalance(
        rows=status.rows,
        records=status.records or 0,
        quarantined=status.quarantined or 0,
        merged=status.merged or 0,
        findings=status.findings,
        defects=status.defects,
        unmapped=status.unmapped,
    )
