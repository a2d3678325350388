"""One pull of one feed, end to end: fetch, land, read, map, gate, publish.

Whatever goes wrong on the way ends in the pull's log with a reason, and the last good data goes on
being served. Records and the feed's state are committed together.
"""

import asyncio
import hashlib
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from psycopg import AsyncConnection

import federation
from federation.errors import FederationError
from federation.feed import Feed
from federation.harmonize.run import Harmonized, harmonize
from federation.reading.native import NativeTable
from federation.sources.exchange import Fetched, Terms
from federation.substances.resolver import Resolver
from hub.errors import HubError
from hub.outbound import Outbound
from hub.settings import credential
from hub.store.database import Pool
from hub.store.landing import Landing
from hub.store.merge import Merged, Publication, merge, publishing
from hub.sync import gate, history
from hub.sync.fetching import fetch
from hub.sync.models import Outcome

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PullTools:
    """What a pull works with; `base_urls` overrides feeds' real addresses."""

    pool: Pool
    outbound: Outbound
    landing: Landing
    resolver: Resolver
    base_urls: dict[str, str]


@dataclass(frozen=True, slots=True)
class PullResult:
    """How a pull ended. `reason` says what to do when it did not publish."""

    feed: str
    outcome: Outcome
    reason: str | None = None
    merged: Merged | None = None


async def pull(feed: Feed, tools: PullTools, *, is_full: bool = False) -> PullResult:
    """Pull one feed now.

    Args:
        feed: what to pull.
        tools: what with.
        is_full: fetch and map again even where the source stands still.
    """
    async with tools.pool.connection() as connection:
        pull_id = await history.begin(connection, feed.id)
        good = await history.last_good(connection, feed.id)
    is_current = good is not None and good.mapping_digest == mapping_digest()
    try:
        return await _pull(
            feed,
            tools,
            pull_id,
            known=good if is_current and not is_full else None,
            last_good_rows=good.rows if good else None,
        )
    except (FederationError, HubError) as error:
        return await _fail(feed, tools, pull_id, error)
    except Exception:  # noqa: BLE001 - a defect of ours must not stop the other feeds
        _log.exception("pull broke", feed=feed.id, pull=pull_id)
        inside = HubError("the hub failed inside: its log says where")
        return await _fail(feed, tools, pull_id, inside)


async def _pull(
    feed: Feed,
    tools: PullTools,
    pull_id: int,
    *,
    known: history.LastGood | None,
    last_good_rows: int | None,
) -> PullResult:
    started = time.monotonic()
    terms = Terms(
        base_url=tools.base_urls.get(feed.id, feed.source.base_url),
        credential=credential(feed.source.credential_name),
        validator=known.validator if known else None,
    )
    fetched = await fetch(feed, terms, tools.outbound)
    if fetched is None:
        return await _unchanged(feed, tools, pull_id)
    landed = [await tools.landing.put(document.content) for document in fetched.documents]
    if known and known.documents == landed:
        return await _unchanged(feed, tools, pull_id)
    native, harmonized = await asyncio.to_thread(_harmonize, feed, fetched, tools.resolver)
    held = gate.judge(harmonized, last_good_rows)
    stated_at = native.stated_at or fetched.documents[0].stated_at
    figures: dict[str, Any] = {
        "validator": fetched.validator,
        "documents": landed,
        "stated_at": stated_at,
        "mapping_digest": mapping_digest(),
        "rows": harmonized.rows,
        "records": harmonized.records,
        "quarantined": harmonized.quarantined.height,
        "merged": harmonized.merged,
    }
    async with tools.pool.connection() as connection:
        await history.keep_evidence(connection, pull_id, harmonized)
        if held:
            figures |= {"reason_code": held.code, "reason": held.reason}
            await history.finish(connection, pull_id, Outcome.HELD, figures)
            return PullResult(feed.id, Outcome.HELD, held.reason)
        merged = await _publish(connection, feed, pull_id, harmonized, stated_at)
        figures |= asdict(merged) | {"seconds": time.monotonic() - started}
        await history.finish(connection, pull_id, Outcome.PUBLISHED, figures)
    _log.info("published", feed=feed.id, pull=pull_id, rows=harmonized.rows)
    return PullResult(feed.id, Outcome.PUBLISHED, merged=merged)


async def _publish(
    connection: AsyncConnection,
    feed: Feed,
    pull_id: int,
    harmonized: Harmonized,
    stated_at: datetime | None,
) -> Merged:
    recorded_at = await publishing(connection)
    publication = Publication(
        pull_id=pull_id,
        feed=feed.id,
        origin=feed.member,
        retrieved_at=stated_at or datetime.now(UTC),
        recorded_at=recorded_at,
        is_full_list=feed.is_full_list,
    )
    parts = [await merge(connection, batch, publication) for batch in harmonized.batches]
    return Merged(
        added=sum(part.added for part in parts),
        changed=sum(part.changed for part in parts),
        absent=sum(part.absent for part in parts),
    )


def _harmonize(feed: Feed, fetched: Fetched, resolver: Resolver) -> tuple[NativeTable, Harmonized]:
    native = feed.read(fetched.documents)
    return native, harmonize(feed, native, resolver)


async def _unchanged(feed: Feed, tools: PullTools, pull_id: int) -> PullResult:
    async with tools.pool.connection() as connection:
        await history.finish(connection, pull_id, Outcome.UNCHANGED, {})
    return PullResult(feed.id, Outcome.UNCHANGED)


async def _fail(
    feed: Feed, tools: PullTools, pull_id: int, error: FederationError | HubError
) -> PullResult:
    code = error.public_code if isinstance(error, HubError) else type(error).__name__
    figures = {"reason_code": code, "reason": str(error)}
    async with tools.pool.connection() as connection:
        await history.finish(connection, pull_id, Outcome.FAILED, figures)
    _log.warning("pull failed", feed=feed.id, pull=pull_id, reason=str(error))
    return PullResult(feed.id, Outcome.FAILED, str(error))


@cache
def mapping_digest() -> str:
    """Digest of everything that decides what native bytes become: `federation`'s own sources."""
    folder = Path(federation.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.csv")]):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
