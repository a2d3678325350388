"""Replay: landed bytes mapped again by the rules of now. What it would change is shown first.

`preview` maps the bytes of a past pull and compares its records with those being served
(`hub.sync.comparison`); `publish` has `hub.sync.pull` publish them, through the gate.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.rows import class_row
from psycopg.sql import SQL

from federation.errors import FederationError
from federation.feed import Feed
from federation.harmonize.run import harmonize
from federation.sources.exchange import Extent
from hub.errors import Conflict, MemberFault, NotFound
from hub.store.database import Pool
from hub.sync import history
from hub.sync.comparison import Difference, compare
from hub.sync.landed import landed_documents
from hub.sync.publishing import unusable_keys
from hub.sync.pull import PullResult, PullTools, publish_landed, rules
from hub.sync.types import Outcome


@dataclass(frozen=True, slots=True)
class Replayed:
    """The pull that landed the bytes of a replay; `mapping_digest` is of whoever took them last."""

    pull_id: int
    outcome: Outcome
    started_at: datetime
    stated_at: datetime | None
    documents: list[str]
    mapping_digest: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would do, by the rules whose digest is `mapped_by`.

    `is_served` says that the very bytes, mapped by the very rules, are what is being served.
    """

    of: Replayed
    mapped_by: str
    is_served: bool
    difference: Difference


async def preview(tools: PullTools, feed: Feed, pull_id: int | None = None) -> Preview:
    """Map what a pull landed, the one being served if none is named, and compare.

    Raises:
        NotFound: the feed has no such pull, it landed nothing, or a document of it is lost.
        MemberFault: the feed of now no longer reads the bytes.
        Unavailable: the landing does not answer.
    """
    of, good = await _found(tools.pool, feed, pull_id)
    register = await tools.register.for_feed(feed)
    mapped_by = rules(register)
    fetched = await landed_documents(tools.pool, tools.landing, of.pull_id)
    try:
        native = await asyncio.to_thread(feed.read, fetched.documents)
        harmonized = await asyncio.to_thread(harmonize, feed, native, register.resolver)
    except FederationError as error:
        raise MemberFault(f"pull {of.pull_id} can't be mapped: {error}") from error
    is_full_list = feed.is_full_list and fetched.extent is Extent.WHOLE
    feed = replace(feed, is_full_list=is_full_list)
    unusable = unusable_keys(feed, native, harmonized)
    difference = await compare(tools.pool, harmonized, feed, unusable=unusable)
    return Preview(of, mapped_by, _is_served(of, good, mapped_by), difference)


async def publish(tools: PullTools, feed: Feed, pull_id: int | None = None) -> PullResult | None:
    """Publish a replay, through the gate; None where its records are served already.

    Raises:
        NotFound: the feed has no such pull, or a document of the register is lost.
        Conflict: its data are older than those being served, code `OLDER_PULL`.
        Unavailable: the landing does not answer.
    """
    of, good = await _found(tools.pool, feed, pull_id)
    if _is_served(of, good, rules(await tools.register.for_feed(feed))):
        return None
    if good and of.pull_id < good.pull_id:
        raise Conflict(
            f"pull {of.pull_id} is older than pull {good.pull_id}, whose data are being served: "
            f"compare it without publishing, or replay pull {good.pull_id}",
            code="OLDER_PULL",
        )
    return await publish_landed(feed, tools, of.pull_id, judged=True)


async def _found(pool: Pool, feed: Feed, pull_id: int | None) -> tuple[Replayed, Replayed | None]:
    """Find what to replay and what is being served, each by the pull that landed it."""
    async with pool.connection() as connection, connection.cursor(row_factory=_REPLAYED) as cursor:
        await cursor.execute(_LANDED_BY.format(_SERVED), [feed.id])
        good = await cursor.fetchone()
        if pull_id is None:
            of = good
        else:
            await cursor.execute(_LANDED_BY.format(_NAMED), [feed.id, pull_id])
            of = await cursor.fetchone()
    if of is None and pull_id is None:
        raise history.never_published(feed)
    if of is None:
        raise NotFound(f"`{feed.id}` has no pull {pull_id}: leave it out to replay what is served")
    return of, good


_REPLAYED = class_row(Replayed)
_LANDED_BY = SQL(
    "SELECT first.id AS pull_id, first.outcome, first.started_at, p.stated_at, p.documents, "
    "p.mapping_digest FROM pull p JOIN pull first ON first.id = coalesce(p.of_pull_id, p.id) "
    "WHERE p.feed = %s AND {}"
)
_SERVED = SQL("p.id IN (SELECT good_pull_id FROM feed_state)")
_NAMED = SQL("p.id = %s")


def _is_served(of: Replayed, good: Replayed | None, mapped_by: str) -> bool:
    return good is not None and (good.documents, good.mapping_digest) == (of.documents, mapped_by)
