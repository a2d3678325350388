import io
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.usa.ndc_unfinished import FEED, PACKAGES, PRODUCTS, TABLES
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = {
    PRODUCTS: SHARED / "us" / "ndc_unfinished_product_2018-06_head4000.txt",
    PACKAGES: SHARED / "us" / "ndc_unfinished_package_2018-06_head6000.txt",
}

PRODUCT = {
    "PRODUCTID": "0009-5023_0b3c1f08",
    "PRODUCTNDC": "0009-5023",
    "PRODUCTTYPENAME": "BULK INGREDIENT",
    "NONPROPRIETARYNAME": "Metformin",
    "DOSAGEFORMNAME": "POWDER",
    "STARTMARKETINGDATE": "20140703",
    "ENDMARKETINGDATE": "",
    "MARKETINGCATEGORYNAME": "BULK INGREDIENT",
    "LABELERNAME": "Pharmacia and Upjohn Company LLC",
    "SUBSTANCENAME": "METFORMIN HYDROCHLORIDE",
    "ACTIVE_NUMERATOR_STRENGTH": "1",
    "ACTIVE_INGRED_UNIT": "kg/kg",
    "DEASCHEDULE": "",
    "LISTING_RECORD_CERTIFIED_THROUGH": "20181231",
}
PACKAGE = {
    "PRODUCTID": "0009-5023_0b3c1f08",
    "PRODUCTNDC": "0009-5023",
    "NDCPACKAGECODE": "0009-5023-04",
    "PACKAGEDESCRIPTION": "4 BOTTLE in 1 CONTAINER (0009-5023-04)  > 2000 g in 1 BOTTLE",
}
THREE = {
    "SUBSTANCENAME": "METFORMIN HYDROCHLORIDE; ASPIRIN; CAFFEINE",
    "ACTIVE_NUMERATOR_STRENGTH": ".5; 100; 20000",
    "ACTIVE_INGRED_UNIT": "mg/.5mL; mg/1; [iU]/g",
}


def table(rows):
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def archive(products=(PRODUCT,), packages=(PACKAGE,)):
    return packed({PRODUCTS: table(products), PACKAGES: table(packages)})


def packed(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packing:
        for name, member in members.items():
            packing.writestr(name, member)
    return Document("ndc_unfinished.zip", content.getvalue())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(record, **change):
    return records(pull(archive([PRODUCT | change])), record).row(0, named=True)


def test_a_listing_names_its_labeler_and_no_site():
    role, labeler = one("SiteRole"), one("Organization")
    assert (role["key"], role["site_key"]) == ("US.SiteRole.0009-5023", None)
    assert role["organization_key"] == labeler["key"]
    assert (role["role"], role["native_role"]) == ("ACTIVE_SUBSTANCE", "BULK INGREDIENT")
    assert role["evidence_number"] == "0009-5023_0b3c1f08"


def test_a_controlled_substance_has_its_schedule_in_its_category():
    assert one("Product", DEASCHEDULE="CII")["category_text"].endswith("; CII")


def test_a_listing_is_no_proof_of_a_supplier():
    role = one("SiteRole")
    assert (role["evidence"], role["standing"]) == ("LISTING", "NOT_STATED")


@pytest.mark.parametrize(
    ("kind", "role", "stage"),
    [
        ("BULK INGREDIENT", "ACTIVE_SUBSTANCE", "ACTIVE_SUBSTANCE"),
        ("DRUG FOR FURTHER PROCESSING", "INTERMEDIATE", "INTERMEDIATE"),
        ("LICENSED VACCINE BULK INTERMEDIATE", "INTERMEDIATE", "INTERMEDIATE"),
        ("HUMAN OTC DRUG", "UNMAPPED", "FINISHED"),
        ("PLASMA DERIVATIVE", "UNMAPPED", "UNMAPPED"),
    ],
)
def test_the_type_says_what_is_sold_and_not_who_made_a_finished_medicine(kind, role, stage):
    assert one("SiteRole", PRODUCTTYPENAME=kind)["role"] == role
    assert one("Product", PRODUCTTYPENAME=kind)["stage"] == stage


@pytest.mark.parametrize(
    ("category", "species"),
    [
        ("BULK INGREDIENT FOR HUMAN PRESCRIPTION COMPOUNDING", "HUMAN"),
        ("BULK INGREDIENT FOR ANIMAL DRUG COMPOUNDING", "VETERINARY"),
        ("BULK INGREDIENT", "UNMAPPED"),
    ],
)
def test_only_compounding_says_for_whom_a_substance_is(category, species):
    assert one("Product", MARKETINGCATEGORYNAME=category)["species"] == species


@pytest.mark.parametrize(
    ("ends", "certified", "last"),
    [
        ("", "20181231", date(2018, 12, 31)),
        ("20180831", "20181231", date(2018, 8, 31)),
        ("20541231", "20181231", date(2018, 12, 31)),
        ("20180831", "", date(2018, 8, 31)),
    ],
)
def test_a_listing_holds_until_its_sale_or_its_certification_ends(ends, certified, last):
    role = one("SiteRole", ENDMARKETINGDATE=ends, LISTING_RECORD_CERTIFIED_THROUGH=certified)
    assert role["valid_until"]["latest"] == last
    assert role["valid_from"]["earliest"] == date(2014, 7, 3)


def test_parallel_lists_become_ingredients_with_their_own_strengths():
    found = records(pull(archive([PRODUCT | THREE])), "Ingredient")
    fields = ("native_text", "strength_value", "strength_unit", "per_value", "per_unit")
    assert found.select(fields).rows() == [
        ("METFORMIN HYDROCHLORIDE", "0.5", "mg", "0.5", "mL"),
        ("ASPIRIN", "100", "mg", None, None),
        ("CAFFEINE", "20000", "[iU]", "1", "g"),
    ]
    assert found["product_key"].unique().to_list() == ["US.Product.0009-5023"]


def test_strengths_not_as_many_as_the_substances_are_left_out():
    change = THREE | {"ACTIVE_NUMERATOR_STRENGTH": "1; 2"}
    found = records(pull(archive([PRODUCT | change])), "Ingredient")
    assert (found.height, found["strength_text"].null_count()) == (3, 3)


def test_a_listing_of_several_substances_is_no_role_for_one_of_them():
    assert one("SiteRole")["substance_key"] is not None
    combined = one("SiteRole", **THREE)
    assert (combined["substance_key"], combined["subject_text"]) == (None, THREE["SUBSTANCENAME"])


def test_a_listing_without_substance_is_a_role_without_ingredients():
    pulled = pull(archive([PRODUCT | dict.fromkeys(THREE, "")]))
    assert pulled.records == 1
    assert records(pulled, "Ingredient").is_empty()


def test_packages_stand_under_their_product_with_padded_codes():
    second = PACKAGE | {"NDCPACKAGECODE": "0009-5023-18", "PACKAGEDESCRIPTION": "1 BAG"}
    pulled = pull(archive(packages=[PACKAGE, second]))
    found = records(pulled, "Package")
    assert found.select("code", "code_text", "description").rows() == [
        ("00009502304", "0009-5023-04", PACKAGE["PACKAGEDESCRIPTION"]),
        ("00009502318", "0009-5023-18", "1 BAG"),
    ]
    assert found["product_key"].unique().to_list() == ["US.Product.0009-5023"]
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 1, 2)


def test_packages_whose_listing_is_not_there_are_kept_and_reported():
    stray = PACKAGE | {"PRODUCTID": "38779-0298_x", "PRODUCTNDC": "38779-0298"}
    strays = [stray | {"NDCPACKAGECODE": f"38779-0298-{size}"} for size in (1, 2)]
    pulled = pull(archive(packages=[PACKAGE, *strays]))
    assert (pulled.rows, pulled.records, pulled.merged) == (4, 2, 2)
    assert pulled.findings["code"].to_list() == ["PACKAGES_WITHOUT_PRODUCT"]
    role = records(pulled, "SiteRole").row(1, named=True)
    assert (role["national_id"], role["role"]) == ("38779-0298", "NOT_STATED")
    assert role["organization_key"] is None
    assert records(pulled, "Package").height == 3
    assert records(pulled, "Product").height == 1


def test_two_listings_of_one_product_are_numbered():
    other = PRODUCT | {"PRODUCTID": "0009-5023_594b03eb", "LABELERNAME": "Pfizer"}
    pulled = pull(archive([PRODUCT, other]))
    ids = records(pulled, "SiteRole")["national_id"].to_list()
    assert sorted(ids) == ["0009-5023", "0009-5023#2"]
    assert records(pulled, "Product").height == 1


def test_a_name_in_latin_1_is_read():
    name = "Weleda A.G. Schwäbisch Gmünd, Zweigniederlassung der Weled"
    assert one("Organization", LABELERNAME=name)["name"] == name


def test_a_row_with_too_few_cells_is_quarantined():
    broken = table([PRODUCT, {"PRODUCTID": "half"}, PRODUCT])
    pulled = pull(packed({PRODUCTS: broken, PACKAGES: table([PACKAGE])}))
    assert pulled.quarantined["reason"].to_list() == ["MALFORMED_ROW"]
    assert pulled.rows == pulled.records + pulled.merged + 1


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, columns in TABLES.items() for column in columns]
)
def test_a_renamed_column_is_refused_by_its_name(name, column):
    rows = {PRODUCTS: PRODUCT, PACKAGES: PACKAGE}
    rows[name] = {f"{key}_V2" if key == column else key: cell for key, cell in rows[name].items()}
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(packed({key: table([row]) for key, row in rows.items()}))


def test_an_archive_without_its_packages_is_refused():
    with pytest.raises(SourceChanged, match=PACKAGES):
        FEED.read([packed({PRODUCTS: table([PRODUCT])})])


def test_a_web_page_in_place_of_the_file_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("ndc_unfinished.zip", b"<!DOCTYPE html><html></html>")])


def test_a_mail_address_or_telephone_reaches_no_table():
    told = "Pfizer, sales@pfizer.example 555-123-4567"
    pulled = pull(archive([PRODUCT | {"LABELERNAME": told, "NONPROPRIETARYNAME": told}]))
    assert not re.search(r"\S@\S|4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(packed({name: file.read_bytes() for name, file in REAL.items()}))


@pytest.mark.real
def test_every_real_row_of_both_tables_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (
        4000 + 6000,
        4000 + 92,
        6000 - 92,
        0,
    )
    assert real.findings["code"].to_list() == ["PACKAGES_WITHOUT_PRODUCT"] * 92


@pytest.mark.real
def test_real_roles_products_and_packages_are_counted(real):
    roles = dict(records(real, "SiteRole")["role"].value_counts().iter_rows())
    assert roles == {
        "ACTIVE_SUBSTANCE": 3346,
        "INTERMEDIATE": 641,
        "UNMAPPED": 13,
        "NOT_STATED": 92,
    }
    assert (records(real, "Product").height, records(real, "Package").height) == (3878, 6000)


@pytest.mark.real
def test_every_real_strength_is_read(real):
    found = records(real, "Ingredient")
    assert found.height == 4267
    assert found["strength_value"].null_count() == 0


@pytest.mark.real
def test_the_real_latin_1_names_come_out_right(real):
    names = records(real, "Organization")["name"].to_list()
    assert "Weleda A.G. Schwäbisch Gmünd, Zweigniederlassung der Weled" in names
    assert not any("\ufffd" in name or "Ã" in name for name in names)


@pytest.mark.real
def test_no_real_text_holds_a_mail_address(real):
    assert not re.search(r"[\w.]@\w+\.\w", everything(real))
