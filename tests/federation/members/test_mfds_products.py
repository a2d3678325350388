import io
import re
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea.ingredient_names import ingredient_names
from federation.members.korea.mfds_products import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "kr" / "mfds_product_list_10000.xlsx"

ROW = {
    "품목기준코드": "200710605",
    "제품명": "0.9%엔에이시엘.케이40주",
    "제품영문명": "0.9% NaCl.K 40 Inj.",
    "업체명": "제이더블유중외제약(주)",
    "업체영문명": "JW Pharmaceutical",
    "허가일": "2007-10-05",
    "품목구분": "의약품",
    "허가번호": "12",
    "취소/취하": "정상",
    "취소/취하일자": "",
    "주성분": "염화나트륨/염화칼륨",
    "첨가제": "주사용수",
    "품목분류": "",
    "전문의약품": "전문의약품",
    "완제/원료": "완제의약품",
    "허가/신고": "신고",
    "제조/수입": "제조",
    "마약구분": "",
    "제형": "",
    "신약구분": "N",
    "표준코드명": "8806449000609,8806449000616",
    "ATC코드": "B05BB01",
    "e은약요": "",
    "수입제조국": "",
    "주성분영문": "Potassium Chloride/Sodium Chloride",
}


def export(*changes, header=None, above=()):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Sheet0")
        lines = [*above, header or list(ROW), *((ROW | change).values() for change in changes)]
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
    return Document("products.xlsx", content.getvalue())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change, record="Product"):
    return records(pull(export(change)), record).row(0, named=True)


def test_a_product_has_the_permit_list_s_key_and_never_takes_it_over():
    assert one({})["key"] == "KR.Product.200710605"
    spoken = {
        batch.mapping.record.__name__: batch.mapping.is_mention
        for batch in pull(export({})).batches
    }
    assert spoken == {"Product": True, "Organization": True, "Ingredient": True, "Package": False}
    assert not FEED.is_full_list


@pytest.mark.parametrize(
    "category", ["의약외품", "한약(생약)제제등", "의약품", "생물의약품", "마약류"]
)
def test_no_category_is_left_out(category):
    assert one({"품목구분": category})["category_text"] == category


@pytest.mark.parametrize(
    ("native", "stage"),
    [
        ("완제의약품", "FINISHED"),
        ("원료의약품", "ACTIVE_SUBSTANCE"),
        ("한약재", "HERBAL_MATERIAL"),
        ("반제품", "UNMAPPED"),
        ("", None),
    ],
)
def test_a_material_is_told_from_a_medicine(native, stage):
    assert one({"완제/원료": native})["stage"] == stage


@pytest.mark.parametrize(
    ("native", "supply_class"),
    [
        ("전문의약품", "PRESCRIPTION"),
        ("전문의약품(희귀)", "PRESCRIPTION"),
        ("일반의약품", "OVER_THE_COUNTER"),
        ("의약외품", "GENERAL_SALE"),
        ("한약재", "UNMAPPED"),
        ("", None),
    ],
)
def test_who_may_hand_it_out_is_translated(native, supply_class):
    assert one({"전문의약품": native})["supply_class"] == supply_class


@pytest.mark.parametrize(
    ("native", "status"),
    [
        ("취하", "WITHDRAWN"),
        ("유효기간만료", "EXPIRED"),
        ("행정(취소)", "REVOKED"),
        ("", "UNMAPPED"),
    ],
)
def test_the_standing_is_translated_with_its_day(native, status):
    product = one({"취소/취하": native, "취소/취하일자": "2024-10-10"})
    assert product["authorisation_status"] == status
    assert str(product["authorisation_ended_on"]["earliest"]) == "2024-10-10"


def test_ingredients_are_those_of_one_language_in_its_own_order():
    parts = records(pull(export({})), "Ingredient")
    assert parts["national_id"].to_list() == ["200710605/1", "200710605/2"]
    assert parts["native_text"].to_list() == ["Potassium Chloride", "Sodium Chloride"]
    assert one({})["substance_text"] == "염화나트륨/염화칼륨"


def test_korean_ingredients_serve_where_there_are_no_english_ones():
    parts = records(pull(export({"주성분영문": ""})), "Ingredient")
    assert parts["native_text"].to_list() == ["염화나트륨", "염화칼륨"]


def test_a_product_without_ingredients_or_codes_is_one_all_the_same():
    pulled = pull(export({"주성분": "", "주성분영문": "", "표준코드명": ""}))
    assert (pulled.records, pulled.findings.height) == (1, 0)
    assert records(pulled, "Ingredient").is_empty()
    assert records(pulled, "Package").is_empty()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A/B", ["A", "B"]),
        ("Poloxamer 407/Simethicone", ["Poloxamer 407", "Simethicone"]),
        ("Thiamine Nitrate 331/3%/Biotin", ["Thiamine Nitrate 331/3%", "Biotin"]),
        ("항원 A형[A/California/7/2009 (H1N1)]", ["항원 A형[A/California/7/2009 (H1N1)]"]),
        ("X (VIII, pCMV/zeo-vWF)/Y", ["X (VIII, pCMV/zeo-vWF)", "Y"]),
        ("4-[2-X)Phenyl]Methyl] Y/Z", ["4-[2-X)Phenyl]Methyl] Y", "Z"]),
        ("A//B/", ["A", "B"]),
        (None, []),
    ],
)
def test_a_slash_parts_ingredients_but_not_fractions_or_what_stands_in_brackets(text, names):
    assert ingredient_names(text) == names


def test_every_kd_code_is_a_package():
    packages = records(pull(export({})), "Package")
    assert packages["key"].to_list() == [
        "KR.Package.8806449000609",
        "KR.Package.8806449000616",
    ]
    assert packages["product_key"].unique().to_list() == ["KR.Product.200710605"]


def test_a_code_that_is_no_kd_code_is_kept_and_reported():
    pulled = pull(export({"표준코드명": "200710605"}))
    assert pulled.findings["code"].to_list() == ["KD_CODE_FORM"]
    assert records(pulled, "Package")["code_text"].to_list() == ["200710605"]


def test_countries_of_import_become_codes_and_an_unknown_one_is_reported():
    pulled = pull(export({"수입제조국": "스위스,중국 홍콩,터키,대만,달나라"}))
    countries = records(pulled, "Product")["manufacturing_countries"].to_list()
    assert countries == [["CH", "HK", "TR", "TW"]]
    assert pulled.findings["code"].to_list() == ["COUNTRY_UNKNOWN"]


def test_a_full_stop_is_no_name():
    assert one({"제품영문명": "."})["name_en"] is None
    assert one({"업체영문명": "."}, "Organization")["name_en"] is None


def test_spellings_of_one_company_are_one_organisation():
    pulled = pull(
        export({"업체명": "(주)대웅제약"}, {"품목기준코드": "1", "업체명": "주식회사 대웅제약"})
    )
    assert records(pulled, "Organization")["key"].to_list() == ["KR.Organization.대웅제약"]
    assert records(pulled, "Product")["holder_key"].n_unique() == 1


def test_a_second_row_of_one_product_is_quarantined():
    pulled = pull(export({}, {"제품명": "다른이름", "표준코드명": ""}))
    assert (pulled.rows, pulled.records) == (2, 1)
    assert pulled.quarantined["reason"].to_list() == ["IDENTITY_TAKEN"]


def test_lines_above_the_header_and_new_columns_change_nothing():
    header = [*ROW, "새항목"]
    document = export({"새항목": "x"}, header=header, above=[["의약품등제품정보목록"], []])
    assert records(pull(document), "Product").row(0, named=True)["name"] == ROW["제품명"]


@pytest.mark.parametrize(
    "column", ["품목기준코드", "주성분영문", "취소/취하", "수입제조국", "완제/원료"]
)
def test_a_renamed_column_is_refused_by_its_name(column):
    header = ["새이름" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=column):
        pull(export({}, header=header))


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html></html>", b"PK\x03\x04half"])
def test_what_is_no_workbook_is_refused(body):
    with pytest.raises(SourceFault, match=r"products\.xlsx"):
        pull(Document("products.xlsx", body))


def test_mail_addresses_and_telephones_reach_no_output():
    text = everything(pull(export({"제품명": "정 qa@jw.example (800) 555-0100"})))
    assert "qa@jw.example" not in text
    assert "555-0100" not in text


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (10000, 10000, 0, 0)
    assert real.findings.is_empty()


@pytest.mark.real
def test_no_real_category_is_filtered(real):
    products = records(real, "Product")
    assert dict(products["category_text"].value_counts().iter_rows()) == {
        "한약(생약)제제등": 4320,
        "의약외품": 3638,
        "의약품": 1970,
        "생물의약품": 46,
        "마약류; 마약": 13,  # narcotics
        "마약류; 향정": 13,  # psychotropics
    }
    assert dict(products["stage"].value_counts().iter_rows()) == {
        "HERBAL_MATERIAL": 3819,
        None: 3638,
        "FINISHED": 2024,
        "ACTIVE_SUBSTANCE": 519,
    }


@pytest.mark.real
def test_every_real_standing_is_mapped_and_what_ended_says_when(real):
    products = records(real, "Product")
    assert dict(products["authorisation_status"].value_counts().iter_rows()) == {
        "AUTHORISED": 8577,
        "WITHDRAWN": 1084,
        "EXPIRED": 269,
        "REVOKED": 70,
    }
    ended = products.filter(pl.col("authorisation_status") != "AUTHORISED")
    assert ended["authorisation_ended_on"].struct.field("precision").unique().to_list() == ["DAY"]


@pytest.mark.real
def test_real_atc_codes_are_kept_at_the_level_stated(real):
    lengths = records(real, "Product")["atc_codes"].list.first().str.len_chars().drop_nulls()
    assert dict(lengths.value_counts().iter_rows()) == {3: 24, 4: 201, 5: 438, 7: 1304}


@pytest.mark.real
def test_real_products_bring_their_parts(real):
    heights = {
        name: records(real, name).height for name in ("Organization", "Ingredient", "Package")
    }
    assert heights == {"Organization": 946, "Ingredient": 14476, "Package": 15780}
    per_product = records(real, "Package").group_by("product_key").len()
    assert per_product["len"].max() == 48


@pytest.mark.real
def test_every_real_country_of_import_is_known(real):
    stated = records(real, "Product").filter(pl.col("manufacturing_countries").list.len() > 0)
    assert stated.height == 595


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S+\.\S|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?![\d-])", everything(real))


@pytest.mark.real
def test_nine_real_finished_medicines_in_ten_have_a_dose_form_and_a_route(real):
    found = records(real, "Product").filter(pl.col("stage") == "FINISHED")
    form, given = found["dose_form"], found["routes"]
    assert (form.is_not_null() & (form != "UNMAPPED")).mean() >= 0.9
    assert ((given.list.len() > 0) & ~given.list.contains("UNMAPPED")).mean() >= 0.9


@pytest.mark.real
def test_real_materials_and_masks_state_no_dose_form(real):
    found = records(real, "Product")
    unmade = found.filter(pl.col("stage").is_in(["ACTIVE_SUBSTANCE", "HERBAL_MATERIAL"]))
    masks = found.filter(pl.col("therapeutic_class_text") == "보건용 마스크")
    assert (unmade.height, masks.height) == (4_338, 685)
    assert unmade["dose_form"].null_count() == 4_338
    assert masks["dose_form"].null_count() == 685
