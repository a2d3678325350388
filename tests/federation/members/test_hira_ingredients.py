import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea import hira_prices
from federation.members.korea.hira_ingredients import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "kr"
REAL = SHARED / "hira_ingredient_master_20241014.cp949.csv"
PRICES = SHARED / "hira_price_ceiling_20250801.xlsx"

ROW = {
    "일반명코드": "100901ATB",
    "제형구분코드": "TB",
    "제형": "정제,저작정",
    "일반명": "aceclofenac",
    "분류번호": "114",
    "투여경로": "내복",
    "함량": "0.1",
    "단위": "g",
}


def master(*changes, header=tuple(ROW), name="master_20241014.csv", encoding="cp949"):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document(name, text.getvalue().encode(encoding))


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def test_a_code_is_a_generic_medicine_and_its_row_the_ingredient():
    pulled = pull(master({}))
    generic = records(pulled, "GenericMedicine").row(0, named=True)
    assert generic["key"] == "KR.GenericMedicine.100901ATB"
    assert (generic["name"], generic["strength_text"]) == ("aceclofenac", "0.1g")
    assert (generic["dose_form_text"], generic["route_texts"]) == ("정제,저작정", ["내복"])
    assert (generic["dose_form"], generic["routes"]) == ("TABLET", ["ORAL"])
    assert generic["therapeutic_class_text"] == "114"
    part = records(pulled, "Ingredient").row(0, named=True)
    assert part["key"] == "KR.Ingredient.100901ATB/1"
    assert (part["generic_key"], part["product_key"]) == (generic["key"], None)
    assert (part["strength_value"], part["strength_unit"]) == ("0.1", "g")


def test_a_combination_is_one_medicine_of_numbered_ingredients():
    other = {"일반명": "paracetamol", "함량": "500", "단위": "mg"}
    alone = {"일반명코드": "100902ATB"}
    pulled = pull(master({}, alone, other))
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 3, 0)
    generics = records(pulled, "GenericMedicine")
    assert dict(generics.select("national_id", "name").iter_rows()) == {
        "100901ATB": "aceclofenac / paracetamol",
        "100902ATB": "aceclofenac",
    }
    assert generics["strength_text"].to_list() == ["0.1g / 500mg", "0.1g"]
    assert records(pulled, "Ingredient").select("national_id", "position").rows() == [
        ("100901ATB/1", 1),
        ("100902ATB/1", 1),
        ("100901ATB/2", 2),
    ]


def test_a_strength_that_is_not_plain_keeps_its_words_alone():
    part = records(pull(master({"함량": "3", "단위": "바이알"})), "Ingredient").row(0, named=True)
    assert (part["strength_text"], part["strength_value"]) == ("3바이알", None)


def test_a_concentration_in_brackets_is_the_strength():
    change = {"함량": "9.5", "단위": "g(0.1g/mL)"}
    part = records(pull(master(change)), "Ingredient").row(0, named=True)
    assert part["strength_text"] == "9.5g(0.1g/mL)"
    assert [
        part[name] for name in ("strength_value", "strength_unit", "per_value", "per_unit")
    ] == [
        "0.1",
        "g",
        "1",
        "mL",
    ]


def test_a_code_of_another_form_is_reported_and_kept():
    pulled = pull(master({"일반명코드": "1009"}))
    assert pulled.findings["code"].to_list() == ["GENERIC_CODE_FORM"]
    assert pulled.records == 1


def test_the_master_of_2025_heads_the_route_otherwise_and_reads_the_same():
    header = ["투여" if name == "투여경로" else name for name in ROW]
    assert everything(pull(master({}, header=header))) == everything(pull(master({})))


def test_a_re_export_in_utf_8_reads_the_same():
    assert everything(pull(master({}, encoding="utf-8-sig"))) == everything(pull(master({})))


@pytest.mark.parametrize("column", ["일반명코드", "제형", "일반명", "투여경로", "함량", "단위"])
def test_a_renamed_column_is_refused_by_its_name(column):
    header = ["새이름" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(master({}, header=header))


def test_a_web_page_is_no_master():
    with pytest.raises(SourceFault, match="web page"):
        pull(Document("fileData.do", b"<!DOCTYPE html><html></html>"))


def test_the_day_of_the_master_is_in_the_file_s_name():
    assert FEED.read([master({})]).stated_at == datetime(2024, 10, 14, tzinfo=UTC)


def test_mail_addresses_and_telephones_reach_no_output():
    text = everything(pull(master({"일반명": "x qa@hira.example (800) 555-0100"})))
    assert not re.search(r"qa@hira|555-0100", text)


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_an_ingredient_of_its_code(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (20_000, 20_000, 0, 0)
    assert real.findings.is_empty()
    generics = records(real, "GenericMedicine")
    assert generics.height == 12_156
    assert records(real, "Ingredient")["generic_key"].is_in(generics["key"].implode()).all()


@pytest.mark.real
def test_nine_real_strengths_in_ten_are_parsed(real):
    parsed = records(real, "Ingredient")["strength_value"].is_not_null().mean()
    assert parsed >= 0.9


@pytest.mark.real
def test_real_prices_find_their_generic_medicine_where_the_cut_master_holds_it(real):
    generics = records(real, "GenericMedicine")
    last = f"KR.GenericMedicine.{generics['national_id'].max()}"
    document = Document(PRICES.name, PRICES.read_bytes())
    pulled = harmonize(hira_prices.FEED, hira_prices.FEED.read([document]), RESOLVER)
    linked = records(pulled, "PriceCeiling")["generic_key"]
    covered = linked.filter(linked <= last)
    assert covered.len() == 18_174
    assert covered.is_in(generics["key"].implode()).mean() >= 0.95


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S+\.\S|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?![\d-])", everything(real))


@pytest.mark.real
def test_nine_real_generic_medicines_in_ten_have_a_dose_form_and_a_route(real):
    found = records(real, "GenericMedicine")
    form, given = found["dose_form"], found["routes"]
    assert (form.is_not_null() & (form != "UNMAPPED")).mean() >= 0.9
    assert ((given.list.len() > 0) & ~given.list.contains("UNMAPPED")).mean() >= 0.9
