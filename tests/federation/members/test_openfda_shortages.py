# Over 400 lines: one feed, whose quirks and real counts share one record to vary and one pull.
import json
import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.usa.openfda_shortages import FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "us" / "openfda_drug_shortages_2026-03-27.json"

LABEL = {
    "application_number": ["ANDA090850"],
    "brand_name": ["MIDAZOLAM HYDROCHLORIDE"],
    "generic_name": ["MIDAZOLAM HYDROCHLORIDE"],
    "manufacturer_name": ["Heritage Pharmaceuticals Inc. d/b/a Avet Pharmaceuticals Inc."],
    "product_ndc": ["23155-601", "23155-600"],
    "product_type": ["HUMAN PRESCRIPTION DRUG"],
    "route": ["INTRAMUSCULAR", "INTRAVENOUS"],
    "substance_name": ["MIDAZOLAM HYDROCHLORIDE"],
    "unii": ["W7TTW573JJ"],
}
NOTICE = {
    "update_type": "Revised",
    "initial_posting_date": "03/14/2022",
    "package_ndc": "23155-601-41",
    "generic_name": "Midazolam Hydrochloride Injection",
    "contact_info": "877-TAKEDA-7 or orders@avet.example",
    "availability": "Unavailable",
    "related_info": "Estimated recovery: 3 weeks",
    "openfda": LABEL,
    "update_date": "02/25/2026",
    "therapeutic_category": ["Anesthesia", "Pediatric"],
    "dosage_form": "Injection",
    "presentation": "Midazolam Hydrochloride, Injection, 5 mg/1 mL (NDC 23155-601-41)",
    "company_name": "Avet Pharmaceuticals, Inc.",
    "shortage_reason": "Demand increase for the drug",
    "status": "Current",
}
GONE = object()
SHORTAGE = "US.SupplyNotice.23155-601-41/SHORTAGE/avet pharmaceuticals"


def page(*changes):
    results = [
        {name: value for name, value in (NOTICE | change).items() if value is not GONE}
        for change in changes
    ]
    return envelope(results)


def envelope(results):
    total = {"skip": 0, "limit": len(results), "total": len(results)}
    meta = {"last_updated": "2026-03-27", "results": total}
    return Document("page-1.json", json.dumps({"meta": meta, "results": results}).encode())


def pull(*documents, resolver=RESOLVER):
    return harmonize(FEED, FEED.read(documents), resolver)


def one(change, record="SupplyNotice"):
    return records(pull(page(change)), record).row(0, named=True)


@pytest.mark.parametrize(
    ("native", "kind", "status"),
    [
        ("Current", "SHORTAGE", "ONGOING"),
        ("Resolved", "SHORTAGE", "RESOLVED"),
        ("To Be Discontinued", "DISCONTINUATION", "DISCONTINUED"),
        ("To be Discontinued", "DISCONTINUATION", "DISCONTINUED"),
        ("Paused", "UNMAPPED", "UNMAPPED"),
    ],
)
def test_status_is_read_whatever_its_case_and_kept(native, kind, status):
    notice = one({"status": native})
    assert (notice["kind"], notice["status"], notice["native_status"]) == (kind, status, native)
    assert notice["legal_fact"].startswith("21 U.S.C. 356c (section 506C FD&C Act)")


@pytest.mark.parametrize(
    ("native", "availability"),
    [
        ("Available", "AVAILABLE"),
        ("Avaliable", "AVAILABLE"),
        ("Limited Availability", "LIMITED"),
        ("Limited Availablity", "LIMITED"),
        ("Limited Availabiltiy", "LIMITED"),
        ("Unavailable", "UNAVAILABLE"),
        ("Unavailable.", "UNAVAILABLE"),
        ("Information pending", "INFORMATION_PENDING"),
        ("Ships in two weeks to hospitals", "UNMAPPED"),
        (GONE, None),
    ],
)
def test_availability_is_read_through_its_spelling_mistakes(native, availability):
    assert one({"availability": native})["availability"] == availability


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        ("Demand increase for the drug", "DEMAND_INCREASE"),
        ("Requirements related to complying with good manufacturing practices", "QUALITY"),
        ("Strike at the plant", "UNMAPPED"),
        (GONE, None),
    ],
)
def test_reason_is_translated_and_kept(native, reason):
    notice = one({"shortage_reason": native})
    assert notice["reason"] == reason
    assert notice["reason_text"] == (None if native is GONE else native)


def test_a_shortage_s_prose_is_kept_beside_the_end_it_foresees():
    notice = one({"related_info": "Estimated recovery: April 2026"})
    assert notice["outlook_text"] == "Estimated recovery: April 2026"
    assert notice["expected_end_on"]["precision"] == "MONTH"


def test_a_discontinuation_expects_no_end():
    prose = {"related_info": "Estimated availability: 5/25/2026"}
    leaving = {"status": "To Be Discontinued", "discontinued_date": "06/13/2025"}
    notice = one(prose | leaving)
    assert notice["expected_end_on"] is None
    assert notice["starts_on"]["earliest"] == date(2025, 6, 13)


def test_only_a_resolved_shortage_has_ended():
    assert one({"status": "Resolved"})["ended_on"]["earliest"] == date(2026, 2, 25)
    assert one({})["ended_on"] is None


def test_a_notice_keeps_its_identity_when_presentation_and_dates_are_edited():
    edited = {
        "presentation": "Midazolam Injection, 5 mg per mL (NDC 23155-601-41)",
        "update_date": "03/30/2026",
        "update_type": "Reverified",
        "initial_posting_date": "03/15/2022",
        "availability": "Available",
        "status": "Resolved",
    }
    assert one({})["key"] == one(edited)["key"] == SHORTAGE


def test_a_shortage_and_a_discontinuation_of_one_package_are_two_notices():
    pulled = pull(page({}, {"status": "To Be Discontinued"}))
    keys = set(records(pulled, "SupplyNotice")["key"])
    assert keys == {SHORTAGE, SHORTAGE.replace("SHORTAGE", "DISCONTINUATION")}


def test_two_companies_report_one_package_each_for_itself():
    pulled = pull(page({}, {"company_name": "Gland Pharma Limited"}))
    assert records(pulled, "SupplyNotice")["key"].n_unique() == 2


def test_notices_that_still_collide_are_numbered_in_whatever_order_they_come():
    first, second = {"presentation": "Ocella"}, {"presentation": "Yasmin"}
    there, back = (
        dict(records(pull(page(*order)), "SupplyNotice").select("key", "title").iter_rows())
        for order in ((first, second), (second, first))
    )
    assert there == back == {SHORTAGE: "Ocella", f"{SHORTAGE}#2": "Yasmin"}


def test_a_notice_repeated_word_for_word_is_merged():
    pulled = pull(page({}, {}))
    assert (pulled.rows, pulled.records, pulled.merged) == (2, 1, 1)


def test_the_package_is_padded_and_linked_to_its_product():
    package = one({"package_ndc": "0409-7809-24"}, "Package")
    assert (package["code"], package["code_text"]) == ("00409780924", "0409-7809-24")
    assert package["product_key"] == "US.Product.0409-7809"


def test_a_code_without_dashes_is_reported_and_makes_no_package():
    pulled = pull(page({"package_ndc": "0409780924"}))
    assert pulled.findings["code"].to_list() == ["NDC_FORM"]
    assert pulled.records == 1
    assert records(pulled, "Package").is_empty()
    assert records(pulled, "Product").is_empty()


def test_a_product_takes_form_routes_and_labeler_from_its_label():
    product = one({}, "Product")
    assert product["key"] == "US.Product.23155-601"
    assert product["name"] == "MIDAZOLAM HYDROCHLORIDE"
    assert product["route_texts"] == ["INTRAMUSCULAR", "INTRAVENOUS"]
    assert product["dose_form_text"] == "Injection"
    assert product["supply_class"] == "PRESCRIPTION"
    assert product["therapeutic_class_text"] == "Anesthesia; Pediatric"
    assert product["holder_key"] == (
        "US.Organization.heritage pharmaceuticals d b a avet pharmaceuticals"
    )


@pytest.mark.parametrize(
    ("numbers", "number", "status"),
    [
        (["ANDA090850"], "ANDA090850", "AUTHORISED"),
        (["ANDA075154", "ANDA208878"], None, "AUTHORISED"),
        ([], None, "UNMAPPED"),
    ],
)
def test_an_authorisation_number_is_taken_only_when_it_is_the_only_one(numbers, number, status):
    product = one({"openfda": LABEL | {"application_number": numbers}}, "Product")
    assert (product["authorisation_number"], product["authorisation_status"]) == (number, status)


@pytest.mark.parametrize("label", [GONE, {}])
def test_without_a_label_the_generic_name_gives_name_and_ingredients(label):
    generic = "Drospirenone; Ethinyl Estradiol Tablet"
    pulled = pull(page({"openfda": label, "generic_name": generic}))
    names = records(pulled, "Ingredient")["native_text"].to_list()
    assert names == ["Drospirenone", "Ethinyl Estradiol"]
    assert records(pulled, "Product")["name"].item() == "Drospirenone; Ethinyl Estradiol"


class Listening(Resolver):
    """A resolver that remembers what it was asked."""

    def __init__(self):
        super().__init__(load_register())
        self.asked = []

    def resolve_single(self, text, origin, unii=()):
        self.asked.append((text, tuple(unii)))
        return super().resolve_single(text, origin, unii)


@pytest.mark.parametrize(
    ("substances", "codes", "asked"),
    [
        (["MIDAZOLAM"], ["R60L0SM5BC"], [("MIDAZOLAM", ("R60L0SM5BC",))]),
        (["MIDAZOLAM"], ["059QF0KO0R", "R60L0SM5BC"], [("MIDAZOLAM", ())]),
        (
            ["EPINEPHRINE", "LIDOCAINE HYDROCHLORIDE"],
            ["V13007Z41A", "YKH834O4BH"],
            [("EPINEPHRINE", ()), ("LIDOCAINE HYDROCHLORIDE", ())],
        ),
        ([], ["W7TTW573JJ"], [("Midazolam Hydrochloride", ("W7TTW573JJ",))]),
    ],
)
def test_a_code_is_evidence_only_where_it_can_belong_to_one_substance(substances, codes, asked):
    listening = Listening()
    label = LABEL | {"substance_name": substances, "unii": codes}
    pull(page({"openfda": label}), resolver=listening)
    assert listening.asked == asked


def test_a_label_of_another_drug_is_reported_and_not_believed():
    wrong = LABEL | {"substance_name": ["HYDRALAZINE HYDROCHLORIDE"], "brand_name": ["HYDRALAZINE"]}
    pulled = pull(page({"openfda": wrong}))
    assert pulled.findings["code"].to_list() == ["LABEL_OF_ANOTHER_DRUG"]
    ingredients = records(pulled, "Ingredient")
    assert ingredients["native_text"].to_list() == ["Midazolam Hydrochloride"]
    product = records(pulled, "Product").row(0, named=True)
    assert (product["name"], product["authorisation_number"]) == ("Midazolam Hydrochloride", None)
    assert product["holder_key"] == "US.Organization.avet pharmaceuticals"


def test_substances_and_codes_of_different_number_are_reported():
    pulled = pull(page({"openfda": LABEL | {"unii": ["W7TTW573JJ", "059QF0KO0R"]}}))
    assert pulled.findings["code"].to_list() == ["SUBSTANCES_AND_CODES_DISAGREE"]


def test_the_list_is_dated_by_the_day_its_index_was_built():
    assert FEED.read([page({})]).stated_at == datetime(2026, 3, 27, tzinfo=UTC)


def test_pages_follow_one_another():
    pulled = pull(page({}), page({"package_ndc": "0409-7809-24"}))
    assert records(pulled, "SupplyNotice")["native_row"].to_list() == [1, 2]


def test_contacts_reach_no_output():
    prose = "Distributed by Avenacy; Contact information: 877-283-6229, help@avenacy.example"
    pulled = pull(page({"related_info": prose}, {"package_ndc": "1", "related_info": prose}))
    text = everything(pulled)
    assert "Distributed by Avenacy" in text
    for secret in ("877-TAKEDA-7", "877-283-6229", "avet.example", "avenacy.example"):
        assert secret not in text


@pytest.mark.parametrize("column", ["package_ndc", "status", "company_name", "update_date"])
def test_a_renamed_column_is_refused_by_its_name(column):
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(page({column: GONE, "new_name": "x"}))


def test_an_answer_without_results_is_refused():
    with pytest.raises(SourceChanged, match="results"):
        FEED.read([Document("page-1.json", b'{"meta": {}}')])


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


def counts(frame, column):
    return dict(frame[column].value_counts().iter_rows())


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (1703, 1702, 1, 0)


@pytest.mark.real
def test_the_519_real_rows_to_be_discontinued_are_no_shortages(real):
    notices = records(real, "SupplyNotice")
    leaving = notices.filter(pl.col("native_status") == "To Be Discontinued")
    assert leaving.height == 519
    assert counts(leaving, "kind") == {"DISCONTINUATION": 519}
    assert counts(leaving, "status") == {"DISCONTINUED": 519}
    assert counts(notices, "status") == {"ONGOING": 1142, "RESOLVED": 41, "DISCONTINUED": 519}


@pytest.mark.real
def test_every_real_availability_and_reason_has_a_common_term(real):
    notices = records(real, "SupplyNotice")
    assert counts(notices, "availability") == {
        "AVAILABLE": 741,
        "LIMITED": 119,
        "UNAVAILABLE": 280,
        "INFORMATION_PENDING": 2,
        None: 560,
    }
    assert "UNMAPPED" not in counts(notices, "reason")


@pytest.mark.real
def test_real_packages_of_all_three_shapes_are_padded(real):
    notices, packages = records(real, "SupplyNotice"), records(real, "Package")
    assert notices["package_codes"].list.len().unique().to_list() == [1]
    assert packages["code"].str.contains(r"^[0-9]{11}$").all()
    lengths = packages["code_text"].str.split("-").list.eval(pl.element().str.len_chars())
    assert {tuple(shape) for shape in lengths} == {(5, 3, 2), (4, 4, 2), (5, 4, 1)}


@pytest.mark.real
def test_one_real_package_is_both_short_and_to_be_discontinued(real):
    notices = records(real, "SupplyNotice")
    both = notices.filter(pl.col("national_id").str.starts_with("0409-7809-24/"))
    assert set(both["status"]) == {"ONGOING", "DISCONTINUED"}


@pytest.mark.real
def test_no_real_expected_end_has_a_day_its_words_lack(real):
    ends = records(real, "SupplyNotice")["expected_end_on"].drop_nulls().struct.unnest()
    precise = ends.filter(pl.col("precision") == "DAY")
    assert precise["text"].str.contains(r"^\d{1,2}/\d{1,2}/\d{4}$").all()
    assert counts(ends, "precision") == {"DAY": 4, "MONTH": 101, "ABOUT": 11, "UNKNOWN": 107}


@pytest.mark.real
def test_one_real_furosemide_notice_was_joined_to_a_hydralazine_label(real):
    assert counts(real.findings, "code") == {
        "LABEL_OF_ANOTHER_DRUG": 1,
        "SUBSTANCES_AND_CODES_DISAGREE": 46,
    }
    ingredients = records(real, "Ingredient")
    told = ingredients.filter(pl.col("product_key") == "US.Product.71288-205")
    assert told["native_text"].to_list() == ["Furosemide"]


@pytest.mark.real
def test_real_companies_products_and_ingredients_come_along(real):
    heights = {name: records(real, name).height for name in ("Product", "Package", "Ingredient")}
    assert heights == {"Product": 1276, "Package": 1682, "Ingredient": 1756}
    companies = set(records(real, "Organization")["key"])
    linked = [records(real, name)["holder_key"] for name in ("SupplyNotice", "Product")]
    assert {key for keys in linked for key in keys} <= companies


@pytest.mark.real
def test_the_real_list_in_another_order_gives_the_same_notices(real):
    results = json.loads(REAL.read_bytes())["results"]
    random.Random(7).shuffle(results)
    shuffled = records(pull(envelope(results)), "SupplyNotice")
    contents = [
        sorted(frame.select("key", "content_digest").rows())
        for frame in (records(real, "SupplyNotice"), shuffled)
    ]
    assert contents[0] == contents[1]


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    text = everything(real)
    assert not re.search(r"\w@\w", text)
    assert not re.search(r"(?<![\d-])\(?\d{3}\)?[-. ]{1,2}\d{3}[-. ]\d{4}(?![\d-])", text)
