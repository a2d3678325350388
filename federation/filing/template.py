"""Templates: the columns an agency fills in for one record type, declared once.

The feed's mapping, the CSV and Excel files, the rules and the GraphQL inputs come from them. What
a column means is the record field's own sentence. `federation/members/submitted.py` has the two.
"""

from collections.abc import Callable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import polars as pl

from federation.errors import DeclarationFault
from federation.harmonize.dates import day, excel_serial, first_that_fits
from federation.harmonize.mapping import Mapping, key_of, term, texts
from federation.reading.layout import normal_form
from federation.records.declaration import FieldFacts, Origin, Record
from federation.records.registry import RECORD_TYPES, RecordType
from federation.vocabularies.crosswalk import Crosswalk

SEVERAL = "|"
"""Stands between several codes of one cell; no code holds it, and no spreadsheet cuts at it."""

REFUSAL = "refusal"
"""Native column of the rule for which the hub refuses a row; null where it takes it."""

SUBMISSION = "submission"
"""Native column of the submission that a row came by."""


class Kind(StrEnum):
    """What a column holds."""

    ACTION = "action"
    IDENTIFIER = "identifier"
    TEXT = "text"
    CODES = "codes"
    DAY = "day"
    AMOUNT = "amount"
    WHOLE = "whole number"
    TERM = "term"


class Action(StrEnum):
    """What a row does."""

    FILE = "FILE"
    WITHDRAW = "WITHDRAW"


@dataclass(frozen=True)
class Column:
    """One column of a template.

    Attributes:
        name: its header, in lower case with underscores.
        kind: what it holds.
        example: a value, for people.
        field: the record field it fills as it is; none for the action and the number.
        is_required: whether a row that files must fill it in.
        crosswalk: the words it takes, where it holds a term.
        note: what else to say of it than the record field's sentence.
        most_chars: longest text.
    """

    name: str
    kind: Kind
    example: str
    field: str | None = None
    is_required: bool = False
    crosswalk: Crosswalk | None = None
    note: str = ""
    most_chars: int = 4_000


@dataclass(frozen=True)
class Template:
    """What is filed of one record type.

    Attributes:
        record: the record type.
        name: of the templates and feeds, such as `stock_reports`.
        title: what it is, for people.
        identifier: the column of the agency's own number, by which a later filing replaces.
        columns: the others, in the order of the template.
        derived: further record fields, of the template's columns.
        either: columns of which a row must fill in at least one.
        in_order: pairs of days of which the first is not after the second.
        is_past: days that no filing can know before they come.
    """

    record: type[Record]
    name: str
    title: str
    identifier: Column
    columns: tuple[Column, ...]
    derived: MappingType[str, pl.Expr] = field(default_factory=dict)
    either: tuple[str, ...] = ()
    in_order: tuple[tuple[str, str], ...] = ()
    is_past: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two columns that the reader would take for one.

        Raises:
            DeclarationFault: there are such.
        """
        if len(self._by_form) < len(self.all_columns):
            raise DeclarationFault(
                f"two columns of template `{self.name}` are one to the reader: rename one"
            )

    @property
    def record_type(self) -> RecordType:
        """The record type's description."""
        return RECORD_TYPES[self.record.__name__]

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The action, the number, then the rest."""
        return (ACTION, self.identifier, *self.columns)

    @cached_property
    def _by_form(self) -> MappingType[str, Column]:
        return {normal_form(column.name): column for column in self.all_columns}

    def find(self, header: str) -> Column | None:
        """Find the column of a header; case, blanks and punctuation don't matter."""
        return self._by_form.get(normal_form(header))

    def facts(self, column: Column) -> FieldFacts | None:
        """Give the record field that a column fills."""
        return self.record_type.fields[column.field] if column.field else None

    def doc(self, column: Column) -> str:
        """Say what a column means."""
        facts = self.facts(column)
        return " ".join(part for part in (facts.doc if facts else "", column.note) if part)

    def mapping(self, member: Origin) -> Mapping:
        """Map a member's filings to records."""
        filled = {
            column.field: _value(column, self.facts(column), member)
            for column in self.columns
            if column.field
        }
        return Mapping(
            self.record,
            scheme=f"{member} {self.identifier.name} as filed",
            national_id=said(self.identifier),
            values={**filled, **self.derived},
            refuse={"REFUSED": pl.col(REFUSAL).is_not_null()},
        )


ACTION = Column(
    "action",
    Kind.ACTION,
    "FILE",
    note="`FILE`, or blank, files the row or replaces what was filed under its number; `WITHDRAW` "
    "takes that back, and needs the number alone.",
)


def said(column: Column) -> pl.Expr:
    """Give a column's text without the blanks around it."""
    return pl.col(column.name).str.strip_chars()


def is_withdrawal() -> pl.Expr:
    """Tell the rows that take something back."""
    return said(ACTION).str.to_uppercase().eq_missing(pl.lit(str(Action.WITHDRAW)))


def day_of(text: pl.Expr) -> pl.Expr:
    """Read a day as `2026-12-31`, or as the number that Excel keeps of it."""
    return first_that_fits(day(text, "%Y-%m-%d"), excel_serial(text))


def _value(column: Column, facts: FieldFacts | None, member: Origin) -> pl.Expr:
    text = said(column)
    if facts and facts.refers_to:
        return key_of(member, facts.refers_to, text)
    if column.crosswalk:
        return term(text, column.crosswalk)
    read = _VALUES.get(column.kind)
    return read(text) if read else text


AMOUNT = r"\d{1,20}(?:\.\d{1,9})?"
"""Form of an amount: digits, and a point before decimals."""

WHOLE = r"\d{1,9}"
"""Form of a whole number."""

_VALUES: MappingType[Kind, Callable[[pl.Expr], pl.Expr]] = {
    Kind.CODES: lambda text: texts(text, SEVERAL),
    Kind.DAY: day_of,
    Kind.AMOUNT: lambda text: text.str.extract(rf"^({AMOUNT})$"),
    Kind.WHOLE: lambda text: text.str.extract(rf"^({WHOLE})$").cast(pl.Int32, strict=False),
}
