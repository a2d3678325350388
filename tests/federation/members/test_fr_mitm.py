import re
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.europe import fr_products
from federation.members.europe.fr_mitm import COLUMNS, FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ROW = {
    "cis": "69606819",
    "atc": "A02BC01",
    "name": "MOPRAL 10 mg, gélule gastro-résistante",
    "page": "https://base-donnees-publique.medicaments.gouv.fr/extrait.php?specid=69606819",
}


def listed(*changes, fill=20, encoding="cp1252"):
    """A file of these rows, and good ones behind them so that a few bad ones are a few."""
    good = [{"cis": f"6000{at:04}"} for at in range(fill)]
    lines = ["\t".join((ROW | change).values()) for change in [*changes, *good]]
    return Document("CIS_MITM.txt", "\r\n".join([*lines, ""]).encode(encoding))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda document: harmonize(FEED, FEED.read([document]), resolver)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_row_becomes_the_standing_of_its_product_in_either_encoding(pull, encoding):
    record = pull(listed({}, encoding=encoding)).batches[0].frame.row(0, named=True)
    assert record["key"] == "EU.EssentialListing.69606819"
    assert record["product_key"] == "EU.Product.69606819"
    assert record["title"] == ROW["name"]
    assert record["atc_codes"] == ["A02BC01"]
    assert record["legal_effect"] == "SUPPLY_OBLIGATION"
    assert "MITM" in record["list_name"]


def test_a_code_of_a_higher_level_is_kept_as_it_is(pull):
    record = pull(listed({"atc": "J07BX"})).batches[0].frame.row(0, named=True)
    assert record["atc_codes"] == ["J07BX"]


def test_what_is_no_code_is_reported_and_its_row_kept(pull):
    harmonized = pull(listed({"atc": "à venir"}))
    assert harmonized.batches[0].frame["atc_codes"].to_list()[0] == []
    assert harmonized.findings.select("native_row", "code").rows() == [(1, "ATC_FORM")]
    assert harmonized.records == harmonized.rows


def test_a_row_without_its_product_is_quarantined(pull):
    assert pull(listed({"cis": "6960"})).quarantined["reason"].to_list() == ["NO_CIS"]


def test_a_row_that_stands_there_twice_is_one_listing(pull):
    harmonized = pull(listed({}, {}, fill=0))
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (2, 1, 1)


@pytest.mark.parametrize("column", list(ROW))
def test_a_file_whose_columns_moved_is_refused_by_the_columns_name(column):
    name = dict(zip(ROW, COLUMNS, strict=True))[column]
    with pytest.raises(SourceChanged, match=re.escape(f"column `{name}`")):
        FEED.read([listed(*[{column: "?"}] * 10, fill=0)])


def written(harmonized):
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return "".join(frame.write_json() for frame in frames)


def test_contacts_reach_no_output(pull):
    changes = [{"name": "voir a@b.org", "atc": "a@b.org"}, {"cis": "x", "name": "a@b.org"}]
    assert "a@b.org" not in written(pull(listed(*changes)))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "fr_bdpm_CIS_MITM_cp1252.txt"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_row_is_a_listing(real):
    assert (real.rows, real.records, real.merged) == (8107, 8107, 0)
    assert real.quarantined.is_empty()
    assert real.findings.is_empty()
    assert "@" not in written(real)


@pytest.mark.real
def test_87_real_codes_are_of_a_higher_level(real):
    codes = real.batches[0].frame["atc_codes"].list.first()
    assert (codes.str.len_chars() < 7).sum() == 87


@pytest.mark.real
def test_nearly_all_real_listings_lead_to_a_product(real, resolver):
    path = SHARED / "eu" / "fr_bdpm_CIS_bdpm_2026-01_cp1252.txt"
    native = fr_products.FEED.read([Document(path.name, path.read_bytes())])
    products = harmonize(fr_products.FEED, native, resolver).batches[0].frame
    listings = real.batches[0].frame
    found = listings.filter(pl.col("product_key").is_in(products["key"].implode()))
    assert found.height / listings.height > 0.95
