import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.india.cdsco_nsq import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "in" / "cdsco_nsq_alerts_jan2025.csv"

ROW = {
    "str_product_name": "Fexofenadin e Hydrochlori de Tab IP 180 mg\n[Fexodil- 180]",
    "str_batch_no": "T 3105",
    "dt_manufacturing_date": "Oct-2024",
    "dt_expiry_date": "Sep-2026",
    "str_manufactured_by": "M/s. Jackson Laboratories Pvt Ltd, 22-24,\nAmritsar -143 001",
    "str_nsq_result": "It fails the test ‘Dissolution’ as per IP",
    "str_reporting_source": "State lab",
    "str_reported_by_lab_or_state": "DTL Thiruvananthapuram",
    "dt_reporting_month_year": "JAN-2025",
}
PRODUCT, BATCH, MADE, EXPIRES, MAKER, RESULT = list(ROW)[:6]


def answer(*changes, total=None):
    alerts = [{**ROW, **change} for change in changes]
    return wrapped(alerts, total)


def wrapped(alerts, total=None):
    """Wrap alerts as the portal does: DataTables JSON in UTF-8."""
    total = len(alerts) if total is None else total
    body = {"iTotalDisplayRecords": total, "iTotalRecords": total, "aaData": alerts}
    return Document("nsqdrugs", json.dumps(body, ensure_ascii=False).encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(document, record="QualityAlert"):
    return records(pull(document), record).row(0, named=True)


def test_only_white_space_of_the_title_is_tidied_and_originals_are_kept():
    alert = one(answer({}))
    assert alert["title"] == "Fexofenadin e Hydrochlori de Tab IP 180 mg [Fexodil- 180]"
    assert alert["manufacturer_text"] == ROW[MAKER]
    assert alert["reason_text"] == ROW[RESULT]
    assert alert["native"]["str_product_name"] == ROW[PRODUCT]


def test_an_alert_has_no_class():
    alert = one(answer({}))
    assert (alert["severity"], alert["class_text"]) == ("NOT_STATED", None)


def test_a_month_is_all_its_days():
    alert = one(answer({}))
    assert alert["reported_on"] == {
        "text": "JAN-2025",
        "earliest": date(2025, 1, 1),
        "latest": date(2025, 1, 31),
        "precision": "MONTH",
    }
    assert alert["manufactured_on"]["latest"] == date(2024, 10, 31)
    assert alert["expires_on"]["earliest"] == date(2026, 9, 1)


def test_an_empty_date_is_none_and_a_text_keeps_its_words():
    alert = one(answer({MADE: "", EXPIRES: "not legible"}))
    assert alert["manufactured_on"] is None
    assert alert["expires_on"]["text"] == "not legible"
    assert alert["expires_on"]["precision"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({MADE: "Dec-2026", EXPIRES: "Nov-2028"}, "MADE_AFTER_REPORT"),
        ({MADE: "Oct-2024", EXPIRES: "Sep-2024"}, "EXPIRED_BEFORE_MADE"),
        ({RESULT: "the common name of the colour was not mentioned. -\nMisbranded"}, "MISBRANDED"),
    ],
)
def test_what_can_t_be_right_is_reported_and_the_alert_kept(change, code):
    pulled = pull(answer(change))
    assert pulled.findings["code"].to_list() == [code]
    assert pulled.records == 1


def test_a_batch_made_in_the_month_of_the_report_is_no_finding():
    assert pull(answer({MADE: "Jan-2025"})).findings.is_empty()


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("Dissolution", "NOT_OF_STANDARD_QUALITY"),
        ("", "NOT_OF_STANDARD_QUALITY"),
        ("SPURIOUS\nParticulate Matter", "SPURIOUS"),
        ("NOT OF STANDARD QUALITY\nThe Sample is deemed to be Spurious Drug.", "SPURIOUS"),
    ],
)
def test_an_alert_is_spurious_where_the_result_says_so(result, kind):
    assert one(answer({RESULT: result}))["kind"] == kind


@pytest.mark.parametrize(
    ("text", "batches"),
    [
        ("T 3105", ["T 3105"]),
        ("03BF231\n9", ["03BF231 9"]),
        ("24RS04, 24RS08", ["24RS04", "24RS08"]),
        ("", []),
    ],
)
def test_batches_are_a_list(text, batches):
    assert one(answer({BATCH: text}))["batch_numbers"] == batches


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tanpal Pharmaceuticals, D- 12-13, Focal Point, Nabha", "Tanpal Pharmaceuticals"),
        ("M/s. SAI Parenterals Limited, D1 & D4", "SAI Parenterals Limited"),
        (
            "M/s.– Prosilio Pharmaceuticals Pvt. Ltd., R.S.No. 35/6",
            "Prosilio Pharmaceuticals Pvt. Ltd.",
        ),
        ("M/s.\nJ.M.LABORATORIES\nVillage-Bhanat, Solan", "J.M.LABORATORIES"),
        ("M/s RIPPON LABORATORIES\nNo.44,45, Puducherry", "RIPPON LABORATORIES"),
        ("M/s.  ZEE LABORATORIES\nLTD., Behind 47", "ZEE LABORATORIES LTD."),
        ("M/s. Safe Parenterals Pvt. Ltd. Gollapadu 522408, India", "Safe Parenterals Pvt. Ltd."),
        ("Mfg By: M/s. Exotic Healthcare Plot No. 1305, Punjab", "Exotic Healthcare"),
    ],
)
def test_the_maker_s_name_ends_where_the_address_begins(text, name):
    maker = one(answer({MAKER: text}), "Organization")
    assert (maker["name"], maker["kind"], maker["country"]) == (name, "MANUFACTURER", "IN")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Gabt Co Ltd, Guanzhou, China.", "CN"),
        ("M/s. Shell Eastern Chemicals, North Buona Vista Drive, Singapore-138588", "SG"),
        ("Althea Pharma Pvt. Ltd., Daman (U.T) 396210, INDIA", "IN"),
        ("Cotec Healthcare Pvt. Ltd., Roorkee - 247667 (Uttarakhand)", "IN"),
    ],
)
def test_a_maker_abroad_is_not_in_india(text, country):
    assert one(answer({MAKER: text}), "Organization")["country"] == country


def test_a_maker_under_investigation_is_no_organisation():
    pulled = pull(answer({MAKER: "Under Investigation"}))
    alert = records(pulled, "QualityAlert").row(0, named=True)
    assert (alert["manufacturer_key"], alert["manufacturer_text"]) == (None, "Under Investigation")
    assert records(pulled, "Organization").is_empty()


def test_a_maker_whose_name_was_broken_is_the_same_maker():
    pulled = pull(
        answer(
            {MAKER: "Monique Pharmaceuticals Pvt. Ltd., Faridabad"},
            {MAKER: "M/s. MONIQUE PHARMACEUTICAL S PVT LTD, Faridabad", BATCH: "T 3106"},
        )
    )
    assert records(pulled, "Organization").height == 1
    assert records(pulled, "QualityAlert")["manufacturer_key"].n_unique() == 1


def test_the_identity_of_an_alert_does_not_depend_on_its_line_breaks():
    broken = one(answer({PRODUCT: "Fexofenadin e\nTab", BATCH: "T\n3105"}))
    whole = one(answer({PRODUCT: "Fexofenadine Tab", BATCH: "T 3105"}))
    assert broken["key"] == whole["key"] == "IN.QualityAlert.JAN-2025/t3105/fexofenadinetab"


def test_two_findings_on_one_batch_are_two_alerts():
    pulled = pull(answer({}, {RESULT: "Assay"}, {}))
    assert (pulled.rows, pulled.records, pulled.merged) == (3, 2, 1)
    assert sum(key.endswith("#2") for key in records(pulled, "QualityAlert")["key"]) == 1


def test_an_alert_without_a_product_is_quarantined():
    pulled = pull(answer({PRODUCT: " "}, {}))
    assert pulled.quarantined["reason"].to_list() == ["NO_IDENTITY"]
    assert (pulled.rows, pulled.records) == (2, 1)


def test_fewer_alerts_than_the_answer_says_are_refused():
    with pytest.raises(SourceFault, match="says it has 40 alerts and holds 1"):
        FEED.read([answer({}, total=40)])


@pytest.mark.parametrize("body", [b"[]", b'{"aaData": []}', b'{"error": "no session"}'])
def test_another_answer_is_refused(body):
    with pytest.raises(SourceChanged, match="aaData"):
        FEED.read([Document("nsqdrugs", body)])


def test_a_month_without_alerts_is_an_empty_list():
    pulled = pull(answer())
    assert (pulled.rows, pulled.records) == (0, 0)


@pytest.mark.parametrize("column", [PRODUCT, MADE, MAKER, "dt_reporting_month_year"])
def test_a_renamed_column_is_refused_by_its_name(column):
    alert = {f"{name}_v2" if name == column else name: value for name, value in ROW.items()}
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(wrapped([alert]))


def test_another_month_s_alerts_do_not_vanish_with_this_one():
    assert not FEED.is_full_list


def test_a_mail_address_or_telephone_reaches_no_table():
    told = "Jackson Laboratories, qa@jackson.example, 555-123-4567"
    pulled = pull(answer({MAKER: told, RESULT: told}, {PRODUCT: "", RESULT: told}))
    assert pulled.quarantined.height == 1
    assert not re.search(r"\S@\S|4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    text = REAL.read_text(encoding="utf-8-sig")
    return pull(wrapped(list(csv.DictReader(io.StringIO(text, newline="")))))


@pytest.mark.real
def test_every_real_row_is_an_alert(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (145, 145, 0, 0)


@pytest.mark.real
def test_real_alerts_are_substandard_but_for_four_spurious_ones(real):
    alerts = records(real, "QualityAlert")
    counts = dict(alerts["kind"].value_counts().iter_rows())
    assert counts == {"NOT_OF_STANDARD_QUALITY": 141, "SPURIOUS": 4}
    assert dict(real.findings["code"].value_counts().iter_rows()) == {"MISBRANDED": 2}


@pytest.mark.real
def test_all_real_dates_are_months(real):
    alerts = records(real, "QualityAlert")
    for field, stated in (("reported_on", 145), ("manufactured_on", 130), ("expires_on", 130)):
        precisions = alerts[field].struct.field("precision").drop_nulls()
        assert dict(precisions.value_counts().iter_rows()) == {"MONTH": stated}


@pytest.mark.real
def test_real_makers_are_told_from_their_addresses(real):
    makers = records(real, "Organization")
    assert makers.height == 99
    assert makers["name"].str.len_chars().max() < 50
    assert dict(makers["country"].value_counts().iter_rows()) == {"IN": 96, "CN": 2, "SG": 1}
    assert records(real, "QualityAlert")["manufacturer_key"].null_count() == 1


@pytest.mark.real
def test_no_real_mail_address_comes_through(real):
    assert not re.search(r"\S@\S", everything(real))
