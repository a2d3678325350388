from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.alliance.compilation import load_reference
from federation.members.europe.union_list import FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda text: harmonize(
        FEED, FEED.read([Document("critical.csv", text.encode())]), resolver
    )


def test_a_code_becomes_a_listing_without_a_product(pull):
    record = pull("ATC level 5\nA02BC05\n").batches[0].frame.row(0, named=True)
    assert record["key"] == "EU.EssentialListing.A02BC05"
    assert record["atc_codes"] == ["A02BC05"]
    assert record["list_name"] == "Union list of critical medicines"
    assert record["legal_effect"] == "MONITORING"
    assert record["product_key"] is None


def test_blank_lines_between_groups_are_no_rows(pull):
    harmonized = pull("ATC level 5\nA02BC05\n\n \nA03BA01\n\n")
    assert (harmonized.rows, harmonized.records) == (2, 2)


def test_a_code_that_stands_there_twice_is_one_listing(pull):
    harmonized = pull("ATC level 5\nA02BC05\nA02BC05 \n")
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (2, 1, 1)


@pytest.mark.parametrize("text", ["A02BC", "V03AB 23", "ACETYLCYSTEINE"])
def test_what_is_no_code_of_level_5_is_quarantined(pull, text):
    harmonized = pull(f"ATC level 5\n{text}\n")
    assert harmonized.quarantined["reason"].to_list() == ["NO_ATC_LEVEL_5"]


def test_lines_above_the_header_do_not_matter(pull):
    assert pull("EMA/123\n\nATC level 5\nA02BC05\n").records == 1


def test_another_header_is_refused_by_the_name_of_the_missing_column(pull):
    with pytest.raises(SourceChanged, match="`ATC level 5`"):
        pull("ATC code\nA02BC05\n")


def test_the_published_workbook_is_not_taken_for_the_conversion():
    with pytest.raises(SourceFault, match="not a whole zip archive"):
        FEED.read([Document("union-list.xlsx", b"PK\x03\x04\x14\0\x06\0\x08\0")])


@pytest.mark.real
def test_every_real_code_is_a_listing_of_its_own(resolver):
    path = SHARED / "eu" / "eu_union_list_critical_medicines_atc5.csv"
    real = harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)
    assert (real.rows, real.records, real.merged) == (299, 299, 0)
    assert real.quarantined.is_empty()
    assert "@" not in real.batches[0].frame.write_json()


@pytest.mark.parametrize(
    ("code", "inn"), [("A02BC05", "esomeprazole"), ("J01CR02", None), ("X99XX99", None)]
)
def test_a_code_leads_to_its_substance_and_that_of_a_combination_to_none(pull, code, inn):
    record = pull(f"ATC level 5\n{code}\n").batches[0].frame.row(0, named=True)
    assert record["substance_key"] == (inn and f"ALLIANCE.Substance.{inn}")


@pytest.mark.real
def test_real_codes_lead_to_substances_but_those_of_combinations(shared_data):
    path = shared_data / "eu" / "eu_union_list_critical_medicines_atc5.csv"
    native = FEED.read([Document(path.name, path.read_bytes())])
    listed = harmonize(FEED, native, Resolver(load_reference(shared_data))).batches[0].frame
    open_ = listed.filter(listed["substance_key"].is_null())["national_id"].to_list()
    assert sorted(open_) == [
        *("B02BD01", "B05AA02", "J01CR02", "J01CR05", "J01DD52", "J01DH56", "J01DI54", "J01EE01"),
        *("J04AM02", "J05AR02", "J07AJ51", "J07AJ52", "J07AM51", "J07BC20", "J07BD52", "J07BD54"),
    ]
