"""Makes a disclosure durable before the answer it describes leaves the hub.

Answers that are ready at about the same moment share one statement: a single writer takes all that
wait, inserts them on a connection of its own, and lets their answers go once it is committed. An
answer whose entry can't be kept is not given.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import NamedTuple

import orjson
import prometheus_client
import psycopg

from hub.disclosure.asked import Asked, AskedQuestions
from hub.disclosure.entry import Disclosure
from hub.errors import Unavailable
from hub.store.database import Pool
from hub.store.line import Line

__all__ = ["Disclosure", "DisclosureLog", "open_log"]

MAX_WAITING = 10_000
"""Most entries that may wait for the writer; beyond it answers are refused."""

PATIENCE_SECONDS = 5.0
"""How long an answer waits for the database before it is refused."""

GATHERING_SECONDS = 0.001
"""How long the writer lets answers gather while several come at once: a commit takes PostgreSQL as
long as nine entries. An answer that comes alone does not wait.
"""

_refused = prometheus_client.Counter(
    "hub_disclosures_refused", "Answers not given, for their record could not be kept."
)

_TEXT = "text"
_TYPES = {
    "id": "uuid",
    "actors": "text[]",
    "opened_by": "text[]",
    "masked": "text[]",
    "shown": "jsonb",
    "rows": "bigint",
}
_COLUMNS = [field.name for field in fields(Disclosure)]
# One JSON text for all entries: the cheapest for both sides of those tried (decision 0011).
_INSERT = (
    f"INSERT INTO disclosure (answered_at, {', '.join(_COLUMNS)}) "  # noqa: S608 - own names
    f"SELECT clock_timestamp(), {', '.join(_COLUMNS)} FROM json_to_recordset($1::json) AS entry("
    f"{', '.join(f'{name} {_TYPES.get(name, _TEXT)}' for name in _COLUMNS)})"
).encode()


class _Waiting(NamedTuple):
    """An entry as JSON, and the answer that waits for it."""

    entry: bytes
    kept: asyncio.Future[None]


class DisclosureLog:
    """The one writer of the disclosure table in this process."""

    def __init__(self, pool: Pool) -> None:
        self.asked = AskedQuestions(pool)
        self._conninfo = str(pool.conninfo)
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._line: Line | None = None
        self._is_writing = False

    @property
    def waiting(self) -> int:
        """How many answers wait for the writer."""
        return len(self._waiting)

    @property
    def fault(self) -> str | None:
        """Why no answer can be recorded; None while the writer runs."""
        return None if self._is_writing else "the disclosure log is not written: restart the hub"

    async def keep(self, disclosure: Disclosure, asked: Asked | None = None) -> None:
        """Return once the entry is durable; the question is kept some time after.

        Raises:
            Unavailable: it could not be kept.
        """
        try:
            entry = orjson.dumps(disclosure, option=orjson.OPT_UTC_Z)
        except TypeError as error:
            _refused.inc()
            raise _unrecorded(str(error)) from error
        await self.keep_written(entry, asked)

    async def keep_written(self, entry: bytes, asked: Asked | None = None) -> None:
        """Keep an entry that is JSON already: what `Disclosure` has, no more and no less.

        Raises:
            Unavailable: it could not be kept.
        """
        if len(self._waiting) >= MAX_WAITING:
            _refused.inc()
            raise Unavailable("the disclosure log is behind: ask again shortly")
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(entry, kept))
        self._arrived.set()
        await kept
        if asked:
            self.asked.add(asked)

    async def write(self) -> None:
        """Write entries until cancelled; what waits then is refused."""
        batch: list[_Waiting] = []
        self._is_writing = True
        try:
            while True:
                await self._arrived.wait()
                if len(batch) > 1 or len(self._waiting) > 1:
                    await asyncio.sleep(GATHERING_SECONDS)
                batch = self._take_all()
                await self._write(batch)
        finally:
            self._is_writing = False
            _refuse([*batch, *self._take_all()], "the hub is stopping")
            if self._line:
                self._line.close()

    def _take_all(self) -> list[_Waiting]:
        found, self._waiting = self._waiting, []
        self._arrived.clear()
        return found

    async def _write(self, batch: list[_Waiting]) -> None:
        entries = b"[%b]" % b",".join([waiting.entry for waiting in batch])
        try:
            line = await self._open_line()
            await line.run(_INSERT, [entries], patience_s=PATIENCE_SECONDS)
        except (psycopg.OperationalError, TimeoutError) as error:
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

    async def _open_line(self) -> Line:
        if self._line is None or self._line.is_closed:
            async with asyncio.timeout(PATIENCE_SECONDS):
                self._line = await Line.open(self._conninfo)
        return self._line


def _refuse(batch: list[_Waiting], detail: str) -> None:
    for waiting in batch:
        if not waiting.kept.done():
            _refused.inc()
            waiting.kept.set_exception(_unrecorded(detail))


def _unrecorded(detail: str) -> Unavailable:
    return Unavailable(
        "the answer could not be recorded, so it is not given: ask again", detail=detail
    )


@asynccontextmanager
async def open_log(pool: Pool) -> AsyncIterator[DisclosureLog]:
    """Run the writer for the life of the process."""
    log = DisclosureLog(pool)
    writers = [
        asyncio.create_task(log.write(), name="disclosure-writer"),
        asyncio.create_task(log.asked.write(), name="asked-questions-writer"),
    ]
    try:
        yield log
    finally:
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        await log.asked.flush()
