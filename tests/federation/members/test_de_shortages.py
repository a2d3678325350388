import csv
import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.europe.de_shortages import FEED
from federation.reading.native import Document
from federation.substances.register import load_register
from federation.substances.resolver import Resolver

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

ROW = {
    "PZN": "14141879",
    "ENR": "2138185",
    "Bearbeitungsnummer": "LE2026002019",
    "Referenzierte Erstmeldung": "N/A",
    "Meldungsart": "Erstmeldung",
    "Beginn": "01.06.2026",
    "Ende": "29.01.2027",
    "Datum der letzten Meldung": "02.06.2026",
    "Art des Grundes": "Sonstige",
    "Arzneimittlbezeichnung": "Dexa-inject mibe 4 mg/ml",
    "Atc Code": "H02AB02",
    "Wirkstoffe": "Dexamethason",
    "Krankenhausrelevant": "ja",
    "Zulassungsinhaber": "Mibe GmbH Arzneimittel",
    "Telefon": "0800 0700 800\t\t",
    "E-Mail": "zulassung@mibe.example",
    "Grund": "Erhöhte Nachfrage",
    "Anm. zum Grund": "N/A",
    "Alternativpräparat": "N/A",
    "Datum der Erstmeldung": "02.06.2026",
    "Info an Fachkreise": "Nein",
    "Darreichungsform": "Injektionslösung",
    "klassifikation": "verskri (auch versrel)",
}

CHANGE = {
    "Bearbeitungsnummer": "LE2026003292",
    "Referenzierte Erstmeldung": "LE2026002019",
    "Meldungsart": "Änderungsmeldung",
    "Datum der letzten Meldung": "09.09.2026",
}
DELETION = CHANGE | {
    "Bearbeitungsnummer": "LE2026003300",
    "Meldungsart": "Löschmeldung",
    "Datum der letzten Meldung": "10.09.2026",
}


def listed(*changes, encoding="cp1252", renamed=None, without=()):
    names = [name for name in ROW if name not in without]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow([(renamed or {}).get(name, name) for name in names])
    for change in changes:
        row = ROW | change
        writer.writerow([row[name] for name in names])
    return Document("csv", text.getvalue().encode(encoding))


@pytest.fixture(scope="module")
def resolver():
    return Resolver(load_register())


@pytest.fixture
def pull(resolver):
    return lambda *changes, **how: harmonize(FEED, FEED.read([listed(*changes, **how)]), resolver)


def frames(harmonized):
    return {batch.mapping.record.__name__: batch.frame for batch in harmonized.batches}


@pytest.fixture
def notices(pull):
    return lambda *changes: frames(pull(*changes))["SupplyNotice"].rows(named=True)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_first_report_becomes_a_notice_in_either_encoding(pull, encoding):
    record = frames(pull({}, encoding=encoding))["SupplyNotice"].row(0, named=True)
    assert record["key"] == "EU.SupplyNotice.LE2026002019"
    assert (record["kind"], record["status"]) == ("SHORTAGE", "ONGOING")
    assert record["native_status"] == "Erstmeldung"
    assert record["title"] == "Dexa-inject mibe 4 mg/ml"
    assert record["product_key"] == "EU.Product.2138185"
    assert record["holder_key"] == "EU.Organization.mibe gmbh arzneimittel"
    assert record["starts_on"]["earliest"] == date(2026, 6, 1)
    assert record["expected_end_on"]["earliest"] == date(2027, 1, 29)
    assert record["ended_on"] is None
    assert record["reason_text"] == "Art des Grundes: Sonstige; Grund: Erhöhte Nachfrage"
    assert record["plan_text"] == "Info an Fachkreise: Nein"
    assert "verskri" in record["impact_text"]
    assert "§ 52b" in record["legal_fact"]


def test_a_report_on_several_packs_is_one_notice_that_names_them(pull):
    harmonized = pull({}, {"PZN": "19847265"}, {"PZN": "00038505"})
    (record,) = frames(harmonized)["SupplyNotice"].rows(named=True)
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (3, 1, 2)
    assert record["package_codes"] == ["00038505", "14141879", "19847265"]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_chain_is_what_its_latest_message_says_in_any_order(notices, turn):
    change = CHANGE | {"Ende": "31.03.2027", "PZN": "19847271"}
    (record,) = notices(*[{}, {"PZN": "19847265"}, change][::turn])
    assert record["national_id"] == "LE2026002019"
    assert record["expected_end_on"]["earliest"] == date(2027, 3, 31)
    assert record["package_codes"] == ["19847271"]
    assert record["posted_on"]["earliest"] == date(2026, 6, 2)
    assert record["updated_on"]["earliest"] == date(2026, 9, 9)


def test_of_two_messages_of_one_day_the_higher_number_is_the_later(notices):
    day = {"Datum der letzten Meldung": "09.09.2026"}
    (record,) = notices(DELETION | day, CHANGE)
    assert record["native_status"] == "Löschmeldung"


@pytest.mark.parametrize("turn", [1, -1])
def test_a_deletion_withdraws_the_whole_chain(notices, turn):
    (record,) = notices(*[{}, CHANGE, DELETION][::turn])
    assert record["status"] == "WITHDRAWN"


def test_a_change_keeps_the_key_of_its_first_report_that_is_no_longer_listed(notices):
    assert notices(CHANGE)[0]["key"] == notices({})[0]["key"]


def test_a_change_that_names_no_first_report_is_reported(pull):
    harmonized = pull(CHANGE | {"Referenzierte Erstmeldung": "N/A"})
    assert harmonized.findings["code"].to_list() == ["NO_FIRST_REPORT"]


def test_an_unknown_kind_of_message_is_unmapped(notices):
    assert notices({"Meldungsart": "Folgemeldung"})[0]["status"] == "UNMAPPED"


@pytest.mark.parametrize(
    ("why", "kind", "common"),
    [
        ("Probleme beim Wirkstoffhersteller", "Sonstige", "ACTIVE_SUBSTANCE"),
        ("Probleme bei der Chargenprüfung", "Produktionsproblem", "QUALITY"),
        ("Unzureichende Produktionskapazitäten", "Sonstige", "MANUFACTURING"),
        ("N/A", "Produktionsproblem", "MANUFACTURING"),
        ("Sonstige", "Sonstige", "OTHER"),
        ("Mondphase", "Sonstige", "UNMAPPED"),
        ("N/A", "N/A", None),
    ],
)
def test_the_reason_is_the_more_exact_of_two(notices, why, kind, common):
    assert notices({"Grund": why, "Art des Grundes": kind})[0]["reason"] == common


@pytest.mark.parametrize("placeholder", ["99999999", "00000000"])
def test_a_placeholder_is_no_pack_and_is_reported(pull, placeholder):
    harmonized = pull({"PZN": placeholder})
    assert frames(harmonized)["SupplyNotice"]["package_codes"].to_list() == [[]]
    assert frames(harmonized)["Package"].is_empty()
    assert harmonized.findings["code"].to_list() == ["PLACEHOLDER_PZN"]


def test_a_pack_code_that_lost_its_zeros_gets_them_back(pull):
    package = frames(pull({"PZN": "38505"}))["Package"].row(0, named=True)
    assert (package["code"], package["code_text"]) == ("00038505", "38505")


def test_several_products_are_all_mentioned_and_no_pack_is_put_to_one_of_them(pull):
    harmonized = pull({"ENR": "2714031, 2714918", "Wirkstoffe": "Lidocain; Prilocain"})
    found = frames(harmonized)
    assert found["Product"]["national_id"].to_list() == ["2714031", "2714918"]
    assert found["Ingredient"]["national_id"].to_list() == [
        "2714031/1",
        "2714031/2",
        "2714918/1",
        "2714918/2",
    ]
    assert found["EssentialListing"]["national_id"].to_list() == ["2714031", "2714918"]
    assert found["Package"]["product_key"].to_list() == [None]
    assert found["SupplyNotice"]["product_key"].to_list() == ["EU.Product.2714031"]
    assert harmonized.findings["code"].to_list() == ["SEVERAL_PRODUCTS"]


def test_a_product_is_mentioned_with_its_substances_codes_and_form(pull):
    change = {"Wirkstoffe": "Harnstoff; Tretinoin", "Atc Code": "N01BB52, D02AE"}
    found = frames(pull(change))
    (product,) = found["Product"].rows(named=True)
    assert product["atc_codes"] == ["N01BB52", "D02AE"]
    assert product["dose_form_text"] == "Injektionslösung"
    assert product["authorisation_status"] == "NOT_STATED"
    assert found["Ingredient"]["native_text"].to_list() == ["Harnstoff", "Tretinoin"]
    assert found["Ingredient"]["position"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("native", "listings", "findings"),
    [
        ("versrel", 1, []),
        ("verskri (auch versrel)", 1, []),
        ("weder versrel noch verskri", 0, []),
        ("versmega", 0, ["UNKNOWN_CLASS"]),
    ],
)
def test_a_class_is_a_standing_only_where_it_says_so(pull, native, listings, findings):
    harmonized = pull({"klassifikation": native})
    listed_ = frames(harmonized)["EssentialListing"]
    assert listed_.height == listings
    assert set(listed_["legal_effect"]) <= {"MONITORING"}
    assert harmonized.findings["code"].to_list() == findings


def test_a_company_spaced_out_is_the_one_it_spells(notices):
    spaced, plain = "H e x a l  Aktiengesellschaft", "Hexal Aktiengesellschaft"
    one, other = (notices({"Zulassungsinhaber": name})[0] for name in (spaced, plain))
    assert one["holder_key"] == other["holder_key"] == "EU.Organization.hexal aktiengesellschaft"


def test_semicolons_inside_quotes_and_blanks_of_the_source_are_read(notices):
    (record,) = notices({"Anm. zum Grund": "gesperrt; Maßnahmen folgen", "Ende": "N/A"})
    assert record["reason_text"].endswith("gesperrt; Maßnahmen folgen")
    assert record["expected_end_on"] is None


def test_an_end_before_the_begin_is_reported(pull):
    assert pull({"Ende": "01.01.2026"}).findings["code"].to_list() == ["END_BEFORE_START"]


def test_a_row_without_a_number_is_quarantined(pull):
    harmonized = pull({}, {"Bearbeitungsnummer": "N/A"})
    assert harmonized.quarantined["reason"].to_list() == ["NO_IDENTITY"]
    assert (harmonized.records, harmonized.merged) == (1, 0)


@pytest.mark.parametrize("column", ["PZN", "Meldungsart", "Ende", "Telefon", "E-Mail"])
def test_a_renamed_or_missing_column_is_refused_by_its_name(pull, column):
    for how in ({"renamed": {column: "anders"}}, {"without": (column,)}):
        with pytest.raises(SourceChanged, match=f"`{column}`"):
            pull({}, **how)


def test_half_a_file_is_refused():
    whole = listed({"Anm. zum Grund": "a; b"}).content
    with pytest.raises(SourceFault, match="breaks off"):
        FEED.read([Document("csv", whole[: whole.index(b"a; b") + 3])])


def written(harmonized):
    tables = [batch.frame for batch in harmonized.batches]
    tables += [harmonized.quarantined, harmonized.findings]
    return "".join(table.write_json() for table in tables)


def test_contacts_reach_no_output(pull):
    text = written(
        pull(
            {"Anm. zum Grund": "Fragen an a@b.org", "PZN": "99999999"},
            {"Bearbeitungsnummer": "N/A"},
        )
    )
    assert "@" not in text
    assert "0700" not in text


@pytest.fixture(scope="module")
def real(resolver):
    path = SHARED / "eu" / "de_bfarm_LEMeldungen_2026-09-09_sample.csv"
    return harmonize(FEED, FEED.read([Document(path.name, path.read_bytes())]), resolver)


@pytest.mark.real
def test_33_real_rows_are_17_reports(real):
    assert (real.rows, real.records, real.merged) == (33, 17, 16)
    assert real.quarantined.is_empty()
    assert real.findings["code"].to_list() == ["SEVERAL_PRODUCTS"] * 2
    notices = frames(real)["SupplyNotice"]
    assert notices["package_codes"].list.len().sum() == 33
    assert "UNMAPPED" not in [*notices["status"], *notices["reason"]]
    assert notices["product_key"].null_count() == 0


@pytest.mark.real
def test_real_chains_bear_the_number_of_their_first_report(real):
    ids = set(frames(real)["SupplyNotice"]["national_id"])
    assert {"LE2026003295", "LE2026002019", "LE2026000606"} <= ids
    assert "LE2026003292" not in ids


@pytest.mark.real
def test_real_reports_bring_their_packs_and_products(real):
    found = frames(real)
    assert {name: frame.height for name, frame in found.items()} == {
        "SupplyNotice": 17,
        "Product": 18,
        "Ingredient": 20,
        "Package": 33,
        "EssentialListing": 13,
        "Organization": 11,
    }
    keys = found["Product"]["key"].implode()
    assert found["SupplyNotice"].filter(pl.col("product_key").is_in(keys)).height == 17


@pytest.mark.real
def test_no_contact_is_in_what_the_real_file_comes_to(real):
    text = written(real)
    assert "@" not in text
    for number in ("034954 2470", "0800 0700 800", "089641860", "550055"):
        assert number not in text
