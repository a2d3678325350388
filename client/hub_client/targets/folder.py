"""A folder of NDJSON: a generation of files, each row a line, in the order of keys.

`CURRENT` names the generation that holds. The next one is made beside it out of links to what stays
the same and new files for what does not, with the cursor inside, and then `CURRENT` is replaced.
Files are small, so that a change costs little.
"""

import json
import os
import re
import shutil
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from hub_client.durable import locked, sync_all, write_durably
from hub_client.feed import Change
from hub_client.incoming import Incoming
from hub_client.state import State
from hub_client.targets.target import Arrived

PART_ROWS = 500
"""Rows of a file as it is first made."""

_READ_BYTES = 1 << 20
"""Bytes that are read at once."""

_KEY = re.compile(rb'\{"key":"([^"\\]*)"')

Line = bytes
Part = tuple[str, str]
"""The first key of a file, and the file's name."""


class _Unsorted(Exception):
    """The lines of a file are in another order than that of their keys' letters."""


class FolderTarget:
    """One folder."""

    form = "ndjson"

    def __init__(self, folder: Path) -> None:
        self.incoming = Incoming(folder / ".incoming")
        self._folder = folder

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the lock in the folder, and drop what an earlier run left half done."""
        with locked(self._folder / ".lock"):
            self._drop_others(self._current())
            yield

    def state(self) -> State | None:
        """Read the state; None before the first sync."""
        current = self._current()
        if current is None:
            return None
        return State.read((self._folder / current / "state.json").read_text("utf-8"))

    def replace(self, files: Sequence[Arrived], state: State) -> None:
        """Make a generation of what is in the files."""
        fresh = self._begin()
        for each in files:
            folder = fresh / each.shape.name
            folder.mkdir()
            try:
                rows = _write_all(folder, _rising(each.path))
            except _Unsorted:
                shutil.rmtree(folder)
                folder.mkdir()
                rows = _write_all(folder, _sorted(each.path))
            each.check(rows)
        self._finish(fresh, state)

    def apply(self, changes: Sequence[Change], state: State) -> None:
        """Make a generation with a page of changes applied."""
        current = self._current()
        if current is None:
            raise AssertionError("changes before there is anything")
        fresh = self._begin()
        changed = {change.shape.name: change for change in changes}
        for shape in state.shapes:
            before, folder = self._folder / current / shape.name, fresh / shape.name
            if shape.name in changed:
                folder.mkdir()
                _rewrite(before, folder, changed[shape.name])
            else:
                shutil.copytree(before, folder, copy_function=os.link)
        self._finish(fresh, state)

    def _current(self) -> str | None:
        pointer = self._folder / "CURRENT"
        return pointer.read_text("utf-8").strip() if pointer.exists() else None

    def _begin(self) -> Path:
        current = self._current()
        number = int(current.rpartition("-")[2]) + 1 if current else 1
        fresh = self._folder / f"generation-{number:06}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        return fresh

    def _finish(self, fresh: Path, state: State) -> None:
        (fresh / "state.json").write_text(state.text(), "utf-8")
        # A file of several names is the last generation's too, and outlasts a power cut already.
        sync_all(path for path in fresh.rglob("*") if path.is_dir() or path.stat().st_nlink == 1)
        sync_all([fresh, self._folder])
        write_durably(self._folder / "CURRENT", fresh.name)
        self._drop_others(fresh.name)

    def _drop_others(self, current: str | None) -> None:
        for other in self._folder.glob("generation-*"):
            if other.name != current:
                shutil.rmtree(other, ignore_errors=True)


def rows_of(folder: Path, record_type: str) -> Iterator[dict[str, object]]:
    """Read the rows of a record type as they stand."""
    current = (folder / "CURRENT").read_text("utf-8").strip()
    for _, name in _parts(folder / current / record_type):
        with (folder / current / record_type / name).open("rb") as lines:
            yield from map(json.loads, lines)


def key_of(line: Line) -> str:
    """Read the key of a row, which comes first in its line."""
    found = _KEY.match(line)
    return found[1].decode() if found else str(json.loads(line)["key"])


def _rewrite(before: Path, folder: Path, change: Change) -> None:
    """Link the files that stay as they are, and write anew those that a change falls into."""
    parts = _parts(before)
    firsts = [first for first, _ in parts]
    fallen: dict[int, dict[str, Mapping[str, object] | None]] = {}
    told: dict[str, Mapping[str, object] | None] = dict.fromkeys(change.gone)
    told |= {str(record["key"]): record for record in change.records}
    for key, record in told.items():
        fallen.setdefault(max(bisect_right(firsts, key) - 1, 0), {})[key] = record
    kept: list[Part] = []
    for place, (first, name) in enumerate(parts or [("", "000000.ndjson")]):
        if place not in fallen:
            os.link(before / name, folder / name)
            kept.append((first, name))
        elif lines := _merged(before / name, fallen[place]):
            _write(folder / name, lines)
            kept.append((key_of(lines[0]), name))
    _write_parts(folder, kept)


def _merged(file: Path, told: Mapping[str, Mapping[str, object] | None]) -> list[Line]:
    lines: dict[str, Line] = {}
    if file.exists():
        with file.open("rb", _READ_BYTES) as content:
            lines = {key_of(line): line for line in content}
    for key, record in told.items():
        if record is None:
            lines.pop(key, None)
        elif key not in lines or json.loads(lines[key])["recordedAt"] <= record["recordedAt"]:
            lines[key] = _line(record)
    return [lines[key] for key in sorted(lines)]


def _line(record: Mapping[str, object]) -> Line:
    return (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _rising(file: Path) -> Iterator[list[Line]]:
    """Give the lines of a file, so many at once, while their keys rise letter by letter."""
    last = ""
    with file.open("rb", _READ_BYTES) as lines:
        for some in _some(lines):
            keys = [last, *map(key_of, some)]
            if keys != sorted(keys):
                raise _Unsorted
            yield some
            last = keys[-1]


def _sorted(file: Path) -> Iterator[list[Line]]:
    """Give the lines of a file by their keys: the hub's database may have an order of its own."""
    places, place = [], 0
    with file.open("rb") as lines:
        for line in lines:
            places.append((key_of(line), place))
            place += len(line)
        yield from _some(_line_at(lines, start) for _, start in sorted(places))


def _line_at(lines: BinaryIO, start: int) -> Line:
    lines.seek(start)
    return lines.readline()


def _some(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Give lines as many at once as a file has."""
    left = iter(lines)
    while some := list(islice(left, PART_ROWS)):
        yield some


def _write_all(folder: Path, files: Iterable[list[Line]]) -> int:
    """Write each of the lists of lines as a file, and count the lines."""
    parts: list[Part] = []
    rows = 0
    for lines in files:
        name = f"{len(parts):06}.ndjson"
        _write(folder / name, lines)
        parts.append((key_of(lines[0]), name))
        rows += len(lines)
    _write_parts(folder, parts)
    return rows


def _write(path: Path, lines: Sequence[Line]) -> None:
    path.write_bytes(b"".join(lines))


def _parts(folder: Path) -> list[Part]:
    found = json.loads((folder / "parts.json").read_text("utf-8"))
    return [(first, name) for first, name in found]


def _write_parts(folder: Path, parts: Sequence[Part]) -> None:
    (folder / "parts.json").write_text(json.dumps(parts), "utf-8")
