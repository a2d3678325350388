"""Deliberate defects: what is wrong with which row, made and described from one declaration.

`tables/defects_<part>.toml` declares them. `spoil` edits the clean rows, `report` writes what
DEFECTS.md says. A defect that is in a row as composed has no edit and is only described.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.demo.samples.medicines import TABLES
from hub.demo.samples.native_file import NativeFile, Row

PARTS = ("kr", "us", "jp", "in", "eu", "eu_sites", "de")


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong on purpose.

    `row` identifies the clean row, `file` a part of the feed's file name where it has several.
    The edit: `patch` sets columns (a table is merged into the column's, an empty one empties it),
    `drop` removes keys, `nothing` sets null, `again` adds copies with changes, `gone` removes the
    row.
    For readers and tests: `find` is a text of the row in the native file (else `row`), and such a
    row shows the text `see` and none `lacks`.
    """

    feed: str
    row: str
    wrong: str
    reader: str
    file: str = ""
    patch: Row = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    again: tuple[Row, ...] = ()
    gone: bool = False
    find: str = ""
    see: str = ""
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Quirk:
    """A peculiarity of a whole file, which no single row shows."""

    feed: str
    wrong: str
    reader: str


def declared() -> tuple[list[Quirk], list[Defect]]:
    """Read all quirks and defects, in the order they are declared."""
    quirks: list[Quirk] = []
    defects: list[Defect] = []
    for part in PARTS:
        table = tomllib.loads((TABLES / f"defects_{part}.toml").read_text("utf-8"))
        quirks += [Quirk(**entry) for entry in table["quirk"]]
        defects += [Defect(**entry) for entry in table["defect"]]
    return quirks, defects


def spoil(feeds: Mapping[str, Sequence[NativeFile]], defects: Sequence[Defect]) -> None:
    """Edit the clean rows of every feed in place.

    Raises:
        LookupError: a defect names a row that no file of its feed has.
    """
    rows = {
        (feed, file.path, file.identity(row)): (file, row)
        for feed, files in feeds.items()
        for file in files
        for row in file.rows
    }
    for defect in defects:
        path = next(file.path for file in feeds[defect.feed] if defect.file in file.path)
        found = rows.get((defect.feed, path, defect.row))
        if found is None:
            raise LookupError(f"`{path}` has no row `{defect.row}` to spoil; correct the defect")
        _edit(*found, defect)


def _edit(file: NativeFile, row: Row, defect: Defect) -> None:
    file.rows += [{**row, **changes} for changes in defect.again]
    if defect.gone:
        file.rows.remove(row)
    for column, value in defect.patch.items():
        is_part = isinstance(value, dict) and value
        row[column] = row[column] | value if is_part else value
    for column in defect.drop:
        del row[column]
    row.update(dict.fromkeys(defect.nothing))


def report(quirks: Sequence[Quirk], defects: Sequence[Defect]) -> str:
    """Write DEFECTS.md."""
    head = [["feed", "row", "what is wrong", "what a reader should do"], ["---"] * 4]
    whole = [[quirk.feed, "(the file)", quirk.wrong, quirk.reader] for quirk in quirks]
    rows = [[defect.feed, _row(defect), defect.wrong, defect.reader] for defect in defects]
    feeds = list(dict.fromkeys(feed for feed, *_ in whole + rows))
    body = sorted(whole + rows, key=lambda line: feeds.index(line[0]))
    lines = ["| " + " | ".join(map(_cell, line)) + " |" for line in head + body]
    return f"{_PREFACE}\n" + "\n".join(lines) + "\n"


def _row(defect: Defect) -> str:
    return f"`{defect.find or defect.row}`" + (f" in {defect.file}" if defect.file else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "⏎").replace("\t", "⇥")


_PREFACE = """# What the sample data is, and what is wrong with it on purpose

Written by `python -m hub.demo.samples.generate` from `tables/`; edit those.

Layouts, encodings, code systems and vocabularies are the members' own. Substances, products,
holders and many identifiers exist. Every shortage, status, reason, date, quantity, price, revision
and batch is invented: **no row says anything about a real company or product.** Who is charged
with something (a failed batch, a recall, a lapsed certificate, a sanction, a defect of
manufacturing) doesn't exist: 견본제약, 예시약품, 모형바이오, Sample Ridge Laboratories, Specimen
Hill, 見本製薬, ミホンファーマ, Mihon, Namuna, Udaharan, Misal, Drishtant, Yangpin, Echantillon,
Muster, Beispiel, Exempel, Campione, Esempio, Ejemplo, Voorbeeld: words for sample, example or
model.

A row is named by a text that the native file shows in it. The last column begins with one word:

- **quarantine**: no record can be made; keep the native row and say why.
- **merge**: the feed says the same thing twice, or in two rows; one record comes of it.
- **repair**: the meaning is certain; read it right and keep the original text.
- **report**: two statements disagree or something is missing; keep what is there and count it.
- **keep**: looks wrong and is right; take it as it stands.
"""
