"""Prepared statements over libpq itself: what an answer waits for, at the least cost.

A statement through psycopg's cursor takes twice the processor time, most of it in registering the
socket anew for each wait (decision 0012). Connecting, encoding and errors are psycopg's own.
"""

import asyncio
from collections.abc import Sequence
from typing import Self

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

MAX_PREPARED = 200
"""Statements a line keeps prepared; past it the oldest is let go."""


class Line:
    """One connection of its own, for one statement at a time. Not for threads.

    A statement that is given up leaves its answer on the way: the line is closed then, and whoever
    holds it opens another.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._loop = asyncio.get_running_loop()
        self._socket = self._libpq.socket
        self._prepared: dict[bytes, bytes] = {}
        self._count = 0
        self._answered: asyncio.Future[None] | None = None
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
        values: Sequence[bytes | None],
        formats: Sequence[int] | None = None,
        *,
        patience_s: float,
    ) -> PGresult:
        """Run a statement, prepared on its first run; its columns come as text.

        Args:
            sql: with numbered placeholders, cast to their types.
            values: what they stand for, as PostgreSQL writes it.
            formats: 0 for a value that is text, 1 for a binary one; all text if left out.
            patience_s: how long to wait for the answer.

        Raises:
            TimeoutError: none came.
            psycopg.Error: the statement failed, or the connection broke.
        """
        name = self._prepared.get(sql)
        if name is None:
            name = await self._prepare(sql, patience_s)
        self._libpq.send_query_prepared(name, values, formats, Format.TEXT)
        return await self._answer(patience_s)

    async def close(self) -> None:
        """Close it; what still runs on it fails."""
        if not self.is_closed:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            await self._connection.close()

    async def _prepare(self, sql: bytes, patience_s: float) -> bytes:
        if len(self._prepared) == MAX_PREPARED:
            oldest = self._prepared.pop(next(iter(self._prepared)))
            self._libpq.send_query_params(b"DEALLOCATE " + oldest, None)
            await self._answer(patience_s)
        self._count += 1
        name = b"s%d" % self._count
        self._libpq.send_prepare(name, sql)
        await self._answer(patience_s)
        self._prepared[sql] = name
        return name

    async def _answer(self, patience_s: float) -> PGresult:
        answered = self._answered = self._loop.create_future()
        limit = self._loop.call_later(patience_s, self._give_up)
        try:
            self._send()
            await answered
        except BaseException:
            # Whoever comes next must not take this answer for its own.
            await self.close()
            raise
        finally:
            limit.cancel()
        return self._result()

    def _result(self) -> PGresult:
        result = self._libpq.get_result()
        while self._libpq.get_result():
            pass
        if result is None:
            raise psycopg.OperationalError("the connection broke off")
        if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
            raise error_from_result(result)
        return result

    def _send(self) -> None:
        """Send what libpq holds, the rest of it once the socket takes more."""
        if self._libpq.flush():
            self._loop.add_writer(self._socket, self._send_rest)

    def _send_rest(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.OperationalError as error:
            self._fail(error)

    def _read(self) -> None:
        try:
            self._libpq.consume_input()
        except psycopg.OperationalError as error:
            self._loop.remove_reader(self._socket)
            self._fail(error)
            return
        if self._answered and not self._answered.done() and not self._libpq.is_busy():
            self._answered.set_result(None)

    def _give_up(self) -> None:
        self._fail(TimeoutError("the database did not answer in time"))

    def _fail(self, error: Exception) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(error)
