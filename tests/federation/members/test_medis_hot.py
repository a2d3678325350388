import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.japan.medis_hot import COLUMNS, FEED
from federation.reading.native import Document
from tests.federation.members.harmonized import RESOLVER, everything, records

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
REAL = SHARED / "jp" / "medis_hot9_master_20030228_head5000.csv"
PRICES = SHARED / "jp" / "mhlw_nhi_price_list_20250716.csv"

ROW = {
    **dict.fromkeys(COLUMNS, ""),
    "基準番号（ＨＯＴ番号）": "1012345010101",
    "ＪＡＮコード": "4987123456789",
    "薬価基準収載医薬品コード": "1125003B1019",
    "個別医薬品コード": "1125003B1116",
    "告示名称": "フェノバルビタール散",
    "レセプト電算処理システム医薬品名": "フェノバール１０倍散",
    "規格単位": "１０％１ｇ",
    "包装形態": "バラ",
    "包装総量数": "500",
    "包装総量単位": "g",
    "更新区分": "1",
    "更新年月日": "20030124",
}


def listing(*changes, header=tuple(ROW), encoding="utf-8", name="20030228.csv"):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows({**ROW, **change}.values() for change in changes)
    return Document(name, text.getvalue().encode(encoding))


def pull(document):
    return harmonize(FEED, FEED.read([document]), RESOLVER)


def one(change=None):
    return records(pull(listing(change or {})), "Package").row(0, named=True)


def test_a_pack_leads_to_its_product_and_to_the_price_it_is_paid_by():
    pack = one()
    assert pack["key"] == "JP.Package.1012345010101"
    assert pack["product_key"] == "JP.Product.1125003B1116"
    assert pack["price_ceiling_key"] == "JP.PriceCeiling.1125003B1019"


@pytest.mark.parametrize(
    ("jan", "code", "text"),
    [
        ("4987123456789", "4987123456789", "4987123456789"),
        ("４９８７１２３４５６７８９", "4987123456789", "４９８７１２３４５６７８９"),
        ("", "1012345010101", "1012345010101"),
    ],
)
def test_the_code_is_the_jan_or_else_the_hot_number(jan, code, text):
    pack = one({"ＪＡＮコード": jan})
    assert (pack["code"], pack["code_text"]) == (code, text)


def test_contents_are_the_name_and_the_packing_in_native_words():
    assert one()["description"] == "フェノバール１０倍散 １０％１ｇ バラ 500 g"
    assert one({"販売名": "フェノバール"})["description"].startswith("フェノバール １０％")
    assert one({"レセプト電算処理システム医薬品名": ""})["description"].startswith(
        "フェノバルビタール散"
    )


def test_one_hot_number_of_two_products_is_two_packages():
    pulled = pull(listing({}, {"個別医薬品コード": "1125003B1027"}))
    assert (pulled.records, pulled.merged, pulled.quarantined.height) == (2, 0, 0)
    assert records(pulled, "Package")["product_key"].n_unique() == 2


def test_rows_that_differ_only_in_what_is_no_fact_of_the_pack_are_merged():
    pulled = pull(listing({}, {"更新年月日": "20011214"}))
    assert (pulled.records, pulled.merged) == (1, 1)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"基準番号（ＨＯＴ番号）": "100565301"}, []),
        ({"基準番号（ＨＯＴ番号）": "10056"}, ["HOT_FORM"]),
        ({"ＪＡＮコード": "498712345"}, ["JAN_FORM"]),
    ],
)
def test_a_code_of_another_length_is_kept_and_reported(change, codes):
    pulled = pull(listing(change))
    assert (pulled.records, pulled.findings["code"].to_list()) == (1, codes)


def test_a_pack_without_hot_number_is_quarantined():
    pulled = pull(listing({"基準番号（ＨＯＴ番号）": ""}))
    assert pulled.quarantined["reason"].to_list() == ["NO_IDENTITY"]


def test_the_masters_own_encoding_reads_the_same():
    circled = {"レセプト電算処理システム医薬品名": "ネオ①㈱Ⅱ－"}
    native = pull(listing(circled, encoding="cp932"))
    assert records(native, "Package")["description"].item().startswith("ネオ①㈱Ⅱ－")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("20030228.csv", datetime(2003, 2, 28, tzinfo=UTC)),
        ("medis_hot9_master_20030228_head5000.csv", datetime(2003, 2, 28, tzinfo=UTC)),
        ("20031399.csv", None),
        ("master.csv", None),
    ],
)
def test_the_day_is_in_the_files_name(name, day):
    assert FEED.read([listing({}, name=name)]).stated_at == day


@pytest.mark.parametrize("column", COLUMNS)
def test_a_renamed_column_is_refused_by_its_name(column):
    header = [f"{name}２" if name == column else name for name in ROW]
    with pytest.raises(SourceChanged, match=f"`{column}`"):
        pull(listing({}, header=header))


def test_a_web_page_in_place_of_the_file_is_refused():
    with pytest.raises(SourceFault, match="web page"):
        FEED.read([Document("20030228.csv", b"<!DOCTYPE html><html></html>")])


def test_a_mail_address_or_telephone_reaches_no_table():
    told = {"告示名称": "x", "包装形態": "info@maker.example 555-123-4567"}
    pulled = pull(listing(told, {**told, "基準番号（ＨＯＴ番号）": ""}))
    assert pulled.quarantined.height == 1
    assert not re.search(r"\S@\S|123-4567", everything(pulled))


@pytest.fixture(scope="module")
def real():
    return pull(Document(REAL.name, REAL.read_bytes()))


@pytest.mark.real
def test_every_real_row_is_a_package_but_one_repeat(real):
    assert (real.rows, real.records, real.merged, real.quarantined.height) == (5000, 4999, 1, 0)
    assert real.findings.is_empty()


@pytest.mark.real
def test_every_real_package_has_a_product_and_a_price(real):
    found = records(real, "Package")
    assert found.select("product_key", "price_ceiling_key").null_count().row(0) == (0, 0)
    assert found["product_key"].n_unique() == 4207


@pytest.mark.real
def test_the_real_master_joins_products_that_the_price_list_names_otherwise(real):
    table = pl.read_csv(PRICES, infer_schema=False)["薬価基準収載医薬品コード"].to_list()
    found = records(real, "Package").select(
        product=pl.col("product_key").str.slice(len("JP.Product.")),
        price=pl.col("price_ceiling_key").str.slice(len("JP.PriceCeiling.")),
    )
    bridged = found.filter(~pl.col("product").is_in(table) & pl.col("price").is_in(table))
    assert bridged.height > 0
