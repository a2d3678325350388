"""The root field `members`: each member's feeds, how fresh they are, and how well they read.

Freshness and lineage are for every caller. Counts and reasons are the owner's own, and for the
alliance's bodies that watch over quality: row counts would tell how much a member keeps from
others. Shares in percent say how far a field can be relied on; those of fields outside the public
group are the owner's too.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pycountry
import strawberry
from pydantic import TypeAdapter
from strawberry.dataloader import DataLoader

from federation.harmonize.run import FieldQuality
from federation.members.registry import FEEDS
from federation.records.declaration import Group, Origin
from federation.records.registry import RECORD_TYPES
from hub.gateway.feeds.schedules import FeedBreaker, FeedSchedule, Schedules, schedule_loader
from hub.gateway.reading import reading
from hub.identity.types import Caller, Role
from hub.store.database import Pool
from hub.sync.freshness import Freshness, all_freshness, look
from hub.sync.held.pulls import HeldPull, open_cases
from hub.sync.history import FeedStatus, field_qualities, statuses


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


@strawberry.type(description="Where a record field comes from and how far it can be relied on.")
class FieldInfo:
    """One field's lineage and quality in the data being served."""

    record_type: str
    field: str
    group: str = strawberry.field(description="The field group that an agreement opens or not.")
    native_columns: list[str] = strawberry.field(
        description="Native columns it is made of; none where it is a fact of the feed itself."
    )
    coverage_percent: float | None = strawberry.field(
        description="Share of records with a value. Fields outside the public group: for the "
        "owner and the secretariat."
    )
    defect_percent: float | None = strawberry.field(
        description="Share whose native text could not be read. As `coveragePercent`."
    )
    unmapped_percent: float | None = strawberry.field(
        description="Share whose native term has no common one. As `coveragePercent`."
    )


Qualities = DataLoader[str, list[FieldQuality]]

_DURATION = TypeAdapter(timedelta)
"""Writes durations as ISO 8601 does."""


async def _quality(root: strawberry.Parent["FeedInfo"]) -> list[FieldInfo]:
    return [_field(one, is_open=root.is_open) for one in await root.qualities.load(root.id)]


async def _schedule(root: strawberry.Parent["FeedInfo"]) -> FeedSchedule | None:
    return FeedSchedule.of(await root.schedules.load(root.id)) if root.is_open else None


async def _breaker(root: strawberry.Parent["FeedInfo"]) -> FeedBreaker | None:
    return FeedBreaker.of(await root.schedules.load(root.id)) if root.is_open else None


@strawberry.type(description="A pull that the gate holds; `heldPull` tells all of it.")
class FeedHeldPull:
    """A held pull, in short."""

    id: strawberry.ID
    reason_code: str
    reason: str
    since: datetime

    @classmethod
    def of(cls, case: HeldPull) -> "FeedHeldPull":
        """Show a held pull."""
        return cls(
            id=strawberry.ID(str(case.pull_id)),
            reason_code=case.reason_code,
            reason=case.reason,
            since=case.since,
        )


@strawberry.type(description="One list that a member shares through the hub.")
class FeedInfo:
    """A feed as callers see it."""

    id: strawberry.ID
    title: str
    last_outcome: str | None = strawberry.field(description="How the newest pull ended.")
    last_pull_at: datetime | None
    good_pull_at: datetime | None = strawberry.field(description="Pull of the data being served.")
    stated_at: datetime | None = strawberry.field(description="The source's own date of that data.")
    cadence: str = strawberry.field(
        description="How old that data may become before it is stale: an ISO 8601 duration."
    )
    last_seen_at: datetime | None = strawberry.field(
        description="When that data was last seen to be the source's newest."
    )
    stale_since: datetime | None = strawberry.field(description="Null while it is fresh.")
    reason: str | None = strawberry.field(
        description="Why the newest pull did not publish. For the owner and the secretariat."
    )
    balance: FeedBalance | None = strawberry.field(
        description="Counts of the data being served. For the owner and the secretariat."
    )
    mapping_version: str | None = strawberry.field(
        description="Digest of the mappings that made the data being served."
    )
    served_since: datetime | None = strawberry.field(
        description="When the data being served was published."
    )
    held_pull: FeedHeldPull | None = strawberry.field(
        description="The newer pull that the gate holds meanwhile. For the owner and the "
        "secretariat."
    )
    is_open: strawberry.Private[bool]
    qualities: strawberry.Private[Qualities]
    schedules: strawberry.Private[Schedules]
    schedule: FeedSchedule | None = strawberry.field(
        resolver=_schedule, description="When it is pulled. For the owner and the secretariat."
    )
    breaker: FeedBreaker | None = strawberry.field(
        resolver=_breaker,
        description="Whether failures keep it from being pulled. For the owner and the "
        "secretariat.",
    )
    quality: list[FieldInfo] = strawberry.field(
        resolver=_quality,
        description="Lineage and quality of every record field the feed fills.",
    )


@strawberry.type(description="A member of the alliance.")
class Member:
    """A member and its feeds."""

    code: strawberry.ID
    name: str
    feeds: list[FeedInfo]


async def members(pool: Pool, caller: Caller) -> list[Member]:
    """List the members, each with its feeds as this caller may see them."""
    async with reading(pool) as connection:
        known = {status.feed: status for status in await statuses(connection)}
        fresh = all_freshness(await look(connection))
        held = await open_cases(connection)
    shown = _Shown(known, fresh, held, caller, DataLoader(_loader(pool)), schedule_loader(pool))
    return [
        Member(code=strawberry.ID(origin), name=_name(origin), feeds=shown.feeds(origin))
        for origin in Origin
        if origin is not Origin.ALLIANCE
    ]


def _loader(pool: Pool) -> Callable[[list[str]], Awaitable[list[list[FieldQuality]]]]:
    async def load(feeds: list[str]) -> list[list[FieldQuality]]:
        async with reading(pool) as connection:
            found = await field_qualities(connection)
        return [found.get(feed, []) for feed in feeds]

    return load


def _name(origin: Origin) -> str:
    country = pycountry.countries.get(alpha_2=origin)
    return country.name if country else "European Union"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one caller is shown of the feeds."""

    known: dict[str, FeedStatus]
    fresh: dict[str, Freshness]
    held: Mapping[str, HeldPull]
    caller: Caller
    qualities: Qualities
    schedules: Schedules

    def feeds(self, origin: Origin) -> list[FeedInfo]:
        watches = bool(self.caller.roles & {Role.SECRETARIAT, Role.AUDITOR})
        is_open = watches or self.caller.member == origin
        return [
            self._feed(feed_id, feed.title, is_open=is_open)
            for feed_id, feed in FEEDS.items()
            if feed.member is origin
        ]

    def _feed(self, feed_id: str, title: str, *, is_open: bool) -> FeedInfo:
        status, fresh = self.known.get(feed_id), self.fresh[feed_id]
        held = self.held.get(feed_id)
        return FeedInfo(
            id=strawberry.ID(feed_id),
            title=title,
            last_outcome=status.outcome if status else None,
            last_pull_at=status.last_pull_at if status else None,
            good_pull_at=status.good_pull_at if status else None,
            stated_at=status.stated_at if status else None,
            cadence=_DURATION.dump_python(fresh.feed.cadence, mode="json"),
            last_seen_at=fresh.last_seen_at,
            stale_since=fresh.stale_since,
            reason=status.reason if status and is_open else None,
            balance=_balance(status) if status and is_open else None,
            mapping_version=_short(status.mapping_digest) if status else None,
            served_since=status.served_since if status else None,
            held_pull=FeedHeldPull.of(held) if held and is_open else None,
            is_open=is_open,
            qualities=self.qualities,
            schedules=self.schedules,
        )


def _short(digest: str | None) -> str | None:
    return digest and digest[:12]


def _field(quality: FieldQuality, *, is_open: bool) -> FieldInfo:
    facts = RECORD_TYPES[quality.record_type].fields.get(quality.field)
    group = facts.group if facts else Group.RESTRICTED  # a field of an older release
    is_shown = is_open or group is Group.PUBLIC
    return FieldInfo(
        record_type=quality.record_type,
        field=quality.field,
        group=group,
        native_columns=list(quality.native_columns),
        coverage_percent=quality.percent(quality.filled) if is_shown else None,
        defect_percent=quality.percent(quality.defects) if is_shown else None,
        unmapped_percent=quality.percent(quality.unmapped) if is_shown else None,
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
