import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.korea.mfds_shortages import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "kr" / "mfds_supply_shortage_20260313.csv"

ROW = {
    "보고번호": "2024000031",
    "진행단계": "처리완료",
    "업소일련번호": "19870002",
    "업체명": "(주)휴온스",
    "업체 영문명": "HuonsCo.|Ltd.",
    "업체허가번호": "1671",
    "업체소재지": "충청북도제천시바이오밸리1로",
    "부서접수번호": "-",
    "품목일련번호": "198200943",
    "품목명": "휴온스리도카인염산염수화물주사2%",
    "품목 영문명": "-",
    "표준코드": "8806706000111|8806706000128",
    "공급부족발생예상일자": "20240305",
    "공급부족사유": "원료수급지연",
    "마지막생산수입공급일자": "20240102",
    "생산수입공급구분": "생산",
    "자사재고량기준일": "20240110",
    "자사재고량": "1|425개",
    "환자치료에미치는영향": "대체약제있음",
    "공급정상화추진계획": "원료확보중",
    "공급정상화예상일자": "20240430",
    "보고일자": "20240115",
    "처리일자": "-",
    "전자민원창구공개여부": "동의함",
    "사업자번호": "8638700270",
}


def export(*changes, header=tuple(ROW)):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document("shortages.csv", ("\ufeff" + text.getvalue()).encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(document, record):
    return records(pull(document), record).row(0, named=True)


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("처리완료", "ONGOING"),
        ("신청완료", "ONGOING"),
        ("신청중", "DRAFT"),
        ("취하", "WITHDRAWN"),
        ("삭제", "WITHDRAWN"),
        ("반려", "UNMAPPED"),
    ],
)
def test_the_stage_of_the_report_is_read_as_such_and_kept(stage, status):
    notice = one(export({"진행단계": stage}), "SupplyNotice")
    assert (notice["status"], notice["native_status"]) == (status, stage)


@pytest.mark.parametrize("stage", ["취하", "삭제"])
def test_a_report_taken_back_states_no_stock(stage):
    assert records(pull(export({"진행단계": stage})), "StockReport").is_empty()


@pytest.mark.parametrize(
    ("text", "quantity", "unit", "band"),
    [
        ("1|425개", "1425", "개", "1000-9999"),
        ("91500T", "91500", "T", "10000-99999"),
        ("279개(100캡슐/병)", "279", "개", "100-999"),
        ("1|234|567", "1234567", None, "1000000-9999999"),
        ("0", "0", None, "0"),
        ("30캡슐11|004개(병)", None, None, None),
        ("12|34", None, None, None),
        ("없음", None, None, None),
    ],
)
def test_stock_is_counted_only_where_the_text_is_one_number(text, quantity, unit, band):
    stock = one(export({"자사재고량": text}), "StockReport")
    read = (stock["quantity"], stock["quantity_unit"], stock["quantity_band"])
    assert (*read, stock["quantity_text"]) == (quantity, unit, band, text)


def test_a_bar_separates_package_codes():
    notice = one(export({}), "SupplyNotice")
    assert notice["package_codes"] == ["8806706000111", "8806706000128"]


@pytest.mark.parametrize("codes", ["198200943", "벼류8806489012518", "880642006705"])
def test_a_code_that_is_no_kd_code_is_kept_and_reported(codes):
    pulled = pull(export({"표준코드": codes}))
    assert pulled.findings["code"].to_list() == ["KD_CODE_FORM"]
    assert records(pulled, "SupplyNotice")["package_codes"].to_list() == [[codes]]


def test_an_end_before_the_start_is_reported_and_the_notice_kept():
    pulled = pull(export({"공급정상화예상일자": "20240201"}))
    assert pulled.findings["code"].to_list() == ["END_BEFORE_START"]
    assert pulled.records == 1


def test_a_dash_is_no_value():
    notice = one(export({"공급정상화예상일자": "-", "자사재고량": "-"}), "SupplyNotice")
    assert notice["expected_end_on"] is None
    assert notice["stock_text"] is None


def test_the_notice_is_linked_to_product_and_holder_by_their_codes():
    notice = one(export({}), "SupplyNotice")
    assert notice["key"] == "KR.SupplyNotice.2024000031"
    assert notice["product_key"] == "KR.Product.198200943"
    assert notice["holder_key"] == "KR.Organization.19870002"


def test_company_data_stays_and_a_person_s_contacts_go():
    told = "담당자 hong@huons.example 대체약제있음"
    pulled = pull(export({"환자치료에미치는영향": told}))
    company = records(pulled, "Organization").row(0, named=True)
    assert company["business_number"] == "8638700270"
    assert company["address_text"] == "충청북도제천시바이오밸리1로"
    assert "hong@" not in everything(pulled)
    assert "대체약제있음" in records(pulled, "SupplyNotice")["impact_text"].item()


@pytest.mark.parametrize("column", ["진행단계", "사업자번호", "자사재고량"])
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [name.replace(column, "새이름") for name in ROW]
    with pytest.raises(SourceChanged, match=column):
        pull(export({}, header=header))


def test_a_report_filed_twice_under_one_number_is_quarantined():
    pulled = pull(export({}, {"품목명": "다른이름"}))
    assert (pulled.rows, pulled.records) == (2, 1)
    assert pulled.quarantined["reason"].to_list() == ["IDENTITY_TAKEN"]


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (483, 483, 0, 0)


@pytest.mark.real
def test_no_real_notice_is_ongoing_whose_report_was_withdrawn_or_deleted(real):
    notices = records(real, "SupplyNotice")
    taken_back = notices.filter(pl.col("native_status").is_in(["취하", "삭제"]))
    assert taken_back["status"].unique().to_list() == ["WITHDRAWN"]
    assert taken_back.height == 24
    counts = dict(notices["status"].value_counts().iter_rows())
    assert counts == {"ONGOING": 448, "WITHDRAWN": 24, "DRAFT": 11}


@pytest.mark.real
def test_real_findings_are_one_end_before_its_start_and_seventeen_other_codes(real):
    counts = dict(real.findings["code"].value_counts().iter_rows())
    assert counts == {"END_BEFORE_START": 1, "KD_CODE_FORM": 17}


@pytest.mark.real
def test_all_real_stock_but_one_text_is_counted(real):
    stock = records(real, "StockReport")
    assert stock.height == 459
    uncounted = stock.filter(pl.col("quantity").is_null())
    assert uncounted["quantity_text"].to_list() == ["30캡슐11|004개(병)"]


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?![\d-])", everything(real))
