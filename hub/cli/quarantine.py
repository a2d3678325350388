"""`hub quarantine`: the native rows that could not become records, by reason and age."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import orjson
import typer
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from hub.app import open_database
from hub.cli.options import State, settings_for
from hub.cli.pulls import known_feeds
from hub.settings import Settings
from hub.store.database import writing_pool
from hub.sync.quarantine import cases
from hub.sync.quarantine.cases import Case, Count

_SHOWN = 20
"""Rows of one page of `hub quarantine show` unless told."""

Answer = TypeVar("Answer")

Code = Annotated[str | None, typer.Option("--code", help="Only rows refused for this reason.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


class _CountsUnlessTold(TyperGroup):
    """Takes what is no command for the arguments of `counts`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help"}:
            args = ["counts", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_CountsUnlessTold, help="Native rows that could not become records.")


@app.command()
def counts(
    feed: Annotated[str | None, typer.Argument(help="Feed id; all when none.")] = None,
    code: Code = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Count the rows in quarantine by reason and age; the word `counts` may be left out."""
    if feed:
        known_feeds([feed])
    found = _read(state, lambda connection: cases.counts(connection, feed, code))
    if json:
        _lines(found)
        return
    ages = ("< 1 day", "< 7 days", "< 30 days", "older")
    table = Table("feed", "reason", "rows", "cases", *ages, "since", "the row")
    for one in found:
        age = (one.under_a_day, one.under_a_week, one.under_a_month, one.older)
        table.add_row(
            one.feed,
            one.code,
            *(f"{figure:,}" for figure in (one.rows, one.cases, *age)),
            f"{one.oldest_at:%Y-%m-%d}",
            one.words,
        )
    _print(table)


@app.command()
def show(
    feed: Annotated[str, typer.Argument(help="Feed id.")],
    *,
    code: Code = None,
    first: Annotated[int, typer.Option(min=1, max=1_000, help="Most rows to show.")] = _SHOWN,
    after: Annotated[
        str | None, typer.Option(help="The cursor that the last page ended on.")
    ] = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Show a feed's rows in quarantine with their native text, the longest refused first."""
    known_feeds([feed])
    page = _read(
        state,
        lambda connection: cases.page(connection, feed, code=code, first=first, after=after),
    )
    if json:
        _lines(page.cases)
    else:
        for case in page.cases:
            print(_told(case))
    if page.has_next:
        print(f"more: --after {page.cases[-1].cursor}", file=sys.stderr)


def _told(case: Case) -> str:
    times = f" ({case.rows} times)" if case.rows > 1 else ""
    native = "\n".join(f"    {name}: {value}" for name, value in case.native.items())
    return (
        f"row {case.native_row}{times} {case.code}: the row {case.words}\n"
        f"  since {case.first_seen_at:%Y-%m-%d %H:%M} (pull {case.first_pull_id}), last in pull "
        f"{case.last_pull_id} by mapping {str(case.mapping_digest)[:12]}\n{native}"
    )


def _lines(found: Iterable[Count | Case]) -> None:
    for one in found:
        print(orjson.dumps(asdict(one) | {"words": one.words}).decode())


def _read(state: Any, query: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    return asyncio.run(_in_transaction(settings_for(state), query))


async def _in_transaction(
    settings: Settings, query: Callable[[AsyncConnection], Awaitable[Answer]]
) -> Answer:
    async with (
        open_database(settings) as url,
        writing_pool(url) as pool,
        pool.connection() as connection,
    ):
        return await query(connection)


def _print(table: Table) -> None:
    Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200).print(table)
