import io
import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea.hira_prices import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "kr" / "hira_price_ceiling_20250801.xlsx"

HEADING = {
    "연번": 1,
    "투여": "내복",
    "분류": 112,
    "주성분코드": "130830ASY",
    "제품코드": "chloral hydrate   9.5g(0.1g/mL)",
}
PRODUCT = {
    "연번": 2,
    "투여": "내복",
    "분류": 112,
    "주성분코드": "130830ASY",
    "제품코드": "073400330",
    "제품명": "포크랄시럽(포수클로랄)_(9.5g/95mL)",
    "업체명": "한림제약(주)",
    "규격": "95(1)",
    "단위": "mL/병",
    "상한금액": 1290,
    "전일": "전문",
    "비고": "",
}
HEADER = list(PRODUCT)
SHEET = "2025년8월1일_(21,953)"


def table(*rows, header=HEADER, sheet=SHEET, above=()):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet(sheet)
        lines = [*above, header, *([row.get(name, "") for name in header] for row in rows)]
        for at, line in enumerate(lines):
            page.write_row(at, 0, line)
    return Document("prices.xlsx", content.getvalue())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change, record="PriceCeiling"):
    return records(pull(table(HEADING, PRODUCT | change)), record).row(0, named=True)


def test_a_price_has_its_amount_unit_and_package():
    price = one({})
    assert price["key"] == "KR.PriceCeiling.073400330"
    assert (price["kind"], price["currency"]) == ("REIMBURSEMENT", "KRW")
    assert (price["amount"], price["amount_status"]) == ("1290", "STATED")
    assert price["unit_text"] == "95(1) mL/병"
    assert price["holder_key"] == "KR.Organization.한림제약"
    package = one({}, "Package")
    assert package["key"] == "KR.Package.073400330"
    assert package["price_ceiling_key"] == price["key"]


def test_a_heading_is_laid_into_its_products_and_counts_as_joined():
    second = PRODUCT | {"제품코드": "645302199"}
    pulled = pull(table(HEADING, PRODUCT, second))
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 2, 1)
    texts = records(pulled, "PriceCeiling")["substance_text"].to_list()
    assert texts == ["chloral hydrate   9.5g(0.1g/mL)"] * 2


def test_a_combination_has_a_heading_for_each_substance():
    other = HEADING | {"제품코드": "sodium chloride   1g"}
    pulled = pull(table(HEADING, other, PRODUCT))
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 1, 2)
    text = records(pulled, "PriceCeiling")["substance_text"].item()
    assert text == "chloral hydrate   9.5g(0.1g/mL) / sodium chloride   1g"


def test_a_heading_belongs_by_its_code_and_not_by_its_place():
    other = HEADING | {"주성분코드": "9", "제품코드": "other   1g"}
    pulled = pull(table(HEADING, other, PRODUCT, PRODUCT | {"제품코드": "1", "주성분코드": "9"}))
    texts = records(pulled, "PriceCeiling")["substance_text"].to_list()
    assert texts == ["chloral hydrate   9.5g(0.1g/mL)", "other   1g"]


def test_a_heading_without_a_product_is_quarantined_with_its_text():
    pulled = pull(table(HEADING, PRODUCT, HEADING | {"주성분코드": "9", "제품코드": "alone   1g"}))
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 1, 1)
    assert pulled.quarantined["reason"].to_list() == ["HEADING_WITHOUT_PRODUCT"]
    assert "alone   1g" in pulled.quarantined["native"].item()


def test_a_product_without_a_heading_is_reported_and_kept():
    pulled = pull(table(PRODUCT))
    assert pulled.findings["code"].to_list() == ["HEADING_MISSING"]
    assert pulled.records == 1


@pytest.mark.parametrize(
    ("native", "amount", "status"),
    [
        (129, "129", "STATED"),
        (12.5, "12.5", "STATED"),
        ("1,290", "1290", "STATED"),
        ("산정불가", None, "NOT_PUBLISHED"),
        ("산정불가 ", None, "NOT_PUBLISHED"),
        ("별도산정", None, "UNMAPPED"),
        ("", None, "NOT_PUBLISHED"),
    ],
)
def test_a_price_that_can_not_be_calculated_is_not_published(native, amount, status):
    price = one({"상한금액": native})
    assert (price["amount"], price["amount_status"]) == (amount, status)


@pytest.mark.parametrize(
    ("native", "order"),
    [("집행정지(24.9.30.) ", "집행정지(24.9.30.)"), (" ", None), ("", None)],
)
def test_a_remark_is_kept_as_it_stands(native, order):
    assert one({"비고": native})["order_text"] == order


def test_a_code_that_came_as_a_number_gets_its_zero_back():
    assert one({"제품코드": 73400330})["national_id"] == "073400330"
    assert one({"제품코드": 73400330}, "Package")["code_text"] == "73400330"


def test_a_code_of_another_form_is_reported():
    pulled = pull(table(HEADING, PRODUCT | {"제품코드": "6453A"}))
    assert pulled.findings["code"].to_list() == ["PRICE_CODE_FORM"]


def test_the_next_month_s_new_column_and_text_classes_change_nothing():
    at = HEADER.index("제품명")
    header = [*HEADER[:at], "목록정비전코드", *HEADER[at:]]
    moved = pull(
        table(
            HEADING,
            PRODUCT | {"목록정비전코드": "645302132", "분류": "112"},
            header=header,
            sheet="2025년9월1일_(21,900)",
            above=[["약제급여목록및급여상한금액표"], []],
        )
    )
    price = records(moved, "PriceCeiling").drop("native", "native_row").row(0)
    before = records(pull(table(HEADING, PRODUCT)), "PriceCeiling").drop("native", "native_row")
    assert price == before.row(0)


@pytest.mark.parametrize(
    ("sheet", "stated_at"),
    [(SHEET, datetime(2025, 8, 1, tzinfo=UTC)), ("Sheet1", None)],
)
def test_the_sheet_s_name_states_the_day(sheet, stated_at):
    assert FEED.read([table(HEADING, PRODUCT, sheet=sheet)]).stated_at == stated_at


def test_a_code_priced_twice_is_quarantined():
    pulled = pull(table(HEADING, PRODUCT, PRODUCT | {"상한금액": 7}))
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 1, 1)
    assert pulled.quarantined["reason"].to_list() == ["IDENTITY_TAKEN"]


@pytest.mark.parametrize("column", ["주성분코드", "제품코드", "상한금액", "규격", "비고"])
def test_a_renamed_column_is_refused_by_its_name(column):
    header = ["새이름" if name == column else name for name in HEADER]
    with pytest.raises(SourceChanged, match=column):
        pull(table(HEADING, PRODUCT, header=header))


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html></html>", b"PK\x03\x04half"])
def test_what_is_no_workbook_is_refused(body):
    with pytest.raises(SourceFault, match=r"prices\.xlsx"):
        pull(Document("prices.xlsx", body))


def test_mail_addresses_and_telephones_reach_no_output():
    text = everything(pull(table(HEADING, PRODUCT | {"비고": "qa@hira.example (800) 555-0100"})))
    assert not re.search(r"qa@hira|555-0100", text)


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_price_or_a_heading(real):
    balance = (real.rows, real.records, real.merged, real.quarantined.height)
    assert balance == (29469, 21953, 7516, 0)
    assert real.findings.is_empty()


@pytest.mark.real
def test_the_fifty_real_prices_that_can_not_be_calculated_are_not_published(real):
    prices = records(real, "PriceCeiling")
    counts = dict(prices["amount_status"].value_counts().iter_rows())
    assert counts == {"STATED": 21903, "NOT_PUBLISHED": 50}
    assert prices.filter(pl.col("amount").is_null()).height == 50


@pytest.mark.real
def test_every_real_price_has_its_substances_and_a_code_of_nine_digits(real):
    prices = records(real, "PriceCeiling")
    assert prices["substance_text"].null_count() == 0
    assert prices["national_id"].str.contains(r"^\d{9}$").all()
    assert prices.filter(pl.col("national_id").str.starts_with("0")).height > 0
    assert prices["order_text"].drop_nulls().len() == 241


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S+\.\S|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?![\d-])", everything(real))
