"""Records as lines of CSV, the way the hub's format `copy` has them: null is nothing at all."""

import json
from collections.abc import Iterable, Mapping

from hub_client.shapes import Shape


def lines_of(shape: Shape, records: Iterable[Mapping[str, object]]) -> str:
    """Write records under a line of names."""
    header = ",".join(_quoted(column.name) for column in shape.columns)
    lines = (
        ",".join(_cell(column.kind, column.value(record)) for column in shape.columns)
        for record in records
    )
    return "\n".join([header, *lines]) + "\n"


def as_text(kind: str, value: object) -> str | None:
    """Write a value as text that a database reads as its kind; None for null."""
    if value is None:
        return None
    if kind in {"json", "texts"}:
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if kind == "boolean" else str(value)


def _cell(kind: str, value: object) -> str:
    text = as_text(kind, value)
    return "" if text is None else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
