import io
import re
import zipfile
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.usa.drugsatfda import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "us"

PRODUCT = {
    "ApplNo": "050542",
    "ProductNo": "001",
    "Form": "TABLET;ORAL",
    "Strength": "500MG",
    "ReferenceDrug": "0",
    "DrugName": "LARUM",
    "ActiveIngredient": "METFORMIN HYDROCHLORIDE",
    "ReferenceStandard": "0",
}
APPLICATION = {
    "ApplNo": "050542",
    "ApplType": "NDA",
    "ApplPublicNotes": "",
    "SponsorName": "HOSPIRA",
}
STATUS = {"MarketingStatusID": "1", "ApplNo": "050542", "ProductNo": "001"}
LOOKUP = [
    {"MarketingStatusID": str(number), "MarketingStatusDescription": words}
    for number, words in enumerate(
        ["Prescription", "Over-the-counter", "Discontinued", "None (Tentative Approval)"], 1
    )
]


def table(rows):
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def archive(products=(PRODUCT,), applications=(APPLICATION,), statuses=(STATUS,), lookup=LOOKUP):
    tables = {
        "Products": products,
        "Applications": applications,
        "MarketingStatus": statuses,
        "MarketingStatus_Lookup": lookup,
    }
    return packed({f"{name}.txt": table(rows) for name, rows in tables.items() if rows})


def packed(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packing:
        for name, member in members.items():
            packing.writestr(name, member)
    return Document("drugsatfda.zip", content.getvalue())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(**change):
    return records(pull(archive([PRODUCT | change])), "Product").row(0, named=True)


def strengths(ingredients, strength):
    change = {"ActiveIngredient": ingredients, "Strength": strength}
    pulled = pull(archive([PRODUCT | change]))
    parts = records(pulled, "Ingredient").select(
        "native_text", "strength_text", "strength_value", "strength_unit", "per_value", "per_unit"
    )
    return parts.rows(), pulled.findings["code"].to_list()


def test_a_product_joins_its_application_and_marketing_status():
    product = one()
    assert product["key"] == "US.Product.050542/001"
    assert product["authorisation_number"] == "NDA050542"
    assert product["holder_key"] == "US.Organization.hospira"
    assert product["procedure_text"] == "NDA"


@pytest.mark.parametrize(
    ("number", "authorisation", "marketing", "supply_class"),
    [
        ("1", "AUTHORISED", "MARKETED", "PRESCRIPTION"),
        ("2", "AUTHORISED", "MARKETED", "OVER_THE_COUNTER"),
        ("3", "AUTHORISED", "DISCONTINUED", None),
        ("4", "TENTATIVE", "NOT_MARKETED", None),
    ],
)
def test_a_marketing_status_says_what_it_says_and_no_more(
    number, authorisation, marketing, supply_class
):
    pulled = pull(archive(statuses=[STATUS | {"MarketingStatusID": number}]))
    product = records(pulled, "Product").row(0, named=True)
    read = (product["authorisation_status"], product["marketing_status"], product["supply_class"])
    assert read == (authorisation, marketing, supply_class)
    assert product["native_authorisation_status"] is not None


@pytest.mark.parametrize(
    ("lookup", "text"),
    [([LOOKUP[0] | {"MarketingStatusDescription": "Paused"}], "Paused"), (LOOKUP[1:], "1")],
)
def test_a_status_that_is_not_known_is_unmapped_and_kept(lookup, text):
    product = records(pull(archive(lookup=lookup)), "Product").row(0, named=True)
    assert (product["authorisation_status"], product["marketing_status"]) == ("UNMAPPED",) * 2
    assert product["native_authorisation_status"] == text


def test_without_application_and_status_the_product_stays_and_nothing_is_a_defect():
    other = {"ApplNo": "000001"}
    pulled = pull(archive(applications=[APPLICATION | other], statuses=[STATUS | other]))
    product = records(pulled, "Product").row(0, named=True)
    assert (pulled.records, pulled.quarantined.height) == (1, 0)
    assert (product["holder_key"], product["marketing_status"]) == (None, None)
    assert product["authorisation_status"] == "UNMAPPED"
    assert product["authorisation_number"] == "050542"
    absent = {"holder_key", "marketing_status", "supply_class"}
    defects = {quality.field: quality.defects for quality in pulled.quality}
    assert {defects[field] for field in absent} == {0}


def test_an_application_listed_twice_with_different_words_is_not_chosen():
    twice = [APPLICATION, APPLICATION | {"SponsorName": "PFIZER"}]
    pulled = pull(archive(applications=twice))
    assert (pulled.rows, pulled.records) == (1, 1)
    assert records(pulled, "Product")["holder_key"].item() is None


@pytest.mark.parametrize(
    ("form", "dose_form", "routes"),
    [
        ("TABLET;ORAL", "TABLET", ["ORAL"]),
        ("Injectable; Injection", "Injectable", ["Injection"]),
        (
            "INJECTABLE;INTRAMUSCULAR, INTRAVENOUS",
            "INJECTABLE",
            ["INTRAMUSCULAR", "INTRAVENOUS"],
        ),
        ("TABLET, EXTENDED RELEASE;ORAL", "TABLET, EXTENDED RELEASE", ["ORAL"]),
        ("SOLUTION;PERFUSION, CARDIAC", "SOLUTION", ["PERFUSION, CARDIAC"]),
        ("LIQUID;N/A", "LIQUID", []),
        ("UNKNOWN", None, []),
    ],
)
def test_the_form_column_holds_form_and_routes(form, dose_form, routes):
    product = one(Form=form)
    assert (product["dose_form_text"], product["route_texts"]) == (dose_form, routes)


def test_ingredients_and_strengths_are_parallel():
    parts, findings = strengths(
        "AMOXICILLIN; CLAVULANATE POTASSIUM", "EQ 250MG BASE/5ML;EQ 62.5MG BASE/5ML"
    )
    assert parts == [
        ("AMOXICILLIN", "EQ 250MG BASE/5ML", "250", "mg", "5", "mL"),
        ("CLAVULANATE POTASSIUM", "EQ 62.5MG BASE/5ML", "62.5", "mg", "5", "mL"),
    ]
    assert findings == []


def test_a_note_behind_the_strength_is_no_part_of_an_ingredient_s():
    note = " **Federal Register determination that product was not discontinued; see there**"
    parts, findings = strengths("HEPARIN SODIUM", "20,000 UNITS/ML" + note)
    assert parts == [("HEPARIN SODIUM", "20,000 UNITS/ML", "20000", "[arb'U]", "1", "mL")]
    assert findings == []


def test_a_bracket_that_restates_the_strengths_is_no_further_strength():
    parts, findings = strengths("A; B", "1%;EQ 5MG BASE/2ML (1%;EQ 2.5MG BASE/ML)")
    assert [part[2:] for part in parts] == [("1", "%", None, None), ("5", "mg", "2", "mL")]
    assert findings == []


def test_a_semicolon_in_brackets_is_part_of_the_name():
    parts, findings = strengths("LIOTRIX (T4;T3)", "0.05MG;0.0125MG")
    assert parts == [("LIOTRIX (T4;T3)", "0.05MG;0.0125MG", None, None, None, None)]
    assert findings == ["STRENGTH_COUNT_DISAGREES"]


def test_lists_of_different_length_are_reported_and_not_zipped():
    parts, findings = strengths("ABACAVIR; LAMIVUDINE", "300MG/150MG")
    assert parts == [
        ("ABACAVIR", None, None, None, None, None),
        ("LAMIVUDINE", None, None, None, None, None),
    ]
    assert findings == ["STRENGTH_COUNT_DISAGREES"]


def test_words_for_no_strength_are_no_strength():
    parts, findings = strengths("AMINO ACIDS; DEXTROSE", "N/A;5%")
    assert [part[1:3] for part in parts] == [(None, None), ("5%", "5")]
    assert findings == []
    assert one(Strength="N/A")["strength_text"] is None


def test_a_sponsor_is_a_mention_recorded_once():
    second = PRODUCT | {"ProductNo": "002"}
    sponsors = records(pull(archive([PRODUCT, second])), "Organization")
    assert sponsors.select("key", "name").rows() == [("US.Organization.hospira", "HOSPIRA")]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("products", "Strength"),
        ("applications", "SponsorName"),
        ("statuses", "MarketingStatusID"),
        ("statuses", "ApplNo"),
        ("lookup", "MarketingStatusDescription"),
    ],
)
def test_a_renamed_column_is_refused_by_its_name(name, column):
    rows = {"products": PRODUCT, "applications": APPLICATION, "statuses": STATUS}
    row = rows.get(name, LOOKUP[0])
    renamed = {("NewName" if key == column else key): value for key, value in row.items()}
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(archive(**{name: [renamed]}))


def test_a_missing_table_is_refused_by_its_name():
    with pytest.raises(SourceChanged, match=r"Applications\.txt"):
        pull(archive(applications=()))


def test_half_an_archive_is_refused():
    whole = archive()
    with pytest.raises(SourceFault, match="zip"):
        pull(Document(whole.name, whole.content[: len(whole.content) // 2]))


def test_a_broken_row_is_quarantined_with_its_text():
    rows = table([PRODUCT, PRODUCT | {"ProductNo": "002\t003"}, PRODUCT | {"ProductNo": "004"}])
    members = {
        "Products.txt": rows,
        "Applications.txt": table([APPLICATION]),
        "MarketingStatus.txt": table([STATUS]),
        "MarketingStatus_Lookup.txt": table(LOOKUP),
    }
    pulled = pull(packed(members))
    assert (pulled.rows, pulled.records) == (3, 2)
    assert pulled.quarantined["reason"].to_list() == ["MALFORMED_ROW"]


def test_mail_addresses_and_telephones_reach_no_output():
    noted = APPLICATION | {"ApplPublicNotes": "call 800-555-0100 or write x@fda.example"}
    text = everything(pull(archive(applications=[noted])))
    assert "call" in text
    assert "555-0100" not in text
    assert "x@fda" not in text


def counts(frame, column):
    return dict(frame[column].value_counts().iter_rows())


@pytest.fixture(scope="module")
def real():
    files = {
        "Products.txt": "drugsatfda_Products_2019-07_head12000.txt",
        "Applications.txt": "drugsatfda_Applications_2019-07_head10000.txt",
        "MarketingStatus.txt": "drugsatfda_MarketingStatus_2019-07_head8000.txt",
        "MarketingStatus_Lookup.txt": "drugsatfda_MarketingStatus_Lookup_2019-07.txt",
    }
    return pull(packed({name: (REAL / file).read_bytes() for name, file in files.items()}))


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (12000, 12000, 0, 0)


@pytest.mark.real
def test_a_real_discontinued_product_has_not_lost_its_authorisation(real):
    products = records(real, "Product")
    stopped = products.filter(pl.col("marketing_status") == "DISCONTINUED")
    assert (stopped.height, counts(stopped, "authorisation_status")) == (4195, {"AUTHORISED": 4195})
    tentative = products.filter(pl.col("authorisation_status") == "TENTATIVE")
    assert counts(tentative, "marketing_status") == {"NOT_MARKETED": 50}


@pytest.mark.real
def test_real_strengths_are_read_but_for_ranges_lists_and_kits(real):
    ingredients = records(real, "Ingredient")
    assert ingredients.height == 15324
    unread = ingredients.filter(
        pl.col("strength_text").is_not_null() & pl.col("strength_value").is_null()
    )
    assert unread.height == 224
    assert ingredients.filter(pl.col("strength_value") == "0").is_empty()
    assert counts(real.findings, "code") == {"STRENGTH_COUNT_DISAGREES": 65}


@pytest.mark.real
def test_real_numbers_read_as_openfda_writes_them(real):
    numbers = records(real, "Product")["authorisation_number"]
    assert numbers.str.contains(r"^(?:NDA|ANDA)?\d{6}$").all()
    assert numbers.str.contains(r"^A?NDA").sum() == 11_998


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    text = everything(real)
    assert not re.search(r"\w@\w|(?<![\d-])\d{3}[-. ]\d{3}[-. ]\d{4}(?![\d-])", text)
