"""JSON to native rows: records of texts, nested objects flattened by dots, lists kept as lists."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from federation.errors import SourceFault
from federation.reading.native import Document, NativeTable, RejectedRow, number
from federation.reading.text import decode, refuse_html

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(document: Document, encodings: Sequence[str] = ("utf-8",)) -> Any:
    """Parse one JSON document: numbers stay text, half a surrogate pair becomes `?`.

    Raises:
        SourceFault: it is not JSON, breaks off, or nests too deep.
    """
    refuse_html(document.content, document.name)
    text = decode(document.content, encodings, document.name)
    try:
        parsed = json.loads(text, parse_float=str, parse_int=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SourceFault(f"`{document.name}` is not whole JSON: {error}") from error
    if _SURROGATE.search(text):
        parsed = json.loads(json.dumps(parsed, ensure_ascii=False).encode(errors="replace"))
    return parsed


def read_objects(
    objects: Sequence[object],
    *,
    lists: Sequence[str] = (),
    optional: Sequence[str] = (),
    flatten: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> NativeTable:
    """Lay JSON objects out as rows.

    Args:
        objects: the records; one that is no object is rejected as `MALFORMED_ROW`.
        lists: columns that hold a list of texts; in every other column a list is joined by `|`.
        optional: columns that may be absent from every record and are null then.
        flatten: rearranges one object first, where a feed nests in its own way.
    """
    kept: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejected: list[RejectedRow] = []
    for row, item in enumerate(objects, 1):
        if isinstance(item, Mapping):
            kept.append(dict(_flat(flatten(item) if flatten else item, frozenset(lists))))
            numbers.append(row)
        else:
            rejected.append(RejectedRow(row, "MALFORMED_ROW", json.dumps(item, ensure_ascii=False)))
    names = dict.fromkeys([*(name for item in kept for name in item), *lists, *optional])
    schema = {name: pl.List(pl.String) if name in lists else pl.String for name in names}
    columns = {name: [item.get(name) for item in kept] for name in names}
    return NativeTable(number(pl.DataFrame(columns, schema=schema), numbers), tuple(rejected))


def _flat(
    item: Mapping[str, Any], lists: frozenset[str], prefix: str = ""
) -> list[tuple[str, Any]]:
    cells: list[tuple[str, Any]] = []
    for key, value in item.items():
        name = f"{prefix}{key}".replace("\0", "\ufffd")
        if isinstance(value, Mapping):
            cells.extend(_flat(value, lists, f"{name}."))
        elif name in lists:
            values = value if isinstance(value, list) else [value]
            cells.append((name, [_text(part) for part in values if part is not None]))
        elif isinstance(value, list):
            cells.append((name, "|".join(_text(part) for part in value)))
        else:
            cells.append((name, None if value is None else _text(value)))
    return cells


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return json.dumps(value, ensure_ascii=False)
