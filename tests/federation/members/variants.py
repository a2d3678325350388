"""Files of the members' feeds as another day or an agency's re-export would have them.

A file is parsed here without the product's readers, cut to its first rows, and written again in
every kind of variant. `KINDS` lists them; `Sample` is one feed's files.
"""

import csv
import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter

from federation.feed import Feed
from federation.members.registry import FEEDS
from federation.reading.layout import Layout
from federation.reading.native import Document

ROWS = 60
NATIONAL = {"KR": ("cp949",), "JP": ("cp932",)}
EUROPEAN = ("cp1252", "latin-1")
SEPARATORS = (",", ";", "\t", "|")
STRANGE = "Xq 7"
"""A header that no source uses."""

DERIVED = {"ref.alliance_substances"}
"""Feeds that are compiled from others' documents, which are varied themselves."""

ARCHIVES = {
    "us.drugsatfda": (
        "Products.txt",
        "Applications.txt",
        "MarketingStatus.txt",
        "MarketingStatus_Lookup.txt",
    ),
    "us.ndc_unfinished": ("unfinished_product.txt", "unfinished_package.txt"),
}


@dataclass(frozen=True)
class Table:
    """One file's rows: `header` and, above it, `title`; a table without header has its names."""

    name: str
    form: str  # csv, text (unquoted), xlsx or json
    header: list[str]
    rows: list[list[Any]]
    title: tuple[list[str], ...] = ()
    separator: str = ","
    has_header: bool = True

    def lines(self) -> list[list[Any]]:
        return [*self.title, *([self.header] if self.has_header else []), *self.rows]


@dataclass(frozen=True)
class Variant:
    """A feed's documents with one change; a reason for holding them names one of `columns`."""

    label: str
    documents: list[Document]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One feed's files, and how its source wraps them."""

    feed: Feed
    tables: list[Table]

    def documents(self, at: int = 0, content: bytes | None = None) -> list[Document]:
        contents = [written(table) for table in self.tables]
        if content is not None:
            contents[at] = content
        if self.feed.id in ARCHIVES:
            return [Document("tables.zip", zipped(ARCHIVES[self.feed.id], contents))]
        return [
            Document(table.name, body) for table, body in zip(self.tables, contents, strict=True)
        ]

    def varied(self, label: str, at: int, table: Table, *columns: str) -> Variant:
        return Variant(f"{label} {table.name}", self.documents(at, written(table)), columns)


def samples(folder: Path) -> dict[str, Sample]:
    """Read the files of a folder with a manifest, by feed."""
    named = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))["feeds"]
    return {
        feed_id: Sample(
            FEEDS[feed_id],
            [table_of(FEEDS[feed_id], at, folder / path) for at, path in enumerate(paths)],
        )
        for feed_id, paths in named.items()
        if feed_id in FEEDS and feed_id not in DERIVED
    }


def table_of(feed: Feed, at: int, path: Path) -> Table:
    """Parse one file; the header is the row of the first twelve that the layout knows best."""
    assert len(feed.layouts) > at, (
        f"`{feed.id}` declares no layout for its file {at}: give its FEED `layouts=(LAYOUT,)`, a "
        "federation.reading.layout.Layout of its columns and shapes, and let `read` read by it"
    )
    layout = feed.layouts[at]
    content = path.read_bytes()
    cut = ROWS if at == 0 else 20 * ROWS
    if path.suffix == ".xlsx":
        lines = as_texts(content)
        form = "xlsx"
    else:
        text = next(filter(None, (decoded(content, e) for e in ("utf-8-sig", *layout.encodings))))
        if path.suffix == ".json":
            return Table(path.name, "json", [], objects_of(json.loads(text))[:cut])
        form = "csv" if layout.is_quoted else "text"
        lines = parsed(text, layout.separator, is_quoted=layout.is_quoted)
    if not layout.has_header:
        names = list(layout.columns)
        return Table(path.name, form, names, lines[:cut], (), layout.separator, has_header=False)
    top = max(range(min(12, len(lines))), key=lambda row: known_in(layout, lines[row]))
    width = len(lines[top])
    rows = [line for line in lines[top + 1 : top + 1 + cut] if len(line) == width]
    if feed.id == "in.cdsco_nsq":
        objects = [dict(zip(lines[top], row, strict=True)) for row in rows]
        return Table("nsq.json", "json", [], objects)
    return Table(path.name, form, lines[top], rows, tuple(lines[:top]), layout.separator)


def known_in(layout: Layout, line: list[str]) -> int:
    return sum(layout.column(cell) in layout.columns for cell in line)


def decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def parsed(text: str, separator: str, *, is_quoted: bool) -> list[list[str]]:
    if is_quoted:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    return [line.split(separator) for line in text.split("\n") if line]


def as_texts(content: bytes) -> list[list[Any]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    lines = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=ROWS + 20)
    return [[plain(cell) for cell in line] for line in lines]


def plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).removesuffix(" 00:00:00") if cell is not None else ""


def objects_of(parsed_json: Any) -> list[Any]:
    """List the records of a JSON document; names by code are an object a pair."""
    if isinstance(parsed_json, dict) and "results" in parsed_json:
        return parsed_json["results"]
    if isinstance(parsed_json, dict):
        return [{"code": code, "name": name} for code, name in parsed_json.items()]
    return parsed_json


def written(table: Table, encoding: str = "utf-8") -> bytes:
    """Write a table as its source does."""
    match table.form:
        case "json":
            return wrapped(table).encode(encoding)
        case "xlsx":
            return workbook(table.lines())
        case "csv":
            return delimited(table.lines(), table.separator).encode(encoding, "replace")
        case _:
            lines = (table.separator.join(line) + "\r\n" for line in table.lines())
            return "".join(lines).encode(encoding, "replace")


def wrapped(table: Table, indent: int | None = None) -> str:
    """Put records into the envelope that their source sends."""
    records: Any = table.rows
    first = table.rows[0]
    if "PRDUCT_TYPE" in str(first) or "SPCLTY_PBLC" in str(first):
        body = {"items": records, "totalCount": len(records)}
        records = {"header": {"resultCode": "00"}, "body": body}
    elif "package_ndc" in str(first):
        records = {"meta": {"last_updated": "2026-03-27"}, "results": records}
    elif "nsq" in table.name:
        records = {"iTotalRecords": len(records), "aaData": records}
    elif set(first) == {"code", "name"}:
        records = {record["code"]: record["name"] for record in records}
    return json.dumps(records, ensure_ascii=False, indent=indent)


def delimited(lines: list[list[Any]], separator: str, end: str = "\r\n", quoting: Any = 0) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows(lines)
    return text.getvalue()


def workbook(lines: list[list[Any]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_urls": False}) as book:
        page = book.add_worksheet("Export")
        for at, line in enumerate(lines):
            for column, cell in enumerate(line):
                if cell:
                    page.write_string(at, column, cell)
    return target.getvalue()


def zipped(names: tuple[str, ...], contents: list[bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in zip(names, contents, strict=True):
            archive.writestr(name, content)
    return target.getvalue()


def tables(sample: Sample) -> Iterator[tuple[int, Table, list[str]]]:
    """List a feed's tables with the headers that its layout knows and reads."""
    for at, table in enumerate(sample.tables):
        if table.form != "json":
            layout = sample.feed.layouts[at]
            read = [h for h in table.header if layout.columns.get(layout.column(h))]
            yield at, table, read


def records(sample: Sample) -> Iterator[tuple[int, Table, list[str]]]:
    for at, table in enumerate(sample.tables):
        if table.form == "json":
            yield at, table, [key for key in table.rows[0] if key in sample.feed.layouts[at].needed]


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
    "widened": widened,
    "reordered": reordered,
    "delimited": delimited_otherwise,
    "formatted": in_another_format,
    "swapped": swapped,
    "nested": nested,
}
