import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize, with_digests
from federation.members.india.nppa_ceilings import COLUMNS, FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "in" / "nppa_ceiling_all_sample.csv"

PRICE = "Ceiling Price ( Excluding Taxes) (Rs.)(Per Unit)"
ROW = {
    "": "",
    " SL No": "58",
    " NLEM Version": "2015",
    " Formulation": "Glucose",
    " Dosage & Strength": "Injection 5%",
    " SO Number": "1581(E)",
    " SO Date": "25-Mar-2026",
    f" {PRICE}": "₹ 66.10(1000ml Non-Glass)",
}
PREAMBLE = (
    ("", ""),
    ("", "All Drugs Ceiling Prices"),
    ("", "", "DATE", "5/9/2026"),
    ("", "", "TIME", "17:16:6"),
)


def listing(*changes, header=tuple(ROW), preamble=PREAMBLE):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(preamble)
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document("all.csv", text.getvalue().encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(record="PriceCeiling", **change):
    changes = {f" {name}": text for name, text in change.items()}
    return records(pull(listing(changes)), record).row(0, named=True)


def test_a_ceiling_is_in_rupees_without_tax_by_its_order():
    price = one()
    assert (price["title"], price["kind"]) == ("Glucose, Injection 5%", "CEILING")
    assert (price["amount"], price["currency"], price["unit_text"]) == (
        "66.10",
        "INR",
        "1000ml Non-Glass",
    )
    assert (price["is_tax_included"], price["order_text"]) == (False, "S.O. 1581(E)")


def test_the_day_of_the_order_is_not_taken_for_the_first_day_of_the_price():
    price = one()
    assert (price["ordered_on"]["earliest"], price["valid_from"]) == (date(2026, 3, 25), None)


@pytest.mark.parametrize(
    ("text", "amount", "unit", "status"),
    [
        ("₹ 0.28(1 Tablet)", "0.28", "1 Tablet", "STATED"),
        ("₹ 2.15(1 ML (10 ML & more pack))", "2.15", "1 ML (10 ML & more pack)", "STATED"),
        ("₹ 58.78(Each Pack (500 ml))", "58.78", "Each Pack (500 ml)", "STATED"),
        ("₹ 2,26,610.50( Pack)", "226610.50", "Pack", "STATED"),
        ("Rs. 5.00 (1\nTablet)", "5.00", "1 Tablet", "STATED"),
        ("7.5", "7.5", None, "STATED"),
        ("₹ as notified(1 ML)", None, "1 ML", "UNMAPPED"),
        ("", None, None, "NOT_PUBLISHED"),
    ],
)
def test_amount_and_unit_are_taken_out_of_one_text(text, amount, unit, status):
    price = one(**{PRICE: text})
    assert (price["amount"], price["unit_text"]) == (amount, unit)
    assert price["amount_status"] == status


def test_each_container_and_volume_has_its_own_price():
    units = ("1000ml Glass", "1000ml Non-Glass", "100ml Glass", "1 ML")
    pulled = pull(listing(*({f" {PRICE}": f"₹ 1.00({unit})"} for unit in units)))
    assert (pulled.records, pulled.merged) == (4, 0)
    assert records(pulled, "EssentialListing").height == 1


@pytest.mark.parametrize(
    ("formulation", "inn"),
    [("Glucose", "glucose"), ("Glucose (A) + Sodium Chloride (B)", None), ("Condom", None)],
)
def test_a_listing_leads_to_the_one_substance_it_names(formulation, inn):
    listed = one("EssentialListing", Formulation=formulation)
    assert listed["substance_key"] == (inn and f"ALLIANCE.Substance.{inn}")


def test_two_prices_of_one_unit_are_numbered():
    pulled = pull(listing({}, {f" {PRICE}": "₹ 67.00(1000ml Non-Glass)"}))
    ids = records(pulled, "PriceCeiling")["national_id"].to_list()
    assert (len(ids), ids[1]) == (2, f"{ids[0]}#2")


def test_an_exact_repeat_under_another_number_is_merged():
    pulled = pull(listing({" SL No": "531"}, {" SL No": "532"}))
    assert (pulled.rows, pulled.records, pulled.merged) == (2, 1, 1)


def test_vintages_of_the_list_stand_side_by_side():
    pulled = pull(listing({}, {" NLEM Version": "2022", " Formulation": "GLUCOSE"}))
    listed = records(pulled, "EssentialListing")
    assert listed.select("list_name", "list_version", "legal_effect", "title").rows() == [
        ("NLEM", "2015", "PRICE_CONTROL", "Glucose, Injection 5%"),
        ("NLEM", "2022", "PRICE_CONTROL", "GLUCOSE, Injection 5%"),
    ]


def test_the_same_vintage_in_another_case_is_the_same_entry():
    price = f" {PRICE}"
    pulled = pull(listing({}, {" Formulation": "GLUCOSE", price: "₹ 1.00(1 ML)"}))
    assert records(pulled, "EssentialListing").height == 1


def test_line_breaks_in_cells_are_tidied_and_kept_in_the_native_row():
    price = one(Formulation="Glucose (A) +\nSodium Chloride (B)")
    assert price["title"] == "Glucose (A) + Sodium Chloride (B), Injection 5%"
    assert "+\n" in price["native"]["Formulation"]


@pytest.mark.parametrize(
    ("preamble", "made"),
    [
        (PREAMBLE, datetime(2026, 9, 5, 11, 46, 6, tzinfo=UTC)),
        ([("", "", "DATE", "25/3/2026")], datetime(2026, 3, 24, 18, 30, tzinfo=UTC)),
        ([("", "", "DATE", "3/25/2026")], None),
        ([], None),
    ],
)
def test_the_day_comes_before_the_month_above_the_header(preamble, made):
    assert FEED.read([listing({}, preamble=preamble)]).stated_at == made


def test_a_list_without_preamble_is_read_the_same():
    whole, cut = (pull(listing({}, **how)).batches[0] for how in ({}, {"preamble": ()}))
    assert with_digests(whole).frame.equals(with_digests(cut).frame)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name} v2" if name.strip() == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=re.escape(f"`{column}`")):
        pull(listing({}, header=header))


def test_a_web_page_in_place_of_the_file_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("all.csv", b"<!DOCTYPE html><html></html>")])


def test_a_mail_address_or_telephone_reaches_no_table():
    told = {" Formulation": "Glucose, ask nppa@gov.example or 555-123-4567"}
    assert not re.search(r"\S@\S|4567", everything(pull(listing(told))))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_price_but_the_exact_repeat(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (25, 24, 1, 0)
    assert real.findings.is_empty()


@pytest.mark.real
def test_real_prices_of_one_strength_differ_by_container_and_volume(real):
    found = records(real, "PriceCeiling")
    glucose = found.filter(pl.col("title") == "Glucose, Injection 5%")
    assert (glucose.height, glucose["unit_text"].n_unique()) == (9, 9)
    amounts = [Decimal(amount) for amount in found["amount"]]
    assert (min(amounts), max(amounts)) == (Decimal("0.13"), Decimal("103.16"))


@pytest.mark.real
def test_real_vintages_stand_side_by_side(real):
    versions = dict(records(real, "EssentialListing")["list_version"].value_counts().iter_rows())
    assert versions == {"2011": 3, "2015": 8, "2022": 2}


@pytest.mark.real
def test_the_real_export_is_of_the_fifth_of_september():
    made = FEED.read([Document(REAL.name, REAL.read_bytes())]).stated_at
    assert made.date() == date(2026, 9, 5)
