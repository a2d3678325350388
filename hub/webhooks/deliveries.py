"""Bringing events to the addresses they are for: each at least once, for a day.

A try is claimed in one transaction and noted in another, and no connection is held while it is on
its way. Who claims one and dies leaves it to others, so a receiver may get an event twice: by its
`webhook-id` it can tell.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import structlog
from psycopg import AsyncConnection
from psycopg.rows import class_row

from hub.errors import Forbidden, HubError, TooLarge
from hub.errors import Timeout as TookTooLong
from hub.outbound import Limits, Outbound
from hub.store.database import Pool
from hub.webhooks.models import DeliveryState
from hub.webhooks.signing import Sealer, signed_headers

LIMITS = Limits(seconds=10.0, silence_seconds=10.0, body_bytes=64 * 1024)
"""What a receiver is given to answer, and how much of an answer is read."""

AT_ONCE = 20
"""Most tries under way at one worker."""

LEASE = timedelta(minutes=2)
"""How long a claimed try is left alone."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
"""The pause after a failed try: doubled with each, up to the longest."""

PATIENCE = timedelta(days=1)
"""How long an event is tried to be delivered."""

FAILING_MOST = timedelta(days=7)
"""How long an address may take nothing before nothing more is sent there."""

_GONE = 410
"""By this status a receiver says that it wants no more. Source: Standard Webhooks."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Due:
    """An event that is due at an address."""

    id: int
    webhook_id: str
    url: str
    sealed: bytes
    tries: int
    event_id: str
    type: str
    feed: str
    member: str
    since: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try went: the status that came back, or why none did."""

    status: int | None
    fault: str | None
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether the receiver has taken it. A redirect is not followed, and is no success."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, and its id, the same whenever it is sent again."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Signs and posts; `address` is where a receiver can look at what it is told of."""

    outbound: Outbound
    sealer: Sealer
    address: str

    async def send(self, due: Due, now: datetime) -> Outcome:
        """Send one event once."""
        try:
            secret = self.sealer.opened(due.sealed, due.webhook_id)
        except HubError as error:
            return Outcome(None, error.message, 0.0)
        return await self.post(due.url, secret, Message(due.event_id, self._payload(due)), now)

    async def post(self, url: str, secret: bytes, message: Message, now: datetime) -> Outcome:
        """Sign a message and post it once."""
        began = time.monotonic()
        headers = signed_headers(secret, message.id, int(now.timestamp()), message.body)
        headers |= {"content-type": "application/json", "user-agent": "alliance-hub-webhooks"}
        status, fault = None, None
        try:
            status = (await self.outbound.post(url, headers, message.body)).status
        except HubError as error:
            fault = _fault(error)
            _log.info("webhook not delivered", fault=fault, detail=error.detail)
        return Outcome(status, fault, time.monotonic() - began)

    async def test(self, url: str, secret: bytes, now: datetime) -> Outcome:
        """Send what tells of nothing, once."""
        body = _written("webhook.test", now, {"address": self.address})
        return await self.post(url, secret, Message(f"msg_{uuid4().hex}", body), now)

    def _payload(self, due: Due) -> bytes:
        """Write what is sent. It holds nothing of any record."""
        data = {
            "feed": due.feed,
            "member": due.member,
            "since": instant(due.since),
            "address": self.address,
        }
        return _written(due.type, due.made_at, data)


def _written(kind: str, at: datetime, data: dict[str, str]) -> bytes:
    return orjson.dumps({"type": kind, "timestamp": instant(at), "data": data})


def _fault(error: HubError) -> str:
    """Say to the receiver's people what failed; outbound's own words speak of feeds."""
    match error:
        case TookTooLong():
            return f"no answer within {LIMITS.seconds:g} s"
        case Forbidden():
            return "the address leads inside, or has no TLS: the hub sends nothing there"
        case TooLarge():
            return f"the answer is over {LIMITS.body_bytes} bytes: answer with a status alone"
        case _:
            return "the address could not be reached, or broke the connection off"


def instant(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pause_after(tries: int) -> timedelta:
    """Say how long to wait after so many failed tries."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)


async def deliver(pool: Pool, sender: Sender, now: datetime) -> int:
    """Try all that is due at an instant, once each; give how many there were."""
    tried = 0
    while due := await _claim(pool, sender.sealer, now):
        await asyncio.gather(*(_try(pool, sender, each, now) for each in due))
        tried += len(due)
    return tried


async def _claim(pool: Pool, sealer: Sealer, now: datetime) -> Sequence[Due]:
    """Take what is due and can be signed here, and have others leave it alone for a while."""
    given = {"now": now, "lease": now + LEASE, "key": sealer.key_id, "most": AT_ONCE}
    async with (
        pool.connection() as connection,
        connection.cursor(row_factory=class_row(Due)) as cursor,
    ):
        await cursor.execute(_CLAIM, given)
        return await cursor.fetchall()


async def _try(pool: Pool, sender: Sender, due: Due, now: datetime) -> None:
    outcome = await sender.send(due, now)
    async with pool.connection() as connection:
        # Tries of one address are noted one after another: two would wait for each other's rows.
        cursor = await connection.execute(
            "SELECT failing_since FROM webhook WHERE id = %s FOR UPDATE", [due.webhook_id]
        )
        [(failing_since,)] = await cursor.fetchall()
        await _note(connection, due, outcome, now)
        since = None if outcome.is_good else failing_since or now
        await connection.execute(
            "UPDATE webhook SET failing_since = %s WHERE id = %s", [since, due.webhook_id]
        )
        if note := _ending(outcome, since, now):
            await _disable(connection, due.webhook_id, now, note)


async def _note(connection: AsyncConnection, due: Due, outcome: Outcome, now: datetime) -> None:
    """Note how a try went, and what follows for the event."""
    number = due.tries + 1
    await connection.execute(
        "INSERT INTO webhook_try (delivery_id, number, at, seconds, status, fault) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [due.id, number, now, outcome.seconds, outcome.status, outcome.fault],
    )
    last_try_at = due.made_at + PATIENCE
    next_try_at = min(now + pause_after(number), last_try_at)
    state = DeliveryState.WAITING if now < last_try_at else DeliveryState.GIVEN_UP
    if outcome.is_good:
        state = DeliveryState.DELIVERED
    # What was delivered, or given up because its address was removed meanwhile, stays so.
    await connection.execute(
        "UPDATE webhook_delivery SET state = %s, tries = %s, next_try_at = %s "
        "WHERE id = %s AND state = 'WAITING'",
        [state, number, next_try_at, due.id],
    )


def _ending(outcome: Outcome, failing_since: datetime | None, now: datetime) -> str | None:
    """Say why nothing more is to be sent to an address, if so."""
    if outcome.status == _GONE:
        return "the receiver answered 410 Gone"
    if failing_since and now - failing_since >= FAILING_MOST:
        return f"nothing was delivered since {instant(failing_since)}: add the address anew"
    return None


async def _disable(connection: AsyncConnection, webhook: str, now: datetime, note: str) -> None:
    await connection.execute(
        "UPDATE webhook SET disabled_at = %s, note = %s WHERE id = %s AND disabled_at IS NULL",
        [now, note, webhook],
    )
    await connection.execute(
        "UPDATE webhook_delivery SET state = 'GIVEN_UP' "
        "WHERE webhook_id = %s AND state = 'WAITING'",
        [webhook],
    )


_CLAIM = """
    UPDATE webhook_delivery AS delivery SET next_try_at = %(lease)s
    FROM webhook, feed_event AS event
    WHERE webhook.id = delivery.webhook_id AND event.id = delivery.event_id
      AND delivery.id IN (
        SELECT waiting.id FROM webhook_delivery AS waiting
        JOIN webhook AS target ON target.id = waiting.webhook_id
        WHERE waiting.state = 'WAITING' AND waiting.next_try_at <= %(now)s
          AND target.key_id = %(key)s AND target.sealed IS NOT NULL
        ORDER BY waiting.next_try_at, waiting.id LIMIT %(most)s
        FOR UPDATE OF waiting SKIP LOCKED
      )
    RETURNING delivery.id, webhook.id AS webhook_id, webhook.url, webhook.sealed, delivery.tries,
              event.id AS event_id, event.type, event.feed, event.member, event.since, event.made_at
"""
