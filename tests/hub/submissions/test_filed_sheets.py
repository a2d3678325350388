"""A filled-in template says the same in every file that an office makes of it."""

import csv
import io
import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import DeclarationFault, SourceChanged, SourceFault
from federation.filing.reading import Cover, read_filed, read_sheet
from federation.filing.template import Column, Kind, Template
from federation.harmonize.run import harmonize
from federation.members.registry import FEEDS
from federation.members.submitted import (
    EVERY_FEED,
    MEMBERS,
    STOCK_REPORTS,
    SUBMITTED,
    TEMPLATES,
)
from federation.reading.native import ROW, Document
from federation.records.stock_report import StockReport
from federation.substances.register import SubstanceRegister
from federation.substances.resolver import Resolver
from tests.hub.submissions.filing_scene import REPORT, csv_of, xlsx_of

NAMES = [column.name for column in STOCK_REPORTS.all_columns]
# Every sign of Windows-1252 but controls; a cell of blanks alone is no cell.
CELLS = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"]), max_size=12).map(
    str.strip
)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELLS)), min_size=1, max_size=5).map(
    lambda rows: [row | {"report_id": row["report_id"] or "R"} for row in rows]
)


def document(content):
    return Document("filed", content)


def cells(content, encodings=("utf-8", "cp1252")):
    return read_sheet(STOCK_REPORTS, document(content), encodings).rows.drop(ROW).rows()


def expected(rows):
    return [tuple(row[name] or None for name in NAMES) for row in rows]


def written(rows, separator):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, NAMES, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@given(ROWS, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_text_reads_the_same_in_every_encoding_and_with_every_separator(rows, separator, encoding):
    assert cells(written(rows, separator).encode(encoding)) == expected(rows)


@given(ROWS)
def test_json_reads_as_text_does(rows):
    assert cells(json.dumps(rows).encode()) == expected(rows)


@settings(max_examples=25)
@given(ROWS)
def test_a_workbook_reads_as_text_does(rows):
    content = xlsx_of(NAMES, [[row[name] for name in NAMES] for row in rows], as_text=True)
    assert cells(content) == expected(rows)


def test_rows_are_numbered_as_the_sheet_is():
    content = b"my list\n\n" + csv_of([REPORT]) + b"\n\nR-2,7,2026-03-31,1,vial,x\n"
    sheet = read_sheet(STOCK_REPORTS, document(content), ("utf-8",))
    assert sheet.rows[ROW].to_list() == [4, 7]


def test_a_cover_keeps_refused_rows_out_of_the_records():
    feed = SUBMITTED["kr.filed_stock_reports"]
    cover = Cover("S-1", datetime(2026, 4, 1, tzinfo=UTC), {3: "NUMBER_TAKEN"})
    gone = {"action": "WITHDRAW", "report_id": "R-3"}
    content = csv_of([REPORT, REPORT | {"report_id": "R-2"}, gone, gone | {"report_id": "R-4"}])
    native = feed.read([document(content), cover.document()])
    assert native.withdrawn == ("R-3", "R-4")
    assert native.stated_at == cover.received_at
    harmonized = harmonize(feed, native, Resolver(SubstanceRegister()))
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (4, 1, 2)
    assert harmonized.withdrawn == ("KR.StockReport.R-3", "KR.StockReport.R-4")
    assert harmonized.quarantined["native_row"].to_list() == [3]


def test_a_cover_reads_back_as_it_was_written():
    cover = Cover("S-1", datetime(2026, 4, 1, 12, tzinfo=UTC), {3: "DUPLICATE", 11: "REQUIRED"})
    assert Cover.read(cover.document()) == cover


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"submission": "S", "refused": {}}'])
def test_what_is_no_cover_is_refused(content):
    with pytest.raises(SourceFault, match="is not its cover"):
        Cover.read(document(content))


def test_a_file_without_the_number_is_of_another_form():
    with pytest.raises(SourceChanged, match="has no column `report_id`"):
        read_filed(STOCK_REPORTS, ("utf-8",), [document(b"a,b\n1,2\n")])


def test_two_columns_that_are_one_to_the_reader_are_refused():
    column = Column("Report-ID", Kind.TEXT, "x")
    with pytest.raises(DeclarationFault, match="are one to the reader"):
        Template(StockReport, "twice", "twice", STOCK_REPORTS.identifier, (column,))


def test_every_member_files_by_every_template_and_nothing_is_pulled_of_it():
    names = {f"{member.lower()}.filed_{name}" for member in MEMBERS for name in TEMPLATES}
    assert set(SUBMITTED) == names
    assert not SUBMITTED.keys() & FEEDS.keys()
    assert set(EVERY_FEED) == {*FEEDS, *SUBMITTED}


def test_a_filed_feed_that_is_pulled_says_to_submit():
    steps = SUBMITTED["kr.filed_stock_reports"].source.fetch(None)
    with pytest.raises(SourceFault, match="use `hub submit`"):
        next(steps)


@pytest.mark.parametrize("feed", SUBMITTED.values(), ids=list(SUBMITTED))
def test_an_example_of_every_column_becomes_a_record(feed):
    template = TEMPLATES[feed.id.partition("filed_")[2]]
    row = {column.name: column.example for column in template.all_columns}
    native = feed.read([document(csv_of([row]))])
    harmonized = harmonize(feed, native, Resolver(SubstanceRegister()))
    assert (harmonized.records, harmonized.quarantined.height) == (1, 0)
    filled = harmonized.batches[0].frame
    fields = [column.field for column in template.columns if column.field]
    assert filled.select(pl.col(fields).is_null().any()).row(0) == (False,) * len(fields)
