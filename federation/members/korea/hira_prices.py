"""HIRA list of reimbursed medicines and their ceiling prices (약제급여목록및급여상한금액표).

Rows that head a generic-name code (제품명 empty, the substance with its strength in the column
제품코드) are laid into the products below them, as `주성분[]`, and count as joined. They belong by
code, not by place, and are themselves no priced thing.
A monthly post on HIRA's board carries the workbook under a number of its own; the path is that of
all such downloads. A price code is a package's: its product is the permit list's to say.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats, always
from federation.harmonize.names import company_id
from federation.harmonize.quantities import plain_amount, price_status
from federation.members.korea.identity import (
    COMPANY_NAME_SCHEME,
    PRICE_CODE_SCHEME,
    named_company_key,
    price_code,
    price_key,
)
from federation.reading.native import ROW, Document, NativeTable, RejectedRow
from federation.reading.workbook import read_workbook, sheet_names
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Package
from federation.sources.files import WholeFile
from federation.vocabularies.terms import AmountStatus, OrganizationKind, PriceKind

HEADER = ("주성분코드", "제품코드", "제품명", "업체명", "규격", "단위", "상한금액", "비고")
_EFFECTIVE = re.compile(r"(\d{4})년\s*(\d{1,2})월\s*(\d{1,2})일")


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the workbook; `주성분[]` lists the heading texts of a product's generic-name code.

    The sheet's name states the day the list takes effect. A heading without any product below it
    is rejected as `HEADING_WITHOUT_PRODUCT`.
    """
    native = read_workbook(documents[0], header_has=HEADER, stated_at=_effective(documents[0]))
    is_heading = pl.col("제품명").is_null() & pl.col("상한금액").is_null()
    headings = native.rows.filter(is_heading)
    products = native.rows.filter(~is_heading)
    parts = headings.group_by("주성분코드").agg(pl.col("제품코드").alias("주성분[]"))
    alone = headings.join(products, on="주성분코드", how="anti")
    rejected = tuple(
        RejectedRow(row, "HEADING_WITHOUT_PRODUCT", text or "")
        for row, text in alone.select(ROW, "제품코드").iter_rows()
    )
    rows = products.join(parts, on="주성분코드", how="left", maintain_order="left")
    return NativeTable(rows, rejected, native.stated_at, headings.height - alone.height)


def _effective(document: Document) -> datetime | None:
    for name in sheet_names(document):
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
        "currency": always("KRW"),
        "unit_text": CONTENTS,
        "holder_key": named_company_key(COMPANY),
        "substance_text": pl.col("주성분[]").list.join(" / "),
        "order_text": pl.col("비고").str.strip_chars(),
    },
    conflicts={
        "PRICE_CODE_FORM": ~CODE.str.contains(r"^[0-9]{8,9}$"),
        "HEADING_MISSING": pl.col("주성분[]").is_null(),
    },
)

FEED = Feed(
    id="kr.hira_prices",
    member=Origin.KR,
    title="HIRA reimbursed medicines and ceiling prices (약제급여목록및급여상한금액표)",
    source=WholeFile("https://www.hira.or.kr", "/bbs/bbsCDownLoad.do"),
    read=read,
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
    cron="0 6 * * *",
)
