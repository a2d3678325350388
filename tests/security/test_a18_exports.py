"""A18: an exported table is safe to open in a spreadsheet, and nothing of it is lost for that."""

import re
import zipfile
from datetime import UTC, datetime

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from hub.exports.formats import FORMATS, Sheet
from hub.exports.formats.comma_separated import guarded
from hub.gateway.export.columns import Column, Kind

RISKY = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", "﹦1", "⁺1",
    " =1", "\u3000=1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\x01=1", "'=1", '"=1', "＇=1", "−1",
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://a.test?"&A1,"x")', "=1,2", '=1"\r\n=2', "-2+3",
]  # fmt: skip
HARMLESS = ["", "a", "5", "(1)", "[x]", "아세트아미노펜", "a=1", "5-1", "#REF!", "%s", "\\", "."]
TEXT, NUMBER = Column(("t",), Kind.TEXT, "X.t"), Column(("n",), Kind.DECIMAL, "X.n")
SHEET = Sheet("list", (TEXT, NUMBER), datetime(2026, 1, 1, tzinfo=UTC))


def written(form, folder, rows):
    path = folder / f"file.{form}"
    FORMATS[form].write(path, SHEET, iter([rows]))
    return path


@pytest.mark.parametrize("text", RISKY)
def test_a18_a_risky_text_is_guarded_and_quoted_in_csv(text):
    cell = guarded(text)
    assert cell.startswith("\"'")
    assert cell.endswith('"')
    assert cell[1:-1].replace('""', '"').removeprefix("'") == text


@pytest.mark.parametrize("text", HARMLESS)
def test_a18_a_harmless_text_is_quoted_alone(text):
    assert guarded(text) == f'"{text}"'


@given(text=st.text())
def test_a18_a_guard_can_always_be_undone(text):
    cell = guarded(text)
    assert re.fullmatch(r'"(?:[^"]|"")*"', cell)
    assert cell[1:-1].replace('""', '"').removeprefix("'") == text
    assert cell[1:2] not in {*"=+-@＝＋－＠\t\r\n "} - {""}


@given(cells=st.lists(st.text(), min_size=1, max_size=4))
def test_a18_no_text_ends_its_cell_or_its_line(cells):
    line = ",".join(map(guarded, cells))
    assert [part.replace('""', '"') for part in re.findall(r'"((?:[^"]|"")*)"(?:,|$)', line)] == [
        cell[1:-1].replace('""', '"') for cell in map(guarded, cells)
    ]


@pytest.mark.parametrize("number", ["-5", "-0.50", "5", "0"])
def test_a18_a_number_stays_a_number_by_its_columns_type(tmp_path, number):
    lines = written("csv", tmp_path, [{"t": number, "n": number}]).read_text().splitlines()
    guard = "'" if number.startswith("-") else ""
    assert lines == ['"t","n"', f'"{guard}{number}",{number}']
    book = CalamineWorkbook.from_path(written("excel", tmp_path, [{"t": number, "n": number}]))
    assert book.get_sheet_by_index(0).to_python()[1] == [number, float(number)]


def test_a18_null_and_empty_are_told_apart_in_csv(tmp_path):
    rows = [{"t": None, "n": None}, {"t": "", "n": None}]
    assert written("csv", tmp_path, rows).read_text().splitlines()[1:] == [",", '"",']


@pytest.mark.parametrize("text", RISKY)
def test_a18_excel_holds_a_risky_text_as_marked_text_and_never_as_a_formula(tmp_path, text):
    path = written("excel", tmp_path, [{"t": text, "n": "1"}, {"t": "a", "n": "1"}])
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert 'quotePrefix="1"' in styles
    [marked] = re.findall(r'<c r="A2" s="(\d+)" t="inlineStr">', sheet)
    assert re.findall(r"<xf [^>]*>", styles.partition("<cellXfs")[2])[int(marked)].count("quotePr")
    assert re.search(r'<c r="A3" t="inlineStr">', sheet)


@pytest.mark.parametrize("text", [*RISKY, *HARMLESS])
def test_a18_json_and_parquet_hold_each_text_byte_for_byte(tmp_path, text):
    row = {"t": text, "n": "-5"}
    assert orjson.loads(written("ndjson", tmp_path, [row]).read_bytes()) == row
    assert pl.read_parquet(written("parquet", tmp_path, [row]))["t"].to_list() == [text]


def test_a18_names_of_columns_are_none_that_a_caller_could_make_a_formula(tmp_path):
    assert guarded("a.b") == '"a.b"'  # GraphQL's names are letters, digits and underscores.
    assert written("csv", tmp_path, []).read_bytes() == b'"t","n"\r\n'
