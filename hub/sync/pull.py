"""One pull of one feed, end to end: fetch, land, read, map, gate, publish.

Whatever goes wrong on the way ends in the pull's log with a reason, and the last good data goes on
being served. Records and the feed's state are committed together. It is a little long because the
steps are read in one go, as they are run.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

import federation
from federation.errors import FederationError, SourceChanged
from federation.feed import Feed
from federation.harmonize.run import Harmonized, harmonize
from federation.reading.native import NativeTable
from federation.sources.exchange import Extent, Fetched, Since, Terms
from hub.errors import Conflict, HubError, Timeout, Unavailable
from hub.outbound import Outbound
from hub.settings import credential
from hub.store.database import Pool
from hub.store.instants import instant_after_all
from hub.store.landing import Landing
from hub.store.merge import Merged, Publication, take_turn
from hub.sync import history
from hub.sync.breaker import asked_host
from hub.sync.current_register import REGISTER_FEED, CurrentRegister, RegisterInUse
from hub.sync.fetching import coverage
from hub.sync.fetching.hosts import Hosts
from hub.sync.fetching.requests import fetch
from hub.sync.gate import rules as gate
from hub.sync.gate.profile import Profile
from hub.sync.held import pulls as held_pulls
from hub.sync.held.pulls import REJECTED_BEFORE
from hub.sync.judging import (
    FormChanged,
    held_for,
    judge_pull,
    profile_of,
    rejected_before,
    with_new_columns,
)
from hub.sync.landed import being_read, digests_of, land, landed_documents, stated_at_of
from hub.sync.publishing import merge_all, unusable_keys
from hub.sync.quarantine import upkeep as quarantine
from hub.sync.turns import Turn
from hub.sync.types import Outcome

_log = structlog.get_logger()


PULL_SECONDS = 3600.0
"""Longest a pull may take; one that runs on beyond it was cut off by a crash."""


@dataclass(frozen=True, slots=True)
class PullTools:
    """What a pull works with; `base_urls` overrides feeds' real addresses.

    `landing_days` is how long the landing keeps what nothing needs any more.
    """

    pool: Pool
    outbound: Outbound
    landing: Landing
    register: CurrentRegister
    base_urls: dict[str, str]
    limit_seconds: float = PULL_SECONDS
    hosts: Hosts = field(default_factory=Hosts)
    landing_days: int = 90


@dataclass(frozen=True, slots=True)
class PullResult:
    """How a pull ended. `code` and `reason` say why and what to do when it did not publish.

    `retry_at`: aware instant before which its source is not to be asked again; None: any time.
    """

    feed: str
    outcome: Outcome
    reason: str | None = None
    merged: Merged | None = None
    pull_id: int | None = None
    code: str | None = None
    retry_at: datetime | None = None


_TAKEN_BACK = "the source has again what is being served"


Along = Callable[[AsyncConnection, int], Awaitable[None]]
"""What is done in the transaction that publishes a pull, given its id; an error publishes none."""


async def pull(
    feed: Feed,
    tools: PullTools,
    *,
    is_full: bool = False,
    turn: Turn | None = None,
    run: int | None = None,
) -> PullResult:
    """Pull one feed now. A pull that fails says so in its result, and raises nothing of it.

    Several pulls of one feed may run side by side; the first to publish wins, and the others fail,
    so that no older data comes after newer.

    Args:
        feed: what to pull.
        tools: what with.
        is_full: fetch, map and compare all again, even where the source stands still.
        turn: its place among other pulls, which the caller ends; None where it waits for none.
        run: the run of the feed's schedule that it belongs to.
    """
    host = asked_host(feed, tools.base_urls)
    begun = await _begin(feed, tools, turn or Turn(), run=run, host=host)
    return await begun.to_its_end(begun.from_source(is_full=is_full))


async def publish_landed(
    feed: Feed,
    tools: PullTools,
    of_pull: int,
    *,
    judged: bool,
    along: Along | None = None,
) -> PullResult:
    """Publish what an earlier pull landed, mapped by the rules of now, as a pull of its own.

    Args:
        feed: whose pull it was.
        tools: what with; nothing is fetched.
        of_pull: the earlier pull, which stays in the log as it ended.
        judged: whether the gate may hold it.
        along: done first in the transaction that publishes.
    """
    run = await _begin(feed, tools, Turn(), of_pull)
    return await run.to_its_end(run.from_landing(of_pull, is_judged=judged, along=along))


async def _begin(
    feed: Feed,
    tools: PullTools,
    turn: Turn,
    of_pull: int | None = None,
    *,
    run: int | None = None,
    host: str | None = None,
) -> "_Run":
    async with tools.pool.connection() as connection:
        pull_id = await history.begin(
            connection, feed.id, tools.limit_seconds, of_pull, run=run, host=host
        )
        good = await history.last_good(connection, feed.id)
    return _Run(feed, tools, pull_id, good, turn, of_pull)


@dataclass(frozen=True, slots=True)
class _Run:
    """One pull under way. `good` is the pull that was being served when it began.

    `of_pull` is the earlier pull whose landed bytes it takes; None where it asks the source.
    `compares_all` has it compare what is as it was, too: whenever it may not go by `good`.
    """

    feed: Feed
    tools: PullTools
    pull_id: int
    good: history.LastGood | None
    turn: Turn
    of_pull: int | None
    compares_all: bool = True
    started: float = field(default_factory=time.monotonic)

    async def to_its_end(self, work: Awaitable[PullResult]) -> PullResult:
        """Do the work and log how it ended, whatever happens on the way."""
        try:
            async with asyncio.timeout(self.tools.limit_seconds):
                return await work
        except SourceChanged as error:
            if self.of_pull is None:
                return await self.hold(held_for(error), {})
            fault: FederationError | HubError = error
        except (FederationError, HubError) as error:
            fault = error
        except TimeoutError:
            fault = Timeout(
                f"the pull took over {self.tools.limit_seconds:g} s: look at what the source sends",
                code="PULL_TIMEOUT",
            )
        except psycopg.OperationalError as error:
            fault = Unavailable(
                "the database broke the connection off: pull again later", detail=str(error)
            )
        except Exception:  # noqa: BLE001 - a defect of ours must not stop the other feeds
            _log.exception("pull broke", feed=self.feed.id, pull=self.pull_id)
            fault = HubError("the hub failed inside: its log says where")
        return await self.fail(fault)

    async def from_source(self, *, is_full: bool) -> PullResult:
        """Publish what the source has now."""
        register = await self.tools.register.for_feed(self.feed)
        good = self.good
        is_current = good is not None and good.mapping_digest == rules(register)
        async with self.tools.pool.connection() as connection:
            covered = await coverage.coverage_of(connection, self.feed.id)
        known = good if is_current and not is_full and not covered.is_full_due else None
        since = coverage.part_due(self.feed, covered, datetime.now(UTC)) if known else None
        fetched = await self._fetch(known, since)
        if fetched is None:
            return await self._unchanged()
        digests = await digests_of(fetched)
        is_nothing_new = not digests and fetched.extent is Extent.PART
        if is_nothing_new or (known and known.documents == digests):
            await self._land(fetched)
            return await self._unchanged(fetched)
        run = replace(self._of(fetched), compares_all=known is None)
        async with being_read(self.feed, fetched) as reading:
            await self._land(fetched)
            return await run.publish(fetched, reading, register, is_judged=True)

    async def from_landing(
        self, of_pull: int, *, is_judged: bool, along: Along | None
    ) -> PullResult:
        """Publish what an earlier pull landed."""
        register = await self.tools.register.for_feed(self.feed)
        fetched = await landed_documents(self.tools.pool, self.tools.landing, of_pull)
        await self._land(fetched)
        run = self._of(fetched)
        async with being_read(self.feed, fetched) as reading:
            return await run.publish(fetched, reading, register, is_judged=is_judged, along=along)

    async def _land(self, fetched: Fetched) -> None:
        await land(self.tools.pool, self.tools.landing, self.pull_id, fetched)

    def _of(self, fetched: Fetched) -> "_Run":
        """Give the same run, of a feed whose list is not full where the source sent less."""
        is_full_list = self.feed.is_full_list and fetched.extent is Extent.WHOLE
        return replace(self, feed=replace(self.feed, is_full_list=is_full_list))

    async def hold(
        self, held: gate.Held, figures: dict[str, Any], harmonized: Harmonized | None = None
    ) -> PullResult:
        figures = figures | {
            "reason_code": held.code,
            "reason": held.reason,
            "breaches": Jsonb(held.figures),
        }
        async with self.tools.pool.connection() as connection:
            await held_pulls.lock_case(connection, self.feed.id)
            if harmonized:
                await history.keep_evidence(connection, self.pull_id, harmonized)
            await history.finish(connection, self.pull_id, Outcome.HELD, figures)
            await quarantine.follow(connection, self.pull_id)
            if held.code != REJECTED_BEFORE:
                await held_pulls.open_case(connection, self.feed.id, self.pull_id)
        _log.warning("pull held", feed=self.feed.id, pull=self.pull_id, reason=held.reason)
        return PullResult(
            self.feed.id, Outcome.HELD, held.reason, pull_id=self.pull_id, code=held.code
        )

    async def fail(self, error: FederationError | HubError) -> PullResult:
        figures = {"reason_code": error.public_code, "reason": str(error)}
        detail = error.detail if isinstance(error, HubError) else None
        async with self.tools.pool.connection() as connection:
            await history.finish(connection, self.pull_id, Outcome.FAILED, figures)
        known = {"feed": self.feed.id, "pull": self.pull_id, "reason": str(error)}
        _log.warning("pull failed", **known, detail=detail)
        return PullResult(
            self.feed.id,
            Outcome.FAILED,
            str(error),
            pull_id=self.pull_id,
            code=error.public_code,
            retry_at=error.retry_at,
        )

    async def _fetch(self, known: history.LastGood | None, since: Since | None) -> Fetched | None:
        source = self.feed.source
        validator = known.validator if known else None
        if self.feed.id == REGISTER_FEED:
            return await self.tools.register.newest(validator)
        terms = Terms(
            base_url=self.tools.base_urls.get(self.feed.id, source.base_url),
            credential=credential(source.credential_name),
            validator=validator,
            since=since,
        )
        return await fetch(self.feed, terms, self.tools.outbound, self.tools.hosts)

    async def _unchanged(self, fetched: Fetched | None = None) -> PullResult:
        async with self.tools.pool.connection() as connection:
            await held_pulls.lock_case(connection, self.feed.id)
            figures = await coverage.stand_still(connection, self.feed, fetched)
            await history.finish(connection, self.pull_id, Outcome.UNCHANGED, figures)
            await held_pulls.supersede(connection, self.feed.id, _TAKEN_BACK, before=self.pull_id)
        return PullResult(self.feed.id, Outcome.UNCHANGED, pull_id=self.pull_id)

    async def publish(
        self,
        fetched: Fetched,
        reading: Awaitable[NativeTable],
        register: RegisterInUse,
        *,
        is_judged: bool,
        along: Along | None = None,
    ) -> PullResult:
        """Map, judge and publish what is being read."""
        if is_judged and (rejected := await rejected_before(self.tools.pool, self.pull_id)):
            return await self.hold(rejected, {})
        native = await reading
        if is_judged and not native.count:
            return await self.hold(gate.NO_ROWS, {"rows": 0})
        await self.turn.to_map()
        harmonized = await self._map(native, register)
        self.turn.mapped.set()
        stated_at = native.stated_at or stated_at_of(fetched)
        profile = await asyncio.to_thread(Profile.of, self.feed, native, harmonized, stated_at)
        figures: dict[str, Any] = {
            "stated_at": stated_at,
            "mapping_digest": rules(register),
            "rows": harmonized.rows,
            "records": harmonized.records,
            "quarantined": harmonized.quarantined.height,
            "merged": harmonized.merged,
            "profile": Jsonb(profile.kept_after(profile_of(self.good), fetched.extent).as_json),
        }
        if is_judged and (held := await self._judge(profile)):
            return await self.hold(held, figures, harmonized)
        harmonized = with_new_columns(harmonized, self.feed, self.good, profile)
        unusable = unusable_keys(self.feed, native, harmonized)
        figures["seconds"] = time.monotonic() - self.started
        await self.turn.to_publish()
        brought = coverage.Brought(self.feed, fetched, native, self.of_pull is not None)
        merged = await self._commit(brought, harmonized, unusable, figures, along)
        _log.info("published", feed=self.feed.id, pull=self.pull_id, rows=harmonized.rows)
        return PullResult(self.feed.id, Outcome.PUBLISHED, merged=merged, pull_id=self.pull_id)

    async def _map(self, native: NativeTable, register: RegisterInUse) -> Harmonized:
        """Map the rows; where a column they need is gone, say by the last good pull which it is."""
        try:
            return await asyncio.to_thread(harmonize, self.feed, native, register.resolver)
        except SourceChanged as error:
            held = await self._judge(Profile.of_form(native))
            raise FormChanged(held) if held else error from None

    async def _judge(self, profile: Profile) -> gate.Held | None:
        return await judge_pull(self.tools.pool, self.feed, self.good, profile)

    async def _commit(
        self,
        brought: coverage.Brought,
        harmonized: Harmonized,
        unusable: tuple[str, ...],
        figures: dict[str, Any],
        along: Along | None,
    ) -> Merged:
        """Write the evidence, the records and the feed's state: all of it or nothing."""
        started = time.monotonic()
        async with self.tools.pool.connection() as connection:
            await history.keep_evidence(connection, self.pull_id, harmonized)
            await take_turn(connection)
            await held_pulls.lock_case(connection, self.feed.id)
            if along:
                await along(connection, self.pull_id)
            if await history.last_good(connection, self.feed.id) != self.good:
                raise Conflict(
                    "another pull of this feed published meanwhile: pull again for anything newer",
                    code="OVERTAKEN",
                )
            publication = Publication(
                pull_id=self.pull_id,
                feed=self.feed.id,
                origin=self.feed.member,
                retrieved_at=figures["stated_at"]
                or await history.retrieved_at(connection, self.pull_id),
                recorded_at=await instant_after_all(connection),
                is_full_list=self.feed.is_full_list,
                unusable=unusable,
                withdrawn=harmonized.withdrawn,
                compares_all=self.compares_all,
            )
            mapped_by = figures["mapping_digest"]
            is_same_rule = self.good is None or self.good.mapping_digest == mapped_by
            merged = await merge_all(connection, harmonized, publication, is_same_rule=is_same_rule)
            seconds = figures["seconds"] + time.monotonic() - started
            proof = await coverage.prove(connection, brought, harmonized, unusable)
            await coverage.advance(connection, brought, proof, is_same_rule=is_same_rule)
            figures = figures | asdict(merged) | proof.figures | {"seconds": seconds}
            await history.finish(
                connection,
                self.pull_id,
                Outcome.PUBLISHED,
                figures,
                not_before=publication.recorded_at,
            )
            landed_by = self.of_pull or self.pull_id
            newer = f"pull {landed_by}, which is newer, was published"
            await held_pulls.supersede(connection, self.feed.id, newer, before=landed_by)
            await quarantine.follow(connection, self.pull_id)
            await quarantine.settle(
                connection, self.pull_id, harmonized, is_full_list=publication.is_full_list
            )
        return merged


def rules(register: RegisterInUse) -> str:
    """Digest of all that decides what native bytes become records of."""
    return register.folded_into(mapping_digest())


@cache
def mapping_digest() -> str:
    """Digest of everything that decides what native bytes become: `federation`'s own sources."""
    folder = Path(federation.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.csv")]):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
