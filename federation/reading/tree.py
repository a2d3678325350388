"""JSON to native rows: records of texts, nested objects flattened by dots, lists kept as lists.

Numbers stay text, as all native values do. Names and shapes are proved by the feed's layout
(`layout.py`); lists made of cells are `table.py`. Start at `read_objects`.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from federation.errors import SourceChanged, SourceFault
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable, RejectedRow, number
from federation.reading.text import decode, refuse_html
from federation.records.declaration import Json

MAX_VALUES = 20_000_000
"""Most values of one JSON document, by the signs that part them."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(document: Document, encodings: Sequence[str] = ("utf-8",)) -> Json:
    """Parse one JSON document: numbers stay text, half a surrogate pair becomes `?`.

    Raises:
        SourceFault: it is not JSON, breaks off, nests too deep or holds too many values.
    """
    refuse_html(document.content, document.name)
    values = sum(map(document.content.count, (b",", b"[", b"{")))
    if values > MAX_VALUES:
        raise SourceFault(
            f"`{document.name}` holds {values} values, over {MAX_VALUES}: ask the member"
        )
    text = decode(document.content, encodings, document.name)
    try:
        parsed = json.loads(text, parse_float=str, parse_int=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SourceFault(
            f"`{document.name}` is not whole JSON, {error}: pull or send it again"
        ) from error
    if _SURROGATE.search(text):
        parsed = json.loads(json.dumps(parsed, ensure_ascii=False).encode(errors="replace"))
    return parsed


def read_objects(
    objects: Sequence[object],
    *,
    lists: Sequence[str] = (),
    optional: Sequence[str] = (),
    flatten: Callable[[Mapping[str, object]], Mapping[str, object]] | None = None,
    layout: Layout | None = None,
    name: str = "the answer",
) -> NativeTable:
    """Lay JSON objects out as rows.

    Args:
        objects: the records; one that is no object is rejected as `MALFORMED_ROW`.
        lists: columns that hold a list of texts; in every other column a list is joined by `|`.
        optional: columns that may be absent from every record and are null then.
        flatten: rearranges one object first, where a feed nests in its own way.
        layout: the objects' keys, a nested one as `outer.inner`; names them and proves them.
        name: the document's, for messages.

    Raises:
        SourceChanged: keys are gone, or values are not theirs.
    """
    keys: Counter[tuple[str, ...]] = Counter()
    if layout is not None:
        objects = [_named(item, layout) if isinstance(item, Mapping) else item for item in objects]
        keys.update(group for item in objects for group in _siblings(item))
    kept: list[dict[str, object]] = []
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
    table = number(pl.DataFrame(columns, schema=schema), numbers)
    if layout is not None and kept:
        stated = dict.fromkeys(key for group in keys for key in group)
        layout.require(list(stated | dict.fromkeys(layout.optional)), name)
        layout.check(table, name, keys)
    return NativeTable(table, tuple(rejected))


def _named(item: Mapping[str, object], layout: Layout) -> dict[str, object]:
    """Rename an object's keys as the layout does, and nest them as it does."""
    named: dict[str, Any] = {}
    objects = {column.rpartition(".")[0] for column in layout.columns} - {""}
    for path, value in _leaves(item):
        if path in objects and value:
            raise SourceChanged(
                f"`{path}` is no object any more: look at it, then mend the feed's reader"
            )
        *outer, last = layout.column(path).split(".")
        inner = named
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return named


def _siblings(item: object) -> Iterator[tuple[str, ...]]:
    """List an object's keys, and those of each object in it, in their order."""
    groups: dict[str, list[str]] = {}
    for path, _ in _leaves(item) if isinstance(item, Mapping) else ():
        groups.setdefault(path.rpartition(".")[0], []).append(path)
    yield from map(tuple, groups.values())


def _leaves(item: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in item.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _flat(
    item: Mapping[str, object], lists: frozenset[str], prefix: str = ""
) -> list[tuple[str, object]]:
    cells: list[tuple[str, object]] = []
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
