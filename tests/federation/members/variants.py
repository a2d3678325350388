"""Files of the members' feeds as another day or an agency's re-export would have them.

Each kind writes a sample again with one thing changed. `KINDS` lists the kinds.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from federation.reading.mojibake import MIN_DAMAGED
from tests.federation.members.native_samples import (
    Sample,
    Table,
    Variant,
    delimited,
    records,
    tables,
    wrapped,
    written,
)

NATIONAL = {"KR": ("cp949",), "JP": ("cp932",)}
EUROPEAN = ("cp1252", "latin-1")
SEPARATORS = (",", ";", "\t", "|")
STRANGE = "Xq 7"
"""A header that no source uses."""

BYTES = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)]
"""What Windows makes of each byte; one that its code page lacks is a control character."""


def renamed(sample: Sample) -> Iterator[Variant]:
    for at, table, read in tables(sample):
        for column in read if table.has_header else ():
            header = [STRANGE if name == column else name for name in table.header]
            native = sample.feed.layouts[at].column(column)
            yield sample.varied(
                f"`{column}` renamed", at, replace(table, header=header), native, column
            )
    for at, table, keys in records(sample):
        for key in keys:
            yield sample.varied(
                f"`{key}` renamed", at, with_keys(table, {key: STRANGE}.get), key, STRANGE
            )


def respelled(sample: Sample) -> Iterator[Variant]:
    for at, table, _ in tables(sample):
        header = [f"  {name.upper()}:" for name in table.header]
        yield sample.varied("headers respelled", at, replace(table, header=header))
    for at, table, keys in records(sample):
        if keys == ["code", "name"]:  # a pair is no object with keys
            continue
        yield sample.varied("keys respelled", at, with_keys(table, str.upper))


def with_keys(table: Table, rename: Callable[[str], str | None]) -> Table:
    rows = [{rename(key) or key: value for key, value in row.items()} for row in table.rows]
    return replace(table, rows=rows)


def moved(sample: Sample) -> Iterator[Variant]:
    title = (["Export of the list", *[""]], [], ["", "made on", "2026-03-20"])
    for at, table, _ in tables(sample):
        if table.has_header:
            yield sample.varied("title above", at, replace(table, title=(*title, *table.title)))
            yield sample.varied("preamble cut off", at, replace(table, title=()))


def encoded(sample: Sample) -> Iterator[Variant]:
    encodings = ("utf-8-sig", "utf-16", *NATIONAL.get(str(sample.feed.member), EUROPEAN))
    for at, table in enumerate(sample.tables):
        text = replace(table, form="csv") if table.form == "xlsx" else table
        for encoding in encodings:
            try:
                content = written(text).decode("utf-8").encode(encoding)
            except UnicodeEncodeError:
                continue
            yield Variant(f"{table.name} in {encoding}", sample.documents(at, content))


def damaged(sample: Sample) -> Iterator[Variant]:
    """Take UTF-8 for Windows-1252, as Excel does with a CSV file, and save it as UTF-8 again."""
    for at, table in enumerate(sample.tables):
        content = written(replace(table, form="csv") if table.form == "xlsx" else table)
        text = "".join(BYTES[byte] for byte in content)
        rows = [row.values() if table.form == "json" else row for row in table.rows]
        beyond_ascii = sum(not str(cell).isascii() for row in rows for cell in row)
        if beyond_ascii >= MIN_DAMAGED:
            yield Variant(f"{table.name} saved twice", sample.documents(at, text.encode()))


def widened(sample: Sample) -> Iterator[Variant]:
    for at, table, _ in tables(sample):
        for place in (0, len(table.header) // 2, len(table.header)):
            header = inserted(table.header, place, STRANGE)
            rows = [inserted(row, place, f"new {n}") for n, row in enumerate(table.rows)]
            yield sample.varied(f"column at {place}", at, replace(table, header=header, rows=rows))
    for at, table, _ in records(sample):
        if set(table.rows[0]) != {"code", "name"}:
            rows = [{**row, STRANGE: "new"} for row in table.rows]
            yield sample.varied("another key", at, replace(table, rows=rows))


def inserted(line: list[Any], place: int, cell: str) -> list[Any]:
    return [*line[:place], cell, *line[place:]]


def reordered(sample: Sample) -> Iterator[Variant]:
    for at, table, _ in tables(sample):
        order = list(range(len(table.header)))
        for label, places in (("reversed", order[::-1]), ("rotated", [*order[1:], 0])):
            yield sample.varied(label, at, arranged(table, places))
    for at, table, _ in records(sample):
        rows = [dict(sorted(row.items())) for row in table.rows]
        yield sample.varied("keys sorted", at, replace(table, rows=rows))


def arranged(table: Table, places: list[int]) -> Table:
    rows = [[row[place] for place in places] for row in table.rows]
    return replace(table, header=[table.header[place] for place in places], rows=rows)


def delimited_otherwise(sample: Sample) -> Iterator[Variant]:
    for at, table, _ in tables(sample):
        for separator in SEPARATORS:
            for end, quoting in (("\n", csv.QUOTE_ALL), ("\r", csv.QUOTE_MINIMAL)):
                text = delimited(table.lines(), separator, end, quoting)
                if end == "\n" or "\n" not in text:
                    label = f"{table.name} by {separator!r} {end!r} {quoting}"
                    yield Variant(label, sample.documents(at, text.encode()))
    for at, table, _ in records(sample):
        yield Variant("indented", sample.documents(at, wrapped(table, indent=4).encode()))


def in_another_format(sample: Sample) -> Iterator[Variant]:
    for at, table, _ in tables(sample):
        form = "csv" if table.form == "xlsx" else "xlsx"
        yield sample.varied(f"as {form}", at, replace(table, form=form))
    for at, table, _ in records(sample):
        lines = [list(table.rows[0]), *(list(map(str, row.values())) for row in table.rows)]
        yield Variant("as csv", sample.documents(at, delimited(lines, ",").encode()))


def swapped(sample: Sample) -> Iterator[Variant]:
    """Swap the headers of neighbours; `swap` does any two."""
    for at, table in enumerate(sample.tables):
        width = len(columns_of(sample, at))
        for one in range(width - 1):
            yield swap(sample, at, one, one + 1)
        if table.form != "json" and width == 1:
            yield sample.varied("its header doubled", at, replace(table, header=[STRANGE]))


def columns_of(sample: Sample, at: int) -> list[str]:
    table = sample.tables[at]
    if table.form == "json":
        return list(dict.fromkeys(key for row in table.rows for key in row))
    return table.header


def swap(sample: Sample, at: int, one: int, other: int) -> Variant:
    """Exchange two headers, two keys of all records, or two columns where there is no header."""
    table = sample.tables[at]
    names = columns_of(sample, at)
    first, second = names[one], names[other]
    label = f"`{first}` and `{second}` swapped"
    exchange = {first: second, second: first}
    if table.form == "json":
        changed = with_keys(table, exchange.get)
    elif table.has_header:
        changed = replace(table, header=[exchange.get(name, name) for name in names])
    else:
        places = list(range(len(names)))
        places[one], places[other] = other, one
        changed = replace(arranged(table, places), header=names)
    return sample.varied(label, at, changed)


def nested(sample: Sample) -> Iterator[Variant]:
    for at, table, keys in records(sample):
        if set(table.rows[0]) == {"code", "name"}:
            listed = json.dumps(table.rows, ensure_ascii=False).encode()
            yield Variant("a list of objects", sample.documents(at, listed))
            continue
        rows = [{"row": row} for row in table.rows]
        yield sample.varied("a level deeper", at, replace(table, rows=rows))
        for key in keys:
            rows = [{**row, "inner": {key: row.get(key)}} for row in table.rows]
            for row in rows:
                row.pop(key, None)
            yield sample.varied(f"`{key}` nested", at, replace(table, rows=rows), key)


KINDS: dict[str, Callable[[Sample], Iterator[Variant]]] = {
    "renamed": renamed,
    "respelled": respelled,
    "moved": moved,
    "encoded": encoded,
    "damaged": damaged,
    "widened": widened,
    "reordered": reordered,
    "delimited": delimited_otherwise,
    "formatted": in_another_format,
    "swapped": swapped,
    "nested": nested,
}
