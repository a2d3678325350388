import io
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import xlsxwriter

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.europe.ema_medicines import FEED, STATUS
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

PREAMBLE = [
    ["Content type:", "Medicine"],
    ["Output automatically generated on:", "15/07/2025 - 18:00"],
    *[[]] * 6,
]

ROW = {
    "Category": "Human",
    "Name of medicine": "Toujeo (previously Optisulin)",
    "EMA product number": "EMEA/H/C/000309",
    "Medicine status": "Authorised",
    "International non-proprietary name (INN) / common name": "insulin glargine",
    "Active substance": "insulin glargine",
    "Species\n(veterinary)": "",
    "ATC code (human)": "A10AE04",
    "ATCvet code (veterinary)": "",
    "Pharmacotherapeutic group\n(human)": "Drugs used in diabetes",
    "Pharmacotherapeutic group\n(veterinary)": "",
    "Therapeutic indication": "Treatment of diabetes mellitus",
    "Accelerated assessment": "No",
    "Additional monitoring": "No",
    "Advanced therapy": "No",
    "Biosimilar": "No",
    "Conditional approval": "No",
    "Exceptional circumstances": "No",
    "Generic or hybrid": "No",
    "Orphan medicine": "No",
    "PRIME: priority medicine": "No",
    "Marketing authorisation developer / applicant / holder": "Sanofi-Aventis Deutschland GmbH",
    "Marketing authorisation date": "26/06/2000",
    "Withdrawal / expiry / revocation / lapse of marketing authorisation date": "",
    "Revision number": 41,
}


def table(*changes, preamble=PREAMBLE, header=tuple(ROW), width=0):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Medicine")
        lines = [*preamble, header, *((ROW | change).values() for change in changes)]
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
        if width:
            sheet.write(len(lines) + 3, width - 1, " ")
    return Document("medicines.xlsx", content.getvalue())


def read(document):
    return FEED.read([document])


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda document: harmonize(FEED, read(document), resolver)


@pytest.fixture
def product(pull):
    def one(**changes):
        (record,) = pull(table(changes)).batches[0].frame.rows(named=True)
        return record

    return one


@pytest.fixture
def ingredients(pull):
    return lambda change: pull(table(change)).batches[2].frame.rows(named=True)


def test_the_stamp_of_the_preamble_dates_the_list():
    amsterdam = ZoneInfo("Europe/Amsterdam")
    assert read(table({})).stated_at == datetime(2025, 7, 15, 18, tzinfo=amsterdam)


def test_a_copy_without_preamble_is_read_and_has_no_date_of_its_own():
    native = read(table({}, preamble=[]))
    assert (native.count, native.stated_at) == (1, None)


def test_a_used_range_of_1024_columns_adds_no_column():
    native = read(table({}, width=1024))
    assert native.count == 1
    assert set(native.rows.columns) - {"_row", "Active substances", "Generic"} == {
        " ".join(name.split()) for name in ROW
    }


def test_the_column_generic_or_hybrid_may_be_called_generic(pull):
    header = [name if name != "Generic or hybrid" else "Generic" for name in ROW]
    (record,) = (
        pull(table({"Generic or hybrid": "Yes"}, header=header)).batches[0].frame.rows(named=True)
    )
    assert record["category_text"] == "Human; Generic"


@pytest.mark.parametrize("gone", ["EMA product number", "Active substance"])
def test_a_renamed_column_of_the_header_is_named(gone):
    header = [name if name != gone else "Column" for name in ROW]
    with pytest.raises(SourceChanged, match=f"no column `{gone}`"):
        read(table({}, header=header))


@pytest.mark.parametrize("gone", ["Medicine status", "Marketing authorisation date"])
def test_a_column_that_is_gone_is_named(pull, gone):
    header = [name if name != gone else "" for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{gone}`"):
        pull(table({}, header=header))


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html><title>429</title>", table({}).content[:2000], b""]
)
def test_what_is_no_workbook_is_refused(content):
    with pytest.raises(SourceFault):
        read(Document("medicines.xlsx", content))


def test_a_medicine_becomes_a_product(product):
    record = product()
    assert record["key"] == "EU.Product.EMEA/H/C/000309"
    assert record["holder_key"] == "EU.Organization.sanofi aventis deutschland gmbh"
    assert (record["species"], record["authorisation_status"]) == ("HUMAN", "AUTHORISED")
    assert record["authorised_on"]["earliest"] == date(2000, 6, 26)
    assert record["atc_codes"] == ["A10AE04"]
    assert record["surveillance_text"] == "Additional monitoring: No"


def test_a_former_name_stays_in_the_name_and_out_of_the_english_one(product):
    record = product()
    assert record["name"] == "Toujeo (previously Optisulin)"
    assert record["name_en"] == "Toujeo"


@pytest.mark.parametrize(
    ("stated", "number"),
    [
        ("H/C/005084", "EMEA/H/C/005084"),
        ("H/C/002840/N/0049", "EMEA/H/C/002840"),
        ("EMEA/V/C/000008", "EMEA/V/C/000008"),
    ],
)
def test_the_product_number_is_found_in_a_procedure_number(product, stated, number):
    assert product(**{"EMA product number": stated})["national_id"] == number


@pytest.mark.parametrize("stated", ["H/C/PSUSA/00001187/202308", "R/0023", "H/C/WS2451"])
def test_a_number_that_names_no_product_is_kept_and_reported(pull, stated):
    harmonized = pull(table({"EMA product number": stated}))
    assert harmonized.batches[0].frame["national_id"].to_list() == [stated]
    assert harmonized.findings["code"].to_list() == ["NO_PRODUCT_NUMBER"]


def test_two_medicines_under_one_number_lose_neither(pull):
    harmonized = pull(table({}, {"Name of medicine": "Lantus"}))
    assert harmonized.records == 1
    assert harmonized.quarantined.select("native_row", "reason").rows() == [(2, "IDENTITY_TAKEN")]


@pytest.mark.parametrize("native", [*STATUS.terms, "Superseded"])
def test_each_status_has_a_common_term_and_a_new_one_is_unmapped(product, native):
    record = product(**{"Medicine status": native})
    assert record["authorisation_status"] == STATUS.terms.get(native, "UNMAPPED")
    assert record["native_authorisation_status"] == native


@pytest.mark.parametrize(
    ("human", "veterinary", "codes"),
    [
        ("A10AB04;A10AD04", "", ["A10AB04", "A10AD04"]),
        ("N04;N04BX04", "", ["N04", "N04BX04"]),
        ("", "QI09AA", ["QI09AA"]),
        ("QI20CX", "QI20CX", ["QI20CX", "QI20CX"]),
        ("L01X C02", "", ["L01XC02"]),
        ("Not yet assigned", "", []),
        ("", "", []),
    ],
)
def test_atc_codes_of_any_level_are_kept_and_words_are_none(product, human, veterinary, codes):
    record = product(**{"ATC code (human)": human, "ATCvet code (veterinary)": veterinary})
    assert record["atc_codes"] == list(dict.fromkeys(codes))


def test_entities_are_unescaped_and_their_source_is_kept(product):
    text = "Adults&nbsp;with a BMI &lt; 30 kg/m2; AT&T stays&nbsp;"
    record = product(**{"Therapeutic indication": text})
    assert record["indication_text"] == "Adults with a BMI < 30 kg/m2; AT&T stays"
    assert record["native"]["Therapeutic indication"] == text


def test_flags_that_say_yes_are_named_in_the_category(product):
    record = product(**{"Orphan medicine": "Yes", "Conditional approval": "Yes"})
    assert record["category_text"] == "Human; Conditional approval; Orphan medicine"


def test_a_veterinary_medicine_says_so_and_carries_its_own_group(product):
    record = product(
        **{
            "Category": "Veterinary",
            "Pharmacotherapeutic group\n(human)": "",
            "Pharmacotherapeutic group\n(veterinary)": "Immunologicals",
        }
    )
    assert (record["species"], record["therapeutic_class_text"]) == ("VETERINARY", "Immunologicals")


def test_a_medicine_without_a_holder_is_a_product_without_one(pull):
    name = "Marketing authorisation developer / applicant / holder"
    harmonized = pull(table({name: ""}, {name: "Teva B.V.\u00a0", "EMA product number": "R/1"}))
    assert [frame["holder_key"] for frame in harmonized.batches[0].frame.rows(named=True)] == [
        None,
        "EU.Organization.teva bv",
    ]
    assert harmonized.batches[1].frame["name"].to_list() == ["Teva B.V."]


def test_companies_of_one_name_and_two_legal_forms_are_two(pull):
    name = "Marketing authorisation developer / applicant / holder"
    changes = [
        {name: holder, "EMA product number": f"EMEA/H/C/00000{at}"}
        for at, holder in enumerate(["Teva B.V.", "Teva GmbH", "TEVA BV", "Teva, B.V"])
    ]
    keys = pull(table(*changes)).batches[1].frame["national_id"].to_list()
    assert keys == ["teva bv", "teva gmbh"]


def test_substances_are_parted_at_semicolons_and_commas_stay(ingredients):
    text = "Newcastle disease virus, strain Ulster, inactivated\u00a0; telmisartan;"
    first, second = ingredients({"Active substance": text})
    assert first["native_text"] == "Newcastle disease virus, strain Ulster, inactivated"
    assert first["product_key"] == "EU.Product.EMEA/H/C/000309"
    assert (second["national_id"], second["position"]) == ("EMEA/H/C/000309/2", 2)


def test_the_common_name_speaks_where_no_active_substance_is_stated(ingredients):
    (only,) = ingredients({"Active substance": ""})
    assert only["native_text"] == "insulin glargine"
    none = {"International non-proprietary name (INN) / common name": "", "Active substance": ""}
    assert ingredients(none) == []


def test_a_date_that_is_none_keeps_its_words(product):
    stated = product(**{"Marketing authorisation date": "2000-06-26"})["authorised_on"]
    assert (stated["text"], stated["precision"]) == ("2000-06-26", "UNKNOWN")


def written(harmonized):
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return "".join(frame.write_json() for frame in frames)


def test_contacts_reach_no_output(pull):
    change = {"Active substance": "insulin; a@b.org", "Therapeutic indication": "ask a@b.org"}
    assert "a@b.org" not in written(pull(table(change, change | {"EMA product number": ""})))


def real(edition):
    path = SHARED / "eu" / f"ema_medicines_output_{edition}.xlsx"
    return Document(path.name, path.read_bytes())


@pytest.mark.real
@pytest.mark.parametrize(
    ("edition", "rows", "stamp"),
    [
        ("2025-07-15", 2576, "2025-07-15T18:00:00+02:00"),
        ("2024-08-22", 2433, "2024-08-22T15:06:00+02:00"),
    ],
)
def test_every_row_of_a_real_edition_is_a_product(pull, edition, rows, stamp):
    document = real(edition)
    harmonized = pull(document)
    assert (harmonized.rows, harmonized.records) == (rows, rows)
    assert harmonized.quarantined.is_empty()
    assert read(document).stated_at.isoformat() == stamp
    unmapped = {item.field: item.unmapped for item in harmonized.quality if item.unmapped}
    assert unmapped == {}
    products = harmonized.batches[0].frame
    assert products["authorised_on"].struct.field("precision").drop_nulls().unique().to_list() == [
        "DAY"
    ]


@pytest.mark.real
def test_the_edition_of_2025_holds_what_its_description_counts(pull):
    harmonized = pull(real("2025-07-15"))
    products = harmonized.batches[0].frame
    assert dict(products["species"].value_counts().iter_rows()) == {
        "HUMAN": 2210,
        "VETERINARY": 366,
    }
    assert dict(products["authorisation_status"].value_counts().iter_rows()) == {
        "AUTHORISED": 1762,
        "WITHDRAWN": 380,
        "APPLICATION_WITHDRAWN": 264,
        "REFUSED": 61,
        "APPLIED": 54,
        "EXPIRED": 45,
        "REVOKED": 8,
        "SUSPENDED": 2,
    }
    assert products["holder_key"].null_count() == 179
    assert products.filter(pl.col("name") != pl.col("name_en")).height == 122
    assert products.filter(pl.col("indication_text").str.contains("&nbsp;|&lt;|\u00a0")).is_empty()
    assert products.filter(pl.col("atc_codes").list.contains("A10AD04"))["atc_codes"].to_list()
    assert harmonized.findings.is_empty()


@pytest.mark.real
def test_the_odd_numbers_of_2024_meet_their_products_of_2025(pull):
    old, new = (pull(real(edition)) for edition in ("2024-08-22", "2025-07-15"))
    assert old.findings["code"].to_list() == ["NO_PRODUCT_NUMBER"] * 3
    keys = dict(new.batches[0].frame.select("key", "name_en").iter_rows())
    of_old = dict(old.batches[0].frame.select("name_en", "key").iter_rows())
    assert [keys[of_old[name]] for name in ("MenQuadfi", "Xydalba")] == ["MenQuadfi", "Xydalba"]


@pytest.mark.real
def test_an_approved_combination_has_an_ingredient_for_each_substance(pull):
    parts = pull(real("2025-07-15")).batches[2].frame
    prevenar = parts.filter(pl.col("native_text").str.contains("serotype 6A"))
    assert prevenar.height >= 2
    assert parts.filter(pl.col("native_text").str.contains(";")).is_empty()


@pytest.mark.real
@pytest.mark.parametrize("edition", ["2025-07-15", "2024-08-22"])
def test_no_contact_is_in_what_a_real_edition_comes_to(pull, edition):
    assert "@" not in written(pull(real(edition)))
