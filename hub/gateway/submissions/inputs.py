"""GraphQL inputs of what is filed, derived from the templates: a field for each column.

What a client sends becomes the JSON document that is landed, so that a filing by mutation is a file
like any other.
"""

from datetime import date
from decimal import Decimal
from enum import Enum
from types import GenericAlias
from typing import Any

import orjson
import strawberry

from federation.filing.template import ACTION, Action, Column, Kind, Template
from federation.members.submitted import TEMPLATES
from federation.reading.native import Document
from hub.gateway import types

_KINDS: dict[Kind, Any] = {
    Kind.CODES: GenericAlias(list, (str,)),
    Kind.DAY: date,
    Kind.AMOUNT: Decimal,
    Kind.WHOLE: int,
}


def _hint(column: Column) -> Any:
    if column.crosswalk:
        plain = getattr(types, column.crosswalk.vocabulary.__name__)
    else:
        plain = _KINDS.get(column.kind, str)
    return plain if column.is_required else plain | None


def _row_input(template: Template) -> Any:
    """Make the input of one row that files; a withdrawal has a mutation of its own."""
    columns = [column for column in template.all_columns if column is not ACTION]
    # Fields without a default come first in a Python class, whatever the template's order.
    columns.sort(key=lambda column: not column.is_required)
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {column.name: _hint(column) for column in columns},
    }
    for column in columns:
        doc = template.doc(column)
        namespace[column.name] = (
            strawberry.field(description=doc)
            if column.is_required
            else strawberry.field(description=doc, default=None)
        )
    name = f"{template.record_type.name}Filing"
    description = f"A {template.record_type.name} to file, or to replace by its number."
    return strawberry.input(type(name, (), namespace), description=description)


def _submission_input(template: Template) -> Any:
    rows = GenericAlias(list, (ROW_INPUTS[template.name],))
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {
            "rows": rows,
            "idempotency_key": str | None,
            "dry_run": bool,
            "partial": bool,
        },
        "rows": strawberry.field(description="What to file; larger ones go by `/submissions`."),
        "idempotency_key": strawberry.field(default=None, description=_KEY),
        "dry_run": strawberry.field(default=False, description="Only tell every defect."),
        "partial": strawberry.field(
            default=False, description="Publish the good rows, and quarantine the others."
        ),
    }
    name = f"{template.record_type.name}SubmissionInput"
    description = f"{template.record_type.name}s to file together: all of them, or none."
    return strawberry.input(type(name, (), namespace), description=description)


_KEY = "Drawn for this submission: the same, sent again with it, is answered as the first time."

ROW_INPUTS = {name: _row_input(template) for name, template in TEMPLATES.items()}
"""The input of one row, by the template's name."""

SUBMISSION_INPUTS = {name: _submission_input(template) for name, template in TEMPLATES.items()}
"""The input of a whole submission, by the template's name."""


@strawberry.input(description="What was filed and is to be taken back.")
class WithdrawalInput:
    """What to take back."""

    numbers: list[str] = strawberry.field(description="Your own numbers, as they were filed.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)
    dry_run: bool = strawberry.field(default=False, description="Only tell every defect.")


def filed_document(template: Template, rows: list[object]) -> Document:
    """Write rows as the document that is landed."""
    columns = [column.name for column in template.all_columns if column is not ACTION]
    written = [
        {name: _text(value) for name in columns if (value := getattr(row, name)) is not None}
        for row in rows
    ]
    return _document(written)


def withdrawal_document(template: Template, numbers: list[str]) -> Document:
    """Write withdrawals as the document that is landed."""
    number = template.identifier.name
    return _document([{ACTION.name: Action.WITHDRAW, number: each} for each in numbers])


def _document(rows: list[dict[str, object]]) -> Document:
    return Document("submission.json", orjson.dumps(rows))


def _text(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value:f}"
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case _:
            return value
