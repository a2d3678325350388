import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.europe import fr_products
from federation.members.europe.fr_shortages import COLUMNS, FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
PAGE = "https://ansm.sante.fr/disponibilites-des-produits-de-sante/medicaments/"

ROW = {
    "cis": "61200510",
    "cip": "",
    "code": "1",
    "label": "Rupture de stock",
    "start": "22/10/2025",
    "update": "26/01/2026",
    "back": "",
    "page": f"{PAGE}tetracaine-1-thea-collyre",
}


def listed(*changes, fill=20):
    """A file of these rows, and good ones behind them so that a few bad ones are a few."""
    good = [{"cis": f"6000{at:04}"} for at in range(fill)]
    lines = ["\t".join((ROW | change).values()) for change in [*changes, *good]]
    return Document("CIS_CIP_Dispo_Spec.txt", "\r\n".join([*lines, ""]).encode("cp1252"))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda document: harmonize(FEED, FEED.read([document]), resolver)


@pytest.fixture
def notice(pull):
    def one(**change):
        return pull(listed(change)).batches[0].frame.row(0, named=True)

    return one


@pytest.fixture
def keys(pull):
    return lambda *changes: pull(listed(*changes, fill=0)).batches[0].frame["national_id"].to_list()


def test_a_row_becomes_a_notice_on_its_product(notice):
    record = notice()
    assert record["key"] == "EU.SupplyNotice.61200510/tetracaine-1-thea-collyre"
    assert record["title"] == "tetracaine 1 thea collyre"
    assert record["product_key"] == "EU.Product.61200510"
    assert record["holder_key"] is None
    assert record["starts_on"]["earliest"] == date(2025, 10, 22)
    assert record["updated_on"]["earliest"] == date(2026, 1, 26)
    assert record["package_codes"] == []
    assert "L. 5121-29" in record["legal_fact"]


@pytest.mark.parametrize(
    ("code", "label", "common"),
    [
        ("1", "Rupture de stock", ("SHORTAGE", "ONGOING", "UNAVAILABLE")),
        ("2", "Tension d'approvisionnement", ("LIMITED_SUPPLY", "ONGOING", "LIMITED")),
        ("2", "tension d’approvisionnement", ("LIMITED_SUPPLY", "ONGOING", "LIMITED")),
        ("3", "Arrêt de commercialisation", ("DISCONTINUATION", "DISCONTINUED", None)),
        ("4", "remise à disposition", ("SHORTAGE", "RESOLVED", "AVAILABLE")),
        ("5", "Contingentement", ("UNMAPPED", "UNMAPPED", "UNMAPPED")),
    ],
)
def test_each_stage_has_its_common_terms(pull, code, label, common):
    harmonized = pull(listed({"code": code, "label": label}))
    record = harmonized.batches[0].frame.row(0, named=True)
    assert (record["kind"], record["status"], record["availability"]) == common
    assert record["native_status"] == f"{code} {label}"
    assert harmonized.findings.is_empty()


@pytest.mark.parametrize(
    ("code", "label"),
    [("4", "tension d'approvisionnement"), ("1", "Indisponible"), ("9", "Rupture de stock")],
)
def test_code_and_label_that_disagree_are_reported_and_neither_is_believed(pull, code, label):
    harmonized = pull(listed({"code": code, "label": label}))
    record = harmonized.batches[0].frame.row(0, named=True)
    assert (record["kind"], record["status"]) == ("UNMAPPED", "UNMAPPED")
    assert record["availability"] == "UNMAPPED"
    assert record["native_status"] == f"{code} {label}"
    assert harmonized.findings.select("native_row", "code").rows() == [(1, "CODE_LABEL_CONFLICT")]


RETURNED = {"code": "4", "label": "Remise à disposition", "back": "07/01/2026"}


def test_a_return_ends_the_notice_on_its_day(notice):
    record = notice(**RETURNED, start="04/12/2025")
    assert record["ended_on"]["earliest"] == date(2026, 1, 7)
    assert record["starts_on"]["earliest"] == date(2025, 12, 4)


def test_the_day_of_return_is_not_taken_for_the_start_of_the_shortage(notice):
    assert notice(**RETURNED, start="07/01/2026")["starts_on"] is None


def test_a_return_before_the_start_is_reported(pull):
    harmonized = pull(listed({**RETURNED, "start": "12/06/2026"}))
    assert harmonized.findings["code"].to_list() == ["END_BEFORE_START"]


def test_a_pack_of_its_own_is_named(notice):
    record = notice(cip="3400955028284")
    assert record["package_codes"] == ["3400955028284"]
    assert record["national_id"] == "61200510/3400955028284/tetracaine-1-thea-collyre"


def test_a_notice_keeps_its_key_when_its_stage_and_start_date_move(keys):
    tension = {"code": "2", "label": "Tension d'approvisionnement"}
    assert keys({}) == keys(tension | {"start": "13/01/2026"}) == keys(RETURNED)


def test_packs_and_cases_of_one_product_are_notices_of_their_own(keys):
    found = keys({}, {"cip": "3400955028284"}, {"page": f"{PAGE}specialites-a-base-de-tetracaine"})
    assert len(set(found)) == 3


def test_two_episodes_of_one_case_are_both_kept_in_either_order(keys):
    again = {"code": "2", "label": "Tension d'approvisionnement", "start": "07/01/2026"}
    assert keys(RETURNED, again) == keys(again, RETURNED)[::-1]
    assert len(set(keys(RETURNED, again))) == 2


def test_a_row_that_stands_there_twice_is_one_notice(pull):
    harmonized = pull(listed({}, {}, fill=0))
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (2, 1, 1)


def test_a_row_without_a_page_is_titled_by_its_product(notice):
    record = notice(page="")
    assert (record["title"], record["national_id"]) == ("CIS 61200510", "61200510")


@pytest.mark.parametrize(
    ("change", "reason"), [({"cis": ""}, "NO_CIS"), ({"code": ""}, "MISSING_KIND")]
)
def test_a_row_that_says_neither_what_nor_how_is_quarantined(pull, change, reason):
    blank = {"label": ""} if "code" in change else {}
    assert pull(listed(change | blank)).quarantined["reason"].to_list() == [reason]


@pytest.mark.parametrize("column", ["cis", "code", "label", "start", "update", "page"])
def test_a_file_whose_columns_moved_is_refused_by_the_columns_name(column):
    rows = [{column: "00"}] * 10
    name = dict(zip(ROW, COLUMNS, strict=True))[column]
    with pytest.raises(SourceChanged, match=re.escape(f"column `{name}`")):
        FEED.read([listed(*rows, fill=0)])


def written(harmonized):
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return "".join(frame.write_json() for frame in frames)


def test_contacts_reach_no_output(pull):
    changes = [{"page": f"{PAGE}a@b.org"}, {"cis": "x", "label": "a@b.org"}]
    assert "a@b.org" not in written(pull(listed(*changes)))


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "fr_bdpm_CIS_CIP_Dispo_Spec_2026-01-26_cp1252.txt"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_every_real_row_is_a_notice_or_says_what_another_says(real):
    assert (real.rows, real.records, real.merged) == (993, 976, 17)
    assert real.quarantined.is_empty()
    assert real.findings["code"].to_list() == ["END_BEFORE_START"]


@pytest.mark.real
def test_the_real_stages_are_those_of_code_and_label(real):
    notices = real.batches[0].frame
    counted = notices.group_by("kind", "status").len()
    assert {(kind, status): count for kind, status, count in counted.iter_rows()} == {
        ("SHORTAGE", "ONGOING"): 76,
        ("LIMITED_SUPPLY", "ONGOING"): 429,
        ("DISCONTINUATION", "DISCONTINUED"): 45,
        ("SHORTAGE", "RESOLVED"): 426,
    }
    assert notices.filter(pl.col("status") == "RESOLVED")["ended_on"].null_count() == 0
    assert (notices["package_codes"].list.len() > 0).sum() == 34
    assert notices.filter(pl.col("starts_on") == pl.col("ended_on")).is_empty()


@pytest.mark.real
def test_all_but_19_real_notices_lead_to_a_product(real, resolver):
    path = SHARED / "eu" / "fr_bdpm_CIS_bdpm_2026-01_cp1252.txt"
    native = fr_products.FEED.read([Document(path.name, path.read_bytes())])
    products = harmonize(fr_products.FEED, native, resolver).batches[0].frame
    notices = real.batches[0].frame
    assert notices["product_key"].null_count() == 0
    assert notices.filter(~pl.col("product_key").is_in(products["key"].implode())).height == 19


@pytest.mark.real
def test_no_contact_is_in_what_the_real_file_comes_to(real):
    assert "@" not in written(real)
