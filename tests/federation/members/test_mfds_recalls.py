import json
import re
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea.mfds_recalls import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "kr" / "nedrug_recalls_20260820_400.json"

DETAIL = {
    "entpName": "일동제약(주)",
    "entpAddr": "경기도 안성시 공단1로 25",
    "itemName": "탁소젠주사(도세탁셀삼수화물)",
    "reason": "함량 시험 기준 초과",
    "makeNo": "EUD002[2027-02-17], EUD003[2027-08-11]",
    "expiry": "제조일로부터 24 개월",
    "packUnit": "1바이알",
    "recallDate": "2026-07-23",
    "remark": "제조번호 EUD003, EUD002에 한함",
    "office": "경인청 의료제품안전과",
}
ALERT = {
    "key": "202603423",
    "seq": 9,
    "itemName": "탁소젠주사 (도세탁...",
    "itemSeq": "200700001",
    "entpName": "일동제약(주)",
    "reason": "함량 시험 기준 초과",
    "makeNo": "EUD002[2027-02-17],EUD003[2027-08-11]",
    "recallDate": "2026-07-23",
    "openEndDate": "2029-07-22",
    "listSig": "일동제약(주)|함량|2026-07-23",
    "firstSeen": "2026-08-13",
    "delisted": False,
}


def board(*changes):
    alerts = []
    for change in changes:
        detail = DETAIL | {name: text for name, text in change.items() if name in DETAIL}
        alerts.append(ALERT | change | {"detail": detail})
    return Document("recalls.json", json.dumps(alerts, ensure_ascii=False).encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change, record="QualityAlert"):
    return records(pull(board(change)), record).row(0, named=True)


def test_a_recall_names_product_firm_day_and_reason():
    alert = one({})
    assert alert["key"] == "KR.QualityAlert.202603423"
    assert alert["kind"] == "RECALL"
    assert alert["product_key"] == "KR.Product.200700001"
    assert alert["recalling_firm_key"] == "KR.Organization.일동제약"
    assert alert["reason_text"] == "함량 시험 기준 초과"
    assert str(alert["initiated_on"]["earliest"]) == "2026-07-23"


def test_a_recall_states_no_grade_of_hazard():
    alert = one({"reason": "1등급 회수"})
    assert (alert["severity"], alert["class_text"]) == ("NOT_STATED", None)


def test_the_detail_s_whole_name_is_the_title():
    assert one({"itemName": "가" * 60})["title"] == "가" * 60


def test_a_recall_of_several_products_names_none_of_them_as_its_product():
    assert one({"itemSeq": ""})["product_key"] is None


@pytest.mark.parametrize(
    ("text", "batches"),
    [
        ("EUD002[2027-02-17], EUD003[2027-08-11]", ["EUD002", "EUD003"]),
        ("BR-240621-00 [2027-06-20]", ["BR-240621-00"]),
        ("24001A(30T)[2027-09-24]", ["24001A(30T)"]),
        ("농림해방풍-2501[2028-04-23]", ["농림해방풍-2501"]),
        ("330-223-2501[2028-12-01]", ["330-223-2501"]),
        ("BNX20003, BNX21006", ["BNX20003", "BNX21006"]),
        ("A1[2027-01-01], A1[2027-01-01]", ["A1"]),
    ],
)
def test_batches_are_split_where_each_is_sure(text, batches):
    pulled = pull(board({"makeNo": text}))
    assert records(pulled, "QualityAlert")["batch_numbers"].to_list() == [batches]
    assert pulled.findings.is_empty()


@pytest.mark.parametrize(
    ("text", "batches"),
    [
        ("전 제조번호", []),
        ("TID2E001~TID2E074, TID2E001[2030-01-02]", ["TID2E001"]),
        ("TZ67 ~ TZ78[2030-01-02]", []),
        ("BNX20001(WT20001):10911, BNX20003", ["BNX20003"]),
        ("604004[2023-02-09], 사용기한을 ‘2027-01-29 까지’로 기재", ["604004"]),
        ("(소형)(연한황색), L6501S[2027-04-14]", ["L6501S"]),
        ("[2028-10-16]", []),
        ("전제조번호[2028-10-16]", []),
        ("제조번호 2401 이후[2028-10-16]", []),
    ],
)
def test_ranges_and_prose_stay_text_and_are_reported(text, batches):
    pulled = pull(board({"makeNo": text}))
    alert = records(pulled, "QualityAlert").row(0, named=True)
    assert (alert["batch_numbers"], alert["batch_text"]) == (batches, text)
    assert pulled.findings["code"].to_list() == ["BATCHES_LEFT_IN_TEXT"]


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("A1[2027-02-17]", "2027-02-17", "2027-02-17", "DAY"),
        ("A1[2027-08-11], A2[2027-02-17]", "2027-02-17", "2027-08-11", "ABOUT"),
    ],
)
def test_the_first_and_last_expiry_bound_the_alert_s(text, first, last, precision):
    expiry = one({"makeNo": text})["expires_on"]
    bounds = (str(expiry["earliest"]), str(expiry["latest"]), expiry["precision"])
    assert bounds == (first, last, precision)


@pytest.mark.parametrize("text", ["전 제조번호", "A1[2027-02-30]"])
def test_no_expiry_is_invented(text):
    expiry = one({"makeNo": text})["expires_on"]
    assert expiry is None or (expiry["earliest"], expiry["precision"]) == (None, "UNKNOWN")


def test_a_second_alert_under_one_number_is_quarantined():
    pulled = pull(board({}, {"reason": "이물"}))
    assert (pulled.rows, pulled.records) == (2, 1)
    assert pulled.quarantined["reason"].to_list() == ["IDENTITY_TAKEN"]


def test_a_recall_that_left_the_board_is_not_over():
    assert not FEED.is_full_list


@pytest.mark.parametrize("column", ["key", "itemSeq", "recallDate", "entpName"])
def test_a_renamed_column_is_refused_by_its_name(column):
    alert = {("newName" if name == column else name): text for name, text in ALERT.items()}
    content = json.dumps([alert | {"detail": DETAIL}]).encode()
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(Document("recalls.json", content))


def test_a_list_without_details_is_refused():
    with pytest.raises(SourceChanged, match=r"`detail\.makeNo`"):
        pull(Document("recalls.json", json.dumps([ALERT]).encode()))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<!DOCTYPE html><html></html>", SourceFault),
        (b'[{"key": "1"', SourceFault),
        (b'{"items": []}', SourceChanged),
    ],
)
def test_what_is_no_list_of_recalls_is_refused(body, fault):
    with pytest.raises(fault, match=r"recalls\.json"):
        pull(Document("recalls.json", body))


def test_the_official_in_charge_and_contacts_reach_no_output():
    change = {
        "manager": "김주무관 02-1234-5678",
        "reason": "이물 qa@ildong.example",
        "makeNo": "A1[2027-01-01] b@c.example",
    }
    text = everything(pull(board(change)))
    assert not re.search(r"김주무관|1234-5678|qa@|b@c", text)


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (400, 400, 0, 0)


@pytest.mark.real
def test_real_batches_are_split_but_for_ranges_and_prose(real):
    alerts = records(real, "QualityAlert")
    assert real.findings["code"].to_list() == ["BATCHES_LEFT_IN_TEXT"] * 29
    unsplit = alerts.filter(pl.col("batch_numbers").list.len() == 0)["batch_text"]
    assert unsplit.len() == 22
    assert sorted(set(unsplit)) == [
        "[2028-10-16]",
        "유통 가능한 전 제조번호",
        "유통가능한 전 제조번호",
        "전 제조번호",
    ]
    ranged = alerts.filter(pl.col("batch_text").str.contains("TID2E001~TID2E074", literal=True))
    assert ranged["batch_numbers"].list.len().to_list() == [74]


@pytest.mark.real
def test_a_real_batch_of_a_telephone_s_form_is_kept(real):
    batches = records(real, "QualityAlert")["batch_numbers"].explode()
    assert "330-223-2501" in batches.to_list()


@pytest.mark.real
def test_real_recalls_name_their_product_and_firm(real):
    alerts = records(real, "QualityAlert")
    assert alerts["product_key"].null_count() == 34
    assert alerts["recalling_firm_key"].null_count() == 0
    assert records(real, "Organization").height == 178


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S+\.\S|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?![\d-])", everything(real))
