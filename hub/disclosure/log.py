"""Makes a disclosure durable before the answer it describes leaves the hub.

Answers that are ready at the same moment share one transaction: a single writer takes all that
wait, inserts them, commits, and lets their answers go. An answer whose entry can't be kept is not
given.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, fields

import psycopg
import structlog
from psycopg import AsyncConnection

from hub.disclosure.asked import Asked, keep_asked, prune_asked
from hub.errors import Unavailable
from hub.identity.types import Caller
from hub.store.database import Pool

MAX_WAITING = 10_000
"""Most entries that may wait for the writer; beyond it answers are refused."""


PATIENCE_SECONDS = 5.0
"""How long an answer waits for the database before it is refused."""

PRUNED_AFTER = 10_000
"""How many questions are kept until those that are too old or too many are dropped."""

_logs = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is kept of one answer. The question is kept as its digest, the token as its id.

    `rows` are counted of bulk files.
    """

    issuer: str
    client: str
    subject: str
    actors: list[str]
    key: str | None
    member: str
    organisation: str
    purpose: str
    token_id: str
    question_digest: str
    policy_digest: str
    opened_by: list[str]
    masked: list[str]
    rows: int | None = None

    @classmethod
    def to(
        cls,
        caller: Caller,
        *,
        question_digest: str,
        policy_digest: str,
        opened_by: Iterable[str],
        masked: Sequence[str],
        rows: int | None = None,
    ) -> "Disclosure":
        """Say what was shown to a caller, with all that is known of who that is."""
        return cls(
            issuer=caller.issuer,
            client=caller.client,
            subject=caller.subject,
            actors=list(caller.actors),
            key=caller.key,
            member=caller.member,
            organisation=caller.organisation,
            purpose=caller.purpose,
            token_id=caller.token_id,
            question_digest=question_digest,
            policy_digest=policy_digest,
            opened_by=sorted(opened_by),
            masked=list(masked),
            rows=rows,
        )


_COLUMNS = [field.name for field in fields(Disclosure)]
_INSERT = (
    f"INSERT INTO disclosure (answered_at, {', '.join(_COLUMNS)}) "  # noqa: S608 - own names
    f"VALUES (clock_timestamp(), {', '.join(['%s'] * len(_COLUMNS))})"
)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An entry, the question if it is kept, and the answer that waits for them."""

    entry: Disclosure
    asked: Asked | None
    kept: asyncio.Future[None]


class DisclosureLog:
    """The one writer of the disclosure table in this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)
        self._unpruned = PRUNED_AFTER

    async def keep(self, disclosure: Disclosure, asked: Asked | None = None) -> None:
        """Return once the entry is durable, and the question with it.

        Raises:
            Unavailable: it could not be kept.
        """
        waiting = _Waiting(disclosure, asked, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull as error:
            raise Unavailable("the disclosure log is behind: ask again shortly") from error
        await waiting.kept

    async def write(self) -> None:
        """Write entries until cancelled; what waits then is refused."""
        batch: list[_Waiting] = []
        try:
            while True:
                batch = [await self._queue.get(), *self._take_all()]
                await self._write(batch)
                await self._prune(batch)
        finally:
            _refuse([*batch, *self._take_all()], "the hub is stopping")

    def _take_all(self) -> list[_Waiting]:
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]

    async def _write(self, batch: list[_Waiting]) -> None:
        try:
            async with self._pool.connection(timeout=PATIENCE_SECONDS) as connection:
                await _insert(connection, batch)
        except psycopg.OperationalError as error:
            _refuse(batch, str(error))
        except Exception as error:  # noqa: BLE001 - a writer that dies would hang every answer
            # One entry that PostgreSQL can't hold must not cost the others their answers.
            if len(batch) == 1:
                _refuse(batch, str(error))
            else:
                for waiting in batch:
                    await self._write([waiting])
        else:
            for waiting in batch:
                if not waiting.kept.done():
                    waiting.kept.set_result(None)

    async def _prune(self, batch: list[_Waiting]) -> None:
        self._unpruned += sum(waiting.asked is not None for waiting in batch)
        if self._unpruned <= PRUNED_AFTER:
            return
        self._unpruned = 0
        try:
            async with self._pool.connection(timeout=PATIENCE_SECONDS) as connection:
                await prune_asked(connection)
        except psycopg.Error as error:
            # Answers don't wait for this; the next turn makes up for it.
            _logs.warning("questions not pruned", detail=str(error))


def _refuse(batch: list[_Waiting], detail: str) -> None:
    for waiting in batch:
        if not waiting.kept.done():
            waiting.kept.set_exception(
                Unavailable(
                    "the answer could not be recorded, so it is not given: ask again",
                    detail=detail,
                )
            )


async def _insert(connection: AsyncConnection, batch: list[_Waiting]) -> None:
    asked = [waiting.asked for waiting in batch if waiting.asked]
    async with connection.pipeline(), connection.cursor() as cursor:
        await cursor.executemany(_INSERT, [astuple(waiting.entry) for waiting in batch])
        if asked:
            await keep_asked(connection, asked)


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
