"""How commands print: tables for people, one JSON object a line for programs, one line a refusal.

A table fits its terminal, or `COLUMNS` where that is set; to a pipe it is as wide as its cells.
What a command says beside its result, such as progress, goes to standard error.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import PurePath

import orjson
from pydantic import BaseModel
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

_PIPED_COLUMNS = 200
"""Most columns of a table that goes to no terminal."""


def print_json(*found: object) -> None:
    """Print one JSON object a line, of dataclasses and all that they hold."""
    for each in found:
        line = orjson.dumps(each, default=_plain, option=orjson.OPT_NON_STR_KEYS)
        print(line.decode(), flush=True)


def whole(name: str) -> Column:
    """Make a column whose cells stay in one piece, such as ids, by its head."""
    return Column(name, no_wrap=True)


def figure(name: str) -> Column:
    """Make a column of figures by its head."""
    return Column(name, justify="right", no_wrap=True)


def table(
    *columns: str | Column, figures: Iterable[str] = (), title: str | None = None, gap: int = 2
) -> Table:
    """Make a table of columns by their heads; those named in `figures` follow, to the right.

    What does not fit is folded, never cut. `gap` is the number of spaces between columns.
    """
    return Table(
        *(Column(each, overflow="fold") if isinstance(each, str) else each for each in columns),
        *map(figure, figures),
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, gap - 1, 0, 0),
    )


def print_table(shown: Table, *, none: str | None = None) -> None:
    """Print a table; to a pipe, with no cell cut.

    `none` is said in place of one without rows: what there is none of, and what to try next.
    """
    if none and not shown.rows:
        print_remark(none)
        return
    width = None if _is_fitted() else _PIPED_COLUMNS
    Console(soft_wrap=True, markup=False, highlight=False, width=width).print(shown)


def print_lines(lines: Iterable[str], *, none: str) -> None:
    """Print lines as they are; `none` is said where there are none, as for a table."""
    is_empty = True
    for line in lines:
        print(line)
        is_empty = False
    if is_empty:
        print_remark(none)


def print_remark(line: str) -> None:
    """Print a sentence, wrapped between words where there is a terminal."""
    Console(soft_wrap=not _is_fitted(), markup=False, highlight=False).print(line)


def print_refusal(message: str, code: str, *, as_json: bool) -> None:
    """Tell on standard error why nothing was done: in one line, or as one JSON object."""
    line = " ".join(message.split())
    told = orjson.dumps({"error": {"code": code, "message": line}}).decode()
    print(told if as_json else f"error: {line}", file=sys.stderr)


def _is_fitted() -> bool:
    return sys.stdout.isatty() or "COLUMNS" in os.environ


def _plain(value: object) -> object:
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case set() | frozenset():
            return sorted(value)
        case tuple():
            return list(value)
        case Mapping():
            return dict(value)
        case Decimal() | PurePath():
            return str(value)
    raise TypeError(f"no JSON is declared of {type(value).__name__}")
