import json
import re
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea.mfds_permits import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "kr" / "mfds_permit_list_20260203_part1.json"

ITEM = {
    "ITEM_SEQ": "195500005",
    "ITEM_NAME": "중외5%포도당생리식염액",
    "ITEM_ENG_NAME": "Choongwae 5% Dextrose In Normal Saline Inj.",
    "ENTP_NAME": "제이더블유중외제약(주)",
    "ENTP_ENG_NAME": "JW Pharmaceutical",
    "ENTP_SEQ": "19550004",
    "ENTP_NO": "1302",
    "ITEM_PERMIT_DATE": "19550412",
    "INDUTY": "의약품",
    "PRDLST_STDR_CODE": "195500005",
    "SPCLTY_PBLC": "전문의약품",
    "PRDUCT_TYPE": "[03310]혈액대용제",
    "PRDUCT_PRMISN_NO": "792",
    "ITEM_INGR_NAME": "Glucose/Sodium Chloride",
    "ITEM_INGR_CNT": "2",
    "BIG_PRDT_IMG_URL": "",
    "PERMIT_KIND_CODE": "신고",
    "CANCEL_DATE": None,
    "CANCEL_NAME": "정상",
    "EDI_CODE": "644902212,644902220",
    "BIZRNO": "1188102477",
}


def page(*changes, wrap=lambda items: items):
    items = [{**ITEM, **change} for change in changes]
    body = {"pageNo": 1, "totalCount": len(items), "numOfRows": 100, "items": wrap(items)}
    envelope = {"header": {"resultCode": "00", "resultMsg": "NORMAL SERVICE."}, "body": body}
    return document(envelope)


def document(envelope):
    return Document("page-1.json", json.dumps(envelope, ensure_ascii=False).encode())


def pull(*documents):
    return harmonize(FEED, FEED.read(documents), RESOLVER)


def one(change, record="Product"):
    return records(pull(page(change)), record).row(0, named=True)


def ingredients(text, count="1"):
    pulled = pull(page({"ITEM_INGR_NAME": text, "ITEM_INGR_CNT": count}))
    return records(pulled, "Ingredient")["native_text"].to_list(), pulled.findings["code"].to_list()


def test_a_permit_becomes_a_product_with_its_native_words():
    product = one({})
    assert product["key"] == "KR.Product.195500005"
    assert product["holder_key"] == "KR.Organization.19550004"
    assert product["name_en"] == "Choongwae 5% Dextrose In Normal Saline Inj."
    assert product["therapeutic_class_text"] == "[03310]혈액대용제"
    assert product["procedure_text"] == "신고"
    assert str(product["authorised_on"]["earliest"]) == "1955-04-12"


@pytest.mark.parametrize(
    ("native", "status"),
    [
        ("정상", "AUTHORISED"),
        ("취하", "WITHDRAWN"),
        ("폐업", "WITHDRAWN"),
        ("유효기간만료", "EXPIRED"),
        ("행정(취소)", "REVOKED"),
        ("보류", "UNMAPPED"),
        (None, "UNMAPPED"),
    ],
)
def test_the_standing_of_a_permit_is_translated_and_kept(native, status):
    product = one({"CANCEL_NAME": native, "CANCEL_DATE": "20240201"})
    assert product["authorisation_status"] == status
    assert product["native_authorisation_status"] == native
    assert str(product["authorisation_ended_on"]["latest"]) == "2024-02-01"


@pytest.mark.parametrize(
    ("native", "supply_class"),
    [("전문의약품", "PRESCRIPTION"), ("일반의약품", "OVER_THE_COUNTER"), ("한약", "UNMAPPED")],
)
def test_who_may_hand_it_out_is_translated(native, supply_class):
    assert one({"SPCLTY_PBLC": native})["supply_class"] == supply_class


def test_ingredients_are_parted_at_slashes_in_their_order():
    pulled = pull(page({}))
    parts = records(pulled, "Ingredient").select("national_id", "position", "native_text")
    assert parts.rows() == [
        ("195500005/1", 1, "Glucose"),
        ("195500005/2", 2, "Sodium Chloride"),
    ]
    assert pulled.findings.is_empty()


def test_a_fraction_inside_a_name_is_no_separator():
    names, findings = ingredients("Riboflavin/Rocoat Thiamine Nitrate 331/3%/Biotin", "3")
    assert names == ["Riboflavin", "Rocoat Thiamine Nitrate 331/3%", "Biotin"]
    assert findings == []


def test_a_count_that_disagrees_is_reported_and_the_names_kept():
    names, findings = ingredients("Olipase 2S/Pancreatin TA/Proctase", "5")
    assert len(names) == 3
    assert findings == ["INGREDIENT_COUNT_DISAGREES"]


def test_a_permit_without_ingredients_is_a_product_all_the_same():
    pulled = pull(page({"ITEM_INGR_NAME": None, "ITEM_INGR_CNT": None}))
    assert pulled.records == 1
    assert records(pulled, "Ingredient").is_empty()
    assert pulled.findings.is_empty()


def test_price_codes_are_packages_of_nine_digits():
    packages = records(pull(page({})), "Package")
    assert packages["code"].to_list() == ["644902212", "644902220"]
    assert packages["product_key"].unique().to_list() == ["KR.Product.195500005"]


def test_a_price_code_that_came_as_a_number_gets_its_zero_back():
    package = one({"EDI_CODE": 73400330}, "Package")
    assert (package["code"], package["code_text"]) == ("073400330", "73400330")


@pytest.mark.parametrize("code", ["6449022", "8806449022106"])
def test_a_code_of_another_length_is_reported(code):
    assert pull(page({"EDI_CODE": code})).findings["code"].to_list() == ["PRICE_CODE_FORM"]


@pytest.mark.parametrize("native", ["19630521", "1963-05-21", "1963-05-21 00:00:00"])
def test_a_permit_day_is_read_in_every_form_the_ministry_writes(native):
    found = one({"ITEM_PERMIT_DATE": native})["authorised_on"]
    assert (str(found["earliest"]), found["precision"], found["text"]) == (
        "1963-05-21",
        "DAY",
        native,
    )


def test_a_second_product_code_that_differs_is_reported():
    pulled = pull(page({"PRDLST_STDR_CODE": "195500006"}))
    assert pulled.findings["code"].to_list() == ["ITEM_CODES_DISAGREE"]
    assert records(pulled, "Product")["key"].item() == "KR.Product.195500005"


def test_a_company_is_recorded_once_however_many_permits_it_holds():
    pulled = pull(page({}, {"ITEM_SEQ": "195500006", "EDI_CODE": None}))
    companies = records(pulled, "Organization")
    assert companies["key"].to_list() == ["KR.Organization.19550004"]
    assert companies["business_number"].to_list() == ["1188102477"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda items: items,
        lambda items: [{"item": item} for item in items],
        lambda items: {"item": items[0]},
    ],
)
def test_every_envelope_gives_the_same_record(wrap):
    assert records(pull(page({}, wrap=wrap)), "Product")["key"].item() == "KR.Product.195500005"


def test_pages_follow_one_another():
    pulled = pull(page({}), page({"ITEM_SEQ": "195500006", "EDI_CODE": None}))
    assert records(pulled, "Product")["native_row"].to_list() == [1, 2]


def test_an_error_inside_http_200_is_no_data():
    with pytest.raises(SourceFault, match="22"):
        pull(document({"header": {"resultCode": "22"}, "body": {}}))


@pytest.mark.parametrize("column", ["ITEM_SEQ", "ITEM_INGR_NAME", "EDI_CODE", "BIZRNO"])
def test_a_renamed_column_is_refused_by_its_name(column):
    item = {("NEW_NAME" if name == column else name): value for name, value in ITEM.items()}
    body = {"totalCount": 1, "items": [item]}
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(document({"header": {"resultCode": "00"}, "body": body}))


def test_mail_addresses_and_telephones_reach_no_output():
    pulled = pull(page({"ITEM_NAME": "정 qa@jw.example (800) 555-0100"}))
    text = everything(pulled)
    assert "qa@jw.example" not in text
    assert "555-0100" not in text


@pytest.fixture(scope="module")
def real():
    items = json.loads(REAL.read_bytes())
    pages = [items[start : start + 100] for start in range(0, len(items), 100)]
    return pull(*(page(*part) for part in pages))


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (2500, 2500, 0, 0)


@pytest.mark.real
def test_real_permits_bring_their_holders_ingredients_and_price_codes(real):
    heights = {name: records(real, name).height for name in ("Organization", "Package")}
    assert heights == {"Organization": 197, "Package": 1794}
    assert records(real, "Ingredient").height == 5030
    assert real.findings["code"].to_list() == ["INGREDIENT_COUNT_DISAGREES"] * 2


@pytest.mark.real
def test_every_real_permit_is_valid_and_classed(real):
    products = records(real, "Product")
    assert products["authorisation_status"].unique().to_list() == ["AUTHORISED"]
    counts = dict(products["supply_class"].value_counts().iter_rows())
    assert counts == {"PRESCRIPTION": 1869, "OVER_THE_COUNTER": 631}


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S|(?<![\d-])\d{2,3}-\d{3,4}-\d{4}(?![\d-])", everything(real))


@pytest.mark.real
def test_nine_real_products_in_ten_have_a_dose_form_and_a_route(real):
    found = records(real, "Product")
    form, given = found["dose_form"], found["routes"]
    assert (form.is_not_null() & (form != "UNMAPPED")).mean() >= 0.9
    assert ((given.list.len() > 0) & ~given.list.contains("UNMAPPED")).mean() >= 0.9
