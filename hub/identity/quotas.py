"""How much may be asked: a rate by the second and a quota by the day, per client and per member.

Both are judged in this process, in 3 us; a statement for each request would take 200 times as much
(`bench/identity.py`). So N gateways let through N times the rate. Quotas hold for all together and
outlive them: each adds its counts to PostgreSQL every second and learns who has used up the day,
so a quota is overrun by what the rates let through until then. Start at `RequestQuotas.take`.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import prometheus_client
import psycopg
import structlog
from psycopg import AsyncConnection

from hub.errors import RateLimited
from hub.identity.types import Caller
from hub.store.database import Pool

BURST_S = 10
"""Who was silent for this long may ask at once what the rate gives in this time."""

MAX_CLIENTS = 10_000
"""Most clients told apart. The silent are forgotten first; their members' limits hold for all."""

COUNTED_EVERY_S = 1.0
PATIENCE_S = 5.0
"""How long a count waits for the database; the next one makes up for it."""

KEPT_DAYS = 31
"""How long it can be seen who asked how much on a day."""

_TODAY = "(now() AT TIME ZONE 'UTC')::date"
_ADD = f"""
    INSERT INTO request_count (day, member, issuer, client, requests)
    VALUES ({_TODAY}, %s, %s, %s, %s)
    ON CONFLICT (day, member, issuer, client) DO UPDATE
    SET requests = request_count.requests + excluded.requests
"""  # noqa: S608 - own text
_USED_UP = f"""
    WITH today AS (
        SELECT *, date_trunc('day', now(), 'UTC') + interval '24 h' - now() AS remains
        FROM request_count WHERE day = {_TODAY}
    )
    SELECT ARRAY[member, issuer, client], extract(epoch FROM remains)::float8
    FROM today WHERE requests >= %s
    UNION ALL
    SELECT ARRAY[member], extract(epoch FROM remains)::float8
    FROM today GROUP BY member, remains HAVING sum(requests) >= %s
"""  # noqa: S608 - own text
_FORGET = f"DELETE FROM request_count WHERE day < {_TODAY} - {KEPT_DAYS}"  # noqa: S608 - own text

Asker = tuple[str, ...]
"""Who is limited: (member, issuer, client), or (member,)."""

_refused = prometheus_client.Counter(
    "hub_requests_refused", "Requests refused for a rate or a quota.", ["member", "code"]
)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """Most requests of a client and of a member, by the second and by the day; 0 is no limit."""

    client_rate: int = 0
    member_rate: int = 0
    client_quota: int = 0
    member_quota: int = 0


@dataclass(frozen=True, slots=True)
class _Day:
    """Who has used it up, and when it ends by the clock of the process."""

    used_up: frozenset[Asker] = frozenset()
    ends_at: float = 0.0


class _Kind:
    """Clients or members: a token bucket each, told by when it will be full."""

    def __init__(self, name: str, rate: int, quota: int) -> None:
        self._name, self._rate, self._quota = name, rate, quota
        self._token_s = 1 / rate if rate else 0.0
        self._full_at: OrderedDict[Asker, float] = OrderedDict()

    def refusal(self, asker: Asker, now: float, day: _Day) -> RateLimited | None:
        """Say why one more can't be taken; None where it can."""
        if asker in day.used_up and now < day.ends_at:
            wait_s = int(day.ends_at - now) + 1
            return RateLimited(
                f"the {self._name} `{asker[-1]}` has used up the day's {self._quota} requests: "
                f"ask again in {wait_s} s, after 00:00 UTC",
                code="QUOTA_USED_UP",
                retry_after_s=wait_s,
            )
        lacking_s = self._full(asker, now) + self._token_s - now - BURST_S
        if lacking_s <= 0:
            return None
        wait_s = int(lacking_s) + 1
        return RateLimited(
            f"the {self._name} `{asker[-1]}` asks more than {self._rate} times a second: "
            f"ask again in {wait_s} s",
            retry_after_s=wait_s,
        )

    def take(self, asker: Asker, now: float) -> None:
        self._full_at[asker] = self._full(asker, now) + self._token_s
        self._full_at.move_to_end(asker)
        if len(self._full_at) > MAX_CLIENTS:
            self._full_at.popitem(last=False)

    def _full(self, asker: Asker, now: float) -> float:
        return max(self._full_at.get(asker, now), now)


class RequestQuotas:
    """The limits of one gateway process. Not for threads: one event loop owns it.

    The clock must never step back. The day is the database's, in UTC.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._clients = _Kind("client", limits.client_rate, limits.client_quota)
        self._members = _Kind("member", limits.member_rate, limits.member_quota)
        self._day = _Day()
        self._uncounted: Counter[Asker] = Counter()

    def take(self, caller: Caller) -> None:
        """Count one request; a refused one counts nowhere.

        Raises:
            RateLimited: it is one too many for the client or its member. One after `retry_after_s`
                passes, unless others of the same member come first.
        """
        now = self._clock()
        client, member = (caller.member, caller.issuer, caller.client), (caller.member,)
        of_client = self._clients.refusal(client, now, self._day)
        of_member = self._members.refusal(member, now, self._day)
        if of_client or of_member:
            found = filter(None, (of_client, of_member))
            refusal = max(found, key=lambda each: each.retry_after_s)
            _refused.labels(caller.member, refusal.public_code).inc()
            raise refusal
        self._clients.take(client, now)
        self._members.take(member, now)
        # Bounded while the database is away, too.
        if client in self._uncounted or len(self._uncounted) < MAX_CLIENTS:
            self._uncounted[client] += 1

    async def count(self, pool: Pool) -> None:
        """Add what was asked since the last count to the day's, and see who has used it up."""
        asked = self._uncounted.copy()
        try:
            async with asyncio.timeout(PATIENCE_S), pool.connection() as connection:
                found = await _counted(connection, asked, self._limits)
        except (psycopg.Error, TimeoutError) as error:
            _log.warning("requests_not_counted", detail=str(error))
            return
        self._uncounted -= asked
        ends_at = self._clock() + found[0][1] if found else 0.0
        self._day = _Day(frozenset(tuple(asker) for asker, _ in found), ends_at)

    async def count_on(self, pool: Pool, stopping: asyncio.Event) -> None:
        """Count every second, and once more when stopping."""
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), COUNTED_EVERY_S)
            await self.count(pool)


async def _counted(
    connection: AsyncConnection, asked: Mapping[Asker, int], limits: Limits
) -> list[tuple[list[str], float]]:
    """Add counts, and list who has used up the day with the seconds that are left of it."""
    cursor = connection.cursor()
    # In one order everywhere, so that two gateways never wait for each other's rows in a ring.
    await cursor.executemany(_ADD, [(*asker, each) for asker, each in sorted(asked.items())])
    await cursor.execute(_FORGET)
    await cursor.execute(_USED_UP, [limits.client_quota or None, limits.member_quota or None])
    return await cursor.fetchall()


@asynccontextmanager
async def open_quotas(limits: Limits, pool: Pool) -> AsyncIterator[RequestQuotas]:
    """Count for the life of the process. Who has used up the day is known from the start."""
    quotas = RequestQuotas(limits)
    await quotas.count(pool)
    stopping = asyncio.Event()
    counting = asyncio.create_task(quotas.count_on(pool, stopping), name="quotas")
    try:
        yield quotas
    finally:
        stopping.set()
        await counting
