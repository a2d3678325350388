"""HIRA's map of reimbursed medicines to the ATC (ATC코드 매핑 목록).

The map has spent some time in a spreadsheet: one price code in sixteen has lost its leading zero.
A code that WHO has retired, or of an upper level where HIRA found no finer one, is kept as stated;
a row without any is refused. Which product a price code belongs to is the permit list's to say.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats, always
from federation.members.korea.identity import (
    LIST_ENCODINGS,
    PRICE_CODE_SCHEME,
    generic_key,
    price_code,
    price_key,
)
from federation.reading.file_names import day_in_name
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape, digits
from federation.reading.table import read_table
from federation.records.classification import Classification
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import ClassificationSystem

LAYOUT = Layout(
    {
        "식약분류": None,
        "주성분코드": Shape(r"[0-9A-Z]{9}", "9 digits and letters"),
        "제품코드": digits("8,9"),
        "제품명": Shape(r".*[가-힣].*", "a name in Korean"),
        "업체명": None,
        "ATC코드": Shape(r"[A-Z](?:\d{2}[A-Z\d]*)?", "an ATC code"),
        "ATC코드 명칭": TEXT,
    },
    encodings=LIST_ENCODINGS,
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the map. The day it stands for is in the file's name, from midnight UTC."""
    document = documents[0]
    return read_table(document, LAYOUT, stated_at=day_in_name(document.name))


PRICE_CODE = pl.col("제품코드")
ATC = pl.col("ATC코드").str.strip_chars()

CLASSIFICATION = Mapping(
    Classification,
    scheme=PRICE_CODE_SCHEME,
    national_id=price_code(PRICE_CODE),
    values={
        "title": pl.col("제품명"),
        "system": always(ClassificationSystem.ATC),
        "code": ATC,
        "label": pl.col("ATC코드 명칭"),
        "price_ceiling_key": price_key(PRICE_CODE),
        "generic_key": generic_key(pl.col("주성분코드")),
    },
    conflicts={
        "PRICE_CODE_FORM": ~PRICE_CODE.str.contains(r"^[0-9]{8,9}$"),
        "ATC_FORM": ~ATC.str.contains(r"^[A-Z](?:[0-9]{2}(?:[A-Z]{1,2}(?:[0-9]{2})?)?)?$"),
    },
    repeats=Repeats.NUMBER,
)

LOSSY = {
    "식약분류": "the generic-name code says it",
    "업체명": "the price list says it",
}

FEED = Feed(
    id="kr.hira_atc",
    member=Origin.KR,
    title="HIRA map of reimbursed medicines to the ATC (ATC코드 매핑 목록)",
    source=WholeFile("https://www.data.go.kr", "/data/15118958/fileData.do"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=CLASSIFICATION,
    cron="45 15 * * 1",
)
