"""How commands print: tables for people, one JSON object a line for programs, one line a refusal.

A table fits its terminal, or `COLUMNS` where that is set; to a pipe it is as wide as its cells.
What a command says beside its result, such as progress, goes to standard error.
"""

import os
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import orjson
from pydantic import BaseModel
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

_PIPED_COLUMNS = 200
"""Most columns of a table that goes to no terminal."""


def print_json(*found: Any) -> None:
    """Print one JSON object a line, of dataclasses and all that they hold."""
    for each in found:
        line = orjson.dumps(each, default=_plain, option=orjson.OPT_NON_STR_KEYS)
        print(line.decode(), flush=True)


def table(*columns: str | Column, figures: Iterable[str] = (), title: str | None = None) -> Table:
    """Make a table of columns by their heads; those named in `figures` too, to the right."""
    right = (Column(name, justify="right", no_wrap=True) for name in figures)
    return Table(
        *columns,
        *right,
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold",
    )


def print_table(shown: Table) -> None:
    """Print a table; to a pipe, with no cell cut."""
    is_fitted = sys.stdout.isatty() or "COLUMNS" in os.environ
    width = None if is_fitted else _PIPED_COLUMNS
    Console(soft_wrap=True, markup=False, highlight=False, width=width).print(shown)


def print_refusal(message: str, code: str, *, as_json: bool) -> None:
    """Tell on standard error why nothing was done: in one line, or as one JSON object."""
    line = " ".join(message.split())
    told = orjson.dumps({"error": {"code": code, "message": line}}).decode()
    print(told if as_json else f"error: {line}", file=sys.stderr)


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case set() | frozenset():
            return sorted(value)
        case Decimal() | PurePath():
            return str(value)
    raise TypeError(f"no JSON is declared of {type(value).__name__}")
