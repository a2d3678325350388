"""MEDIS-DC's HOT code master (医薬品HOTコードマスター): which pack is which product, and how paid.

It is the bridge between the product's own code (個別医薬品コード, YJ) and the price list's, which
for a unified name is another. A HOT number of nine digits names a company's product without its
pack, one of thirteen the pack; either may stand for several YJ codes, old and new. The master is
given out on request: this feed reads a stored conversion of it to UTF-8.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats, key_of
from federation.members.japan.identity import product_key
from federation.reading.delimited import read_csv
from federation.reading.native import Document, NativeTable
from federation.records.declaration import Origin
from federation.records.product import Package
from federation.sources.files import WholeFile

COLUMNS = (
    "基準番号（ＨＯＴ番号）",
    "ＪＡＮコード",
    "薬価基準収載医薬品コード",
    "個別医薬品コード",
    "告示名称",
    "販売名",
    "レセプト電算処理システム医薬品名",
    "規格単位",
    "包装形態",
    "包装単位数",
    "包装単位単位",
    "包装総量数",
    "包装総量単位",
)

ENCODINGS = ("utf-8", "cp932")
"""The conversion's, and the master's own."""

_FILE_DAY = re.compile(r"(?<!\d)((?:19|20)\d{6})(?!\d)")


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the master. The day it stands for is in the file's name, from midnight UTC."""
    document = documents[0]
    return read_csv(
        document, encodings=ENCODINGS, header_has=COLUMNS, stated_at=_stated_at(document.name)
    )


def _stated_at(name: str) -> datetime | None:
    found = _FILE_DAY.search(name)
    if found:
        with suppress(ValueError):
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC)
    return None


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
        "price_ceiling_key": key_of(Origin.JP, "PriceCeiling", pl.col("薬価基準収載医薬品コード")),
    },
    conflicts={
        "HOT_FORM": ~HOT.str.contains(r"^(?:\d{7}|\d{9}|\d{11}|\d{13})$"),
        "JAN_FORM": ~JAN.str.contains(r"^(?:\d{8}|\d{13})$"),
    },
    repeats=Repeats.NUMBER,
)

FEED = Feed(
    id="jp.medis_hot",
    member=Origin.JP,
    title="MEDIS-DC HOT code master (医薬品HOTコードマスター)",
    source=WholeFile(
        "https://raw.githubusercontent.com",
        "/shiro46mt/jp-medicine-master-data/main/data/hot9/20030228.csv",
    ),
    read=read,
    primary=PACKAGE,
    cron="0 7 * * 2",
)
