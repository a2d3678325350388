"""The rules a filled-in template is held to, each an expression over its columns.

They follow from the template's declaration: nobody lists them. `checking.py` applies them all and
tells each defect; what only the database knows is in `stored.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from rapidfuzz import process

from federation.filing.template import (
    ACTION,
    AMOUNT,
    SEVERAL,
    WHOLE,
    Action,
    Column,
    Kind,
    Template,
    day_of,
    is_withdrawal,
    said,
)

MIN_ALIKE = 60.0
"""Least likeness, of 100, at which another word is offered."""

_FORMULA = r"^(?:=|\+[A-Za-z(]|@[A-Za-z])|^#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)$"
_SCIENTIFIC = r"^\d(?:[.,]\d+)?[eE]\+?\d+$"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a cell must not be, and how to mend it, told by the cell's text."""

    code: str
    column: str
    breaks: pl.Expr
    mend: Callable[[str], str]


def rules_of(template: Template, today: date) -> Iterator[Rule]:
    """Make the rules of a template's cells; of several that a cell breaks the first is told."""
    yield _rule("UNKNOWN_ACTION", ACTION, _is_no_action(), "write FILE or WITHDRAW, or leave blank")
    yield _required(template.identifier)
    yield from _of_text(template.identifier)
    yield _repeated(template)
    files = ~is_withdrawal()
    for rule in _of_filed(template, today):
        yield Rule(rule.code, rule.column, rule.breaks & files, rule.mend)


def _of_filed(template: Template, today: date) -> Iterator[Rule]:
    for column in template.columns:
        if column.is_required:
            yield _required(column)
        yield from _of_text(column)
        yield from _of_kind(column)
    if template.either:
        yield _either(template)
    by_name = {column.name: column for column in template.columns}
    for name in template.is_past:
        # A day ahead: it is tomorrow already where some agencies are.
        late = _first_day(by_name[name]) > today + timedelta(days=1)
        mend = f"no later day than today, {today}, can be known"
        yield _rule("FUTURE_DAY", by_name[name], late, mend)
    for one, other in template.in_order:
        turned = _first_day(by_name[other]) < _first_day(by_name[one])
        yield _rule("DAY_ORDER", by_name[other], turned, f"state a day that is not before `{one}`")


def _rule(code: str, column: Column, breaks: pl.Expr, mend: str) -> Rule:
    return Rule(code, column.name, breaks, lambda _: mend)


def _required(column: Column) -> Rule:
    mend = f"fill it in, as `{column.example}`"
    return _rule("REQUIRED", column, pl.col(column.name).is_null(), mend)


def _repeated(template: Template) -> Rule:
    number = said(template.identifier)
    mend = "keep one row a number: an earlier row of this file has it too"
    return _rule(
        "DUPLICATE", template.identifier, number.is_not_null() & ~number.is_first_distinct(), mend
    )


def _either(template: Template) -> Rule:
    listed = " or ".join(f"`{name}`" for name in template.either)
    breaks = pl.all_horizontal(pl.col(name).is_null() for name in template.either)
    return Rule("REQUIRED", template.either[0], breaks, lambda _: f"fill in {listed}, or both")


def _of_text(column: Column) -> Iterator[Rule]:
    text = said(column)
    yield _rule(
        "FORMULA",
        column,
        text.str.contains(_FORMULA),
        "write the value itself: in Excel, paste it as a value",
    )
    yield _rule(
        "DAMAGED_TEXT",
        column,
        text.str.contains("\ufffd") | text.str.contains(_CONTROL),
        "write the text again: signs of it were lost on the way",
    )
    yield Rule(
        "TOO_LONG",
        column.name,
        text.str.len_chars() > column.most_chars,
        lambda cell: f"has {len(cell)} characters, {column.most_chars} at most: say it shorter",
    )
    if column.kind in {Kind.IDENTIFIER, Kind.CODES}:
        yield _rule(
            "LOST_DIGITS",
            column,
            text.str.contains(_SCIENTIFIC),
            "a spreadsheet made a rounded number of this code: format the column as text, and "
            "type it again",
        )


def _of_kind(column: Column) -> Iterator[Rule]:
    text = said(column)
    match column.kind:
        case Kind.DAY:
            yield _rule(
                "NOT_A_DAY",
                column,
                text.is_not_null() & _first_day(column).is_null(),
                "write a day that there is, as 2026-12-31",
            )
        case Kind.AMOUNT:
            yield _rule(
                "NOT_AN_AMOUNT",
                column,
                ~text.str.contains(f"^{AMOUNT}$"),
                "write digits alone, with a point before decimals, as 1250 or 1250.5",
            )
        case Kind.WHOLE:
            yield _rule(
                "NOT_A_WHOLE_NUMBER",
                column,
                ~text.str.contains(f"^{WHOLE}$"),
                "write a whole number in digits alone, as 45",
            )
        case Kind.TERM:
            yield _term(column)
        case Kind.CODES:
            yield _rule(
                "CODE_FORM",
                column,
                text.str.contains(r"[,;\s]"),
                f"separate codes by `{SEVERAL}`, without blanks",
            )
        case _:
            pass


def _term(column: Column) -> Rule:
    if column.crosswalk is None:
        raise AssertionError(f"column `{column.name}` holds terms of no list")
    words = list(column.crosswalk.terms)

    def mend(cell: str) -> str:
        near = nearest(cell.upper(), words)
        return f"write one of {', '.join(words)}" + (f"; did you mean {near}?" if near else "")

    known = said(column).str.to_lowercase().is_in(list(column.crosswalk.table))
    return Rule("UNKNOWN_TERM", column.name, ~known, mend)


def nearest(text: str, words: list[str]) -> str | None:
    """Find the word that a text may be meant for."""
    found = process.extractOne(text, words, score_cutoff=MIN_ALIKE)
    return found[0] if found else None


def _is_no_action() -> pl.Expr:
    return ~said(ACTION).str.to_uppercase().is_in([action.value for action in Action])


def _first_day(column: Column) -> pl.Expr:
    return day_of(said(column)).struct.field("earliest")
