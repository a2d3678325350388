import json
import re
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.korea.mfds_gmp_sites import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "kr" / "nedrug_gmp_inspections_sites.json"

INSPECTION = {
    "docId": "1Q0I8CiIsRn",
    "seq": 1,
    "prePost": "사후",
    "type": "완제(단일)",
    "country": "프랑스",
    "site": "Patheon France",
    "address": "40 Boulevard de Champaret Bourgoin Jallieu, 38300",
    "inspStart": "2026-03-09",
    "inspEnd": "2026-03-11",
    "regDate": "2026-08-18",
}


def board(*changes):
    rows = [INSPECTION | change for change in changes]
    return Document("inspections.json", json.dumps(rows, ensure_ascii=False).encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change, record="SiteRole"):
    return records(pull(board(change)), record).row(0, named=True)


@pytest.mark.parametrize(
    ("native", "roles"),
    [
        ("완제(단일)", ["FINISHED_PRODUCT"]),
        ("원료(단일)", ["ACTIVE_SUBSTANCE"]),
        ("완제+원료(겸업)", ["FINISHED_PRODUCT", "ACTIVE_SUBSTANCE"]),
        ("해당없음", ["NOT_STATED"]),
        ("", ["NOT_STATED"]),
        ("임상시험용", ["UNMAPPED"]),
    ],
)
def test_an_inspection_is_evidence_of_each_role_it_covers(native, roles):
    pulled = pull(board({"type": native}))
    assert records(pulled, "SiteRole")["role"].to_list() == roles
    assert (pulled.rows, pulled.records) == (1, 1)


def test_an_inspection_states_no_verdict():
    role = one({})
    assert (role["evidence"], role["standing"]) == ("INSPECTION", "NOT_STATED")
    assert (role["evidence_number"], role["native_standing"]) == ("1Q0I8CiIsRn", "사후")
    assert str(role["valid_from"]["earliest"]) == "2026-03-11"


def test_the_role_leads_to_its_site_and_who_runs_it():
    pulled = pull(board({}))
    site = records(pulled, "Site").row(0, named=True)
    role = records(pulled, "SiteRole").row(0, named=True)
    company = records(pulled, "Organization").row(0, named=True)
    assert role["site_key"] == site["key"]
    assert role["organization_key"] == site["organization_key"] == company["key"]
    assert site["address_text"] == INSPECTION["address"]


@pytest.mark.parametrize(
    ("native", "country"),
    [("대한민국", "KR"), ("독일", "DE"), ("대만", "TW"), ("영국", "GB"), (" 인도 ", "IN")],
)
def test_a_country_becomes_its_code(native, country):
    assert one({"country": native}, "Site")["country"] == country


def test_a_country_not_known_is_open_and_reported():
    pulled = pull(board({"country": "달나라"}))
    assert records(pulled, "Site")["country"].to_list() == [None]
    assert pulled.findings["code"].to_list() == ["COUNTRY_UNKNOWN"]


def test_one_name_at_one_address_is_one_site_however_it_is_spaced():
    again = {"docId": "2", "address": INSPECTION["address"].upper().replace(", ", "  ")}
    pulled = pull(board({}, again))
    assert records(pulled, "Site").height == 1
    assert records(pulled, "SiteRole")["site_key"].n_unique() == 1


def test_one_name_at_two_addresses_is_two_sites_of_one_company():
    pulled = pull(board({}, {"docId": "2", "address": "Swindon, UK"}))
    assert records(pulled, "Site").height == 2
    assert records(pulled, "Organization").height == 1


def test_an_inspection_that_ends_before_it_starts_is_reported_and_kept():
    pulled = pull(board({"inspEnd": "2025-03-11"}))
    assert pulled.findings["code"].to_list() == ["INSPECTION_ENDS_BEFORE_START"]
    assert pulled.records == 1


def test_a_row_without_a_document_number_is_quarantined():
    pulled = pull(board({}, {"docId": ""}))
    assert pulled.quarantined["reason"].to_list() == ["NO_IDENTITY"]


@pytest.mark.parametrize("column", ["docId", "type", "country", "address", "inspEnd"])
def test_a_renamed_column_is_refused_by_its_name(column):
    row = {("newName" if name == column else name): text for name, text in INSPECTION.items()}
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(Document("inspections.json", json.dumps([row]).encode()))


@pytest.mark.parametrize(
    ("body", "fault"),
    [(b"<!DOCTYPE html><html></html>", SourceFault), (b'{"list": []}', SourceChanged)],
)
def test_what_is_no_list_of_inspections_is_refused(body, fault):
    with pytest.raises(fault, match=r"inspections\.json"):
        pull(Document("inspections.json", body))


def test_mail_addresses_and_telephones_reach_no_output():
    text = everything(pull(board({"address": "Raleigh, qa@site.example (800) 555-0100"})))
    assert not re.search(r"qa@site|555-0100", text)


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_accounted_for(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (444, 444, 0, 0)
    assert real.findings["code"].to_list() == ["INSPECTION_ENDS_BEFORE_START"]


@pytest.mark.real
def test_every_real_role_is_mapped(real):
    assert dict(records(real, "SiteRole")["role"].value_counts().iter_rows()) == {
        "FINISHED_PRODUCT": 307,
        "ACTIVE_SUBSTANCE": 157,
        "NOT_STATED": 6,
    }


@pytest.mark.real
def test_real_sites_stand_in_known_countries(real):
    sites = records(real, "Site")
    assert sites.height == 442
    assert sites["country"].null_count() == 0
    counts = dict(sites["country"].value_counts().iter_rows())
    assert {code: counts[code] for code in ("KR", "CN", "IN", "JP", "DE")} == {
        "KR": 206,
        "CN": 76,
        "IN": 36,
        "JP": 18,
        "DE": 16,
    }


@pytest.mark.real
def test_no_real_telephone_or_mail_address_comes_through(real):
    assert not re.search(r"\S@\S+\.\S|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?![\d-])", everything(real))
