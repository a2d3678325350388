from datetime import date
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.alliance.compilation import load_reference
from federation.members.europe.edqm_ceps import FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ROW = {
    "Monograph Number": "806",
    "Substance": "Arginine",
    "Type CEP": "Chemical",
    "Certificate (CEP) Holder": "AMINO GMBH Frellstedt DE",
    "Holder SPOR ORG-ID / SPOR LOC-ID": "100011599 / 100021107",
    "Certificate (CEP) Number": "CEP 2016-188 - Rev 01",
    "Issue Date CEP": "09/08/2025",
    "Status CEP": "Valid",
    "Renewal due": "",
    "End date CEP": "",
    "Closure Date of last Procedure": "09/09/2025",
}
HOLDER, SPOR = "Certificate (CEP) Holder", "Holder SPOR ORG-ID / SPOR LOC-ID"
NUMBER = "Certificate (CEP) Number"


def listed(*changes, renamed=None, without=(), encoding="utf-8"):
    names = [name for name in ROW if name not in without]
    lines = ["\t".join((renamed or {}).get(name, name) for name in names)]
    lines += ["\t".join((ROW | change)[name] for name in names) for change in changes]
    return Document("EXPORT_WEB_CEP.txt", "\r\n".join([*lines, ""]).encode(encoding))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda *changes, **how: harmonize(FEED, FEED.read([listed(*changes, **how)]), resolver)


def frames(harmonized):
    return {batch.mapping.record.__name__: batch.frame for batch in harmonized.batches}


@pytest.fixture
def first(pull):
    def one(record, change, **how):
        return frames(pull(change, **how))[record].row(0, named=True)

    return one


def test_a_certificate_is_evidence_of_who_makes_the_active_substance(pull):
    found = frames(pull({}))
    role = found["SiteRole"].row(0, named=True)
    assert role["key"] == "EU.SiteRole.CEP 2016-188"
    assert (role["role"], role["native_role"]) == ("ACTIVE_SUBSTANCE", "Chemical")
    assert (role["evidence"], role["standing"]) == ("CERTIFICATE_OF_SUITABILITY", "VALID")
    assert role["evidence_number"] == "CEP 2016-188 - Rev 01"
    assert role["subject_text"] == "Arginine"
    assert role["valid_from"]["earliest"] == date(2025, 8, 9)
    assert role["site_key"] == found["Site"]["key"][0] == "EU.Site.100021107"
    assert role["organization_key"] == found["Organization"]["key"][0]
    assert found["Organization"]["national_id"][0] == "100011599"


def test_a_tse_certificate_names_no_maker_of_the_substance(first):
    role = first("SiteRole", {"Type CEP": "TSE"})
    assert (role["role"], role["native_role"]) == ("NOT_STATED", "TSE")


@pytest.mark.parametrize(
    ("text", "inn"),
    [
        ("Ibuprofen", "ibuprofen"),
        ("Amoxicillin trihydrate", "amoxicillin"),
        ("Amoxicillin trihydrate, Compacted", "amoxicillin"),
        ("Amoxicillin trihydrate, Enzymatic process, Micronised ", "amoxicillin"),
        ("Paracetamol, Process II", "paracetamol"),
        ("Paracetamol, SA", "paracetamol"),
        ("Carbamazepine, Polymorph C", "carbamazepine"),
        ("Heparins, low-molecular-mass", None),
        ("Amoxicillin, potassium clavulanate", None),
        ("Ascorbyl palmitate", None),
    ],
)
def test_the_substance_is_named_before_the_remarks_on_its_making(first, text, inn):
    role = first("SiteRole", {"Substance": text})
    assert role["substance_key"] == (inn and f"ALLIANCE.Substance.{inn}")
    assert role["subject_text"] == text.strip()


@pytest.mark.parametrize("native", ["TSE", "Magic"])
def test_a_certificate_that_is_no_evidence_of_making_leads_to_no_substance(first, native):
    role = first("SiteRole", {"Substance": "Ibuprofen", "Type CEP": native})
    assert (role["subject_text"], role["substance_key"]) == ("Ibuprofen", None)


@pytest.mark.parametrize(
    ("native", "common"),
    [("Chemical and TSE", "ACTIVE_SUBSTANCE"), ("Magic", "UNMAPPED")],
)
def test_other_types_are_mapped_or_unmapped_by_name(first, native, common):
    assert first("SiteRole", {"Type CEP": native})["role"] == common


@pytest.mark.parametrize(
    ("native", "common"),
    [
        ("Expired", "EXPIRED"),
        ("Withdrawn by Holder", "WITHDRAWN"),
        ("Withdrawn by EDQM GMP non-compliance", "WITHDRAWN"),
        ("Suspended by EDQM", "SUSPENDED"),
        ("Pending", "UNMAPPED"),
    ],
)
def test_a_certificate_that_does_not_hold_has_that_standing(first, native, common):
    role = first("SiteRole", {"Status CEP": native, "End date CEP": "12/08/2025"})
    assert (role["standing"], role["native_standing"]) == (common, native)
    assert role["valid_until"]["latest"] == date(2025, 8, 12)


def test_a_first_certificate_holds_until_its_renewal_is_due(first):
    role = first("SiteRole", {"Renewal due": "29/09/2027"})
    assert role["valid_until"]["latest"] == date(2027, 9, 29)


def test_a_valid_certificate_with_an_end_is_reported(pull):
    findings = pull({"End date CEP": "12/08/2025"}).findings
    assert findings["code"].to_list() == ["VALID_YET_ENDED"]


@pytest.mark.parametrize(
    ("text", "name", "town", "country"),
    [
        ("KYOWA HAKKO BIO CO., LTD. Tokyo JP", "KYOWA HAKKO BIO CO., LTD.", "Tokyo", "JP"),
        ("SM BIOMED SDN BHD Sungai Petani MY", "SM BIOMED SDN BHD", "Sungai Petani", "MY"),
        (
            "Teva Pharmaceuticals Usa, Inc. Mexico US",
            "Teva Pharmaceuticals Usa, Inc.",
            "Mexico",
            "US",
        ),
        (
            "Hovione PharmaScience Limited Taipa MO",
            "Hovione PharmaScience Limited",
            "Taipa",
            "MO",
        ),
        (
            "FRESENIUS KABI IPSUM S.R.L. Cassina de’ Pecchi IT",
            "FRESENIUS KABI IPSUM S.R.L.",
            "Cassina de’ Pecchi",
            "IT",
        ),
        ("Kalle Salzburg AT", "Kalle Salzburg", None, "AT"),
        ("ARAGO LIMITED Sa Pobla ES", "ARAGO LIMITED", "Sa Pobla", "ES"),
        ("DAICHI S.A. DE C.V. Toluca MX", "DAICHI S.A. DE C.V.", "Toluca", "MX"),
        ("AMINO GMBH Frellstedt XX", "AMINO GMBH", "Frellstedt XX", None),
    ],
)
def test_a_holder_is_parted_only_where_name_and_town_are_certain(first, text, name, town, country):
    site = first("Site", {HOLDER: text})
    assert (site["name"], site["locality_text"], site["country"]) == (name, town, country)
    assert site["address_text"] == text


def test_a_country_that_is_none_is_reported(pull):
    findings = pull({HOLDER: "AMINO GMBH Frellstedt XX"}).findings
    assert findings["code"].to_list() == ["COUNTRY_UNKNOWN"]


def test_a_holder_without_numbers_is_known_by_its_words(first):
    role = first("SiteRole", {SPOR: ""})
    assert role["site_key"] == "EU.Site.amino gmbh frellstedt de"
    assert role["organization_key"] == "EU.Organization.amino gmbh"


@pytest.mark.parametrize(
    "number", ["R0-CEP 2016-188 - Rev 00", "R1-CEP 2016-188 - Rev 05", "CEP 2016-188 - Rev 09"]
)
def test_a_certificate_keeps_its_key_through_revision_and_renewal(first, number):
    role = first("SiteRole", {NUMBER: number})
    assert (role["national_id"], role["evidence_number"]) == ("CEP 2016-188", number)


def test_a_number_of_another_form_is_kept_and_reported(pull):
    harmonized = pull({NUMBER: "EDQM/7"})
    assert frames(harmonized)["SiteRole"]["national_id"].to_list() == ["EDQM/7"]
    assert harmonized.findings["code"].to_list() == ["NUMBER_FORM"]


def test_two_revisions_of_one_certificate_are_both_kept(pull):
    harmonized = pull({}, {NUMBER: "CEP 2016-188 - Rev 02"})
    assert harmonized.records == harmonized.rows == 2


def test_a_row_without_a_number_is_quarantined(pull):
    assert pull({}, {NUMBER: ""}).quarantined["reason"].to_list() == ["NO_IDENTITY"]


def test_another_encoding_is_read(first):
    site = first("Site", {HOLDER: "CHEMFERM SA Santa Perpétua ES"}, encoding="cp1252")
    assert site["locality_text"] == "Santa Perpétua"


@pytest.mark.parametrize("column", ["Substance", "Status CEP", HOLDER, "Issue Date CEP", NUMBER])
def test_a_renamed_or_missing_column_is_refused_by_its_name(pull, column):
    for how in ({"renamed": {column: "other"}}, {"without": (column,)}):
        with pytest.raises(SourceChanged) as refused:
            pull({}, **how)
        assert f"`{column}`" in str(refused.value)


def test_a_web_page_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("EXPORT_WEB_CEP.txt", b"<!DOCTYPE html><html></html>")])


def written(harmonized):
    tables = [batch.frame for batch in harmonized.batches]
    tables += [harmonized.quarantined, harmonized.findings]
    return "".join(table.write_json() for table in tables)


def test_contacts_reach_no_output(pull):
    assert "a@b.org" not in written(pull({"Substance": "a@b.org"}, {NUMBER: "", HOLDER: "a@b.org"}))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "eu_edqm_cep_2026-08-23_sample.txt"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_row_is_a_certificate(real):
    assert (real.rows, real.records, real.merged) == (33, 33, 0)
    assert real.quarantined.is_empty()
    assert real.findings.is_empty()
    assert "@" not in written(real)


@pytest.mark.real
def test_only_valid_real_certificates_name_a_supplier(real):
    roles = frames(real)["SiteRole"]
    counted = dict(roles["standing"].value_counts().iter_rows())
    assert counted == {"VALID": 23, "WITHDRAWN": 7, "EXPIRED": 3}
    tse = roles.filter(pl.col("native_role") == "TSE")
    assert tse["role"].to_list() == ["NOT_STATED"]


@pytest.mark.real
def test_every_real_holder_has_a_town_and_a_country(real):
    sites = frames(real)["Site"]
    assert sites["country"].null_count() == sites["locality_text"].null_count() == 0
    assert sites.filter(pl.col("locality_text") == "Taipa")["country"].to_list() == ["MO"]


SUBSTANCES = {
    "arginine": 4,
    "bacampicillin": 3,
    "betamethasone": 7,
    "cefadroxil": 4,
    "cefradine": 2,
    "doxycycline": 3,
    "etoposide": 4,
    "hydralazine": 3,
    "mebendazole": 1,
}


@pytest.mark.real
def test_real_certificates_lead_to_their_substances_but_tse_and_excipients(shared_data):
    path = shared_data / "eu" / "eu_edqm_cep_2026-08-23_sample.txt"
    native = FEED.read([Document(path.name, path.read_bytes())])
    roles = frames(harmonize(FEED, native, Resolver(load_reference(shared_data))))["SiteRole"]
    counted = dict(roles["substance_key"].value_counts().iter_rows())
    open_ = counted.pop(None)
    assert counted == {f"ALLIANCE.Substance.{inn}": count for inn, count in SUBSTANCES.items()}
    left = roles.filter(pl.col("substance_key").is_null()).select("subject_text", "native_role")
    assert open_ == left.height
    assert set(left.rows()) == {
        ("Betamethasone valerate", "TSE"),
        ("Ascorbyl palmitate", "Chemical"),
    }
    lead = roles.filter(pl.col("standing") == "VALID", pl.col("substance_key").is_not_null())
    assert lead.height == 23
