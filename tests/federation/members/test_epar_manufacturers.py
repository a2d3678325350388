import csv
import io
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.alliance.compilation import load_reference
from federation.members.europe.epar_manufacturers import FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

STREET = "Hermeslaan 11\n1932 Zaventem\nBelgium"
ROW = {
    "": "17",
    "medicine_name": "Rapamune",
    "active_substance": "sirolimus",
    "atc_code": "L04AH01",
    "medicine_url": "https://www.ema.europa.eu/en/medicines/human/EPAR/rapamune",
    "pdf_url": "https://www.ema.europa.eu/en/documents/product-information/rapamune_en.pdf",
    "source_block": "A. MANUFACTURER(S) RESPONSIBLE FOR BATCH RELEASE",
    "manufacturer_name": "Pfizer Service Company BV",
    "address": STREET,
    "country": "Belgium",
    "manufacturer_step": "2",
}


def listed(*changes, renamed=None, without=()):
    names = [name for name in ROW if name not in without]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([(renamed or {}).get(name, name) for name in names])
    for change in changes:
        row = ROW | change
        writer.writerow([row[name] for name in names])
    return Document("annex2.csv", text.getvalue().encode())


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
    def one(record, **change):
        return frames(pull(change))[record].row(0, named=True)

    return one


def test_a_row_becomes_the_role_of_a_site(pull):
    found = frames(pull({}))
    role, site = found["SiteRole"].row(0, named=True), found["Site"].row(0, named=True)
    assert role["key"] == "EU.SiteRole.rapamune/2/pfizer service company bv"
    assert role["subject_text"] == "Rapamune (sirolimus)"
    assert (role["evidence"], role["standing"]) == ("PRODUCT_INFORMATION", "NOT_STATED")
    assert role["site_key"] == site["key"]
    assert role["organization_key"] == site["organization_key"]
    assert (site["country"], site["address_text"]) == ("BE", STREET)


@pytest.mark.parametrize(
    ("step", "common"), [("1", "ACTIVE_SUBSTANCE"), ("2", "BATCH_RELEASE"), ("3", "UNMAPPED")]
)
def test_each_step_is_a_role(first, step, common):
    assert first("SiteRole", manufacturer_step=step)["role"] == common


HEADING = "Rapamune 0.5 mg coated tablets, Rapamune 1 mg coated tablets"


@pytest.mark.parametrize("country_line", ["Belgium", "BELGIUM", "Belgium."])
def test_a_heading_behind_the_country_is_cut(pull, country_line):
    street = STREET.replace("Belgium", country_line)
    harmonized = pull({"address": f"{street}\n{HEADING}"})
    assert frames(harmonized)["Site"]["address_text"].to_list() == [street]
    assert harmonized.findings.is_empty()


def test_what_else_stands_behind_the_country_stays_and_is_reported(pull):
    address = f"{STREET}\nBuilding 3"
    harmonized = pull({"address": address})
    assert frames(harmonized)["Site"]["address_text"].to_list() == [address]
    assert harmonized.findings["code"].to_list() == ["ADDRESS_GOES_ON"]


def test_a_heading_without_a_country_line_before_it_stays(first):
    address = f"Hermeslaan 11, Zaventem, Belgium\n{HEADING}"
    assert first("Site", address=address)["address_text"] == address


def test_a_site_has_one_key_with_and_without_the_heading(first):
    cut, plain = (first("Site", address=text) for text in (f"{STREET}\n{HEADING}", STREET))
    assert cut["key"] == plain["key"]


def test_two_roles_of_one_site_are_two_roles_and_one_site(pull):
    found = frames(pull({}, {"manufacturer_step": "1"}))
    assert (found["SiteRole"].height, found["Site"].height) == (2, 1)


def test_two_plants_of_one_company_are_two_sites(pull):
    found = frames(pull({}, {"address": "Rijksweg 12\n2870 Puurs\nBelgium"}))
    assert (found["SiteRole"].height, found["Site"].height) == (2, 2)


def test_a_substance_missing_on_one_row_is_taken_from_the_products_others(pull):
    roles = frames(pull({"active_substance": ""}, {"manufacturer_name": "Pfizer Ireland"}))
    assert roles["SiteRole"]["subject_text"].to_list() == ["Rapamune (sirolimus)"] * 2


def test_a_product_without_any_substance_is_named_alone(first):
    assert first("SiteRole", active_substance="")["subject_text"] == "Rapamune"


@pytest.mark.parametrize(
    ("name", "tidy"), [("Accord Healthcare B.V.,", "Accord Healthcare B.V."), ("A AG", "A AG")]
)
def test_a_trailing_comma_is_no_part_of_a_name(first, name, tidy):
    assert first("Site", manufacturer_name=name)["name"] == tidy


@pytest.mark.parametrize(
    ("country", "code"),
    [("Netherlands", "NL"), ("Czech Republic", "CZ"), ("SPAIN", "ES"), ("Atlantis", None)],
)
def test_countries_are_known_by_their_english_names(first, country, code):
    assert first("Site", country=country)["country"] == code


def test_a_row_that_names_no_maker_is_quarantined(pull):
    harmonized = pull({}, {"manufacturer_name": ""})
    assert harmonized.quarantined["reason"].to_list() == ["NO_IDENTITY"]


@pytest.mark.parametrize("column", ["address", "country", "manufacturer_step", "medicine_url"])
def test_a_renamed_or_missing_column_is_refused_by_its_name(pull, column):
    for how in ({"renamed": {column: "other"}}, {"without": (column,)}):
        with pytest.raises(SourceChanged, match=f"`{column}`"):
            pull({}, **how)


def test_the_unnamed_row_number_may_be_missing(pull):
    assert pull({}, without=("",)).records == 1


def written(harmonized):
    tables = [batch.frame for batch in harmonized.batches]
    tables += [harmonized.quarantined, harmonized.findings]
    return "".join(table.write_json() for table in tables)


def test_contacts_reach_no_output(pull):
    changes = [{"address": f"{STREET}\na@b.org"}, {"manufacturer_name": "", "address": "a@b.org"}]
    assert "a@b.org" not in written(pull(*changes))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "eu_epar_annex2_manufacturers_2026-05_first21.csv"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_row_is_a_role_in_a_known_country(real):
    assert (real.rows, real.records, real.merged) == (21, 21, 0)
    assert real.quarantined.is_empty()
    assert real.findings.is_empty()
    found = frames(real)
    counted = dict(found["SiteRole"]["role"].value_counts().iter_rows())
    assert counted == {"ACTIVE_SUBSTANCE": 4, "BATCH_RELEASE": 17}
    assert found["Site"]["country"].null_count() == 0
    assert "@" not in written(real)


@pytest.mark.real
def test_no_real_address_holds_a_heading(real):
    sites = frames(real)["Site"]
    assert not sites["address_text"].str.contains("coated tablets").any()
    rapamune = sites.filter(pl.col("name") == "Pfizer Service Company BV")
    assert rapamune["address_text"].to_list() == [STREET]


@pytest.mark.parametrize(
    ("text", "inn"), [("tacrolimus monohydrate", "tacrolimus"), ("ABC-123", None), ("", None)]
)
def test_a_role_leads_to_the_substance_its_row_states(first, text, inn):
    key = first("SiteRole", active_substance=text)["substance_key"]
    assert key == (inn and f"ALLIANCE.Substance.{inn}")


def test_a_combination_leads_to_no_single_substance(first):
    role = first("SiteRole", active_substance="amlodipine / valsartan")
    assert role["substance_key"] is None
    assert role["subject_text"] == "Rapamune (amlodipine / valsartan)"


SUBSTANCES = {
    "hepatitis b immune globulin": 2,
    "sugammadex": 3,
    "posaconazole": 6,
    "anakinra": 3,
    "hydrocortisone": 1,
    "human immunoglobulin g": 1,
    "sirolimus": 3,
    "mexiletine": 1,
    "bedaquiline": 1,
}


@pytest.mark.real
def test_every_real_role_leads_to_its_substance(shared_data):
    path = shared_data / "eu" / "eu_epar_annex2_manufacturers_2026-05_first21.csv"
    native = FEED.read([Document(path.name, path.read_bytes())])
    roles = frames(harmonize(FEED, native, Resolver(load_reference(shared_data))))["SiteRole"]
    counted = dict(roles["substance_key"].value_counts().iter_rows())
    assert counted == {f"ALLIANCE.Substance.{inn}": count for inn, count in SUBSTANCES.items()}
