import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from federation.errors import SourceChanged
from federation.harmonize.run import harmonize
from federation.members.japan.mhlw_prices import FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "jp" / "mhlw_nhi_price_list_20250716.csv"

ROW = {
    "区分": "内用薬",
    "薬価基準収載医薬品コード": "1169101F1023",
    "成分名": "レボドパ・カルビドパ水和物",
    "規格": "１錠",
    "日本薬局方": "",
    "麻薬": "",
    "業者名追記": "",
    "品名": "ネオドパストン配合錠Ｌ１００",
    "メーカー名": "大原薬品工業",
    "診療報酬において加算等の算定対象となる後発医薬品": "",
    "先発医薬品": "先発品",
    "同一剤形・規格の後発医薬品がある先発医薬品": "○",
    "薬価": "16.10",
    "経過措置による使用期限": "",
    "備考": "",
}
USED_UNTIL, REMARK = "経過措置による使用期限", "備考"


def listing(*changes, header=tuple(ROW), name="20250716.csv"):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document(name, text.getvalue().encode())


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(document, record):
    return records(pull(document), record).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "amount", "status"),
    [
        ("16.10", "16.10", "STATED"),
        ("100", "100", "STATED"),
        ("1,234,567.80", "1234567.80", "STATED"),
        ("", None, "NOT_PUBLISHED"),
        ("別に定める", None, "UNMAPPED"),
    ],
)
def test_the_price_is_exact_or_says_why_not(text, amount, status):
    price = one(listing({"薬価": text}), "PriceCeiling")
    assert (price["amount"], price["amount_status"]) == (amount, status)


def test_a_narcotic_is_marked_in_its_category():
    assert (
        one(listing({"先発医薬品": "先発品", "麻薬": "麻"}), "Product")["category_text"]
        == "先発品; 麻"
    )


def test_a_price_is_a_reimbursement_in_yen_per_native_unit():
    price = one(listing({}), "PriceCeiling")
    assert price["key"] == "JP.PriceCeiling.1169101F1023"
    assert (price["kind"], price["currency"], price["unit_text"]) == (
        "REIMBURSEMENT",
        "JPY",
        "１錠",
    )
    assert price["product_key"] == "JP.Product.1169101F1023"


@pytest.mark.parametrize(
    ("text", "until"), [("R8.3.31まで", date(2026, 3, 31)), ("H31.3.31まで", date(2019, 3, 31))]
)
def test_the_period_of_grace_ends_on_an_era_date(text, until):
    price = one(listing({USED_UNTIL: text}), "PriceCeiling")
    assert (price["valid_until"]["text"], price["valid_until"]["latest"]) == (text, until)


@pytest.mark.parametrize(
    ("remark", "since"),
    [("R7.5.21収載", date(2025, 5, 21)), ("R7.6.1新薬価適用", date(2025, 6, 1))],
)
def test_a_remark_that_says_since_when_dates_the_price(remark, since):
    price = one(listing({REMARK: remark}), "PriceCeiling")
    assert (price["valid_from"]["earliest"], price["order_text"]) == (since, remark)


def test_another_remark_is_kept_as_words_alone():
    price = one(listing({REMARK: "R7.10.1から「2」に変更"}), "PriceCeiling")
    assert (price["valid_from"], price["order_text"]) == (None, "R7.10.1から「2」に変更")


def test_a_unified_name_has_no_holder():
    pulled = pull(listing({"メーカー名": "", "先発医薬品": ""}))
    assert records(pulled, "Product").select("holder_key", "category_text").row(0) == (None, None)
    assert records(pulled, "Organization").is_empty()
    assert pulled.findings.is_empty()


def test_brands_under_one_code_lose_no_row():
    pulled = pull(listing({}, {"品名": "別の銘柄", "薬価": "17"}))
    assert (pulled.rows, pulled.records, pulled.quarantined.height) == (2, 2, 0)
    assert records(pulled, "PriceCeiling")["national_id"].sort().to_list() == [
        "1169101F1023",
        "1169101F1023#2",
    ]
    assert records(pulled, "Product").height == 1


def test_a_row_repeated_whole_is_merged():
    pulled = pull(listing({}, {}))
    assert (pulled.rows, pulled.records, pulled.merged) == (2, 1, 1)


def test_products_ingredients_and_makers_are_mentions():
    for mapping in FEED.others:
        assert mapping.is_mention
    found = records(pull(listing({})), "Ingredient")
    assert found.select("key", "native_text").rows() == [
        ("JP.Ingredient.1169101F1023/1", "レボドパ"),
        ("JP.Ingredient.1169101F1023/2", "カルビドパ水和物"),
    ]


@pytest.mark.parametrize("column", ["薬価", "薬価基準収載医薬品コード", USED_UNTIL, REMARK])
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name}_v2" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(listing({}, header=header))


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("20250716.csv", datetime(2025, 7, 16, tzinfo=UTC)),
        ("mhlw_nhi_price_list_20250716.csv", datetime(2025, 7, 16, tzinfo=UTC)),
        ("prices.csv", None),
        ("20259916.csv", None),
    ],
)
def test_the_day_of_the_list_is_in_the_file_s_name(name, stated):
    assert FEED.read([listing({}, name=name)]).stated_at == stated


def test_a_mail_address_or_telephone_in_a_remark_reaches_no_table():
    pulled = pull(listing({REMARK: "照会 price@maker.example 555-123-4567", "品名": ""}))
    assert pulled.quarantined["reason"].to_list() == ["MISSING_TITLE"]
    assert not re.search(r"\S@\S|4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_price(real):
    counts = (real.rows, real.records, real.merged, real.quarantined.height)
    assert counts == (12_434, 12_434, 0, 0)
    assert real.findings.is_empty()


@pytest.mark.real
def test_real_prices_add_up_exactly(real):
    prices = records(real, "PriceCeiling")
    assert prices["amount_status"].unique().to_list() == ["STATED"]
    text = REAL.read_text(encoding="utf-8")
    stated = sum(Decimal(row["薬価"]) for row in csv.DictReader(io.StringIO(text)))
    assert sum(Decimal(amount) for amount in prices["amount"]) == stated


@pytest.mark.real
def test_real_era_dates_are_all_read(real):
    prices = records(real, "PriceCeiling")
    until = prices["valid_until"].struct.field("latest").drop_nulls()
    since = prices["valid_from"].struct.field("earliest").drop_nulls()
    assert dict(until.value_counts().iter_rows()) == {
        date(2026, 3, 31): 297,
        date(2025, 9, 30): 13,
    }
    assert since.len() == prices["order_text"].drop_nulls().len() == 110


@pytest.mark.real
def test_the_real_rows_without_a_maker_are_the_unified_names(real):
    assert records(real, "Product")["holder_key"].null_count() == 1_795
    assert records(real, "Organization").height == 312


@pytest.mark.real
def test_no_real_mail_address_comes_through(real):
    assert not re.search(r"\S@\S", everything(real))


@pytest.mark.real
def test_nine_real_products_in_ten_have_a_dose_form_and_a_route(real):
    found = records(real, "Product")
    form, given = found["dose_form"], found["routes"]
    assert (form.is_not_null() & (form != "UNMAPPED")).mean() >= 0.9
    assert ((given.list.len() > 0) & ~given.list.contains("UNMAPPED")).mean() >= 0.9
