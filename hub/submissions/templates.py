"""Empty templates to fill in, made from their declaration: CSV, or Excel with its own explanation.

In Excel, codes are text and days are days from the start, and words are chosen from their list, so
that nothing is lost on the way that Excel loses when it guesses.
"""

import csv
import io
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # no type information is published

from federation.filing.template import ACTION, SEVERAL, Action, Column, Kind, Template
from hub.submissions.checking import MAX_ROWS

BOM = "\ufeff"
"""By which Excel knows that a CSV file is in UTF-8."""

_FORMS = {
    Kind.ACTION: "a word of the list, or blank",
    Kind.IDENTIFIER: "text",
    Kind.TEXT: "text",
    Kind.CODES: f"text; several stand apart by {SEVERAL}",
    Kind.DAY: "a day as 2026-12-31, or a date of Excel's",
    Kind.AMOUNT: "digits, with a point before decimals",
    Kind.WHOLE: "digits",
    Kind.TERM: "a word of the list",
}

_EXPLAINED = ("column", "needed", "what it is", "how it is written", "words", "example")
_WIDTHS = (18, 10, 60, 32, 60, 24)


def template_csv(template: Template) -> bytes:
    """Write a template as CSV: the header alone, in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(column.name for column in template.all_columns)
    return (BOM + text.getvalue()).encode()


def template_xlsx(template: Template) -> bytes:
    """Write a template as a workbook: a sheet to fill in, and one that explains its columns."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    bold = book.add_format({"bold": True, "bottom": 1})
    _to_fill_in(book, book.add_worksheet("fill in"), template, bold)
    _explained(book, book.add_worksheet("columns"), template, bold)
    book.close()
    return target.getvalue()


def _to_fill_in(book: Any, sheet: Any, template: Template, bold: Any) -> None:
    formats = {kind: book.add_format({"num_format": form}) for kind, form in _NUMBER_FORMS.items()}
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(template.all_columns):
        sheet.write_string(0, place, column.name, bold)
        width = max(len(column.name), len(column.example)) + 4
        sheet.set_column(place, place, width, formats.get(column.kind))
        if listed := words_of(column):
            choice = {"validate": "list", "source": listed, "error_type": "warning"}
            sheet.data_validation(1, place, MAX_ROWS, place, choice)


_TEXT_FORM, _DAY_FORM = "@", "yyyy-mm-dd"
_NUMBER_FORMS = {
    Kind.ACTION: _TEXT_FORM,
    Kind.IDENTIFIER: _TEXT_FORM,
    Kind.TEXT: _TEXT_FORM,
    Kind.CODES: _TEXT_FORM,
    Kind.TERM: _TEXT_FORM,
    Kind.DAY: _DAY_FORM,
}


def _explained(book: Any, sheet: Any, template: Template, bold: Any) -> None:
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, (title, width) in enumerate(zip(_EXPLAINED, _WIDTHS, strict=True)):
        sheet.write_string(0, place, title, bold)
        sheet.set_column(place, place, width)
    for row, column in enumerate(template.all_columns, 1):
        for place, text in enumerate(explanation(template, column)):
            sheet.write_string(row, place, text, wrapped)


def explanation(template: Template, column: Column) -> tuple[str, ...]:
    """Explain a column: its name, whether it is needed, what it is, its form, words, an example."""
    return (
        column.name,
        _needed(template, column),
        template.doc(column),
        _FORMS[column.kind],
        ", ".join(words_of(column)),
        column.example,
    )


def _needed(template: Template, column: Column) -> str:
    if column.is_required:
        return "always" if column is template.identifier else "to file"
    if column.name in template.either:
        others = " or ".join(name for name in template.either if name != column.name)
        return f"this or {others}"
    return ""


def words_of(column: Column) -> list[str]:
    """List the words that a column takes; none where it takes any text."""
    if column is ACTION:
        return [action.value for action in Action]
    return list(column.crosswalk.terms) if column.crosswalk else []
