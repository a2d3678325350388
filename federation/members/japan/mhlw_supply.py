"""MHLW's supply status of every prescription medicine (医療用医薬品供給状況), an Excel sheet.

What a row says, as records; `mhlw_supply_sheet.py` reads the sheet and names its columns. Start
at `NOTICE`.
"""

import re

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import (
    PARTIAL_DATE,
    day,
    excel_serial,
    first_that_fits,
    month,
    partial_date,
)
from federation.harmonize.eras import era_date
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term
from federation.harmonize.names import company_id
from federation.harmonize.strengths import strength, strength_fields
from federation.members.japan.dose_forms import dose_form, form_text, route_texts, routes_of
from federation.members.japan.identity import (
    COMPANY_SCHEME,
    PRODUCT_SCHEME,
    company_key,
    product_key,
)
from federation.members.japan.mhlw_supply_sheet import BASIC, ENSURED, LAYOUT, read, words
from federation.reading.native import ROW
from federation.records.declaration import Origin, Precision
from federation.records.essential_listing import EssentialListing
from federation.records.organization import Organization
from federation.records.product import Ingredient, Product
from federation.records.supply_notice import SupplyNotice
from federation.sources.files import LinkedFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    Availability,
    IngredientRole,
    LegalEffect,
    NoticeKind,
    OrganizationKind,
    ShortageReason,
    Species,
    SupplyStatus,
)

KIND = Crosswalk(
    "jp.mhlw_supply.kind",
    NoticeKind,
    1,
    {
        "通常出荷": NoticeKind.NORMAL_SUPPLY,
        "限定出荷": NoticeKind.LIMITED_SUPPLY,
        # Nothing is shipped, and the next column asks when that will end: the gravest shortage
        # there is. Called a suspension, it would be missed by whoever asks for shortages.
        "供給停止": NoticeKind.SHORTAGE,
        "販売中止": NoticeKind.DISCONTINUATION,
    },
)
STATUS = Crosswalk(
    "jp.mhlw_supply.status",
    SupplyStatus,
    1,
    {
        "通常出荷": SupplyStatus.NO_SHORTAGE,
        "限定出荷": SupplyStatus.ONGOING,
        "供給停止": SupplyStatus.ONGOING,
        "販売中止": SupplyStatus.DISCONTINUED,
    },
)
AVAILABILITY = Crosswalk(
    "jp.mhlw_supply.availability",
    Availability,
    1,
    {
        "通常出荷": Availability.AVAILABLE,
        "限定出荷": Availability.LIMITED,
        "供給停止": Availability.UNAVAILABLE,
    },
)
REASON = Crosswalk(
    "jp.mhlw_supply.reason",
    ShortageReason,
    1,
    {
        "需要増": ShortageReason.DEMAND_INCREASE,
        "原材料調達上の問題": ShortageReason.RAW_MATERIAL,
        "製造トラブル": ShortageReason.MANUFACTURING,
        "品質トラブル": ShortageReason.QUALITY,
        "行政処分": ShortageReason.REGULATORY,
        "薬価削除": ShortageReason.DISCONTINUATION,  # taken off the price list
        "その他の理由": ShortageReason.OTHER,
    },
)
LEGAL_EFFECT = Crosswalk(
    "jp.mhlw_supply.legal_effect",
    LegalEffect,
    1,
    {
        f"{BASIC} 対象": LegalEffect.PRICE_SUPPORT,  # exempt from cuts at price revisions
        # A and B are 重要供給確保医薬品, for which the minister may order measures (医療法38条).
        f"{ENSURED} A": LegalEffect.SUPPLY_OBLIGATION,
        f"{ENSURED} B": LegalEffect.SUPPLY_OBLIGATION,
        f"{ENSURED} C": LegalEffect.MONITORING,
    },
)
LEGAL_FACT = (
    "医薬品医療機器等法18条の3・18条の4: holders report a feared limit or stop of shipments,"
    " and notify an actual one; 医療法36条: the minister may ask makers to cooperate;"
    " a discontinuation is announced six months ahead"
)

YJ = pl.col("YJコード").str.normalize("NFKC").str.strip_chars().str.extract(r"^([0-9A-Z]{12})$")
HOLDER = pl.col("製造販売業者名")


def _date(text: pl.Expr) -> pl.Expr:
    """Read what a date cell holds: a date, a bare serial number, or a date in words."""
    return text.map_batches(_dates, return_dtype=PARTIAL_DATE)


def _dates(cells: pl.Series) -> pl.Series:
    """Read each different cell once; its own words stay, in whatever width they are."""
    stated = cells.alias("text").to_frame()
    plain = pl.col("text").str.normalize("NFKC")
    readings = stated.unique().with_columns(
        day(plain, "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日").alias("day"),
        excel_serial(plain).alias("serial"),
        month(plain, "%Y年%m月", "%Y/%m").alias("month"),
        era_date(plain).alias("era"),
    )
    found = first_that_fits(*(pl.col(name) for name in ("day", "serial", "month", "era")))
    dates = readings.select("text", found.struct.with_fields(pl.col("text")).alias("date"))
    return stated.join(dates, on="text", how="left", maintain_order="left")["date"]


def _later(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    first, second = one.struct.field("latest"), other.struct.field("latest")
    is_later = second.is_not_null() & (first.is_null() | (second > first))
    return pl.when(is_later).then(other).otherwise(pl.coalesce(one, other))


def _not_later_than(text: pl.Expr) -> pl.Expr:
    """Read the day a state was reported as the last on which it can have begun."""
    return partial_date(text, pl.lit(None), _date(text).struct.field("latest"), Precision.ABOUT)


def _joined(*texts: pl.Expr) -> pl.Expr:
    whole = pl.concat_str(*texts, separator=" / ", ignore_nulls=True)
    return pl.when(whole != "").then(whole)


STATE = words(pl.col("出荷対応"))
GROUP = pl.col("薬剤区分").str.normalize("NFKC").str.extract(r"([^\s\d:]+)\s*$")
PART = pl.col("成分名[]")
STRENGTH = pl.col("含量")
PLACE = PART.cum_count().over(ROW)
LIST, LIST_CLASS = pl.col("リスト[]"), pl.col("区分[]")

NOTICE = Mapping(
    SupplyNotice,
    scheme=PRODUCT_SCHEME,
    national_id=YJ,
    values={
        "title": pl.col("品名"),
        "kind": term(STATE, KIND),
        "status": term(STATE, STATUS),
        "native_status": pl.col("出荷対応"),
        "legal_fact": always(LEGAL_FACT),
        # A discontinued product may be in stock still: the sheet does not say.
        "availability": pl.when(STATE != "販売中止").then(term(STATE, AVAILABILITY)),
        "product_key": product_key(YJ),
        "holder_key": company_key(HOLDER),
        "starts_on": _not_later_than(pl.col("不足の更新日")),
        "expected_end_on": _date(pl.col("解消時期")),
        "updated_on": _later(_date(pl.col("出荷対応の更新日")), _date(pl.col("他の更新日"))),
        "reason": term(words(pl.col("理由")), REASON),
        "reason_text": pl.col("理由"),
        "outlook_text": _joined(pl.col("解消見込み"), pl.col("解消時期"), pl.col("在庫消尽時期")),
        "volume_text": _joined(
            pl.col("出荷量"), pl.col("出荷量の改善時期"), pl.col("出荷量の改善量")
        ),
    },
    conflicts={"NORMAL_WITH_REASON": (STATE == "通常出荷") & pl.col("理由").is_not_null()},
)

PRODUCT = Mapping(
    Product,
    scheme=PRODUCT_SCHEME,
    national_id=YJ,
    values={
        "name": pl.col("品名"),
        "species": always(Species.HUMAN),
        "holder_key": company_key(HOLDER),
        # The sheet lists authorised medicines alone, each by the name of its approval (承認書).
        "authorisation_status": always(AuthorisationStatus.AUTHORISED),
        "price_listed_on": _date(pl.col("薬価収載年月日")),
        "substance_text": pl.col("成分名"),
        "dose_form_text": form_text(GROUP, pl.col("品名")),
        "dose_form": dose_form(GROUP, pl.col("品名"), YJ),
        "route_texts": route_texts(GROUP, pl.col("品名")),
        "routes": routes_of(GROUP, pl.col("品名"), YJ),
        "strength_text": pl.col("規格単位"),
        "therapeutic_class_text": pl.col("薬効分類"),
        "category_text": pl.col("製品区分"),
    },
)

LOSSY = {
    "基礎的医薬品": "as a listing in `リスト[]`, where it is on the list",
    "供給確保医薬品": "as a listing in `リスト[]`, class in `区分[]`",
    "出荷対応の更新日": "the later of two days stands",
    "更新有無": "mark of the newest edition's changes",
}

FEED = Feed(
    id="jp.mhlw_supply",
    member=Origin.JP,
    title="MHLW supply status of prescription medicines (医療用医薬品供給状況)",
    source=LinkedFile(
        "https://www.mhlw.go.jp",
        "/stf/seisakunitsuite/bunya/kenkou_iryou/iryou/kouhatu-iyaku/04_00003.html",
        re.compile(r"/\d{6}iyakuhinkyoukyu\.xlsx$"),
    ),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=NOTICE,
    others=(
        PRODUCT,
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=company_id(HOLDER),
            values={
                "name": HOLDER,
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
                "country": always("JP"),  # a 製造販売業者 is established in Japan
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Ingredient,
            scheme=f"{PRODUCT_SCHEME}/position",
            national_id=pl.format("{}/{}", YJ, PLACE),
            explode=("成分名[]",),
            values={
                "product_key": product_key(YJ),
                "position": PLACE,
                "role": always(IngredientRole.ACTIVE),
                "native_text": PART,
                "strength_text": STRENGTH,
                **strength_fields(strength(STRENGTH)),
            },
            substance=SubstanceText(PART),
        ),
        Mapping(
            EssentialListing,
            scheme=f"{PRODUCT_SCHEME}/list",
            national_id=pl.format("{}/{}", YJ, LIST),
            explode=("リスト[]", "区分[]"),
            values={
                "list_name": LIST,
                "class_text": LIST_CLASS,
                "legal_effect": term(pl.format("{} {}", LIST, words(LIST_CLASS)), LEGAL_EFFECT),
                "product_key": product_key(YJ),
            },
        ),
    ),
    cron="30 3 * * 2-6",
)
