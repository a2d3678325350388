"""What may be used once is used once, whichever gateway it comes to.

`SpentProofs.spend` writes a digest into one table of the database all gateways share, and says
whether it was the first to. The table is a logged one, committed before the answer: an unlogged one
is emptied by a crash, and each proof caught before it would work again. A spend that comes alone is
written by whoever asks; those that come meanwhile share a transaction, and one flush.
"""

import asyncio
import hashlib
import json
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from hub.errors import Unavailable
from hub.store.line import Line

CLOCK_MARGIN_S = 5
"""How long a row outlives the last moment its proof is acceptable, whatever the clocks say."""

PATIENCE_SECONDS = 5.0
"""How long the database may take for a statement before what waits for it is refused."""

MAX_WAITING = 10_000
"""Most spends that may wait for the database; beyond it requests are refused."""

PRUNED_AFTER = 1_000
"""How many spends pass until expired rows are dropped, twice as many at most."""

# One row's values, or arrays of them: the same statement for one and for many costs a third more.
_SPEND_ONE = b"""
    INSERT INTO spent_proof (digest, expires_at)
    VALUES ($1::bytea, to_timestamp($2::float8)) ON CONFLICT DO NOTHING RETURNING digest
"""

_SPEND = b"""
    INSERT INTO spent_proof (digest, expires_at)
    SELECT digest, to_timestamp(until)
    FROM unnest($1::bytea[], $2::float8[]) AS spent (digest, until)
    ON CONFLICT DO NOTHING RETURNING digest
"""

# The database's clock is the one that all gateways share.
_PRUNE = b"""
    DELETE FROM spent_proof WHERE digest IN (
        SELECT digest FROM spent_proof WHERE expires_at < now()
        LIMIT $1::int FOR UPDATE SKIP LOCKED
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
        self._line: Line | None = None
        self._waiting: list[_Waiting] = []
        self._is_writing = False
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
        if self._is_writing:
            return await self._with_others(digest, until + CLOCK_MARGIN_S)
        return await self._alone(digest, until + CLOCK_MARGIN_S)

    async def _alone(self, digest: bytes, until: float) -> bool:
        self._is_writing = True
        try:
            return bool(await self._insert(_SPEND_ONE, [digest, _float8(until)]))
        except (psycopg.Error, TimeoutError) as error:
            raise _unavailable(str(error)) from error
        finally:
            self._is_writing = False
            self._unpruned += 1
            if self._waiting or self._unpruned >= PRUNED_AFTER:
                self._is_writing = True
                self._writer = asyncio.create_task(self._write(), name="spent-proofs-writer")

    async def _with_others(self, digest: bytes, until: float) -> bool:
        waiting = _Waiting(digest, until, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        return await waiting.is_first

    async def _write(self) -> None:
        """Write until nothing waits; what comes meanwhile makes up the next transaction."""
        try:
            while self._waiting or self._unpruned >= PRUNED_AFTER:
                batch, self._waiting = self._waiting, []
                if batch:
                    await self._write_batch(batch)
                self._unpruned += len(batch)
                if self._unpruned >= PRUNED_AFTER:
                    await self._prune()
        finally:
            self._is_writing = False

    async def _write_batch(self, batch: list[_Waiting]) -> None:
        # In one order everywhere, or two gateways that insert the same two would wait for each
        # other.
        ordered = sorted((waiting.digest, waiting.until) for waiting in batch)
        digests = _array(_BYTEA, [digest for digest, _ in ordered])
        untils = _array(_FLOAT8, [_float8(until) for _, until in ordered])
        try:
            first = await self._insert(_SPEND, [digests, untils])
        except (psycopg.Error, TimeoutError) as error:
            for waiting in _still_waiting(batch):
                waiting.is_first.set_exception(_unavailable(str(error)))
        else:
            for waiting in _still_waiting(batch):
                waiting.is_first.set_result(waiting.digest in first)
                # Of two alike in one transaction, one alone was the first.
                first.discard(waiting.digest)

    async def _insert(self, sql: bytes, values: Sequence[bytes]) -> set[bytes]:
        line = await self._connected()
        found = await line.run(sql, values, [1] * len(values), patience_s=PATIENCE_SECONDS)
        texts = (found.get_value(row, 0) or b"" for row in range(found.ntuples))
        return {bytes.fromhex(text[2:].decode()) for text in texts}

    async def _prune(self) -> None:
        self._unpruned = 0
        try:
            line = await self._connected()
            await line.run(_PRUNE, [b"%d" % (2 * PRUNED_AFTER)], patience_s=PATIENCE_SECONDS)
        except (psycopg.Error, TimeoutError) as error:
            # Nobody waits for this; the next turn makes up for it.
            _logs.warning("spent proofs not pruned", detail=str(error))

    async def _connected(self) -> Line:
        if self._line is None or self._line.is_closed:
            async with asyncio.timeout(PATIENCE_SECONDS):
                self._line = await Line.open(self._conninfo)
        return self._line

    async def close(self) -> None:
        """Let what is being written end, and take nothing more."""
        self._is_closed = True
        if self._writer:
            await asyncio.wait({self._writer})
        if self._line:
            self._line.close()


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


_BYTEA, _FLOAT8 = 17, 701
"""PostgreSQL's numbers of the types."""


def _float8(value: float) -> bytes:
    return struct.pack("!d", value)


def _array(element: int, values: Sequence[bytes]) -> bytes:
    """Write an array of one dimension, without nulls, as PostgreSQL sends it in binary."""
    head = struct.pack("!iiIii", 1, 0, element, len(values), 1)
    return head + b"".join(struct.pack("!i", len(value)) + value for value in values)


def _still_waiting(batch: list[_Waiting]) -> list[_Waiting]:
    """Leave out those that gave up. Whoever they were, their proof stays spent."""
    return [waiting for waiting in batch if not waiting.is_first.done()]


def _unavailable(detail: str) -> Unavailable:
    return Unavailable(
        "your proof could not be recorded, so it is not taken: ask again with a new one",
        detail=detail,
    )
