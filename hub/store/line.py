"""Prepared statements over libpq itself: what an answer waits for, at the least cost.

A statement through psycopg's cursor takes twice the processor time, most of it in registering the
socket anew for each wait (decision 0012). Connecting, encoding and errors are psycopg's own.
Statements are pipelined: the next one is
there when PostgreSQL has done with one (decision 0024). Lines that share questions: `lines.py`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

MAX_PREPARED = 200
"""Statements a line keeps prepared; past it the oldest is let go."""

Values = Sequence[bytes | None]
"""What a statement binds, as PostgreSQL writes it."""

Answered = Callable[[PGresult | Exception], None]
"""Takes a statement's result, or why there is none."""


_NOTHING = psycopg.OperationalError("the database answered nothing")


@dataclass(slots=True, eq=False)
class _Sent:
    """A statement on its way, and what came of it so far."""

    answered: Answered
    found: PGresult | Exception = _NOTHING
    is_ended: bool = False


class Line:
    """One connection of its own, whose statements are answered in turn. Not for threads.

    A statement that is given up leaves its answer on the way: the line is closed then, with all
    that wait on it, and whoever holds it opens another.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.enter_pipeline_mode()
        self._loop = asyncio.get_running_loop()
        self._socket = self._libpq.socket
        self._prepared: dict[bytes, bytes] = {}
        self._count = 0
        self._sent: deque[_Sent] = deque()
        self._loop.add_reader(self._socket, self._read)

    @classmethod
    async def open(cls, conninfo: str) -> Self:
        """Connect. Each statement commits by itself.

        Raises:
            psycopg.OperationalError: the database does not let us in.
        """
        return cls(await AsyncConnection.connect(conninfo, autocommit=True))

    @property
    def is_closed(self) -> bool:
        """Tell whether it takes no more statements."""
        return self._connection.closed

    async def run(
        self,
        sql: bytes,
        values: Values,
        formats: Sequence[int] | None = None,
        *,
        patience_s: float,
    ) -> PGresult:
        """Run a statement, prepared on its first run; its columns come as text.

        Args:
            sql: with numbered placeholders, cast to their types.
            values: what they stand for.
            formats: 0 for a value that is text, 1 for a binary one; all text if left out.
            patience_s: how long to wait for the answer.

        Raises:
            TimeoutError: none came.
            psycopg.Error: the statement failed, or the connection broke.
        """
        answered: asyncio.Future[PGresult | Exception] = self._loop.create_future()
        limit = self._loop.call_later(patience_s, self.give_up)
        try:
            self.start(sql, values, partial(_settle, answered), formats)
            found = await answered
        except BaseException:
            # Whoever comes next must not take this answer for its own.
            self.close()
            raise
        finally:
            limit.cancel()
        if isinstance(found, Exception):
            raise found
        return found

    def start(
        self,
        sql: bytes,
        values: Values,
        answered: Answered,
        formats: Sequence[int] | None = None,
    ) -> None:
        """Send a statement as `run` does, behind those on their way; say later what came of it."""
        sent = _Sent(answered)
        try:
            name = self._prepared.get(sql) or self._prepare(sql, sent)
            self._sent.append(sent)
            self._libpq.send_query_prepared(name, values, formats, Format.TEXT)
            self._libpq.pipeline_sync()
            if self._libpq.flush():
                self._loop.add_writer(self._socket, self._send_rest)
        except Exception as error:  # noqa: BLE001 - nobody else may get the answer of what was half sent
            if sent not in self._sent:
                self._sent.append(sent)
            self._break(error)

    def give_up(self) -> None:
        """Wait no longer for answers: close the line, and say that none came."""
        if self._sent:
            self._break(TimeoutError("the database did not answer in time"))

    def close(self) -> None:
        """Close it; what still runs on it fails."""
        self._break(psycopg.OperationalError("the line was closed"))

    def _prepare(self, sql: bytes, sent: _Sent) -> bytes:
        if len(self._prepared) == MAX_PREPARED:
            oldest = self._prepared.pop(next(iter(self._prepared)))
            self._sent.append(_Sent(_ignore))
            self._libpq.send_query_params(b"DEALLOCATE " + oldest, None)
            self._libpq.pipeline_sync()

        def prepared(found: PGresult | Exception) -> None:
            if isinstance(found, Exception):
                self._prepared.pop(sql, None)
                sent.found = found

        self._count += 1
        name = self._prepared[sql] = b"s%d" % self._count
        self._sent.append(_Sent(prepared))
        self._libpq.send_prepare(name, sql)
        self._libpq.pipeline_sync()
        return name

    def _send_rest(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.OperationalError as error:
            self._break(error)

    def _read(self) -> None:
        try:
            self._libpq.consume_input()
        except psycopg.OperationalError as error:
            self._loop.remove_reader(self._socket)
            self._break(error)
            return
        while self._sent and not self._libpq.is_busy():
            self._take(self._libpq.get_result())

    def _take(self, result: PGresult | None) -> None:
        """Take what comes of the first statement on its way: its result, an end, a sync."""
        sent = self._sent[0]
        if result is None:
            if sent.is_ended:
                self._break(psycopg.OperationalError("the connection broke off"))
            sent.is_ended = True
        elif result.status == ExecStatus.PIPELINE_SYNC:
            self._sent.popleft()
            sent.answered(sent.found)
        elif sent.found is _NOTHING:
            is_good = result.status in _GOOD
            sent.found = result if is_good else error_from_result(result)

    def _break(self, error: Exception) -> None:
        lost, self._sent = self._sent, deque()
        if not self.is_closed:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._libpq.finish()
        for sent in lost:
            sent.answered(error)


_GOOD = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


def _ignore(_: PGresult | Exception) -> None:
    pass


def _settle(answered: asyncio.Future[PGresult | Exception], found: PGresult | Exception) -> None:
    if not answered.done():
        answered.set_result(found)
