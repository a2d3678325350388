"""One pull of one feed, end to end: fetch, land, read, map, gate, publish.

Whatever goes wrong on the way ends in the pull's log with a reason, and the last good data goes on
being served. Records and the feed's state are committed together.
"""

import asyncio
import hashlib
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import structlog
from psycopg import AsyncConnection

import federation
from federation.errors import FederationError, SourceChanged
from federation.feed import Feed
from federation.harmonize.mapping import key_of
from federation.harmonize.run import Harmonized, harmonize
from federation.reading.native import ROW, NativeTable
from federation.sources.exchange import Fetched, Terms
from hub.curation.applying import with_decisions
from hub.errors import Conflict, HubError, Timeout, Unavailable
from hub.outbound import Outbound
from hub.settings import credential
from hub.store.conditions import derive_conditions
from hub.store.database import Pool
from hub.store.equivalence import DECISIVE, derive_equivalence
from hub.store.instants import instant_after_all
from hub.store.landing import Landing
from hub.store.merge import Merged, Publication, merge, take_turn
from hub.sync import gate, history
from hub.sync.current_register import REGISTER_FEED, CurrentRegister
from hub.sync.fetching import fetch
from hub.sync.models import Outcome

_log = structlog.get_logger()


PULL_SECONDS = 3600.0
"""Longest a pull may take; one that runs on beyond it was cut off by a crash."""


@dataclass(frozen=True, slots=True)
class PullTools:
    """What a pull works with; `base_urls` overrides feeds' real addresses."""

    pool: Pool
    outbound: Outbound
    landing: Landing
    register: CurrentRegister
    base_urls: dict[str, str]
    limit_seconds: float = PULL_SECONDS


@dataclass(frozen=True, slots=True)
class Turn:
    """A pull's place in a row of pulls: it maps, and later publishes, after the one before it.

    Two that map share one interpreter, and the first to publish would be ready later.
    """

    before: "Turn | None" = None
    mapped: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def to_map(self) -> None:
        """Wait until the pull before this one has mapped its rows, or has none to map."""
        if self.before:
            await self.before.mapped.wait()

    async def to_publish(self) -> None:
        """Wait until all pulls before this one have ended, however they did."""
        if self.before:
            await self.before.ended.wait()

    async def end(self) -> None:
        """Let the next pull go on, once those before this one have ended."""
        self.mapped.set()
        await self.to_publish()
        self.ended.set()


@dataclass(frozen=True, slots=True)
class PullResult:
    """How a pull ended. `reason` says what to do when it did not publish."""

    feed: str
    outcome: Outcome
    reason: str | None = None
    merged: Merged | None = None


async def pull(
    feed: Feed,
    tools: PullTools,
    *,
    is_full: bool = False,
    turn: Turn | None = None,
) -> PullResult:
    """Pull one feed now.

    Several pulls of one feed may run side by side; the first to publish wins, and the others fail,
    so that no older data comes after newer.

    Args:
        feed: what to pull.
        tools: what with.
        is_full: fetch and map again even where the source stands still.
        turn: its place among other pulls, which the caller ends; None where it waits for none.
    """
    async with tools.pool.connection() as connection:
        pull_id = await history.begin(connection, feed.id, tools.limit_seconds)
        good = await history.last_good(connection, feed.id)
    run = _Run(feed, tools, pull_id, good, turn or Turn())
    try:
        async with asyncio.timeout(tools.limit_seconds):
            return await run.carry_out(is_full=is_full)
    except SourceChanged as error:
        return await run.hold(gate.Held("SOURCE_CHANGED", str(error)), {})
    except (FederationError, HubError) as error:
        return await run.fail(error)
    except TimeoutError:
        return await run.fail(
            Timeout(
                f"the pull took over {tools.limit_seconds:g} s: look at what the source sends",
                code="PULL_TIMEOUT",
            )
        )
    except psycopg.OperationalError as error:
        return await run.fail(
            Unavailable(
                "the database broke the connection off: pull again later", detail=str(error)
            )
        )
    except Exception:  # noqa: BLE001 - a defect of ours must not stop the other feeds
        _log.exception("pull broke", feed=feed.id, pull=pull_id)
        return await run.fail(HubError("the hub failed inside: its log says where"))


@dataclass(frozen=True, slots=True)
class _Run:
    """One pull under way. `good` is the pull that was being served when it began."""

    feed: Feed
    tools: PullTools
    pull_id: int
    good: history.LastGood | None
    turn: Turn

    async def carry_out(self, *, is_full: bool) -> PullResult:
        started = time.monotonic()
        good = self.good
        register = await self.tools.register.for_feed(self.feed)
        mapped_by = register.folded_into(mapping_digest())
        is_current = good is not None and good.mapping_digest == mapped_by
        known = good if is_current and not is_full else None
        fetched = await self._fetch(known)
        if fetched is None:
            return await self._unchanged()
        landed = await self._land(fetched)
        if known and known.documents == landed:
            return await self._unchanged()
        native = await asyncio.to_thread(self.feed.read, fetched.documents)
        if not native.count:
            return await self.hold(gate.NO_ROWS, {"rows": 0})
        await self.turn.to_map()
        harmonized = await asyncio.to_thread(harmonize, self.feed, native, register.resolver)
        self.turn.mapped.set()
        figures: dict[str, Any] = {
            "validator": fetched.validator,
            "stated_at": native.stated_at or fetched.documents[0].stated_at,
            "mapping_digest": mapped_by,
            "rows": harmonized.rows,
            "records": harmonized.records,
            "quarantined": harmonized.quarantined.height,
            "merged": harmonized.merged,
        }
        held = gate.judge(harmonized, good.rows if good and self.feed.is_full_list else None)
        if held:
            return await self.hold(held, figures, harmonized)
        unusable = _unusable_keys(self.feed, native, harmonized)
        figures["seconds"] = time.monotonic() - started
        await self.turn.to_publish()
        return await self._publish(harmonized, unusable, figures)

    async def hold(
        self, held: gate.Held, figures: dict[str, Any], harmonized: Harmonized | None = None
    ) -> PullResult:
        figures = figures | {"reason_code": held.code, "reason": held.reason}
        async with self.tools.pool.connection() as connection:
            if harmonized:
                await history.keep_evidence(connection, self.pull_id, harmonized)
            await history.finish(connection, self.pull_id, Outcome.HELD, figures)
        _log.warning("pull held", feed=self.feed.id, pull=self.pull_id, reason=held.reason)
        return PullResult(self.feed.id, Outcome.HELD, held.reason)

    async def fail(self, error: FederationError | HubError) -> PullResult:
        figures = {"reason_code": _code(error), "reason": str(error)}
        detail = error.detail if isinstance(error, HubError) else None
        async with self.tools.pool.connection() as connection:
            await history.finish(connection, self.pull_id, Outcome.FAILED, figures)
        known = {"feed": self.feed.id, "pull": self.pull_id, "reason": str(error)}
        _log.warning("pull failed", **known, detail=detail)
        return PullResult(self.feed.id, Outcome.FAILED, str(error))

    async def _fetch(self, known: history.LastGood | None) -> Fetched | None:
        source = self.feed.source
        validator = known.validator if known else None
        if self.feed.id == REGISTER_FEED:
            return await self.tools.register.newest(validator)
        terms = Terms(
            base_url=self.tools.base_urls.get(self.feed.id, source.base_url),
            credential=credential(source.credential_name),
            validator=validator,
        )
        return await fetch(self.feed, terms, self.tools.outbound)

    async def _land(self, fetched: Fetched) -> list[str]:
        landed = [await self.tools.landing.put(document.content) for document in fetched.documents]
        async with self.tools.pool.connection() as connection:
            await history.note(connection, self.pull_id, {"documents": landed})
        return landed

    async def _unchanged(self) -> PullResult:
        async with self.tools.pool.connection() as connection:
            await history.finish(connection, self.pull_id, Outcome.UNCHANGED, {})
        return PullResult(self.feed.id, Outcome.UNCHANGED)

    async def _publish(
        self,
        harmonized: Harmonized,
        unusable: tuple[str, ...],
        figures: dict[str, Any],
    ) -> PullResult:
        started = time.monotonic()
        async with self.tools.pool.connection() as connection:
            await history.keep_evidence(connection, self.pull_id, harmonized)
            await take_turn(connection)
            if await history.last_good(connection, self.feed.id) != self.good:
                raise Conflict(
                    "another pull of this feed published meanwhile: pull again for anything newer",
                    code="OVERTAKEN",
                )
            publication = Publication(
                pull_id=self.pull_id,
                feed=self.feed.id,
                origin=self.feed.member,
                retrieved_at=figures["stated_at"] or datetime.now(UTC),
                recorded_at=await instant_after_all(connection),
                is_full_list=self.feed.is_full_list,
                unusable=unusable,
            )
            mapped_by = figures["mapping_digest"]
            is_same_rule = self.good is None or self.good.mapping_digest == mapped_by
            merged = await _merge_all(
                connection, harmonized, publication, is_same_rule=is_same_rule
            )
            seconds = figures["seconds"] + time.monotonic() - started
            figures = figures | asdict(merged) | {"seconds": seconds}
            await history.finish(
                connection,
                self.pull_id,
                Outcome.PUBLISHED,
                figures,
                not_before=publication.recorded_at,
            )
        _log.info("published", feed=self.feed.id, pull=self.pull_id, rows=harmonized.rows)
        return PullResult(self.feed.id, Outcome.PUBLISHED, merged=merged)


async def _merge_all(
    connection: AsyncConnection,
    harmonized: Harmonized,
    publication: Publication,
    *,
    is_same_rule: bool,
) -> Merged:
    batches = await with_decisions(connection, publication.origin, harmonized.batches)
    parts = [await merge(connection, batch, publication) for batch in batches]
    published = {batch.mapping.record_type.name for batch in batches}
    origin, now = publication.origin, publication.recorded_at
    if DECISIVE & published:
        await derive_equivalence(connection, origin, now, is_whole=not is_same_rule)
    await derive_conditions(connection, origin, now, published, is_whole=not is_same_rule)
    return Merged(
        added=sum(part.added for part in parts),
        changed=sum(part.changed for part in parts),
        absent=sum(part.absent for part in parts),
    )


def _unusable_keys(feed: Feed, native: NativeTable, harmonized: Harmonized) -> tuple[str, ...]:
    """Name the records whose rows are on the list and in quarantine, where a row says which."""
    mapping = feed.primary
    key = key_of(feed.member, mapping.record_type.name, mapping.national_id.cast(pl.String))
    rows = native.rows.select(ROW, key.alias("key"))
    refused = rows.filter(pl.col(ROW).is_in(harmonized.quarantined["native_row"].implode()))
    return tuple(refused["key"].drop_nulls())


def _code(error: FederationError | HubError) -> str:
    if isinstance(error, HubError):
        return error.public_code
    return "SOURCE_FAULT"


@cache
def mapping_digest() -> str:
    """Digest of everything that decides what native bytes become: `federation`'s own sources."""
    folder = Path(federation.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.csv")]):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
