"""How far pulls are, while they run: a bar on a terminal, and a plain line as each ends."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.sync.pull import PullResult

Ended = Callable[[PullResult, int], None]
"""Called with each pull as it ends, and how many there are in all."""


@contextmanager
def watching(what: str, *, lines: bool) -> Iterator[Ended]:
    """Show how far pulls are for the block's length; the bar is gone after it.

    Args:
        what: is done with them.
        lines: whether a line of each goes to standard output as it ends.
    """
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=(console := Console(stderr=True)),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
        disable=not console.is_terminal,
    ) as bar:
        shown = bar.add_task(what, total=None)

        def ended(result: PullResult, of: int) -> None:
            is_last = bar.tasks[shown].completed + 1 == of
            doing = "finishing" if is_last else f"{what} {result.feed:24}"
            bar.update(shown, advance=1, total=of, description=doing)
            if lines:
                print(line_of(result), flush=True)

        yield ended


def line_of(result: PullResult) -> str:
    """Say in one line how a pull ended."""
    if result.merged is not None:
        done = result.merged
        return (
            f"{result.feed}: {result.outcome}, {done.added:,} added, {done.changed:,} changed, "
            f"{done.absent:,} no longer listed"
        )
    return f"{result.feed}: {result.outcome}" + (f", {result.reason}" if result.reason else "")
