"""The way through all pages of an exported list, as of one instant, by one decision.

A page comes as rows by the page route's own statement, or as text that PostgreSQL writes. Before
each, and once after the last, the caller is decided for anew: an export does not outlive what
opened it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from hub.disclosure.shown import Shown
from hub.errors import Conflict, TooLarge
from hub.gateway.execution.executor import plan_row
from hub.gateway.export.columns import Row, Sources
from hub.gateway.export.question import END, MORE, PAGE, ExportQuestion
from hub.gateway.export.text import WALKED_ROWS, RowText, Stretch, TextPlan
from hub.gateway.planning.plan import Decisions, Plan
from hub.gateway.planning.statement import Mask
from hub.gateway.planning.tallies import read as read_tallies
from hub.gateway.reading import reading
from hub.identity.types import Caller
from hub.store.database import Pool

MOST_ROWS = 5_000_000
"""Most rows of one export."""

Decide = Callable[[Caller], Awaitable[Decisions]]
"""Decides for a caller; raises while nothing may be shown to it."""


@dataclass
class ExportWalk:
    """One walk, and what it has come across so far."""

    question: ExportQuestion
    caller: Caller
    pool: Pool
    decide: Decide
    as_of: datetime
    rows: int = 0
    masked: set[Mask] = field(default_factory=set)
    opened_by: set[str] = field(default_factory=set)
    shown: Shown = field(default_factory=dict)
    types: set[str] = field(default_factory=set)
    sources: Sources = field(default_factory=Sources)
    decisions: Decisions | None = None

    async def check(self) -> Decisions:
        """Decide for the caller.

        Raises:
            Conflict: the decisions are no longer those that the walk began with.
            HubError: nothing may be shown to the caller now.
        """
        now = await self.decide(self.caller)
        self.decisions = self.decisions or now
        if not is_same(now, self.decisions):
            raise moved()
        return self.decisions

    async def pages(self) -> AsyncGenerator[list[Row]]:
        """Give the rows, page by page.

        Raises:
            TooLarge: there are more than `MOST_ROWS`.
            HubError: the walk ends here.
        """
        after = None
        while left := self._left():
            plan = self.question.page(await self.check(), self.as_of, after, left)
            page, rows = await self._read(plan)
            if rows:
                yield rows
            if not page[MORE]:
                break
            after = page[END]
        await self.check()

    async def texts(self, text: RowText) -> AsyncGenerator[bytes]:
        """Give the rows of a flat list as lines, page by page.

        Raises:
            TooLarge: there are more than `MOST_ROWS`.
            HubError: the walk ends here.
        """
        after = None
        while left := self._left():
            before, decisions = self.rows, await self.check()
            stretch = Stretch(self.question.instant(self.as_of), after, left)
            lines, walked, after = await self._read_text(
                self.question.text(text, decisions, stretch)
            )
            if lines is not None:
                yield lines + b"\n"
            if walked < WALKED_ROWS and self.rows - before < left:
                break
        await self.check()

    async def _read_text(self, plan: TextPlan) -> tuple[bytes | None, int, str | None]:
        async with reading(self.pool) as connection, connection.cursor(binary=True) as cursor:
            # Planned for each page: a plan for any would sort all rows that are left.
            await cursor.execute(plan.sql, plan.parameters, prepare=False)
            found = await cursor.fetchone()
        if found is None:
            raise AssertionError("a page answered with no row")
        lines, rows, bits, numbers, feeds, walked, last = found
        self.rows += rows
        self.sources.add(feeds)
        self._note(plan, bits, numbers)
        return lines, walked, last

    def _note(self, plan: Plan | TextPlan, bits: int, numbers: Sequence[int]) -> None:
        """Note what a page read, showed and masked, and what opened it."""
        self.opened_by |= plan.opened_by
        self.types |= plan.types
        read_tallies(plan.shows, numbers, self.shown)
        self.masked |= {mask for place, mask in enumerate(plan.masks) if bits >> place & 1}

    def _left(self) -> int:
        """Count the rows that are still wanted."""
        if self.question.most is not None and self.question.most <= MOST_ROWS:
            return self.question.most - self.rows
        if self.rows >= MOST_ROWS:
            raise TooLarge(
                f"the export has over {MOST_ROWS} rows: narrow its filter, and export in parts",
                code="EXPORT_TOO_LARGE",
            )
        return MOST_ROWS - self.rows

    async def _read(self, plan: Plan) -> tuple[Row, list[Row]]:
        async with reading(self.pool) as connection:
            found = await plan_row(plan, connection)
        if found is None:
            raise AssertionError("a page answered with no row")
        text, bits, numbers = found
        answer = orjson.loads(text)
        nested = self.question.nested
        rows = [self.sources.take(row, nested) for row in self.question.rows_of(answer)]
        self.rows += len(rows)
        self._note(plan, bits, numbers)
        return answer[f"?{PAGE}"], rows


def is_same(one: Decisions, other: Decisions) -> bool:
    """Tell whether two decisions show the same."""
    return (one.digest, one.class_key) == (other.digest, other.class_key)


def moved() -> Conflict:
    """Say that an export was opened by policies that are no longer in force."""
    return Conflict(
        "the policies that opened this export have changed: export again", code="POLICIES_MOVED"
    )
