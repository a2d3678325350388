"""What a format writes: columns and batches of rows, to a file whose folder is its own.

Each format is a module beside this one; `__init__.py` lists them by the names that callers use.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.errors import InvalidInput
from hub.gateway.export.columns import Column, Row
from hub.gateway.export.text import RowText


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written: its name, its columns, and the instant it was read as of."""

    title: str
    columns: tuple[Column, ...]
    as_of: datetime


Batches = Iterator[list[Row]]
"""Rows as GraphQL answers with them, some at a time."""

Write = Callable[[Path, Sheet, Batches], None]
"""Writes a file, never holding much more than a batch.

Raises:
    HubError: the format can't hold these rows.
"""


WriteText = Callable[[Path, Sheet, Iterator[bytes]], None]
"""Writes a file out of lines that PostgreSQL wrote, a page of them at a time."""


@dataclass(frozen=True, slots=True)
class FromText:
    """How PostgreSQL is to write the rows of a flat list, and what makes a file of its lines."""

    text: RowText
    write: WriteText


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how callers name it, what its files are called, and what writes them.

    Flat lists come `from_text` where that is there, which holds the same and is made far faster.
    """

    name: str
    suffix: str
    media_type: str
    write: Write
    from_text: FromText | None = None


def does_not_fit(column: Column, why: str) -> InvalidInput:
    """Say that a format can't hold a value."""
    return InvalidInput(f"a value of `{column.name}` {why}", code="DOES_NOT_FIT")
