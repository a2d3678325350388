"""The parts of a statement under construction: bound values, masks, and quoting.

Values are always bound as `$n`; only names from the declarations and GraphQL names are written
into the text, quoted. The alias `-` is one that no GraphQL name can equal.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from federation.records.declaration import Group
from federation.records.registry import RecordType
from hub.errors import InvalidInput

MAX_MASKS = 62
"""Masked (path, group) pairs one root field can report: the bits of a bigint but its sign."""


_WORDS = re.compile(r"[?\w]+")
"""What may be a name; one that begins with `?` is none of a record's, but made in the statement."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Fields of one group at one place of the answer that some row may not show.

    With `rounded_to`, some row shows them only as multiples of one of these steps, without words.
    """

    path: str
    record_type: str
    group: Group
    fields: tuple[str, ...]
    rounded_to: tuple[int, ...] = ()


@dataclass
class Statement:
    """Collects what a statement binds and reports while its text is put together.

    `types` are the record types whose rows it reads.
    """

    parameters: list[object] = field(default_factory=list)
    masks: list[Mask] = field(default_factory=list)
    opened_by: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    _names: int = 0

    def bind(self, value: object, sql_type: str) -> str:
        """Bind a value and give its placeholder, cast to its type."""
        self.parameters.append(value)
        return f"${len(self.parameters)}::{sql_type}"

    def name(self, letter: str) -> str:
        """Make an alias that is new in this statement."""
        self._names += 1
        return f"{letter}{self._names}"

    def mask(self, mask: Mask) -> str:
        """Give the bit that stands for a mask, as text.

        Raises:
            InvalidInput: more masks than a statement can report.
        """
        if len(self.masks) == MAX_MASKS:
            raise InvalidInput(
                f"the question masks fields at more than {MAX_MASKS} places: ask in parts",
                code="TOO_MANY_MASKS",
            )
        self.masks.append(mask)
        return str(1 << (len(self.masks) - 1))


def columns_of(record_type: RecordType) -> list[str]:
    """List the columns of a record type's table."""
    return list(record_type.model.__table__.columns.keys())  # type: ignore[attr-defined]


def columns_in(record_type: RecordType, *sql: str) -> list[str]:
    """List the columns of a record type's table that SQL may name.

    A row source with a limit gives its statement no more than these: PostgreSQL carries every
    other column along as a null from row to row, which takes a sixth of a page's time.
    """
    words = {word for text in sql for word in _WORDS.findall(text)}
    return [name for name in columns_of(record_type) if name in words]


def quoted(name: str) -> str:
    """Quote a name that is known to hold no quotation mark."""
    return f'"{name}"'


def json_object(columns: Sequence[tuple[str, str]]) -> str:
    """Write a JSON object of (response name, SQL) pairs, in their order."""
    return f'(SELECT row_to_json("-") FROM (SELECT {named(columns)}) "-")'


def named(columns: Sequence[tuple[str, str]]) -> str:
    """Select SQL under response names."""
    return ", ".join(f"{sql} AS {quoted(alias)}" for alias, sql in columns)
