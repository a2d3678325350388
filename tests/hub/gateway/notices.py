"""Korean notices that come, change and go in a database of their own, and policies over them."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor

from hub.policy.engine import PolicyEngine
from hub.store.merge import take_turn
from tests.hub.gateway.serving import WORLD
from tests.hub.gateway.world import insert

PATTERN = next(iter(WORLD.current("SupplyNotice")))

AGREEMENT = """
id: notices
owner: KR
title: Notices
legal_basis: a test
recipients: all
purposes: any
valid_from: 2026-01-01
share:
  - {{records: [SupplyNotice], groups: [public]{condition}}}
"""

LISTED = AGREEMENT.format(condition=", where: {listing: [LISTED]}")
OF_FEED_ONE = AGREEMENT.format(condition=", where: {feed: [one.feed]}")
AFTER_A_WEEK = AGREEMENT.format(condition=", embargo_days: 7")
LISTED_BASELINE = """
@id("baseline/listed")
permit (principal, action in Action::"read", resource is SupplyNotice)
when { resource.listing == "LISTED" };
"""
SEEN_BY = {
    "listed": lambda row: row["listing"] == "LISTED",
    "of_feed_one": lambda row: row["feed"] == "one.feed",
    "nothing": lambda _row: False,
}


@dataclass
class Notices:
    """The notices of a database, written the way that pulls do: in the publishing turn."""

    url: str
    current: dict[str, dict] = field(default_factory=dict)
    clock: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))

    @asynccontextmanager
    async def turn(self):
        """Hold the publishing turn on a connection of its own."""
        async with await AsyncConnection.connect(self.url) as connection:
            await take_turn(connection)
            self.clock += timedelta(seconds=1)
            yield connection

    async def publish(self, connection, key, **changes):
        """Publish a version of a notice: changes come on top of the one before."""
        before = self.current.get(key)
        if before:
            await connection.execute(
                "UPDATE supply_notice SET superseded_at = %s "
                "WHERE key = %s AND superseded_at IS NULL",
                [self.clock, key],
            )
        first = PATTERN | {"key": key, "origin": "KR", "first_recorded_at": self.clock}
        row = (before or first) | {
            "superseded_at": None,
            "removed_seq": None,
            "recorded_at": self.clock,
            "change_seq": await _next(connection),
        }
        self.current[key] = row | changes
        await insert(connection, {"SupplyNotice": [self.current[key]]})

    async def remove(self, connection, key):
        """Close a notice for good."""
        await connection.execute(
            "UPDATE supply_notice SET superseded_at = %s, removed_seq = nextval('change_seq') "
            "WHERE key = %s AND superseded_at IS NULL",
            [self.clock, key],
        )
        del self.current[key]

    async def add(self, key, **changes):
        """Publish one version in a turn of its own."""
        async with self.turn() as connection:
            await self.publish(connection, key, **changes)


@asynccontextmanager
async def reader(url):
    """Connect as the gateway does."""
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, cursor_factory=AsyncRawCursor, options="-c timezone=UTC"
    ) as connection:
        yield connection


class SwitchedPolicies:
    """A source of policies that a test switches."""

    fault = None

    def __init__(self, policy_set):
        self._policy_set = policy_set

    async def settled(self):
        return self.fault

    @asynccontextmanager
    async def feeding(self, engine: PolicyEngine):
        self.engine = engine
        engine.replace(self._policy_set)
        yield


async def _next(connection):
    row = await (await connection.execute("SELECT nextval('change_seq')")).fetchone()
    return row[0]
