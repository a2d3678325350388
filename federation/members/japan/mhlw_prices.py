"""MHLW's list of reimbursed medicines and their prices (薬価基準収載品目リスト).

The ministry publishes four Excel files (oral, injected, external, dental). This feed reads a stored
conversion of them into one CSV file, with the three headers that the Excel files leave blank filled
in. A row is a price-list code: a brand, or a unified name (統一名収載) under which several makers'
brands are paid alike; such a row has no maker, and its code is no YJ code.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import polars as pl

from federation.feed import Feed
from federation.harmonize.eras import era_date
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always
from federation.harmonize.names import company_id
from federation.harmonize.quantities import plain_amount, price_status
from federation.members.japan.identity import (
    COMPANY_SCHEME,
    PRODUCT_SCHEME,
    company_key,
    ingredient_names,
    product_key,
)
from federation.reading.delimited import read_csv
from federation.reading.native import ROW, Document, NativeTable
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Ingredient, Product
from federation.sources.files import WholeFile
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    OrganizationKind,
    PriceKind,
    Species,
)

COLUMNS = (
    "区分",
    "薬価基準収載医薬品コード",
    "成分名",
    "規格",
    "品名",
    "メーカー名",
    "診療報酬において加算等の算定対象となる後発医薬品",
    "先発医薬品",
    "薬価",
    "経過措置による使用期限",
    "備考",
)

_FILE_DAY = re.compile(r"(?<!\d)(\d{8})\.csv$")


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the list; `成分名[]` lists the ingredients that 成分名 names.

    The day the list stands for is in the file's name, counted from midnight UTC.
    """
    document = documents[0]
    native = read_csv(document, header_has=COLUMNS, stated_at=_stated_at(document.name))
    rows = native.rows.with_columns(ingredient_names(pl.col("成分名")).alias("成分名[]"))
    return NativeTable(rows, native.rejected, native.stated_at)


def _stated_at(name: str) -> datetime | None:
    found = _FILE_DAY.search(name)
    if found:
        with suppress(ValueError):
            return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC)
    return None


CODE = pl.col("薬価基準収載医薬品コード")
MAKER = pl.col("メーカー名")
PART = pl.col("成分名[]")
PLACE = PART.cum_count().over(ROW)
PRICE = pl.col("薬価")
REMARK = pl.col("備考")
STARTS = "収載|新薬価適用"  # listed on, or new price applies from, the day before these words

CEILING = Mapping(
    PriceCeiling,
    scheme="薬価基準収載医薬品コード",
    national_id=CODE,
    values={
        "title": pl.col("品名"),
        "kind": always(PriceKind.REIMBURSEMENT),
        "amount": plain_amount(PRICE),
        "amount_status": price_status(PRICE),
        "currency": always("JPY"),
        "unit_text": pl.col("規格"),
        "is_tax_included": pl.lit(value=True),  # 薬価算定の基準 adds consumption tax to the price
        "product_key": product_key(CODE),
        "valid_from": pl.when(REMARK.str.contains(STARTS)).then(era_date(REMARK, STARTS)),
        "valid_until": era_date(pl.col("経過措置による使用期限"), "まで"),
        "order_text": REMARK,
    },
    repeats=Repeats.NUMBER,
)

FEED = Feed(
    id="jp.mhlw_prices",
    member=Origin.JP,
    title="MHLW list of reimbursed medicines and prices (薬価基準収載品目リスト)",
    source=WholeFile(
        "https://raw.githubusercontent.com",
        "/shiro46mt/jp-medicine-master-data/main/data/mhlw_price/2025/20250716.csv",
    ),
    read=read,
    primary=CEILING,
    others=(
        Mapping(
            Product,
            scheme=PRODUCT_SCHEME,
            national_id=CODE,
            values={
                "name": pl.col("品名"),
                "species": always(Species.HUMAN),
                "holder_key": company_key(MAKER),
                # Only an authorised medicine can be listed for reimbursement.
                "authorisation_status": always(AuthorisationStatus.AUTHORISED),
                "substance_text": pl.col("成分名"),
                "route_texts": pl.concat_list("区分").list.drop_nulls(),
                "strength_text": pl.col("規格"),
                "category_text": pl.coalesce(
                    "先発医薬品", "診療報酬において加算等の算定対象となる後発医薬品"
                ),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=company_id(MAKER),
            where=MAKER.is_not_null(),
            values={
                "name": MAKER,
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
                "country": always("JP"),  # a 製造販売業者 is established in Japan
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Ingredient,
            scheme=f"{PRODUCT_SCHEME}/position",
            national_id=pl.format("{}/{}", CODE, PLACE),
            explode=("成分名[]",),
            values={
                "product_key": product_key(CODE),
                "position": PLACE,
                "role": always(IngredientRole.ACTIVE),
                "native_text": PART,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
            substance=SubstanceText(PART),
        ),
    ),
    cron="0 7 * * 1",
)
