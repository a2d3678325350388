"""Makes a disclosure durable before the answer it describes leaves the hub.

Answers that are ready at the same moment share one transaction: a single writer takes all that
wait, inserts them, commits, and lets their answers go. An answer whose entry can't be kept is not
given.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, fields

import psycopg
from psycopg import AsyncConnection

from hub.errors import Unavailable
from hub.store.database import Pool

MAX_WAITING = 10_000
"""Most entries that may wait for the writer; beyond it answers are refused."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is kept of one answer. The question is kept as its digest, the token as its id."""

    issuer: str
    client: str
    member: str
    organisation: str
    purpose: str
    token_id: str
    question_digest: str
    policy_digest: str
    opened_by: list[str]
    masked: list[str]


_COLUMNS = [field.name for field in fields(Disclosure)]
_INSERT = (
    f"INSERT INTO disclosure (answered_at, {', '.join(_COLUMNS)}) "  # noqa: S608 - own names
    f"VALUES (clock_timestamp(), {', '.join(['%s'] * len(_COLUMNS))})"
)


class DisclosureLog:
    """The one writer of the disclosure table in this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: asyncio.Queue[tuple[Disclosure, asyncio.Future[None]]] = asyncio.Queue(
            MAX_WAITING
        )

    async def keep(self, disclosure: Disclosure) -> None:
        """Return once the entry is durable.

        Raises:
            Unavailable: it could not be kept.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((disclosure, done))
        except asyncio.QueueFull as error:
            raise Unavailable("the disclosure log is behind: ask again shortly") from error
        await done

    async def write(self) -> None:
        """Write entries until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._write(batch)

    async def _write(self, batch: list[tuple[Disclosure, "asyncio.Future[None]"]]) -> None:
        try:
            async with self._pool.connection() as connection:
                await _insert(connection, [entry for entry, _ in batch])
        except psycopg.Error as error:
            for _, done in batch:
                if not done.done():
                    refusal = Unavailable(
                        "the answer could not be recorded, so it is not given: ask again",
                        detail=str(error),
                    )
                    done.set_exception(refusal)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)


async def _insert(connection: AsyncConnection, entries: list[Disclosure]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(_INSERT, [astuple(entry) for entry in entries])


@asynccontextmanager
async def open_log(pool: Pool) -> AsyncIterator[DisclosureLog]:
    """Run the writer for the life of the process."""
    log = DisclosureLog(pool)
    writer = asyncio.create_task(log.write(), name="disclosure-writer")
    try:
        yield log
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
