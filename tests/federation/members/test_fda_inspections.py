import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.usa.fda_inspections import COLUMNS, FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "us" / "derived_fda_inspections_sites_latest6000.csv"

ROW = {
    "fei_number": "3011137754",
    "firm_name": "Puremedy Inc.",
    "inspection_end_date": "2024-07-26",
    "classification": "OAI",
    "project_area": "Drug Quality Assurance",
    "city": "Westlake Village",
    "state": "California",
    "inspection_id": "1245199",
}


def listing(*changes, header=tuple(ROW)):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document("inspections.csv", text.getvalue().encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(record, **change):
    return records(pull(listing(change)), record).row(0, named=True)


def test_an_inspection_speaks_of_its_site_and_names_no_role():
    role = one("SiteRole")
    assert (role["key"], role["site_key"]) == (
        "US.SiteRole.1245199/Drug Quality Assurance",
        "US.Site.3011137754",
    )
    assert (role["role"], role["native_role"]) == ("NOT_STATED", "Drug Quality Assurance")
    assert (role["evidence"], role["evidence_number"]) == ("INSPECTION", "1245199")
    assert role["valid_from"]["earliest"] == date(2024, 7, 26)


@pytest.mark.parametrize(
    ("classification", "standing"),
    [
        ("NAI", "VALID"),
        ("VAI", "VALID"),
        ("OAI", "FAILED"),
        ("RTC", "UNMAPPED"),
        ("", "NOT_STATED"),
    ],
)
def test_a_classification_says_whether_the_site_passed(classification, standing):
    role = one("SiteRole", classification=classification)
    assert (role["standing"], role["native_standing"]) == (standing, classification or None)


def test_one_inspection_of_two_project_areas_is_two_statements():
    pulled = pull(
        listing({}, {"project_area": "Unapproved and Misbranded Drugs", "classification": "NAI"})
    )
    assert (pulled.records, pulled.quarantined.height) == (2, 0)
    assert records(pulled, "SiteRole")["standing"].to_list() == ["FAILED", "VALID"]
    assert records(pulled, "Site").height == 1


def test_an_inspection_classified_twice_in_one_area_is_quarantined():
    pulled = pull(listing({}, {"classification": "NAI"}))
    assert pulled.quarantined["reason"].to_list() == ["IDENTITY_TAKEN"]


def test_the_number_makes_the_site_whatever_its_name():
    pulled = pull(listing({}, {"firm_name": "PUREMEDY INC", "inspection_id": "1"}))
    assert records(pulled, "Site").select("key", "name").rows() == [
        ("US.Site.3011137754", "Puremedy Inc.")
    ]


@pytest.mark.parametrize(
    ("state", "country", "place"),
    [
        ("California", "US", "Westlake Village, California"),
        ("", None, "Westlake Village"),
    ],
)
def test_only_a_state_tells_the_country(state, country, place):
    site = one("Site", state=state)
    assert (site["country"], site["locality_text"]) == (country, place)


@pytest.mark.parametrize(("number", "codes"), [("1073", ["FEI_FORM"]), ("1119501", [])])
def test_an_establishment_number_of_another_length_is_kept_and_reported(number, codes):
    pulled = pull(listing({"fei_number": number}))
    assert records(pulled, "Site")["national_id"].to_list() == [number]
    assert pulled.findings["code"].to_list() == codes


def test_a_date_that_is_none_keeps_its_words():
    role = one("SiteRole", inspection_end_date="spring 2024")
    assert (role["valid_from"]["text"], role["valid_from"]["precision"]) == (
        "spring 2024",
        "UNKNOWN",
    )


@pytest.mark.parametrize("column", COLUMNS)
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name}_v2" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(listing({}, header=header))


def test_a_web_page_in_place_of_the_file_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("inspections.htm", b"<!DOCTYPE html><html></html>")])


def test_a_mail_address_or_telephone_reaches_no_table():
    told = {"firm_name": "Puremedy, qa@puremedy.example 555-123-4567"}
    pulled = pull(listing(told, {**told, "classification": "NAI"}))
    assert pulled.quarantined.height == 1
    assert not re.search(r"\S@\S|4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_inspection_is_a_statement_about_one_of_5604_sites(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (6000, 6000, 0, 0)
    assert records(real, "Site").height == 5604


@pytest.mark.real
def test_a_real_official_action_is_the_only_failure(real):
    counts = records(real, "SiteRole").group_by("native_standing", "standing").len().rows()
    assert sorted(counts) == [
        ("NAI", "VALID", 2578),
        ("OAI", "FAILED", 583),
        ("VAI", "VALID", 2839),
    ]


@pytest.mark.real
def test_real_establishment_numbers_of_four_digits_are_reported(real):
    assert real.findings.select("code").to_series().to_list() == ["FEI_FORM"] * 6


@pytest.mark.real
def test_no_real_text_holds_a_mail_address(real):
    assert not re.search(r"\S@\S+\.\w", everything(real))
