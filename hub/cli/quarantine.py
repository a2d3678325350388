"""`hub quarantine`: the native rows that could not become records, by reason and age.

The cases are `hub/sync/quarantine/`'s; what each reason means is `federation/harmonize/reasons.py`.
"""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from hub.cli.desk import in_transaction
from hub.cli.options import FeedId, Json, SomeFeed, State
from hub.cli.printing import print_json, print_lines, print_remark, print_table, table
from hub.cli.pulls import known_feeds
from hub.sync.quarantine import cases
from hub.sync.quarantine.cases import Case, Count

_AGES = ("< 1 d", "< 7 d", "< 30 d", "older")

_SHOWN = 20
"""Rows of one page of `hub quarantine show` unless told."""

Code = Annotated[str | None, typer.Option("--code", help="Only rows refused for this reason.")]


class _CountsUnlessTold(TyperGroup):
    """Takes what is no command for the arguments of `counts`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help"}:
            args = ["counts", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_CountsUnlessTold, help="Native rows that could not become records, and why.")


@app.command()
def counts(
    feed: SomeFeed = None,
    code: Code = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Count the rows in quarantine by reason and age; `counts` may be left out.

    Example: hub quarantine kr.mfds_permits
    """
    if feed:
        known_feeds([feed])
    found = in_transaction(state, lambda connection: cases.counts(connection, feed, code))
    if json:
        _lines(found)
        return
    print_table(counted(found), none=_none(feed, code))
    for reason, words in {one.code: one.words for one in found}.items():
        print_remark(f"{reason}: the row {words}")
    if found:
        print_remark(f"`hub quarantine show {feed or found[0].feed}` shows its rows.")


def counted(found: Iterable[Count]) -> Table:
    """Lay out the counts by feed, one reason a line, in 80 columns."""
    shown = table("reason", figures=("rows", "cases", *_AGES, "since"), gap=1)
    for feed, reasons in groupby(found, lambda one: one.feed):
        shown.add_row(Text(feed, style="bold"))
        for one in reasons:
            ages = (one.under_a_day, one.under_a_week, one.under_a_month, one.older)
            figures = (f"{figure:,}" for figure in (one.rows, one.cases, *ages))
            shown.add_row(one.code, *figures, f"{one.oldest_at:%Y-%m-%d}")
    return shown


def _none(feed: str | None, code: str | None) -> str:
    of, reason = f" of {feed}" if feed else "", f" for {code}" if code else ""
    return f"no row{of} is in quarantine{reason}: `hub status` shows what was pulled"


@app.command()
def show(
    feed: FeedId,
    *,
    code: Code = None,
    first: Annotated[int, typer.Option(min=1, max=1_000, help="Most rows to show.")] = _SHOWN,
    after: Annotated[
        str | None, typer.Option(help="The cursor that the last page ended on.")
    ] = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Show a feed's rows in quarantine, the longest refused first.

    Example: hub quarantine show kr.mfds_permits --first 5
    """
    known_feeds([feed])
    page = in_transaction(
        state,
        lambda connection: cases.page(connection, feed, code=code, first=first, after=after),
    )
    if json:
        _lines(page.cases)
    else:
        print_lines(map(_told, page.cases), none=_none(feed, code))
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
    print_json(*(asdict(one) | {"words": one.words} for one in found))
