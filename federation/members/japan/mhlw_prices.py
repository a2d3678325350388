"""MHLW's list of reimbursed medicines and their prices (薬価基準収載品目リスト).

The ministry publishes four Excel files (oral, injected, external, dental). This feed reads a stored
conversion of them into one CSV file, with the three headers that the Excel files leave blank filled
in. A row is a price-list code: a brand, or a unified name (統一名収載) under which several makers'
brands are paid alike; such a row has no maker, and its code is no YJ code.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.currencies import always_in
from federation.harmonize.eras import era_date
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always
from federation.harmonize.names import company_id
from federation.harmonize.quantities import plain_amount, price_status
from federation.harmonize.strengths import strength, strength_fields
from federation.members.japan.dose_forms import dose_form, form_text, route_texts, routes_of
from federation.members.japan.identity import (
    COMPANY_SCHEME,
    PRICE_CODE_SCHEME,
    PRODUCT_SCHEME,
    company_key,
    ingredient_names,
    product_key,
)
from federation.members.japan.stated_strengths import stated_strength
from federation.reading.file_names import day_in_name
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import NUMBER, TEXT, Shape, one_of
from federation.reading.table import read_table
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

LAYOUT = Layout(
    {
        "区分": one_of(("内用薬", "注射薬", "外用薬", "歯科用薬剤", "歯科用薬")),
        "薬価基準収載医薬品コード": Shape(r"[0-9A-Z]{12}", "12 digits and letters"),
        "成分名": TEXT,
        "規格": Shape(r".*[\d０-９].*", "a strength"),
        "日本薬局方": None,
        "麻薬": one_of(("麻",)),  # narcotic
        "業者名追記": None,
        "品名": TEXT,
        "メーカー名": Shape(r"[^\d０-９]*", "a name without digits"),
        "診療報酬において加算等の算定対象となる後発医薬品": one_of(("後発品", "★")),
        "先発医薬品": one_of(("先発品", "準先発品")),
        "同一剤形・規格の後発医薬品がある先発医薬品": None,
        "薬価": NUMBER,
        "経過措置による使用期限": Shape(r"[MTSHRＭＴＳＨＲ].*まで.*", "a day as R8.3.31まで"),
        "備考": Shape(r".*[^まで]", "a remark"),
    },
    encodings=("utf-8", "cp932"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the list; `成分名[]` lists the ingredients of 成分名, 含量 is the strength in 規格.

    The day the list stands for is in the file's name, counted from midnight UTC.
    """
    document = documents[0]
    native = read_table(document, LAYOUT, stated_at=day_in_name(document.name))
    rows = native.rows.with_columns(ingredient_names(pl.col("成分名")).alias("成分名[]"))
    contents = stated_strength(pl.col("規格"), pl.col("区分"), PART)
    rows = rows.with_columns(contents.alias("含量"))
    return NativeTable(rows, native.rejected, native.stated_at)


CODE = pl.col("薬価基準収載医薬品コード")
LIST = pl.col("区分")
NAME = pl.col("品名")
MAKER = pl.col("メーカー名")
PART = pl.col("成分名[]")
STRENGTH = pl.col("含量")
PLACE = PART.cum_count().over(ROW)
PRICE = pl.col("薬価")
REMARK = pl.col("備考")
STARTS = "収載|新薬価適用"  # listed on, or new price applies from, the day before these words

CEILING = Mapping(
    PriceCeiling,
    scheme=PRICE_CODE_SCHEME,
    national_id=CODE,
    values={
        "title": pl.col("品名"),
        "kind": always(PriceKind.REIMBURSEMENT),
        "amount": plain_amount(PRICE),
        "amount_status": price_status(PRICE),
        "currency": always_in("円"),
        "unit_text": pl.col("規格"),
        "is_tax_included": pl.lit(value=True),  # 薬価算定の基準 adds consumption tax to the price
        "product_key": product_key(CODE),
        "valid_from": pl.when(REMARK.str.contains(STARTS)).then(era_date(REMARK, STARTS)),
        "valid_until": era_date(pl.col("経過措置による使用期限"), "まで"),
        "order_text": REMARK,
    },
    repeats=Repeats.NUMBER,
)

LOSSY = {
    "日本薬局方": "no field for the pharmacopoeia",
    "薬価": "words that are no amount",
    "業者名追記": "mark that the name has the maker's added",
    "同一剤形・規格の後発医薬品がある先発医薬品": "no field; the list of generics mostly says it",
}

FEED = Feed(
    id="jp.mhlw_prices",
    member=Origin.JP,
    title="MHLW list of reimbursed medicines and prices (薬価基準収載品目リスト)",
    source=WholeFile(
        "https://raw.githubusercontent.com",
        "/shiro46mt/jp-medicine-master-data/main/data/mhlw_price/2025/20250716.csv",
    ),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
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
                "dose_form_text": form_text(LIST, NAME),
                "dose_form": dose_form(LIST, NAME, CODE),
                "route_texts": route_texts(LIST, NAME),
                "routes": routes_of(LIST, NAME, CODE),
                "strength_text": pl.col("規格"),
                "category_text": pl.concat_str(
                    pl.coalesce("先発医薬品", "診療報酬において加算等の算定対象となる後発医薬品"),
                    "麻薬",
                    separator="; ",
                    ignore_nulls=True,
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
                "strength_text": STRENGTH,
                **strength_fields(strength(STRENGTH)),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
            substance=SubstanceText(PART),
        ),
    ),
    cron="0 16 * * 1",
)
