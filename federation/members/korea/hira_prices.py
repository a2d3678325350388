"""HIRA list of reimbursed medicines and their ceiling prices (약제급여목록및급여상한금액표).

Rows that head a generic-name code (제품명 empty, the substance with its strength in the column
제품코드) are laid into the products below them, as `주성분[]`, and count as joined. They belong by
code, not by place, and are themselves no priced thing.
A monthly post on HIRA's board carries the workbook under a number of its own; the path is that of
all such downloads. A price code is a package's: its product is the permit list's to say.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from federation.feed import Feed
from federation.harmonize.currencies import always_in
from federation.harmonize.mapping import Mapping, Repeats, always
from federation.harmonize.names import company_id
from federation.harmonize.quantities import plain_amount, price_status
from federation.members.korea.identity import (
    COMPANY_NAME_SCHEME,
    PRICE_CODE_SCHEME,
    generic_key,
    named_company_key,
    price_code,
    price_key,
)
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable, RejectedRow
from federation.reading.shapes import TEXT, Shape, digits
from federation.reading.table import read_table
from federation.reading.workbook import is_workbook, sheet_names
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Package
from federation.sources.files import WholeFile
from federation.vocabularies.terms import AmountStatus, OrganizationKind, PriceKind

_EFFECTIVE = re.compile(r"(\d{4})년\s*(\d{1,2})월\s*(\d{1,2})일")


LAYOUT = Layout(
    {
        "연번": None,
        "투여": None,
        "분류": None,
        "주성분코드": Shape(r"[0-9A-Z]{9}", "9 digits and letters", stated=0.9),
        "제품코드": TEXT,  # a heading's text stands there too
        "목록정비전코드": None,
        "제품명": TEXT,
        "업체명": TEXT,
        "규격": TEXT,
        "단위": TEXT,
        "상한금액": Shape(r"[\d,.]+|산정불가", "a price"),
        "전일": None,
        "비고": TEXT,
    },
    encodings=("utf-8", "cp949"),
)

PRODUCTS = replace(
    LAYOUT,
    columns={
        **LAYOUT.columns,
        "제품코드": digits("8,9"),
        "제품명": Shape(r".*[가-힣].*", "a name in Korean"),
        "업체명": Shape(r".*[가-힣].*", "a name in Korean"),
    },
)
"""The rows that are no headings."""


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the workbook; `주성분[]` lists the heading texts of a product's generic-name code.

    The sheet's name states the day the list takes effect. A heading without any product below it
    is rejected as `HEADING_WITHOUT_PRODUCT`.
    """
    native = read_table(documents[0], LAYOUT, stated_at=_effective(documents[0]))
    is_heading = pl.col("제품명").is_null() & pl.col("상한금액").is_null()
    headings = native.rows.filter(is_heading)
    products = native.rows.filter(~is_heading)
    PRODUCTS.check(products, documents[0].name)
    parts = headings.group_by("주성분코드").agg(pl.col("제품코드").alias("주성분[]"))
    alone = headings.join(products, on="주성분코드", how="anti")
    rejected = tuple(
        RejectedRow(row, "HEADING_WITHOUT_PRODUCT", text or "")
        for row, text in alone.select(ROW, "제품코드").iter_rows()
    )
    rows = products.join(parts, on="주성분코드", how="left", maintain_order="left")
    return NativeTable(rows, rejected, native.stated_at, headings.height - alone.height)


def _effective(document: Document) -> datetime | None:
    for name in sheet_names(document) if is_workbook(document) else ():
        if found := _EFFECTIVE.search(name):
            year, month, day = map(int, found.groups())
            return datetime(year, month, day, tzinfo=UTC)
    return None


CODE = pl.col("제품코드")
COMPANY = pl.col("업체명")
PRICE = pl.col("상한금액")
CONTENTS = pl.concat_str("규격", "단위", separator=" ", ignore_nulls=True)

CEILING = Mapping(
    PriceCeiling,
    scheme=PRICE_CODE_SCHEME,
    national_id=price_code(CODE),
    values={
        "title": pl.col("제품명"),
        "kind": always(PriceKind.REIMBURSEMENT),
        "amount": plain_amount(PRICE),
        "amount_status": pl.when(PRICE.str.strip_chars() == "산정불가")  # can't be calculated
        .then(pl.lit(str(AmountStatus.NOT_PUBLISHED)))
        .otherwise(price_status(PRICE)),
        "currency": always_in("원"),
        "unit_text": CONTENTS,
        "generic_key": generic_key(pl.col("주성분코드")),
        "holder_key": named_company_key(COMPANY),
        "substance_text": pl.col("주성분[]").list.join(" / "),
        "order_text": pl.col("비고").str.strip_chars(),
    },
    conflicts={
        "PRICE_CODE_FORM": ~CODE.str.contains(r"^[0-9]{8,9}$"),
        "HEADING_MISSING": pl.col("주성분[]").is_null(),
    },
)

LOSSY = {
    "연번": "row number of the list",
    "투여": "the generic-name code says it",
    "분류": "the generic-name code says it",
    "업체명": "the first spelling of a company's name stands",
    "전일": "prescription or not: the permit list says it",
}

FEED = Feed(
    id="kr.hira_prices",
    member=Origin.KR,
    title="HIRA reimbursed medicines and ceiling prices (약제급여목록및급여상한금액표)",
    source=WholeFile("https://www.hira.or.kr", "/bbs/bbsCDownLoad.do"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=CEILING,
    others=(
        Mapping(
            Package,
            scheme=PRICE_CODE_SCHEME,
            national_id=price_code(CODE),
            values={
                "price_ceiling_key": price_key(CODE),
                "code": price_code(CODE),
                "code_text": CODE,
                "description": CONTENTS,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Organization,
            scheme=COMPANY_NAME_SCHEME,
            national_id=company_id(COMPANY),
            where=COMPANY.is_not_null(),
            values={
                "name": COMPANY.str.strip_chars(),
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
                "country": always("KR"),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    cron="0 15 * * *",
    stated_cadence=timedelta(days=8),  # it posts once a month
)
