"""Figures of the hub's parts at the moment Prometheus asks for them, at `/metrics`.

What is counted as it happens stands with what counts it, such as
`gateway/execution/observing.py`. The figures tell nothing of a record, but how much whose members
ask: only some networks are answered.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

import psycopg
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from psycopg import AsyncConnection
from psycopg.sql import SQL
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub.agreements.clock import NOW
from hub.agreements.history import IN_FORCE
from hub.disclosure.log import DisclosureLog
from hub.exports.types import State
from hub.gateway.changes.subscriptions import OpenSubscriptions
from hub.health import Health
from hub.store.database import Pool
from hub.sync.freshness import all_freshness, look

KEPT_SECONDS = 5.0
"""How long what the database said is told again."""

PATIENCE_SECONDS = 2.0
"""How long to wait for the database; without it the figures it keeps are left out."""

_ready = Gauge("hub_ready", "Whether a part works, as `/readyz` says: 1 or 0.", ["check"])
_connections = Gauge("hub_pool_connections", "Connections to the database.", ["pool", "state"])
_waiting = Gauge("hub_pool_waiting", "Who waits for a connection.", ["pool"])
_disclosures = Gauge("hub_disclosures_waiting", "Answers that wait for their record.")
_subscriptions = Gauge("hub_subscriptions_open", "Subscriptions on this process.")
_policies = Gauge(
    "hub_policies_timestamp_seconds", "Since when the policy set is in force.", ["digest"]
)
_current = Gauge(
    "hub_feed_current_timestamp_seconds",
    "When a feed's source was last read in full or found unchanged; 0: never.",
    ["feed"],
)
_age = Gauge(
    "hub_feed_age_seconds",
    "How long ago a feed's data were last seen to be its source's newest.",
    ["feed"],
)
_stale = Gauge("hub_feed_stale", "Whether they are older than the feed states: 1 or 0.", ["feed"])
_stated = Gauge(
    "hub_feed_stated_timestamp_seconds", "Of when a feed's data is, by its source.", ["feed"]
)
_records = Gauge("hub_feed_records", "Records of the data being served.", ["feed"])
_quarantined = Gauge("hub_feed_quarantined", "Rows of it that became no record.", ["feed"])
_pulls = Gauge("hub_feed_pulls", "Pulls of a feed by how they ended.", ["feed", "outcome"])
_exports = Gauge("hub_exports", "Export jobs by where they stand.", ["state"])

_STORED = (_policies, _current, _age, _stale, _stated, _records, _quarantined, _pulls, _exports)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of this process that figures are read from."""

    health: Health
    pools: Mapping[str, Pool]
    log: DisclosureLog
    subscriptions: OpenSubscriptions


class Metrics:
    """Answers `/metrics`."""

    def __init__(
        self,
        parts: Parts,
        reading: Pool,
        networks: Collection[IPv4Network | IPv6Network] | None = None,
    ) -> None:
        """Keep what to tell of, what to read the stored figures with, and whom to answer.

        Without networks this machine and private ones are answered.
        """
        self._parts = parts
        self._reading = reading
        self._networks = networks
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")

    async def answer(self, http: Request) -> Response:
        """Tell all figures to whoever asks from one of the networks."""
        if not self._is_answered(http):
            told = "metrics are told to some networks alone: see HUB_METRICS_NETWORKS"
            return PlainTextResponse(told, 403)
        await self._refresh()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def _is_answered(self, http: Request) -> bool:
        if http.client is None:
            return True  # A Unix socket: whoever can open it is of this machine.
        address = ip_address(http.client.host)
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        if self._networks is None:
            return address.is_private
        return any(address in network for network in self._networks)

    async def _refresh(self) -> None:
        faults = await self._parts.health.faults()
        for check, fault in faults.items():
            _ready.labels(check).set(fault is None)
        for name, pool in self._parts.pools.items():
            stats = pool.get_stats()
            idle = stats["pool_available"]
            _connections.labels(name, "idle").set(idle)
            _connections.labels(name, "used").set(stats["pool_size"] - idle)
            _waiting.labels(name).set(stats["requests_waiting"])
        _disclosures.set(self._parts.log.waiting)
        _subscriptions.set(self._parts.subscriptions.count)
        clock = asyncio.get_running_loop().time
        async with self._looking:
            if clock() - self._looked_at > KEPT_SECONDS:
                await self._look()
                self._looked_at = clock()

    async def _look(self) -> None:
        for gauge in _STORED:
            gauge.clear()
        try:
            async with (
                asyncio.timeout(PATIENCE_SECONDS),
                self._reading.connection(PATIENCE_SECONDS) as connection,
            ):
                await _tell_feeds(connection)
                await _tell_policies(connection)
                await _tell_exports(connection)
        except (psycopg.Error, PoolTimeout, TimeoutError):
            return  # `hub_ready` says so.


async def _tell_feeds(connection: AsyncConnection) -> None:
    cursor = await connection.execute(_PULLS)
    for feed, outcome, count in await cursor.fetchall():
        _pulls.labels(feed, outcome).set(count)
    sight = await look(connection)
    for feed, fresh in all_freshness(sight).items():
        seen = fresh.last_seen_at
        _current.labels(feed).set(seen.timestamp() if seen else 0)
        _stale.labels(feed).set(fresh.stale_since is not None)
        if seen:
            _age.labels(feed).set((sight.at - seen).total_seconds())
    cursor = await connection.execute(_SERVED)
    for feed, stated, records, quarantined in await cursor.fetchall():
        if stated is not None:
            _stated.labels(feed).set(stated)
        _records.labels(feed).set(records)
        _quarantined.labels(feed).set(quarantined)


async def _tell_policies(connection: AsyncConnection) -> None:
    cursor = await connection.execute(_IN_FORCE)
    for digest, since in await cursor.fetchall():
        _policies.labels(digest).set(since)


async def _tell_exports(connection: AsyncConnection) -> None:
    for state in State:
        _exports.labels(state).set(0)
    cursor = await connection.execute("SELECT state, count(*) FROM export GROUP BY state")
    for state, count in await cursor.fetchall():
        _exports.labels(state).set(count)


_PULLS = "SELECT feed, outcome, count(*) FROM pull GROUP BY feed, outcome"
_SERVED = """
    SELECT state.feed, extract(epoch FROM good.stated_at)::float8, good.records, good.quarantined
    FROM feed_state AS state
    JOIN pull AS good ON good.id = state.good_pull_id
"""
_IN_FORCE = SQL(
    "SELECT digest, extract(epoch FROM in_force_from)::float8 FROM policy_set WHERE {} <@ {}"
).format(NOW, IN_FORCE)
