import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.usa.fda_enforcement import COLUMNS, FEED, lots
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "us" / "derived_openfda_enforcement_latest3000.csv"

ROW = {
    "recall_number": "D-0546-2026",
    "recalling_firm": "Hospira, Inc., a Pfizer Company",
    "recall_initiation_date": "2026-05-18",
    "recall_class": "Class II",
    "product_description": "Metformin Tablets, 500 mg, Rx only, NDC 0409-1234-01",
    "reason_for_recall": "Subpotent Drug",
    "status": "Ongoing",
    "product_type": "Drugs",
    "voluntary_mandated": "Voluntary: Firm initiated",
    "distribution_pattern": "US Nationwide.",
    "city": "Lake Forest",
    "state": "IL",
    "country": "United States",
}


def listing(*changes, header=None):
    rows = [{**ROW, **change} for change in changes]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header or rows[0])
    writer.writerows(row.values() for row in rows)
    return Document("enforcement.csv", text.getvalue().encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(record="QualityAlert", **change):
    return records(pull(listing(change)), record).row(0, named=True)


def test_a_recall_keeps_its_class_and_its_status_as_published():
    alert = one()
    assert (alert["key"], alert["kind"]) == ("US.QualityAlert.D-0546-2026", "RECALL")
    assert (alert["class_text"], alert["native_status"]) == ("Class II", "Ongoing")
    assert (alert["reason_text"], alert["distribution_text"]) == (
        "Subpotent Drug",
        "US Nationwide.",
    )


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("Class I", "CLASS_I"),
        ("class ii", "CLASS_II"),
        (" Class III ", "CLASS_III"),
        ("Not Yet Classified", "NOT_STATED"),
        ("", "NOT_STATED"),
        ("N/A", "NOT_STATED"),
        ("Class IV", "UNMAPPED"),
        ("Class", "UNMAPPED"),
    ],
)
def test_the_class_of_a_recall_becomes_its_severity(written, severity):
    assert one(recall_class=written)["severity"] == severity


def test_who_recalls_is_not_said_to_have_made_the_batch():
    alert, firm = one(), one("Organization")
    assert (alert["recalling_firm_key"], alert["manufacturer_key"]) == (firm["key"], None)
    assert (firm["key"], firm["kind"]) == ("US.Organization.hospira", "RECALLING_FIRM")
    assert (firm["country"], firm["address_text"]) == ("US", "Lake Forest, IL")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-05-18", date(2026, 5, 18)),
        ("20260518", date(2026, 5, 18)),
        ("05/18/2026", date(2026, 5, 18)),
        ("May", None),
    ],
)
def test_the_recall_begins_on_the_day_stated_in_any_of_fdas_three_forms(written, day):
    began = one(recall_initiation_date=written)["initiated_on"]
    assert (began["text"], began["earliest"]) == (written, day)


def test_a_list_that_has_report_dates_and_codes_is_read_with_them():
    alert = one(report_date="20260527", code_info="Lot #: A1234, B5678; Exp. 05/2027")
    assert alert["reported_on"]["earliest"] == date(2026, 5, 27)
    assert alert["batch_numbers"] == ["A1234", "B5678"]
    assert alert["batch_text"] == "Lot #: A1234, B5678; Exp. 05/2027"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NDC 0406-0522-01. Exp. 2027/03, Lot: 0522J23493", ["0522J23493"]),
        ("Lot #: 3D009AA09, 3D009AA10, Exp Date: 31 MAR 2026", ["3D009AA09", "3D009AA10"]),
        ("Lot 202364.", ["202364"]),
        ("Lots: A-1,B-2", ["A-1", "B-2"]),
        ("Lot No. X77 and again Lot X77", ["X77"]),
        ("Lot: 23APR018 Date Compounded: 24APR2023", ["23APR018"]),
        ("NDC (sample lot)  61755-005-54", []),
        ("indicating lot number housed within container", []),
        ("All lots within expiry", []),
        ("Pilot 12", []),
        (None, []),
    ],
)
def test_only_a_lot_stated_for_certain_is_listed(text, expected):
    assert pl.select(lots(pl.lit(text, pl.String))).item().to_list() == expected


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Korea (the Republic of)", "KR"),
        ("Taiwan", "TW"),
        ("India", "IN"),
        ("Atlantis", None),
        ("N/A", None),
    ],
)
def test_the_firms_country_becomes_its_code(country, code):
    assert one("Organization", country=country)["country"] == code


def test_a_state_that_does_not_apply_is_left_out_of_the_address():
    assert one("Organization", state="N/A")["address_text"] == "Lake Forest"


def test_a_recall_without_number_is_quarantined_with_its_text():
    pulled = pull(listing({}, {"recall_number": ""}))
    assert pulled.quarantined["reason"].to_list() == ["NO_IDENTITY"]
    assert "Subpotent" in pulled.quarantined["native"].item()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name}_v2" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(listing({}, header=header))


def test_a_web_page_in_place_of_the_file_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("enforcement.csv", b"<!DOCTYPE html><html></html>")])


def test_a_mail_address_or_telephone_reaches_no_table():
    told = {"product_description": "Call (844) 446-6979, (800)-995-6979, mail help@firm.example"}
    pulled = pull(listing(told, {**told, "recall_number": ""}))
    assert pulled.quarantined.height == 1
    assert not re.search(r"\S@\S|6979", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_recall_is_an_alert_but_the_one_without_number(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (3000, 2999, 0, 1)
    assert json.loads(real.quarantined["native"].item())["recall_number"] is None


@pytest.mark.real
def test_real_classes_and_states_are_kept(real):
    found = records(real, "QualityAlert")
    classes = dict(found["class_text"].value_counts().iter_rows())
    assert classes == {"Class I": 231, "Class II": 2512, "Class III": 256}
    severities = dict(found["severity"].value_counts().iter_rows())
    assert severities == {"CLASS_I": 231, "CLASS_II": 2512, "CLASS_III": 256}
    states = dict(found["native_status"].value_counts().iter_rows())
    assert states == {"Ongoing": 1714, "Terminated": 1188, "Completed": 97}
    assert found["initiated_on"].struct.field("earliest").null_count() == 0


@pytest.mark.real
def test_the_real_lots_that_stand_in_the_description_are_listed(real):
    found = records(real, "QualityAlert")["batch_numbers"]
    stated = found.filter(found.list.len() > 0)
    assert sorted(stated.explode().to_list()) == [
        "0522J23493",
        "202364",
        "23APR018",
        "3D009AA02",
        "3D009AA09",
        "3D009AA10",
        "3D009AA25",
        "T04680",
    ]


@pytest.mark.real
def test_every_real_firm_is_known_with_its_country(real):
    firms = records(real, "Organization")
    assert firms["country"].null_count() == 0
    assert records(real, "QualityAlert")["recalling_firm_key"].is_in(firms["key"].to_list()).all()


@pytest.mark.real
def test_no_real_mail_address_or_telephone_reaches_a_table(real):
    assert not re.search(r"[\w.]@\w+\.\w|\(\d{3}\)[ -]?\d{3}-\d{4}", everything(real))
