"""The first rows of the members' files, parsed without the product's readers, to write again.

`samples` reads a folder with a manifest; `Sample` is one feed's files, `written` a file's bytes.
"""

import csv
import io
import json
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter

from federation.feed import Feed
from federation.members.registry import FEEDS
from federation.reading.layout import Layout
from federation.reading.native import Document

ROWS = 60

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
