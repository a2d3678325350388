import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea import hira_prices
from federation.members.korea.hira_atc import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "kr"
REAL = SHARED / "hira_atc_map_20240630.cp949.csv"
PRICES = SHARED / "hira_price_ceiling_20250801.xlsx"

ROW = {
    "식약분류": "112",
    "주성분코드": "130830ASY",
    "제품코드": "645302132",
    "제품명": "포크랄시럽(포수클로랄)_(9.5g/95mL)",
    "업체명": "한림제약(주)",
    "ATC코드": "N05CC01",
    "ATC코드 명칭": "chloral hydrate",
}


def atc_map(*changes, header=tuple(ROW), name="map_20240630.csv", encoding="cp949"):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document(name, text.getvalue().encode(encoding))


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change):
    return records(pull(atc_map(change)), "Classification").row(0, named=True)


def test_a_row_classifies_a_price_and_its_generic_medicine():
    given = one({})
    assert given["key"] == "KR.Classification.645302132"
    assert (given["system"], given["code"], given["label"]) == (
        "ATC",
        "N05CC01",
        "chloral hydrate",
    )
    assert given["price_ceiling_key"] == "KR.PriceCeiling.645302132"
    assert given["generic_key"] == "KR.GenericMedicine.130830ASY"
    assert given["product_key"] is None


def test_a_price_code_of_eight_digits_gets_its_zero_back():
    given = one({"제품코드": "73400330"})
    assert given["national_id"] == "073400330"
    assert given["price_ceiling_key"] == "KR.PriceCeiling.073400330"


@pytest.mark.parametrize("code", ["R05", "A03F", "N05CM", "N05CC01"])
def test_a_code_of_any_level_is_kept_as_stated(code):
    pulled = pull(atc_map({"ATC코드": code}))
    assert records(pulled, "Classification")["code"].item() == code
    assert pulled.findings.is_empty()


@pytest.mark.parametrize("code", ["N05CC1", "5CC01", "N05CC01X", "n05cc01"])
def test_a_code_of_another_form_is_reported_and_kept(code):
    pulled = pull(atc_map({"ATC코드": code}))
    assert pulled.findings["code"].to_list() == ["ATC_FORM"]
    assert pulled.records == 1


def test_a_row_without_a_code_classifies_nothing():
    pulled = pull(atc_map({}, {"제품코드": "645302133", "ATC코드": "", "ATC코드 명칭": ""}))
    assert (pulled.rows, pulled.records, pulled.merged) == (2, 1, 0)
    assert pulled.quarantined["reason"].to_list() == ["MISSING_CODE"]


def test_a_price_with_two_codes_keeps_both():
    pulled = pull(atc_map({}, {"ATC코드": "N05CM"}))
    assert (pulled.rows, pulled.records) == (2, 2)
    assert sorted(records(pulled, "Classification")["code"]) == ["N05CC01", "N05CM"]


@pytest.mark.parametrize("column", ["주성분코드", "제품코드", "제품명", "ATC코드", "ATC코드 명칭"])
def test_a_renamed_column_is_refused_by_its_name(column):
    header = ["새이름" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(atc_map({}, header=header))


def test_a_web_page_is_no_map():
    with pytest.raises(SourceFault, match="web page"):
        pull(Document("fileData.do", b"<!DOCTYPE html><html></html>"))


def test_a_re_export_in_utf_8_reads_the_same():
    assert everything(pull(atc_map({}, encoding="utf-8-sig"))) == everything(pull(atc_map({})))


def test_the_day_of_the_map_is_in_the_file_s_name():
    assert FEED.read([atc_map({})]).stated_at == datetime(2024, 6, 30, tzinfo=UTC)


def test_mail_addresses_and_telephones_reach_no_output():
    text = everything(pull(atc_map({"제품명": "x qa@hira.example (800) 555-0100"})))
    assert not re.search(r"qa@hira|555-0100", text)


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_with_a_code_classifies(real):
    balance = (real.rows, real.records, real.merged, real.quarantined.height)
    assert balance == (10_000, 9_997, 0, 3)
    assert set(real.quarantined["reason"]) == {"MISSING_CODE"}
    assert real.findings.is_empty()


@pytest.mark.real
def test_real_codes_are_of_every_level(real):
    given = records(real, "Classification")
    assert dict(given["code"].str.len_chars().value_counts().iter_rows()) == {
        3: 2,
        4: 8,
        5: 876,
        7: 9_111,
    }
    assert given["national_id"].str.contains(r"^\d{9}$").all()
    assert given["national_id"].str.starts_with("0").sum() >= 609


@pytest.mark.real
def test_real_classifications_find_the_prices_that_are_still_listed(real):
    document = Document(PRICES.name, PRICES.read_bytes())
    prices = harmonize(hira_prices.FEED, hira_prices.FEED.read([document]), RESOLVER)
    keys = records(prices, "PriceCeiling")["key"]
    # The list is thirteen months younger than the map: what it has dropped is found no more.
    assert records(real, "Classification")["price_ceiling_key"].is_in(keys.implode()).sum() == 9_292
