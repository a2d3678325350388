"""Everything that is wrong with a submission, told at once.

Of the file: its form and header. Of each cell: the first of its rules that it breaks. A cell is
shown cut, and of very many defects the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from federation.errors import FederationError
from federation.feed import Feed
from federation.filing.reading import Sheet, read_sheet
from federation.filing.template import Action, Template, is_withdrawal, said
from federation.harmonize.mapping import key_of
from federation.members.submitted import TEMPLATE_OF, encodings_of
from federation.reading.native import ROW, Document
from hub.errors import TooLarge
from hub.submissions.rules import nearest, rules_of
from hub.submissions.types import Defect

MAX_BYTES = 8 * 1024 * 1024
"""Largest file: 20,000 rows of either template take 4 MiB."""

MAX_ROWS = 20_000
"""Most rows of one submission: they are checked and published while its sender waits."""

MAX_DEFECTS = 5_000
"""Most defects that one answer tells."""

SHOWN_CHARS = 100
"""What is shown of a cell, in characters."""


@dataclass(frozen=True)
class Checked:
    """A file as read and judged by the rules that need no database.

    `records` columns: `ROW`, `key`, `action`; a row each that names a record.
    """

    feed: Feed
    template: Template
    sheet: Sheet | None
    defects: tuple[Defect, ...]
    records: pl.DataFrame

    @property
    def count(self) -> int:
        """All rows read."""
        return self.sheet.count if self.sheet else 0


def check_size(document: Document) -> None:
    """Check a file's size before anything reads it.

    Raises:
        TooLarge: it is over the limit.
    """
    size = len(document.content)
    if size > MAX_BYTES:
        raise TooLarge(f"the file has {size} bytes, {MAX_BYTES} at most: file it in parts")


def check(feed: Feed, document: Document, today: date) -> Checked:
    """Read a file and tell every defect that it has by itself, in the order of its rows.

    Raises:
        TooLarge: it has too many rows.
    """
    template = TEMPLATE_OF[feed.id]
    try:
        sheet = read_sheet(template, document, encodings_of(feed.member))
    except FederationError as error:
        unread = Defect(None, None, "UNREADABLE", None, str(error))
        return Checked(feed, template, None, (unread,), _NO_RECORDS)
    if sheet.count > MAX_ROWS:
        raise TooLarge(
            f"the file has {sheet.count} rows, {MAX_ROWS} at most: file it in parts",
            code="TOO_MANY_ROWS",
        )
    defects = [*_of_header(template, sheet), *_of_cells(template, sheet, today)]
    return Checked(feed, template, sheet, tuple(defects), _records(feed, template, sheet))


_NO_RECORDS = pl.DataFrame(schema={ROW: pl.Int32, "key": pl.String, "action": pl.String})


def _records(feed: Feed, template: Template, sheet: Sheet) -> pl.DataFrame:
    action = pl.when(is_withdrawal()).then(pl.lit(str(Action.WITHDRAW)))
    return sheet.rows.select(
        ROW,
        key_of(feed.member, template.record_type.name, said(template.identifier)).alias("key"),
        action.otherwise(pl.lit(str(Action.FILE))).alias("action"),
    ).drop_nulls()


def _of_header(template: Template, sheet: Sheet) -> Iterator[Defect]:
    if not sheet.count:
        yield Defect(None, None, "NO_ROWS", None, "fill in a row for each record")
        return
    known = {column.name for column in template.all_columns}
    for name in dict.fromkeys(sheet.header):
        if name not in known:
            near = nearest(name.lower(), sorted(known - set(sheet.header)))
            told = f"rename it to `{near}`, or remove it" if near else "remove it"
            mend = f"the template has no such column: {told}"
            yield Defect(None, name[:SHOWN_CHARS], "UNKNOWN_COLUMN", None, mend)
        if sheet.header.count(name) > 1:
            yield Defect(None, name[:SHOWN_CHARS], "COLUMN_TWICE", None, "keep one of the columns")
    for missing in _missing(template, sheet):
        mend = f"add the column: every row that files needs `{missing}`"
        yield Defect(None, missing, "MISSING_COLUMN", None, mend)


def _missing(template: Template, sheet: Sheet) -> list[str]:
    """List the columns that were to be there and are not; a file of withdrawals needs none."""
    if sheet.rows.select((~is_withdrawal()).any()).item() is not True:
        return []
    needed = [template.identifier, *(c for c in template.columns if c.is_required)]
    return [column.name for column in needed if column.name not in sheet.header]


def _of_cells(template: Template, sheet: Sheet, today: date) -> list[Defect]:
    """Tell each cell's first defect, and the rows that have not the header's cells."""
    told: dict[tuple[int, str], Defect] = {}
    unasked = set(_missing(template, sheet))
    for rule in rules_of(template, today):
        if rule.column in unasked:
            continue
        broken = sheet.rows.filter(rule.breaks.fill_null(False)).select(ROW, rule.column)
        for row, cell in broken.iter_rows():
            if (row, rule.column) not in told:
                found = None if cell is None else cell[:SHOWN_CHARS]
                mend = rule.mend(cell or "")
                told[row, rule.column] = Defect(row, rule.column, rule.code, found, mend)
    defects = list(told.values())
    defects += (
        Defect(item.row, None, item.reason, item.text[:SHOWN_CHARS], _MALFORMED)
        for item in sheet.malformed
    )
    place = {column.name: at for at, column in enumerate(template.all_columns)}
    return sorted(defects, key=lambda one: (one.row or 0, place.get(one.column or "", -1)))


_MALFORMED = (
    "give the row as many cells as the header has; in JSON, each column once, and no objects inside"
)
