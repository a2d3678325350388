"""Files made to hurt whoever reads them, each by the feed it is sent to and the reason it gets."""

import io
import resource
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import xlsxwriter

from federation.errors import SourceChanged, SourceFault
from federation.feed import Feed
from federation.members.registry import FEEDS
from federation.reading.native import Document

SHEET = "kr.mfds_products"
TEXT = "eu.fr_products"
QUOTED = "us.fda_inspections"
JSON = "us.openfda_shortages"
ZIP = "us.drugsatfda"
ENVELOPE = "kr.mfds_permits"

MB = 1024 * 1024

WHOSE = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


@dataclass(frozen=True)
class Hostile:
    """A hostile file: which feed gets it, a part of the reason it is refused, how it is made."""

    feed: str
    reason: str
    make: Callable[[], bytes]


def workbook() -> bytes:
    """Make a plain workbook."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["code", "name"])
        sheet.write_row(1, 0, ["1", "x"])
    return content.getvalue()


def workbook_with(member: str, old: bytes, new: bytes) -> bytes:
    """Change a member of a workbook."""
    whole = zipfile.ZipFile(io.BytesIO(workbook()))
    members = {name: whole.read(name) for name in whole.namelist()}
    assert old in members[member]
    return zipped(members | {member: members[member].replace(old, new)})


def zipped(members: dict[str, bytes]) -> bytes:
    """Pack members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in members.items():
            out.writestr(name, body)
    return content.getvalue()


def zip_bomb() -> bytes:
    """Pack 400 MB of nothing."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as out,
        out.open("Products.txt", "w") as member,
    ):
        for _ in range(400):
            member.write(bytes(MB))
    return content.getvalue()


def lying_bomb() -> bytes:
    """Pack a sheet of 200 MB and say that it has 1,000 bytes."""
    cells = b'<c t="inlineStr"><is><t>' + b"x" * (200 * MB) + b"</t></is></c>"
    content = bytearray(workbook_with("xl/worksheets/sheet1.xml", b"</row>", cells + b"</row>"))
    name = b"xl/worksheets/sheet1.xml"
    for sign, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = content.find(sign)
        while content[at + name_at : at + name_at + len(name)] != name:
            at = content.find(sign, at + 4)
        content[at + size_at : at + size_at + 4] = struct.pack("<I", 1000)
    return bytes(content)


def doubled_name() -> bytes:
    """Pack a member twice under the same name."""
    packed = zipped({"Products.txt": b"ApplNo\n1\n", "Productz.txt": b"ApplNo\n2\n"})
    return packed.replace(b"Productz.txt", b"Products.txt")


def link() -> bytes:
    """Pack a symbolic link to a file of the reader's machine."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as out:
        member = zipfile.ZipInfo("Products.txt")
        member.external_attr = 0o120777 << 16
        out.writestr(member, "/etc/passwd")
    return content.getvalue()


def encrypted() -> bytes:
    """Pack a member and mark it encrypted."""
    content = bytearray(zipped({"Products.txt": b"ApplNo\n"}))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(sign) + at] |= 1
    return bytes(content)


def laughs(element: bytes) -> bytes:
    """Nest ten entities ten deep: a billion laughs."""
    entities = b'<!ENTITY a "lol">' + b"".join(
        b'<!ENTITY %c "%s">' % (ord("b") + level, b"&%c;" % (ord("a") + level) * 10)
        for level in range(9)
    )
    return b"<!DOCTYPE " + element + b" [" + entities + b"]>"


def laughing_workbook() -> bytes:
    """Hide a billion laughs among a workbook's texts."""
    return workbook_with("xl/sharedStrings.xml", b"<sst", laughs(b"sst") + b"<sst")


def laughing_envelope() -> bytes:
    """Answer in the error form of data.go.kr, with a billion laughs as its message."""
    return (
        b'<?xml version="1.0"?>'
        + laughs(b"r")
        + b"<r><cmmMsgHeader><returnAuthMsg>&j;</returnAuthMsg>"
        b"<returnReasonCode>&j;</returnReasonCode></cmmMsgHeader></r>"
    )


def far_cell() -> bytes:
    """Put one cell into the last corner of a sheet."""
    row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return workbook_with("xl/worksheets/sheet1.xml", b"</sheetData>", row)


HOSTILE = {
    "a zip bomb": Hostile(ZIP, "times its size", zip_bomb),
    "a zip bomb that says it is small": Hostile(SHEET, "larger than its declared", lying_bomb),
    "a member twice": Hostile(ZIP, "`Products.txt` 2 times", doubled_name),
    "a link in an archive": Hostile(ZIP, "as a link to another file", link),
    "a member elsewhere": Hostile(
        ZIP, "names a place outside", lambda: zipped({"../../Products.txt": b"ApplNo\n"})
    ),
    "an encrypted archive": Hostile(ZIP, "encrypted", encrypted),
    "many members": Hostile(
        ZIP, "over 10000", lambda: zipped({f"{each}.txt": b"" for each in range(20_000)})
    ),
    "half an archive": Hostile(
        ZIP, "not a whole zip archive", lambda: zipped({"Products.txt": b"ApplNo\n"})[:-30]
    ),
    "half a workbook": Hostile(SHEET, "not a whole zip archive", lambda: workbook()[:-200]),
    "a cell in the last corner": Hostile(SHEET, "to open, or is damaged", far_cell),
    "a billion laughs in a workbook": Hostile(SHEET, "has no column", laughing_workbook),
    "a billion laughs in an envelope": Hostile(ENVELOPE, "data.go.kr", laughing_envelope),
    "an old workbook of nothing": Hostile(
        SHEET, "workbook", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5 * MB)
    ),
    "a million columns": Hostile(
        QUOTED, "1000000 cells, over 2000", lambda: b",".join([b"a"] * 1_000_000) + b"\n1\n"
    ),
    "a cell of 100 MB": Hostile(QUOTED, "a line of over", lambda: b'a,b\n"' + b"x" * (100 * MB)),
    "a cell of 100 MB in lines": Hostile(QUOTED, "", lambda: b'"' + b"x\n" * (2 * MB) + b'"\n'),
    "100 million lines": Hostile(TEXT, "lines, over 5000000", lambda: b"\n" * (95 * MB) + b"x"),
    "NUL bytes": Hostile(QUOTED, "holds NUL bytes", lambda: b"a,b\n1,\0\n"),
    "a quote that is never closed": Hostile(
        QUOTED, "", lambda: b"a,b\n" + b'1,"x\n' + b"2,y\n" * 100_000
    ),
    "another encoding": Hostile(QUOTED, "", lambda: "Drug Name,Batch\nα,1\n".encode("utf-16-be")),
    "JSON 10,000 deep": Hostile(JSON, "not whole JSON", lambda: b"[" * 10_000 + b"]" * 10_000),
    "JSON of 33 million lists": Hostile(
        JSON, "values, over 20000000", lambda: b"[" + b"[]," * (33 * MB) + b"[]]"
    ),
    "half a JSON document": Hostile(JSON, "not whole JSON", lambda: b'{"results": [{"a": 1}, '),
    "a number of a million digits": Hostile(
        JSON, "", lambda: b'{"results": [{"package_ndc": ' + b"9" * MB + b"}]}"
    ),
    "a web page": Hostile(ZIP, "is a web page", lambda: b"<!doctype html><html></html>"),
    "nothing": Hostile(TEXT, "holds no rows", lambda: b" \n"),
}


def read_on(asked: Connection) -> None:
    """Read files as their feeds do, one after another, until told to stop.

    To be run in a process of its own, which lives through them all. It is sent a feed and a file,
    and tells how that ended, and what memory and processor seconds it took; what it gave to other
    processes counts too.
    """
    while (given := asked.recv()) is not None:
        feed, file = given
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the highest memory starts anew
        memory = _status("VmRSS")
        own, helpers = map(_cpu_seconds, WHOSE)
        reason = _reason(FEEDS[feed], file)
        took = _status("VmHWM") - memory
        own_now, helpers_now = map(_cpu_seconds, WHOSE)
        if helpers_now > helpers:
            took += resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        asked.send((reason, took, own_now - own + helpers_now - helpers))


def _reason(feed: Feed, file: Path) -> str | None:
    try:
        feed.read([Document(file.name, file.read_bytes())])
    except (SourceFault, SourceChanged) as error:
        return str(error)
    return None


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    [figure] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(figure) * 1024


def _cpu_seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
