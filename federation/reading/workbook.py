"""Excel workbooks to sheets of texts, by calamine; `federation/reading/table.py` finds the table.

A date cell becomes ISO text, a whole number its digits, so that a mapping sees text whatever type
a clerk's Excel gave the cell. A single cell in the last corner of a sheet makes calamine ask for
more memory than there is, which ends the process: so another one opens it, `workbook_child.py`.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from federation.errors import SourceFault
from federation.reading.archive import unfolded_bytes
from federation.reading.native import Document
from federation.reading.workbook_child import UNREADABLE

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

LEAST_BYTES = 96 * 1024 * 1024
"""Memory that any workbook may take: what calamine and Python need, and some."""

BYTES_A_BYTE = 6
"""Memory that each of its bytes may take beyond, unfolded: twice what the members' files need."""

LEAST_SECONDS = 4
BYTES_A_SECOND = 4 * 1024 * 1024
"""Processor time that any workbook may take, and one second for so many bytes beyond."""

_CHILD = Path(__file__).with_name("workbook_child.py")


def is_workbook(document: Document) -> bool:
    """Whether the document begins as Excel files do, new or old."""
    return document.content.startswith((_ZIP, _OLE))


def sheets(document: Document, width: int = 0) -> Iterator[list[list[str]]]:
    """Give the texts of every sheet's cells, blank where a cell is; rows are `width` or wider.

    Raises:
        SourceFault: not a workbook, or one that takes too much to open.
    """
    for _, rows in _opened(document):
        yield [row + [""] * (width - len(row)) for row in rows]


def sheet_names(document: Document) -> list[str]:
    """List the sheets' names, in which some sources state the day of the list.

    Raises:
        SourceFault: not a workbook, or one that takes too much to open.
    """
    return [name for name, _ in _opened(document, "names")]


def _opened(document: Document, *asked: str) -> list[tuple[str, list[list[str]]]]:
    size = _unfolded(document)
    memory = LEAST_BYTES + BYTES_A_BYTE * size
    seconds = LEAST_SECONDS + size // BYTES_A_SECOND
    child = subprocess.run(  # noqa: S603 - our own interpreter and script; the file goes by stdin
        [sys.executable, "-I", str(_CHILD), str(memory), str(seconds), *asked],
        input=document.content,
        capture_output=True,
        check=False,
    )
    if child.returncode == UNREADABLE:
        fault = child.stderr.decode(errors="replace")[:500]
        raise SourceFault(
            f"`{document.name}` is not a readable workbook, {fault}: pull or send it again"
        )
    if child.returncode:
        raise SourceFault(
            f"`{document.name}` takes over {memory >> 20} MB of memory or {seconds} s to open, or "
            "is damaged: ask the member for a workbook of the list alone"
        )
    return [tuple(orjson.loads(line)) for line in child.stdout.splitlines()]


def _unfolded(document: Document) -> int:
    """Say how many bytes a workbook holds; an old one is not packed."""
    if document.content.startswith(_ZIP):
        return unfolded_bytes(document)
    return len(document.content)
