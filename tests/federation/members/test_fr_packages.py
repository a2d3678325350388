import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.europe.fr_packages import COLUMNS, FEED, euros
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ROW = {
    "cis": "60002283",
    "cip7": "4949729",
    "label": "plaquette(s) PVC PVDC aluminium de 30 comprimé(s)",
    "admin": "Présentation active",
    "market": "Déclaration de commercialisation",
    "date": "16/03/2011",
    "cip13": "3400949497294",
    "agreed": "oui",
    "rate": "65 %",
    "price": "24,34",
    "total": "25,36",
    "fee": "1,02",
    "text": "",
}


def listed(*changes, fill=20, encoding="utf-8"):
    """A file of these rows, and good ones behind them so that a few bad ones are a few."""
    good = [{"cip13": f"340094940{at:04}"} for at in range(fill)]
    lines = ["\t".join((ROW | change).values()) for change in [*changes, *good]]
    return Document("CIS_CIP_bdpm.txt", "\n".join([*lines, ""]).encode(encoding))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda document: harmonize(FEED, FEED.read([document]), resolver)


@pytest.fixture
def first(pull):
    def one(**change):
        return [batch.frame.row(0, named=True) for batch in pull(listed(change)).batches]

    return one


def test_a_row_becomes_a_pack_of_its_product_and_its_price(first):
    package, price = first()
    assert package["key"] == "EU.Package.3400949497294"
    assert package["product_key"] == price["product_key"] == "EU.Product.60002283"
    assert package["description"] == price["title"] == ROW["label"]
    assert package["marketing_declared_on"]["earliest"] == date(2011, 3, 16)
    assert (price["kind"], price["amount"], price["currency"]) == ("REIMBURSEMENT", "24.34", "EUR")
    assert price["is_tax_included"] is True
    assert price["order_text"] == (
        "Taux de remboursement : 65 %\nHonoraire de dispensation : 1,02 EUR"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_either_encoding_is_read(pull, encoding):
    package = pull(listed(encoding=encoding)).batches[0].frame.row(0, named=True)
    assert package["description"] == ROW["label"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("24,34", "24.34"),
        ("4,417,08", "4417.08"),
        ("12,760,70", "12760.70"),
        ("1417,08", "1417.08"),
        ("9", "9"),
        ("4,417", None),
        ("4.417,08", None),
        ("1,2,34", None),
        ("NC", None),
        ("", None),
    ],
)
def test_a_french_amount_is_read_exactly_or_not_at_all(text, amount):
    assert pl.select(euros(pl.lit(text))).item() == amount


def test_a_price_that_is_no_amount_is_unmapped_and_kept_in_the_native_row(first):
    _, price = first(price="NC")
    assert (price["amount"], price["amount_status"]) == (None, "UNMAPPED")
    assert "NC" in price["native"].values()


def test_a_pack_without_a_price_has_none(pull):
    harmonized = pull(listed({"price": "", "total": "", "fee": "", "rate": ""}, fill=0))
    assert [batch.frame.height for batch in harmonized.batches] == [1, 0]


def test_a_price_and_fee_that_do_not_add_up_are_reported(pull):
    findings = pull(listed({"price": "12,760,70", "total": "12,761,80"})).findings
    assert findings.select("native_row", "code").rows() == [(1, "PRICE_AND_FEE_DO_NOT_ADD_UP")]


def test_line_breaks_of_html_become_plain_ones(first):
    _, price = first(text="dans les cas suivants :<br><br>- Asthme ; JOURNAL OFFICIEL")
    assert price["order_text"].endswith("dans les cas suivants :\n- Asthme ; JOURNAL OFFICIEL")


@pytest.mark.parametrize(
    ("native", "common"),
    [
        ("Déclaration d'arrêt de commercialisation", "DISCONTINUED"),
        ("Arrêt de commercialisation (le médicament n'a plus d'autorisation)", "DISCONTINUED"),
        ("Déclaration de suspension de commercialisation", "NOT_MARKETED"),
        ("Déclaration de mise en sommeil", "UNMAPPED"),
    ],
)
def test_the_standing_of_a_pack_is_mapped_and_kept(first, native, common):
    package, _ = first(market=native, admin="Présentation abrogée")
    assert package["marketing_status"] == common
    assert package["native_marketing_status"] == f"Présentation abrogée; {native}"


@pytest.mark.parametrize(
    ("change", "reason"), [({"cip13": "34009"}, "NO_CIP13"), ({"cis": "x"}, "NO_CIS")]
)
def test_a_row_without_its_codes_is_quarantined(pull, change, reason):
    assert pull(listed(change)).quarantined["reason"].to_list() == [reason]


@pytest.mark.parametrize("column", ["cis", "cip7", "admin", "market", "date", "cip13", "agreed"])
def test_a_file_whose_columns_moved_is_refused_by_the_columns_name(column):
    name = dict(zip(ROW, COLUMNS, strict=True))[column]
    with pytest.raises(SourceChanged, match=re.escape(f"column `{name}`")):
        FEED.read([listed(*[{column: "?"}] * 10, fill=0)])


def test_a_file_with_a_column_more_is_refused():
    with pytest.raises(SourceChanged, match="13 columns"):
        FEED.read([listed(*[{"text": "a\tb"}] * 10, fill=0)])


def written(harmonized):
    frames = [batch.frame for batch in harmonized.batches]
    frames += [harmonized.quarantined, harmonized.findings]
    return "".join(frame.write_json() for frame in frames)


def test_contacts_reach_no_output(pull):
    changes = [{"text": "voir a@b.org", "total": "1,00"}, {"cis": "a@b.org", "cip13": "x"}]
    assert "a@b.org" not in written(pull(listed(*changes)))


def real(name, resolver):
    path = SHARED / "eu" / name
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "packages", "prices", "wrong_sums"),
    [
        ("fr_bdpm_CIS_CIP_bdpm_2026-01-28_utf8_head12000.txt", 12000, 7632, 32),
        ("fr_bdpm_CIS_CIP_bdpm_2022-06_cp1252_head3000.txt", 3000, 1877, 3),
    ],
)
def test_every_real_pack_and_price_of_either_year_is_read(
    resolver, name, packages, prices, wrong_sums
):
    harmonized = real(name, resolver)
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (packages, packages, 0)
    assert harmonized.quarantined.is_empty()
    priced = harmonized.batches[1].frame
    assert priced.height == prices
    assert priced["amount"].null_count() == 0
    assert harmonized.findings["code"].to_list() == ["PRICE_AND_FEE_DO_NOT_ADD_UP"] * wrong_sums
    assert "é" in harmonized.batches[0].frame["description"][0]
    assert "UNMAPPED" not in harmonized.batches[0].frame["marketing_status"]
    assert "@" not in written(harmonized)


@pytest.mark.real
def test_real_prices_in_thousands_are_thousands(resolver):
    harmonized = real("fr_bdpm_CIS_CIP_bdpm_2026-01-28_utf8_head12000.txt", resolver)
    amounts = harmonized.batches[1].frame["amount"].cast(pl.Decimal(18, 2))
    assert (amounts >= 1000).sum() == 247  # as many prices have two commas
    texts = set(harmonized.batches[1].frame["amount"])
    assert {"1195.27", "2502.08", "7518.58"} <= texts
