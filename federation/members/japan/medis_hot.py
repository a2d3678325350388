"""MEDIS-DC's HOT code master (医薬品HOTコードマスター): which pack is which product, and how paid.

It is the bridge between the product's own code (個別医薬品コード, YJ) and the price list's, which
for a unified name is another. A HOT number of nine digits names a company's product without its
pack, one of thirteen the pack; either may stand for several YJ codes, old and new. The master is
given out on request: this feed reads a stored conversion of it to UTF-8.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats
from federation.members.japan.identity import price_key, product_key
from federation.reading.file_names import day_in_name
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import NUMBER, TEXT, Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.product import Package
from federation.sources.files import WholeFile

LAYOUT = Layout(
    {
        "基準番号（ＨＯＴ番号）": Shape(r"\d{7}|\d{9}|\d{11}|\d{13}", "a HOT number"),
        "処方用番号（ＨＯＴ７）": None,
        "会社識別用番号": None,
        "調剤用番号": None,
        "物流用番号": None,
        "ＪＡＮコード": Shape(r"[\d０-９]{8}|[\d０-９]{13}", "8 or 13 digits"),
        "薬価基準収載医薬品コード": Shape(r"\d{7}[A-Z]\d{4}", "a code as 2456401A1030"),
        "個別医薬品コード": Shape(r"\d{6}[0-9A-Z][A-Z]\d{4}", "a code as 2456401A1030"),
        "レセプト電算処理システムコード（１）": None,
        "レセプト電算処理システムコード（２）": None,
        "告示名称": TEXT,
        "販売名": TEXT,
        "レセプト電算処理システム医薬品名": TEXT,
        "規格単位": TEXT,
        "包装形態": Shape(r"\D{1,12}", "a kind of package"),
        "包装単位数": NUMBER,
        "包装単位単位": Shape(r"\D{1,12}", "a unit"),
        "包装総量数": NUMBER,
        "包装総量単位": Shape(r"\D{1,12}", "a unit"),
        "区分": None,
        "製造会社": None,
        "販売会社": None,
        "更新区分": None,
        "更新年月日": None,
    },
    encodings=("utf-8", "cp932"),  # the conversion's, and the master's own
)
COLUMNS = tuple(LAYOUT.needed)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the master. The day it stands for is in the file's name, from midnight UTC."""
    document = documents[0]
    return read_table(document, LAYOUT, stated_at=day_in_name(document.name))


HOT = pl.col("基準番号（ＨＯＴ番号）").str.strip_chars()
JAN = pl.col("ＪＡＮコード").str.normalize("NFKC").str.strip_chars()
NAME = pl.coalesce("販売名", "レセプト電算処理システム医薬品名", "告示名称")
CONTENTS = ("規格単位", "包装形態", "包装単位数", "包装単位単位", "包装総量数", "包装総量単位")

PACKAGE = Mapping(
    Package,
    scheme="HOT",
    national_id=HOT,
    values={
        "product_key": product_key(pl.col("個別医薬品コード")),
        "code": pl.coalesce(JAN, HOT),
        "code_text": pl.coalesce("ＪＡＮコード", HOT),
        "description": pl.concat_str(NAME, *CONTENTS, separator=" ", ignore_nulls=True),
        "price_ceiling_key": price_key(pl.col("薬価基準収載医薬品コード")),
    },
    conflicts={
        "HOT_FORM": ~HOT.str.contains(r"^(?:\d{7}|\d{9}|\d{11}|\d{13})$"),
        "JAN_FORM": ~JAN.str.contains(r"^(?:\d{8}|\d{13})$"),
    },
    repeats=Repeats.NUMBER,
)

LOSSY = {
    "処方用番号（ＨＯＴ７）": "first digits of the HOT number",
    "会社識別用番号": "digits of the HOT number",
    "レセプト電算処理システムコード（１）": "code of the claims system",
    "告示名称": "only where no other name is stated",
    "区分": "oral, injected or external: the price list says it",
    "調剤用番号": "digits of the HOT number",
    "物流用番号": "digits of the HOT number",
    "製造会社": "short name of a company",
    "販売会社": "short name of a company",
    "更新区分": "kind of change to the master",
    "更新年月日": "day of a change to the master",
}

FEED = Feed(
    id="jp.medis_hot",
    member=Origin.JP,
    title="MEDIS-DC HOT code master (医薬品HOTコードマスター)",
    source=WholeFile(
        "https://raw.githubusercontent.com",
        "/shiro46mt/jp-medicine-master-data/main/data/hot9/20030228.csv",
    ),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PACKAGE,
    cron="0 16 * * 2",
)
