"""A filled-in template, whatever an office made of it, to native rows numbered as its sheet is.

Text in the encodings and with the separators that offices use, a workbook, or JSON. A column is
known by its header, wherever it stands. Nothing is judged here but the form of the file: what the
hub refused of its rows stands in the cover, the second document of a submission.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl

from federation.errors import FederationError, SourceChanged, SourceFault
from federation.filing.template import REFUSAL, SEVERAL, SUBMISSION, Template, is_withdrawal, said
from federation.reading.native import ROW, Document, NativeTable, RejectedRow, number
from federation.reading.table import HEADER_ROWS, MAX_CELL_CHARS, SEPARATORS
from federation.reading.text import decodings, refuse_html
from federation.reading.tree import parse_json
from federation.reading.workbook import is_workbook, sheets

ENCODINGS = ("utf-8", "cp1252")
"""Of text from an office in the West: Excel saves CSV in the latter."""

MALFORMED = "MALFORMED_ROW"

Line = Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled-in template as read.

    Attributes:
        rows: all columns of the template as text, null where blank, and `ROW`: the row of the
            sheet, its header being 1, or the place in a list of JSON.
        malformed: rows that have not the header's cells.
        header: names of the columns that were there, the template's where it knows them.
    """

    rows: pl.DataFrame
    malformed: tuple[RejectedRow, ...]
    header: tuple[str, ...]

    @property
    def count(self) -> int:
        """All rows read."""
        return self.rows.height + len(self.malformed)


@dataclass(frozen=True, slots=True)
class Cover:
    """What the hub says of a submission's rows: which are refused, and by which rule."""

    submission: str
    received_at: datetime
    refused: dict[int, str] = field(default_factory=dict)

    def document(self) -> Document:
        """Write it as a document to land beside the one that was filed."""
        written = {
            "submission": self.submission,
            "received_at": self.received_at.isoformat(),
            "refused": {str(row): rule for row, rule in sorted(self.refused.items())},
        }
        content = json.dumps(written, separators=(",", ":")).encode()
        return Document("cover.json", content, self.received_at)

    @classmethod
    def read(cls, document: Document) -> "Cover":
        """Read what `document` wrote.

        Raises:
            SourceFault: it is none.
        """
        try:
            found = json.loads(document.content)
            refused = {int(row): str(rule) for row, rule in found["refused"].items()}
            received_at = datetime.fromisoformat(found["received_at"])
            return cls(str(found["submission"]), received_at, refused)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceFault(
                "the second document of a submission is not its cover: file it again"
            ) from error


def read_filed(
    template: Template, encodings: Sequence[str], documents: Sequence[Document]
) -> NativeTable:
    """Read a submission: the document that was filed, and the cover, if the hub wrote one.

    Rows that take something back, and are not refused, are no rows but `withdrawn`.

    Raises:
        SourceFault: the document can't be read.
        SourceChanged: it holds no table of the template.
    """
    sheet = read_sheet(template, documents[0], encodings)
    cover = Cover.read(documents[1]) if len(documents) > 1 else None
    refused = cover.refused if cover else {}
    rows = sheet.rows.with_columns(
        pl.col(ROW).replace_strict(refused, default=None, return_dtype=pl.String).alias(REFUSAL),
        pl.lit(cover.submission if cover else None, pl.String).alias(SUBMISSION),
    )
    identifier = said(template.identifier)
    goes = is_withdrawal() & pl.col(REFUSAL).is_null() & identifier.is_not_null()
    withdrawn = rows.filter(goes).select(identifier).to_series()
    return NativeTable(
        rows.filter(~goes),
        sheet.malformed,
        cover.received_at if cover else documents[0].stated_at,
        withdrawn=tuple(withdrawn),
    )


def read_sheet(template: Template, document: Document, encodings: Sequence[str]) -> Sheet:
    """Read the table of a document that has the template's columns.

    Raises:
        SourceFault: it is no file of a known kind, or breaks off.
        SourceChanged: none of its tables has the column of the agency's own number.
    """
    refuse_html(document.content, document.name)
    if document.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return _of_objects(template, _objects(document))
    fault: FederationError | None = None
    for lines in _grids(document, encodings):
        try:
            found = _of_lines(template, lines)
        except csv.Error as error:
            fault = fault or SourceFault(
                f"`{document.name}` breaks off or is badly quoted: {error}; save it again as CSV"
            )
            continue
        if found:
            return found
    raise fault or SourceChanged(
        f"`{document.name}` has no column `{template.identifier.name}` in its first {HEADER_ROWS} "
        "rows: start from the template, and keep its header"
    )


def _grids(document: Document, encodings: Sequence[str]) -> Iterator[Iterator[Line]]:
    """List the ways to read a document as lines of cells."""
    if is_workbook(document):
        yield from map(iter, sheets(document))
        return
    csv.field_size_limit(MAX_CELL_CHARS)
    for text in decodings(document.content, encodings, document.name):
        for separator in SEPARATORS:
            yield csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _of_lines(template: Template, lines: Iterator[Line]) -> Sheet | None:
    """Read the table below the first line that names the agency's own number; None without one."""
    for at, line in enumerate(islice(lines, HEADER_ROWS), 1):
        columns = [template.find(cell) for cell in line]
        if template.identifier not in columns:
            continue
        named = zip(columns, line, strict=True)
        names = [column.name if column else _plain(cell) for column, cell in named]
        return _sheet(template, names, enumerate(lines, at + 1))
    return None


def _sheet(template: Template, names: Sequence[str], lines: Iterator[tuple[int, Line]]) -> Sheet:
    kept: list[dict[str, str]] = []
    numbers: list[int] = []
    malformed: list[RejectedRow] = []
    for row, line in lines:
        cells = _without_blank_end(line, len(names))
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            malformed.append(RejectedRow(row, MALFORMED, " | ".join(cells)))
            continue
        # Where a header stands twice, the first column speaks; the rules say that it does.
        kept.append(dict(zip(reversed(names), reversed(cells), strict=True)))
        numbers.append(row)
    header = tuple(name for name in names if name)
    return Sheet(_rows(template, kept, numbers), tuple(malformed), header)


def _rows(
    template: Template, kept: Sequence[dict[str, Any]], numbers: Sequence[int]
) -> pl.DataFrame:
    known = [column.name for column in template.all_columns]
    data = {name: [row.get(name) for row in kept] for name in known}
    return number(pl.DataFrame(data, schema=dict.fromkeys(known, pl.String)), numbers)


def _without_blank_end(line: Line, width: int) -> Line:
    """Drop blank cells past the header's last: Excel writes them where a cell was once used."""
    end = len(line)
    while end > width and not line[end - 1].strip():
        end -= 1
    return line[:end]


def _objects(document: Document) -> list[Any]:
    found = parse_json(document)
    if isinstance(found, dict) and isinstance(found.get("rows"), list):
        found = found["rows"]
    if not isinstance(found, list):
        raise SourceChanged(
            f"`{document.name}` is neither a list of objects nor an object with such a list as "
            "`rows`: write it as one of them"
        )
    return found


def _of_objects(template: Template, objects: Sequence[Any]) -> Sheet:
    kept: list[dict[str, str | None]] = []
    numbers: list[int] = []
    malformed: list[RejectedRow] = []
    names: dict[str, None] = {}
    for row, item in enumerate(objects, 1):
        flat = _flat(template, item) if isinstance(item, dict) else None
        if flat is None:
            malformed.append(RejectedRow(row, MALFORMED, json.dumps(item, ensure_ascii=False)))
            continue
        names |= dict.fromkeys(flat)
        kept.append(flat)
        numbers.append(row)
    return Sheet(_rows(template, kept, numbers), tuple(malformed), tuple(names))


def _flat(template: Template, item: dict[str, Any]) -> dict[str, str | None] | None:
    """Give an object's values as text by native column.

    None where one is an object itself, or a column stands twice under two spellings.
    """
    flat: dict[str, str | None] = {}
    for name, value in item.items():
        column = template.find(name)
        native = column.name if column else _plain(name)
        values = value if isinstance(value, list) else [value]
        if native in flat or any(isinstance(part, dict | list) for part in values):
            return None
        flat[native] = SEVERAL.join("" if part is None else str(part) for part in values)
    return flat


def _plain(header: str) -> str:
    """Give a header that is not known, without what no database holds."""
    return header.replace("\0", "\ufffd").strip()
