import csv
import io
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.europe.de_site_roles import FEED
from federation.members.europe.german import company_name, country_code
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ROW = {
    "search_atc": "A02BC05",
    "atc_code": "A02BC05",
    "atc_text": "Esomeprazol",
    "eingangsnummer": "2181162",
    "arzneimittel": "ESOMEP 20 mg magensaftresistente Hartkapseln",
    "role": "Wirkstoffherstellung",
    "name": "Alivus Life Sciences Limited (BS 1)",
    "pu_nummer": "8083913",
    "plz_ort": "393002 BHARUCH DISTRICT, ANKLESHWAR, GUJARAT",
    "land": "Indien",
}
HOLDER = {
    "role": "Zulassungsinhaber",
    "name": "H e x a l Aktiengesellschaft",
    "pu_nummer": "3079284",
    "land": "Deutschland",
}


def listed(*changes, renamed=None, without=()):
    names = [name for name in ROW if name not in without]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([(renamed or {}).get(name, name) for name in names])
    for change in changes:
        row = ROW | change
        writer.writerow([row[name] for name in names])
    return Document("roles.csv", text.getvalue().encode())


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda *changes, **how: harmonize(FEED, FEED.read([listed(*changes, **how)]), resolver)


def frames(harmonized):
    return {batch.mapping.record.__name__: batch.frame for batch in harmonized.batches}


def test_a_row_becomes_the_role_of_a_site_for_a_product(pull):
    found = frames(pull(HOLDER, {}))
    role = found["SiteRole"].row(1, named=True)
    assert role["key"] == "EU.SiteRole.2181162/Wirkstoffherstellung/8083913"
    assert role["site_key"] == "EU.Site.8083913"
    assert role["organization_key"] == "EU.Organization.alivus life sciences ltd"
    assert role["product_key"] == "EU.Product.2181162"
    assert (role["evidence"], role["standing"]) == ("REGISTER", "NOT_STATED")
    site = found["Site"].row(1, named=True)
    assert (site["name"], site["country"]) == (ROW["name"], "IN")
    assert site["locality_text"] == ROW["plz_ort"]
    (product,) = found["Product"].rows(named=True)
    assert product["holder_key"] == "EU.Organization.hexal aktiengesellschaft"


@pytest.mark.parametrize(
    ("native", "common"),
    [
        ("Zulassungsinhaber", "MARKETING_AUTHORISATION_HOLDER"),
        ("Hersteller/Endfreigabe", "BATCH_RELEASE"),
        ("Wirkstoffherstellung", "ACTIVE_SUBSTANCE"),
        ("Lohnhersteller", "UNMAPPED"),
    ],
)
def test_each_role_has_its_common_term(pull, native, common):
    role = frames(pull({"role": native}))["SiteRole"].row(0, named=True)
    assert (role["role"], role["native_role"]) == (common, native)


@pytest.mark.parametrize(
    ("code", "inn"), [("A02BC05", "esomeprazole"), ("J01CR02", None), ("", None)]
)
def test_a_role_leads_to_the_substance_that_alone_has_the_products_code(pull, code, inn):
    role = frames(pull({"atc_code": code}))["SiteRole"].row(0, named=True)
    assert role["substance_key"] == (inn and f"ALLIANCE.Substance.{inn}")


def test_a_site_that_changed_its_name_is_one_site_with_both_names(pull):
    former = {"name": "Glenmark Life Sciences Limited (BS 1)", "eingangsnummer": "2181158"}
    harmonized = pull({}, former)
    (site,) = frames(harmonized)["Site"].rows(named=True)
    assert site["name"] == ROW["name"]
    assert site["other_names"] == [former["name"]]
    assert set(harmonized.findings["code"]) == {"SITE_RENAMED"}


def test_a_row_found_by_two_searches_is_one_role(pull):
    harmonized = pull({}, {"search_atc": "A02BD06"})
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (2, 1, 1)


@pytest.mark.parametrize(
    ("written", "company"),
    [
        ("Laurus Labs Limited (BS 3)", "Laurus Labs Limited"),
        ("KRKA, d.d., Novo mesto HR-Beiname: KRKA, d.d.", "KRKA, d.d., Novo mesto"),
        ("IMS S.R.L. Beiname: Micronizzazioni", "IMS S.R.L."),
        ("AstraZeneca Production Rechtsform: S.C.S.", "AstraZeneca Production"),
        ("Merckle GmbH", "Merckle GmbH"),
    ],
)
def test_by_names_and_numbers_are_no_part_of_a_companys_name(written, company):
    assert pl.select(company_name(pl.lit(written))).item() == company


@pytest.mark.parametrize(
    ("german", "code"),
    [
        ("Vereinigtes Königreich", "GB"),
        ("Österreich", "AT"),
        ("Slowenien", "SI"),
        ("Tschechische Republik", "CZ"),
        ("USA", "US"),
        ("China", "CN"),
        ("Atlantis", None),
    ],
)
def test_german_names_of_countries_are_known(german, code):
    assert pl.select(country_code(pl.lit(german))).item() == code


def test_an_unknown_country_is_reported_and_left_open(pull):
    harmonized = pull({"land": "Atlantis"})
    assert frames(harmonized)["Site"]["country"].to_list() == [None]
    assert harmonized.findings["code"].to_list() == ["COUNTRY_UNKNOWN"]


@pytest.mark.parametrize("column", ["pu_nummer", "eingangsnummer", "role"])
def test_a_row_without_its_identity_is_quarantined(pull, column):
    assert pull({column: ""}).quarantined["reason"].to_list() == ["NO_IDENTITY"]


@pytest.mark.parametrize("column", ["eingangsnummer", "role", "land", "plz_ort", "arzneimittel"])
def test_a_renamed_or_missing_column_is_refused_by_its_name(pull, column):
    for how in ({"renamed": {column: "anders"}}, {"without": (column,)}):
        with pytest.raises(SourceChanged, match=f"`{column}`"):
            pull({}, **how)


def written(harmonized):
    tables = [batch.frame for batch in harmonized.batches]
    tables += [harmonized.quarantined, harmonized.findings]
    return "".join(table.write_json() for table in tables)


def test_contacts_reach_no_output(pull):
    assert "a@b.org" not in written(pull({"plz_ort": "a@b.org"}, {"role": "", "name": "a@b.org"}))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "de_bfarm_manufacturer_roles_sample.csv"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_row_is_a_role_of_a_numbered_site_in_a_known_country(real):
    assert (real.rows, real.records, real.merged) == (28, 28, 0)
    assert real.quarantined.is_empty()
    found = frames(real)
    assert found["Site"].height == 24
    assert found["Site"]["country"].null_count() == 0
    assert set(found["SiteRole"]["role"]) == {
        "MARKETING_AUTHORISATION_HOLDER",
        "BATCH_RELEASE",
        "ACTIVE_SUBSTANCE",
    }
    assert "@" not in written(real)


@pytest.mark.real
def test_the_real_site_of_two_names_is_one(real):
    site = frames(real)["Site"].filter(pl.col("national_id") == "8083913").row(0, named=True)
    assert site["name"].startswith("Alivus")
    assert site["other_names"] == ["Glenmark Life Sciences Limited (BS 1)"]
    assert set(real.findings["code"]) == {"SITE_RENAMED"}
