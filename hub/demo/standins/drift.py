"""A member's answer as it would be after the member renamed its columns.

Every column gets another name, in whatever format the answer comes; a table without a header row
gets one more column in front. Values stay. Links and error pages have no columns and stay whole.
"""

import csv
import io
import re
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from lxml import etree

MARK = "_v2"
"""What every renamed column ends in."""

_BOM = b"\xef\xbb\xbf"
_ENVELOPES = {"response", "body", "items", "item", "results", "aaData"}
_SHEET_STRINGS = "xl/sharedStrings.xml"
_MIN_HEADER_CELLS = 8
_PREAMBLE = 8
"""Lines of a text among which its header is."""
_XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def other_header(content: bytes) -> bytes:
    """Rename the columns of a zip, an Excel sheet, JSON, XML or delimited text."""
    start = content.lstrip()[:1]
    if content.startswith(b"PK"):
        return _zipped(content)
    if start in {b"{", b"["}:
        return orjson.dumps(_renamed_keys(orjson.loads(content)))
    if start == b"<":
        return _markup(content)
    return _delimited(content)


def _delimited(content: bytes) -> bytes:
    # Latin-1 carries every byte through unchanged, and no delimiter or quote is part of a
    # multi-byte character in UTF-8, CP949 or CP932.
    lines = content.removeprefix(_BOM).decode("latin-1").split("\n")
    at, delimiter, names = _header(lines)
    if names[0].isdecimal():
        return re.sub(rb"(?m)^(?=.)", f"{MARK}{delimiter}".encode(), content)
    renamed = io.StringIO()
    end = "\r" if lines[at].endswith("\r") else ""
    csv.writer(renamed, delimiter=delimiter, lineterminator=end).writerow(n + MARK for n in names)
    lines[at] = renamed.getvalue()
    bom = _BOM if content.startswith(_BOM) else b""
    return bom + "\n".join(lines).encode("latin-1")


def _header(lines: list[str]) -> tuple[int, str, list[str]]:
    """Find the first line with as many cells as a header has, else the first of all."""
    delimiter = max("\t;,", key=lambda sign: max(line.count(sign) for line in lines[:_PREAMBLE]))
    rows = [
        next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [""])
        for line in lines[:_PREAMBLE]
    ]
    at = next((at for at, row in enumerate(rows) if len(row) >= _MIN_HEADER_CELLS), 0)
    return at, delimiter, rows[at]


def _renamed_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() & _ENVELOPES:
        return {
            key: _renamed_keys(inner) if key in _ENVELOPES else inner
            for key, inner in value.items()
        }
    return {key + MARK: inner for key, inner in value.items()}


def _markup(content: bytes) -> bytes:
    if not content.startswith(b"<?xml"):
        return content
    root = _parse(content)
    for item in root.iter("item"):
        for field in item:
            field.tag += MARK
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _zipped(content: bytes) -> bytes:
    with ZipFile(io.BytesIO(content)) as archive:
        parts = {member: archive.read(member) for member in archive.infolist()}
    named = {member.filename: part for member, part in parts.items()}
    changed = _workbook(named) if "xl/workbook.xml" in named else _tables(named)
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for member in parts:
            archive.writestr(member, changed[member.filename], ZIP_DEFLATED)
    return packed.getvalue()


def _tables(parts: dict[str, bytes]) -> dict[str, bytes]:
    return {name: _delimited(part) for name, part in parts.items()}


def _workbook(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Rename the first sheet's header row, wherever Excel keeps its texts."""
    sheet_name = min(name for name in parts if name.startswith("xl/worksheets/sheet"))
    sheet = _parse(parts[sheet_name])
    strings = _parse(parts[_SHEET_STRINGS]) if _SHEET_STRINGS in parts else None
    for cell in _header_cells(sheet):
        holder = cell
        if strings is not None and cell.get("t") == "s":
            holder = strings[int(cell.findtext(f"{_XLSX}v"))]
        text = holder.find(f".//{_XLSX}t")
        if text is not None:
            text.text = (text.text or "") + MARK
    changed = {sheet_name: etree.tostring(sheet, encoding="UTF-8", xml_declaration=True)}
    if strings is not None:
        changed[_SHEET_STRINGS] = etree.tostring(strings, encoding="UTF-8", xml_declaration=True)
    return {**parts, **changed}


def _header_cells(sheet: Any) -> list[Any]:
    """Find the first row with as many cells as a header has: titles above it have fewer."""
    for row in sheet.iter(f"{_XLSX}row"):
        cells = [cell for cell in row if len(cell)]
        if len(cells) >= _MIN_HEADER_CELLS:
            return cells
    return []


def _parse(markup: bytes) -> Any:
    return etree.fromstring(markup, etree.XMLParser(resolve_entities=False, no_network=True))
