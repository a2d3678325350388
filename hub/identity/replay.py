"""What may be used once is used once, whichever gateway it comes to.

`SpentProofs.spend` writes a digest into one table of the database all gateways share, and says
whether it was the first to. The table is a logged one, committed before the answer: an unlogged one
is emptied by a crash, and each proof caught before it would work again. Spends that come at the
same moment share a transaction, so durability costs one flush for all of them.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncCursor
from psycopg.conninfo import make_conninfo

from hub.errors import Unavailable

CLOCK_MARGIN_S = 5
"""How long a row outlives the last moment its proof is acceptable, whatever the clocks say."""

PATIENCE_SECONDS = 5.0
"""How long a request waits for the database before it is refused."""

MAX_WAITING = 10_000
"""Most spends that may wait for the database; beyond it requests are refused."""

PRUNED_AFTER = 1_000
"""How many spends pass until expired rows are dropped, twice as many at most."""

_SPEND = """
    INSERT INTO spent_proof (digest, expires_at)
    SELECT digest, to_timestamp(until)
    FROM unnest(%s::bytea[], %s::float8[]) AS spent (digest, until)
    ON CONFLICT DO NOTHING
    RETURNING digest
"""

_SPEND_ONE = """
    INSERT INTO spent_proof (digest, expires_at) VALUES (%s, to_timestamp(%s))
    ON CONFLICT DO NOTHING RETURNING digest
"""

# The database's clock is the one that all gateways share.
_PRUNE = """
    DELETE FROM spent_proof WHERE digest IN (
        SELECT digest FROM spent_proof WHERE expires_at < now()
        LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""

_logs = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Waiting:
    digest: bytes
    until: float
    is_first: asyncio.Future[bool]


class SpentProofs:
    """The one writer of spent proofs in this process."""

    def __init__(self, url: str) -> None:
        options = "-c lock_timeout=2s -c statement_timeout=5s"
        self._conninfo = make_conninfo(url, application_name="hub-proofs", options=options)
        self._cursor: AsyncCursor[tuple[bytes]] | None = None
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._unpruned = PRUNED_AFTER
        self._is_closed = False

    async def spend(self, kind: str, issuer: str, id: str, until: float) -> bool:  # noqa: A002 - the field's word
        """Say whether this is the first use, which is then on disk.

        Args:
            kind: what is spent, such as `dpop`: the same id of another kind is another thing.
            issuer: who gave it its id: the client, or the thumbprint of the key that signed it.
            id: its `jti`.
            until: when it is last acceptable, in seconds since the epoch.

        Raises:
            Unavailable: the database does not say in time; nothing may be taken then.
        """
        if self._is_closed or len(self._waiting) >= MAX_WAITING:
            raise _unavailable("too many are waiting, or the gateway stops")
        digest = hashlib.sha256(json.dumps([kind, issuer, id]).encode()).digest()
        waiting = _Waiting(
            digest, until + CLOCK_MARGIN_S, asyncio.get_running_loop().create_future()
        )
        self._waiting.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="spent-proofs-writer")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await waiting.is_first
        except TimeoutError as error:
            raise _unavailable("no answer in time") from error

    async def _write(self) -> None:
        """Write until nothing waits; what comes meanwhile makes up the next transaction."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write_batch(batch)
                await self._prune(len(batch))
        finally:
            self._writer = None

    async def _write_batch(self, batch: list[_Waiting]) -> None:
        try:
            first = await _insert(await self._connected(), batch)
        except (psycopg.Error, TimeoutError) as error:
            for waiting in _still_waiting(batch):
                waiting.is_first.set_exception(_unavailable(str(error)))
        else:
            for waiting in _still_waiting(batch):
                waiting.is_first.set_result(waiting.digest in first)
                # Of two alike in one transaction, one alone was the first.
                first.discard(waiting.digest)

    async def _prune(self, spent: int) -> None:
        self._unpruned += spent
        if self._unpruned < PRUNED_AFTER:
            return
        self._unpruned = 0
        try:
            await (await self._connected()).execute(_PRUNE, [2 * PRUNED_AFTER])
        except (psycopg.Error, TimeoutError) as error:
            # Nobody waits for this; the next turn makes up for it.
            _logs.warning("spent proofs not pruned", detail=str(error))

    async def _connected(self) -> AsyncCursor[tuple[bytes]]:
        """Give the cursor that is kept, for a checkout and a new one double the cost of a spend."""
        if self._cursor is None or self._cursor.connection.closed:
            async with asyncio.timeout(PATIENCE_SECONDS):
                connection = await AsyncConnection.connect(self._conninfo, autocommit=True)
            self._cursor = connection.cursor(binary=True)
        return self._cursor

    async def close(self) -> None:
        """Let what is being written end, and take nothing more."""
        self._is_closed = True
        if self._writer:
            await asyncio.wait({self._writer})
        if self._cursor:
            await self._cursor.connection.close()


@asynccontextmanager
async def open_spent_proofs(url: str) -> AsyncIterator[SpentProofs]:
    """Open the store over a connection of its own, from its first spend on.

    It commits by itself, which halves the cost of a spend that comes alone, and waits for neither
    answers nor approvals. A gateway that froze in the middle of a spend holds up no other.
    """
    spent = SpentProofs(url)
    try:
        yield spent
    finally:
        await spent.close()


async def _insert(cursor: AsyncCursor[tuple[bytes]], batch: list[_Waiting]) -> set[bytes]:
    # In one order everywhere, or two gateways that insert the same two would wait for each other.
    ordered = sorted((waiting.digest, waiting.until) for waiting in batch)
    if len(ordered) == 1:
        await cursor.execute(_SPEND_ONE, ordered[0])
    else:
        digests, untils = (list(column) for column in zip(*ordered, strict=True))
        await cursor.execute(_SPEND, [digests, untils])
    return {digest for (digest,) in await cursor.fetchall()}


def _still_waiting(batch: list[_Waiting]) -> list[_Waiting]:
    """Leave out those that gave up. Whoever they were, their proof stays spent."""
    return [waiting for waiting in batch if not waiting.is_first.done()]


def _unavailable(detail: str) -> Unavailable:
    return Unavailable(
        "your proof could not be recorded, so it is not taken: ask again with a new one",
        detail=detail,
    )
