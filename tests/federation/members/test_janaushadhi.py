import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.india.generic_names import ingredients
from federation.members.india.janaushadhi import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "in" / "janaushadhi_product_list_part1.csv"

ROW = {
    "Sr No": "1",
    "Drug Code": "14",
    "Generic Name": "Ibuprofen 400mg and Paracetamol 325mg Tablets IP",
    "Unit Size": "10's",
    "MRP": "7.5",
    "Group Name": "Analgesic/Antipyretic/Anti-Inflammatory",
}


def listing(*changes, header=tuple(ROW)):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document("ProductmrpList.csv", ("\ufeff" + text.getvalue()).encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(document, record):
    return records(pull(document), record).row(0, named=True)


def read(name):
    return [(part.name, part.strength) for part in ingredients(name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acetazolamide Tablets IP 250mg", [("Acetazolamide", "250mg")]),
        ("Labetalol IP 200mg Tablets", [("Labetalol", "200mg")]),
        ("Bupivacaine Injection I.P 5 mg per ml", [("Bupivacaine", "5 mg per ml")]),
        ("Fexofenadine Suspension (30mg/5ml)", [("Fexofenadine", "30mg/5ml")]),
        ("Streptokinase Injection IP 15,00,000 IU", [("Streptokinase", "15,00,000 IU")]),
        ("Rivastigmine Patch 9mg (4.6mg/24 hour)", [("Rivastigmine", "9mg")]),
        ("Lignocaine Hydrochloride Injection IP (20ml)", [("Lignocaine Hydrochloride", None)]),
        ("Aceclofenac 1.5% w/w gel, 30g", [("Aceclofenac", "1.5% w/w")]),
        ("Liquid Paraffin 2ml, Urea 1mg Gel", [("Liquid Paraffin", "2ml"), ("Urea", "1mg")]),
        (
            "Lignocaine (Lidocaine) Hydrochloride 2.5% w/w and Prilocaine 2.5% w/w Gel",
            [("Lignocaine (Lidocaine) Hydrochloride", "2.5% w/w"), ("Prilocaine", "2.5% w/w")],
        ),
        (
            "Metformin Hydrochloride 500mg (Sustained Release), Voglibose 0.3mg and Tablets",
            [("Metformin Hydrochloride", "500mg"), ("Voglibose", "0.3mg")],
        ),
        (
            "Telmisartan + S- Amlodipine Tablet (40/2.5 Mg)",
            [("Telmisartan", "40 Mg"), ("S- Amlodipine", "2.5 Mg")],
        ),
        (
            "Rosuvastatin + Cholecalciferol Tablet (10 Mg/1000 IU)",
            [("Rosuvastatin", "10 Mg"), ("Cholecalciferol", "1000 IU")],
        ),
        (
            "Mefenamic Acid 50mg and Paracetamol 125mg Suspension per 5ml",
            [("Mefenamic Acid", "50mg per 5ml"), ("Paracetamol", "125mg per 5ml")],
        ),
        (
            "Co-trimoxazole (Sulphamethoxazole 100mg and Trimethoprim 20mg) Tablets IP",
            [("Sulphamethoxazole", "100mg"), ("Trimethoprim", "20mg")],
        ),
        (
            "Hand Sanitizer 250 ml (Each pack contains: Ethanol 70% v/v and Cetrimide 0.5% w/v)",
            [("Ethanol", "70% v/v"), ("Cetrimide", "0.5% w/v")],
        ),
        (
            "Oxetacaine, Aluminium Hydroxide and Magnesium Hydroxide Suspension",
            [("Oxetacaine", None), ("Aluminium Hydroxide", None), ("Magnesium Hydroxide", None)],
        ),
        (
            "Combikit of Eplerenone Tablets 25mg and Torsemide Tablets IP 10mg",
            [("Eplerenone", "25mg"), ("Torsemide", "10mg")],
        ),
        (
            "Cefixime 50Mg\u00a0 And\u00a0 Clavulanic Acid\u00a0\u00a031.25\u00a0Mg Dry syrup",
            [("Cefixime", "50Mg"), ("Clavulanic Acid", "31.25 Mg")],
        ),
        ("α-β Arteether Injection 150 mg", [("α-β Arteether", "150 mg")]),
        ("Phytomenadione (Vitamin K1) 1mg", [("Phytomenadione (Vitamin K1)", "1mg")]),
    ],
)
def test_a_generic_name_is_taken_apart(name, expected):
    assert read(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Lignocaine and Adrenaline Injection IP (2%w/v and 1:80000)",
        "Risperidone 3mg Trihexyphenidyl 2 mg Tablets",
        "Biphasic Insulin Lispro Injection IP 100IU per ml (25:75)",
        "Rabies Vaccine, Human IP",
        "Telmisartan 40mg + Metoprolol ER 25 Tablets",
        "Janaushadhi Ragi Malt based food (500gm)",
        "Halobetasol & Fusidic Acid Cream 0.05/2%",
        "Oral Rehydration Salts IP (WHO Formula) Orange Flavour Sachet, 21g",
    ],
)
def test_a_name_that_does_not_read_as_ingredients_stays_one_text(name):
    (part,) = ingredients(name)
    assert (part.name, part.strength, part.is_read) == (name, None, False)


def test_what_is_there_as_a_preservative_is_no_active_substance():
    name = "Azelaic acid 10% w/w and Benzoic acid 0.2% w/w (as preservative) Cream"
    found = records(pull(listing({"Generic Name": name})), "Ingredient")
    assert found.select("native_text", "role").rows() == [
        ("Azelaic acid", "ACTIVE"),
        ("Benzoic acid", "EXCIPIENT"),
    ]


def test_a_text_that_was_not_read_has_no_role():
    found = one(listing({"Generic Name": "Pancreatin Capsules 10000"}), "Ingredient")
    assert (found["native_text"], found["role"]) == ("Pancreatin Capsules 10000", "UNMAPPED")


def test_product_ingredients_and_price_stand_under_one_code():
    pulled = pull(listing({}))
    product = records(pulled, "Product").row(0, named=True)
    assert (product["key"], product["name"]) == ("IN.Product.14", ROW["Generic Name"])
    parts = records(pulled, "Ingredient")
    assert parts["key"].to_list() == ["IN.Ingredient.14/1", "IN.Ingredient.14/2"]
    assert parts["product_key"].unique().to_list() == ["IN.Product.14"]
    assert parts["strength_value"].to_list() == ["400", "325"]
    price = records(pulled, "PriceCeiling").row(0, named=True)
    assert (price["key"], price["product_key"]) == ("IN.PriceCeiling.14", "IN.Product.14")
    assert (price["kind"], price["currency"], price["unit_text"], price["is_tax_included"]) == (
        "MAXIMUM_RETAIL",
        "INR",
        "10's",
        True,
    )


@pytest.mark.parametrize(
    ("mrp", "amount", "status"),
    [
        ("9.38", "9.38", "STATED"),
        ("7,000.50", "7000.50", "STATED"),
        ("0", None, "NOT_PUBLISHED"),
        ("0.00", None, "NOT_PUBLISHED"),
        ("", None, "NOT_PUBLISHED"),
        ("NA", None, "UNMAPPED"),
    ],
)
def test_a_price_of_zero_is_not_published_and_not_free(mrp, amount, status):
    price = one(listing({"MRP": mrp}), "PriceCeiling")
    assert (price["amount"], price["amount_status"]) == (amount, status)


def test_the_list_states_no_authorisation():
    product = one(listing({}), "Product")
    assert (product["authorisation_status"], product["holder_key"]) == ("NOT_STATED", None)


def test_a_glove_is_a_product_of_no_species_and_without_ingredients():
    pulled = pull(
        listing({"Generic Name": "Latex Gloves", "Group Name": "Surgical & Medical Consumables"})
    )
    product = records(pulled, "Product").row(0, named=True)
    assert (product["species"], product["category_text"]) == (
        "UNMAPPED",
        "Surgical & Medical Consumables",
    )
    assert records(pulled, "Ingredient").is_empty()
    assert records(pulled, "PriceCeiling").height == 1


def test_a_medicine_is_for_people():
    assert one(listing({}), "Product")["species"] == "HUMAN"


def test_no_break_spaces_are_tidied_in_the_name_and_kept_in_the_native_row():
    product = one(listing({"Generic Name": "Zinc\u00a0 Tablets\u00a0IP "}), "Product")
    assert product["name"] == "Zinc Tablets IP"
    assert product["native"]["Generic Name"] == "Zinc\u00a0 Tablets\u00a0IP "


def test_two_prices_for_one_product_are_reported_and_the_first_stands():
    pulled = pull(listing({}, {"MRP": "8"}))
    assert pulled.findings.select("record_type", "code").rows() == [
        ("PriceCeiling", "IDENTITY_TAKEN")
    ]
    assert (pulled.records, pulled.merged) == (1, 1)


def test_a_drug_code_used_twice_is_quarantined():
    pulled = pull(listing({}, {"Generic Name": "Zinc Tablets IP"}))
    assert (pulled.rows, pulled.records) == (2, 1)
    assert pulled.quarantined["reason"].to_list() == ["IDENTITY_TAKEN"]


@pytest.mark.parametrize("column", FEED.layouts[0].needed)
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name}_v2" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(listing({}, header=header))


def test_a_web_page_in_place_of_the_file_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("ProductmrpList.csv", b"<!DOCTYPE html><html></html>")])


def test_a_mail_address_or_telephone_in_a_name_reaches_no_table():
    told = "Zinc Tablets, orders@pharmacy.example 555-123-4567"
    pulled = pull(listing({"Generic Name": told}, {"Generic Name": f"Calcium, {told}"}))
    assert pulled.quarantined.height == 1
    assert not re.search(r"\S@\S|4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_product(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (1600, 1600, 0, 0)
    assert real.findings.is_empty()


@pytest.mark.real
def test_the_real_prices_of_zero_are_not_published(real):
    counts = dict(records(real, "PriceCeiling")["amount_status"].value_counts().iter_rows())
    assert counts == {"STATED": 1331, "NOT_PUBLISHED": 269}
    amounts = records(real, "PriceCeiling")["amount"].drop_nulls().cast(pl.Decimal(12, 4))
    assert amounts.min() > 0


@pytest.mark.real
def test_of_real_names_all_but_one_in_thirty_are_taken_apart(real):
    found = records(real, "Ingredient")
    assert found.filter(pl.col("role") == "UNMAPPED").height <= 1600 // 30
    assert found["product_key"].n_unique() == 1600
    assert found.height == 2300


@pytest.mark.real
def test_no_real_ingredient_keeps_a_form_or_a_dose_in_its_name(real):
    names = records(real, "Ingredient").filter(pl.col("role") == "ACTIVE")["native_text"]
    noise = r"(?i)\b(tablets?|capsules?|injection|release|ip)\b|\d\s*mg\b"
    assert names.filter(names.str.contains(noise)).to_list() == []


@pytest.mark.real
def test_no_real_name_keeps_a_no_break_space_or_a_mail_address(real):
    assert not records(real, "Product")["name"].str.contains("\u00a0").any()
    assert not re.search(r"\S@\S", everything(real))
