"""Filing: check, keep, publish, and say what came of it.

A submission is one pull of its feed: what was filed is landed with a cover that names the refused
rows, then mapped, judged by the gate and published as any member's list is. Submissions of one feed
come one after another, and a request that is sent again is answered as it was the first time.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL

from federation.feed import Feed
from federation.filing.reading import Cover
from federation.filing.source import HandedIn
from hub.errors import Conflict, InvalidInput, Unavailable
from hub.identity.types import Caller
from hub.store.database import Pool
from hub.submissions import kept
from hub.submissions.access import fileable_feed
from hub.submissions.checking import Checked, check, check_size
from hub.submissions.judging import Judgement
from hub.submissions.stored import check_stored
from hub.submissions.types import Filing, Receipt, State
from hub.sync.pipeline import follow_up
from hub.sync.pull import PullResult, PullTools, pull

MAX_KEY_CHARS = 200
"""Longest idempotency key, in characters."""

PATIENCE_SECONDS = 60
"""How long a submission waits for those of its feed that came before."""

FILING_SECONDS = 300.0
"""Longest that a submission's pull may take, waiting for lists that are publishing included."""

_LOCK = 7_214_010
"""Advisory lock of a feed's submissions, by the feed; any fixed number of the hub's own."""

_OVERTAKEN = "OVERTAKEN"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class FilingTools:
    """What filing works with.

    `turns` is a pool beside the pulls' own: a submission keeps one of its connections while it
    waits for those, and must not wait for itself.
    """

    pulls: PullTools
    turns: Pool


async def file(tools: FilingTools, caller: Caller, filing: Filing) -> Receipt:
    """File a submission, or only check it.

    Raises:
        NotFound: there is no such feed.
        Forbidden: the caller is no agency of its member.
        TooLarge: the file is too long.
        InvalidInput: the idempotency key is none.
        Conflict: the key stands for another submission.
        Unavailable: others of this feed take long, or the database or landing does not answer.
    """
    feed = fileable_feed(caller, filing.feed)
    check_size(filing.document)
    _check_key(filing.key)
    now = _now()
    checked = await asyncio.to_thread(check, feed, filing.document, now.date())
    if filing.is_dry_run:
        async with tools.pulls.pool.connection() as connection:
            judged = await _judge(connection, checked, filing)
        return judged.receipt(filing, caller, now)
    await tools.pulls.landing.put(filing.document.content)
    async with _turn(tools.turns, filing.feed):
        async with tools.pulls.pool.connection() as connection:
            receipt, cover = await _keep(connection, caller, filing, checked)
        if cover:
            documents = replace(filing.document, stated_at=cover.received_at), cover.document()
            result = await _publish(tools.pulls, replace(feed, source=HandedIn(documents)))
            async with tools.pulls.pool.connection() as connection:
                receipt = await kept.settle(connection, receipt, result)
    # What was sent before may have been published by a process that ended right after.
    await follow_up(tools.pulls.pool)
    return receipt


def request_digest(filing: Filing) -> str:
    """Tell what was sent from anything else."""
    asked = json.dumps([filing.feed, filing.is_partial])
    return hashlib.sha256(asked.encode() + b"\n" + filing.document.content).hexdigest()


def _check_key(key: str | None) -> None:
    if key is not None and (not 0 < len(key) <= MAX_KEY_CHARS or not key.isprintable()):
        raise InvalidInput(
            f"an idempotency key has 1 to {MAX_KEY_CHARS} printable characters: draw a random one "
            "for each submission",
            code="IDEMPOTENCY_KEY",
        )


@asynccontextmanager
async def _turn(pool: Pool, feed: str) -> AsyncIterator[None]:
    """Hold the turn of a feed's submissions, on all processes; it ends with whoever holds it."""
    async with pool.connection() as connection:
        await connection.execute(SQL("SET LOCAL lock_timeout = {}").format(f"{PATIENCE_SECONDS}s"))
        try:
            await connection.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, feed]
            )
        except LockNotAvailable as error:
            raise Unavailable(
                "other submissions of this feed are being published: send yours again shortly, "
                "with the same idempotency key"
            ) from error
        yield


async def _judge(connection: AsyncConnection, checked: Checked, filing: Filing) -> Judgement:
    defects = [*checked.defects, *await check_stored(connection, checked)]
    defects.sort(key=lambda one: one.row or 0)
    return Judgement(checked, tuple(defects), filing.is_partial)


async def _keep(
    connection: AsyncConnection, caller: Caller, filing: Filing, checked: Checked
) -> tuple[Receipt, Cover | None]:
    """Write the submission, with the cover to publish it under, unless that is not to be done."""
    digest = request_digest(filing)
    known = await kept.find_by_key(connection, caller, filing.key) if filing.key else None
    if known:
        if known.request_digest != digest:
            raise _reused(filing.key)
        if repeated := await _ended(connection, known, caller.member):
            return repeated, None
    judged = await _judge(connection, checked, filing)
    receipt = replace(
        judged.receipt(filing, caller, _now()),
        id=known.id if known else f"S-{uuid4().hex}",
        state=State.RECEIVED if judged.accepted else State.REFUSED,
    )
    cover = judged.cover(receipt.id or "", receipt.received_at) if judged.accepted else None
    entry = kept.Entry(
        receipt,
        caller.issuer,
        filing.key,
        digest,
        filing.document.name,
        hashlib.sha256(cover.document().content).hexdigest() if cover else None,
    )
    if not await kept.keep(connection, entry, judged.records.iter_rows()):
        raise _reused(filing.key)
    return receipt, cover


async def _ended(connection: AsyncConnection, known: kept.Known, member: str) -> Receipt | None:
    """Read what was sent before, unless it failed or was cut off and is to be published now.

    Only the turn's holder publishes, so that nobody else is at it.
    """
    receipt = replace(await kept.read(connection, known.id, member), is_repeated=True)
    if known.state not in {State.RECEIVED, State.FAILED}:
        return receipt
    result = await kept.find_pull(connection, known)
    return await kept.settle(connection, receipt, result) if result else None


def _now() -> datetime:
    """Give the instant, as exactly as it is stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _reused(key: str | None) -> Conflict:
    return Conflict(
        f"the idempotency key `{key}` stands for another submission: send that one again as it "
        "was, or draw a new key for this one",
        code="IDEMPOTENCY_KEY_REUSED",
    )


async def _publish(tools: PullTools, feed: Feed) -> PullResult:
    """Pull what was filed; again where a released pull of the feed came between."""
    tools = replace(tools, limit_seconds=FILING_SECONDS)
    result = await pull(feed, tools, is_full=True)
    for _ in range(_TRIES - 1):
        if result.code != _OVERTAKEN:
            break
        result = await pull(feed, tools, is_full=True)
    return result
