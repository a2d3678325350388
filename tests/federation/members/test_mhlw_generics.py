import csv
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.japan import mhlw_prices
from federation.members.japan.mhlw_generics import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "jp"
REAL = SHARED / "mhlw_generic_info_20250716.csv"
PRICES = SHARED / "mhlw_nhi_price_list_20250716.csv"

SIGN = "各先発医薬品の後発医薬品の有無に関する情報"
EXCLUDED = "診療報酬における加算等の算定対象から除外する品目"
COUNTED = "カットオフ値の計算に含める品目"
ROW = {
    "薬価基準収載医薬品コード": "1124001F1022",
    "成分名": "エスタゾラム",
    "品名": "ユーロジン１ｍｇ錠",
    SIGN: "☆",
    "収載年月日": "",
    "経過措置による使用期限": "",
    "備考": "",
    EXCLUDED: "",
    COUNTED: "",
}


def listing(*changes, header=tuple(ROW), name="20250716.csv"):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document(name, text.getvalue().encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change):
    return records(pull(listing(change)), "GenericStanding").row(0, named=True)


@pytest.mark.parametrize(
    ("sign", "standing"),
    [
        ("1", "ORIGINAL_WITHOUT_GENERICS"),
        ("2", "ORIGINAL_WITH_GENERICS"),
        ("２", "ORIGINAL_WITH_GENERICS"),
        ("☆", "ORIGINAL_WITH_GENERICS"),
        ("3", "GENERIC"),
        ("★", "GENERIC"),
        ("", "NOT_STATED"),
        ("4", "UNMAPPED"),
    ],
)
def test_the_sign_says_where_a_product_stands_and_is_kept(sign, standing):
    found = one({SIGN: sign})
    assert (found["standing"], found["native_standing"]) == (standing, sign or None)


def test_a_standing_is_of_a_product_and_of_its_price():
    found = one({})
    assert found["key"] == "JP.GenericStanding.1124001F1022"
    assert found["product_key"] == "JP.Product.1124001F1022"
    assert found["price_ceiling_key"] == "JP.PriceCeiling.1124001F1022"


def test_two_notations_of_days_stand_in_one_row():
    found = one({"収載年月日": "20250521", "経過措置による使用期限": "R8.3.31まで"})
    assert found["listed_on"]["earliest"] == date(2025, 5, 21)
    assert found["valid_until"]["latest"] == date(2026, 3, 31)


def test_an_announced_change_has_its_day_and_changes_nothing_yet():
    found = one({SIGN: "1", "備考": "R7.10.1から「2」に変更"})
    assert found["standing"] == "ORIGINAL_WITHOUT_GENERICS"
    assert found["note_text"] == "R7.10.1から「2」に変更"
    assert found["changes_on"]["earliest"] == date(2025, 10, 1)


def test_another_remark_is_kept_as_words_alone():
    found = one({"備考": "R7.10.1収載"})
    assert (found["note_text"], found["changes_on"]) == ("R7.10.1収載", None)


@pytest.mark.parametrize(
    ("mark", "is_marked"), [("1", True), ("１", True), ("", False), ("?", None)]
)
def test_marks_are_there_or_not(mark, is_marked):
    found = one({EXCLUDED: mark, COUNTED: mark})
    assert (found["is_excluded_from_premium"], found["is_counted"]) == (is_marked, is_marked)


@pytest.mark.parametrize("column", ["薬価基準収載医薬品コード", SIGN, "備考", EXCLUDED, COUNTED])
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name}_v2" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(listing({}, header=header))


def test_the_day_of_the_list_is_in_the_file_s_name():
    assert FEED.read([listing({})]).stated_at == datetime(2025, 7, 16, tzinfo=UTC)


def test_a_mail_address_or_telephone_in_a_remark_reaches_no_table():
    text = everything(pull(listing({"備考": "照会 price@maker.example 555-123-4567"})))
    assert not re.search(r"\S@\S|4567", text)


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_standing(real):
    counts = (real.rows, real.records, real.merged, real.quarantined.height)
    assert counts == (12_434, 12_434, 0, 0)
    assert real.findings.is_empty()
    stated = records(real, "GenericStanding")["standing"]
    assert dict(stated.value_counts().iter_rows()) == {
        "ORIGINAL_WITHOUT_GENERICS": 2_437,
        "ORIGINAL_WITH_GENERICS": 1_216 + 188,
        "GENERIC": 4_375 + 405,
        "NOT_STATED": 3_813,
    }


@pytest.mark.real
def test_real_days_of_both_notations_and_marks_are_all_read(real):
    stated = records(real, "GenericStanding")
    listed = stated["listed_on"].struct.field("earliest").drop_nulls()
    until = stated["valid_until"].struct.field("latest").drop_nulls()
    changes = stated["changes_on"].struct.field("earliest").drop_nulls()
    assert (listed.len(), until.len()) == (109, 310)
    assert changes.to_list() == [date(2025, 10, 1)] * 3
    assert (stated["is_counted"].sum(), stated["is_excluded_from_premium"].sum()) == (543, 495)


@pytest.mark.real
def test_every_real_standing_finds_its_product_and_price(real):
    document = Document(PRICES.name, PRICES.read_bytes())
    priced = harmonize(mhlw_prices.FEED, mhlw_prices.FEED.read([document]), RESOLVER)
    stated = records(real, "GenericStanding")
    for column, record in (("product_key", "Product"), ("price_ceiling_key", "PriceCeiling")):
        assert stated[column].is_in(records(priced, record)["key"].implode()).all()


@pytest.mark.real
def test_no_real_mail_address_comes_through(real):
    assert not re.search(r"\S@\S", everything(real))
