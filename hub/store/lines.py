"""A few lines that share the statements of the questions that are asked again and again.

A line that has answered is given its next statement before anything is made of the answer, and has
one more on the way: the database never waits for the hub's other work (decision 0024).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from psycopg.pq.abc import PGresult

from hub.store.database import HOT_SETTINGS, reading_conninfo
from hub.store.line import Line, Values

HOT_TIMEOUT_MS = 2_000
"""Longest a statement over a line may run: those that answer at once have lines for themselves."""

PATIENCE_S = 5.0
"""How long a question waits for a line and its answer together."""

LINES = 3
"""How many a gateway has: with more, PostgreSQL takes longer over each statement."""

DEPTH = 4
"""Most questions on one line. One that follows is sent before the answer of the first has come, and
waits for it.
"""

Row = list[bytes]


@dataclass(slots=True, eq=False)
class _Question:
    """Statements to try one after another, and the row that is waited for."""

    statements: Sequence[bytes]
    values: Values
    row: asyncio.Future[Row | None]
    tried: int = 0
    line: Line | None = None

    def give_up(self) -> None:
        if self.line and not self.row.done():
            self.line.give_up()
        self.fail(TimeoutError("no line came free in time"))

    def fail(self, error: Exception) -> None:
        if not self.row.done():
            self.row.set_exception(error)


@dataclass(slots=True, eq=False)
class _Place:
    """Where a line is or can be opened, and how many questions are on it.

    It counts as full while its line is opened.
    """

    line: Line | None = None
    asked: int = 0


class ReadingLines:
    """A few lines, each with a few questions. Not for threads."""

    def __init__(self, conninfo: str, size: int) -> None:
        self._conninfo = conninfo
        self._places = [_Place() for _ in range(size)]
        self._waiting: deque[_Question] = deque()
        self._opening: set[asyncio.Task[None]] = set()

    async def first_row(self, statements: Sequence[bytes], values: Values) -> Row | None:
        """Run statements with the same values until one gives a row, which holds no null.

        Where there is no statement, there is no row.

        Raises:
            TimeoutError: no line came free in time, or no answer.
            psycopg.Error: a statement failed, or the connection broke.
        """
        if not statements:
            return None
        loop = asyncio.get_running_loop()
        question = _Question(statements, values, loop.create_future())
        self._waiting.append(question)
        if len(self._waiting) == 1:
            self._fill(min(self._places, key=_asked))
        limit = loop.call_later(PATIENCE_S, question.give_up)
        try:
            return await question.row
        finally:
            limit.cancel()

    async def close(self) -> None:
        """Close all; nothing may be asked any more."""
        for opening in self._opening:
            opening.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for place in self._places:
            if place.line:
                place.line.close()

    def _fill(self, place: _Place) -> None:
        """Ask on a line what waits, as much as it takes."""
        while self._waiting and place.asked < DEPTH:
            question = self._waiting.popleft()
            if question.row.done():
                continue
            if place.line is None or place.line.is_closed:
                place.line, place.asked = None, DEPTH
                opening = asyncio.create_task(self._open(place, question))
                self._opening.add(opening)
                opening.add_done_callback(self._opening.discard)
            else:
                place.asked += 1
                self._ask(place, place.line, question)

    def _ask(self, place: _Place, line: Line, question: _Question) -> None:
        question.line = line
        sql = question.statements[question.tried]
        line.start(sql, question.values, partial(self._answered, place, line, question))

    async def _open(self, place: _Place, question: _Question) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                place.line = await Line.open(self._conninfo)
        except Exception as error:  # noqa: BLE001 - whatever it was, the place must not be lost
            question.fail(error)
        else:
            self._waiting.appendleft(question)
        place.asked = 0
        self._fill(place)

    def _answered(
        self, place: _Place, line: Line, question: _Question, found: PGresult | Exception
    ) -> None:
        question.tried += 1
        is_left = question.tried < len(question.statements)
        if is_left and not isinstance(found, Exception) and not found.ntuples:
            self._ask(place, line, question)
            return
        if place.line is line:
            place.asked -= 1
            self._fill(place)
        if isinstance(found, Exception):
            question.fail(found)
        elif not question.row.done():
            question.row.set_result(_first(found))


def _asked(place: _Place) -> int:
    return place.asked


def _first(found: PGresult) -> Row | None:
    if not found.ntuples:
        return None
    return [found.get_value(0, each) or b"" for each in range(found.nfields)]


@asynccontextmanager
async def reading_lines(url: str, *, size: int = LINES) -> AsyncIterator[ReadingLines]:
    """Give lines for the questions that are asked again and again; they open as they are needed."""
    lines = ReadingLines(reading_conninfo(url, "hub-hot", HOT_TIMEOUT_MS, HOT_SETTINGS), size)
    try:
        yield lines
    finally:
        await lines.close()
