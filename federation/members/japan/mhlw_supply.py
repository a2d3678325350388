"""MHLW's supply status of every prescription medicine (医療用医薬品供給状況), an Excel sheet.

The ministry moves the header row and edits its texts without notice: columns are found by their
stable words (`COLUMNS`), which are the native column names from here on. Full-width text is
unified only to compare it; every original is kept. Start at `read`, then `NOTICE`.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from functools import lru_cache

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.dates import (
    PARTIAL_DATE,
    day,
    excel_serial,
    first_that_fits,
    month,
    partial_date,
)
from federation.harmonize.eras import day_in, era_date
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term
from federation.harmonize.names import company_id
from federation.harmonize.strengths import strength, strength_fields
from federation.members.japan.dose_forms import dose_form, form_text, route_texts, routes_of
from federation.members.japan.identity import (
    COMPANY_SCHEME,
    PRODUCT_SCHEME,
    company_key,
    ingredient_names,
    product_key,
)
from federation.members.japan.stated_strengths import stated_strength
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.table import first_lines, read_table
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

COLUMNS = {
    "薬剤区分": r"薬剤区分",
    "薬効分類": r"薬効分類",
    "成分名": r"成分名",
    "規格単位": r"規格単位",
    "YJコード": r"YJコード",
    "品名": r"品名",
    "製造販売業者名": r"製造販売(?:業者|会社)名",
    "製品区分": r"製品区分",
    "基礎的医薬品": r"基礎的医薬品",
    "供給確保医薬品": r"(?:供給|安定)確保医薬品",
    "薬価収載年月日": r"薬価収載年月日",
    "出荷対応": r".*出荷対応の状況",
    "出荷対応の更新日": r"(?!.*以外).*情報を更新した日",
    "理由": r".*理由",
    "解消見込み": r".*解消見込み",
    "見込み時期": r".*在庫消尽時期",
    "出荷量": r".*出荷量の(?:現在の)?状況",
    "出荷量の改善時期": r".*出荷量の改善見込み時期",
    "出荷量の改善量": r".*出荷量の改善見込み量",
    "他の更新日": r".*以外の情報を更新した日",
}
"""Native column ← its header text, of which blanks, item numbers, quotes and remarks are taken."""

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
BASIC, ENSURED = "基礎的医薬品", "供給確保医薬品"
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

_NOT_IN_HEADERS = re.compile(r"[\s「」①-⑳㉑-㉟]|[（(][^（()）]*[）)]|※.*$")
_NOTHING = r"^\s*(?:[0-9ア-ン]{1,2}\s*[.:]?\s*)?[-ー‐−―–—]\s*$"  # `－`, `７．－`, `エ． ー`
_FILE_DAY = re.compile(r"(?<!\d)(\d{6})iyakuhin")


IS_UPDATED = "更新有無"
"""A column that is known and not read."""


@lru_cache(maxsize=8192)
def _column(header: str) -> str | None:
    """Give the native column that a header's stable words name."""
    words = unicodedata.normalize("NFKC", _NOT_IN_HEADERS.sub("", header))
    known = {**COLUMNS, IS_UPDATED: rf".*{IS_UPDATED}"}
    return next((name for name, text in known.items() if re.fullmatch(text, words)), None)


_A_DATE = Shape(r".*[\d０-９].*|.*未収載|[－ー-]", "a date")

LAYOUT = Layout(
    dict.fromkeys(COLUMNS, TEXT)
    | {
        "薬剤区分": Shape(r".*薬.*", "a kind of medicine"),
        "規格単位": Shape(r".*[\d０-９].*|[－ー-]", "a strength"),
        "YJコード": Shape(r"[0-9A-Z０-９Ａ-Ｚ]{12}", "12 digits and letters"),
        "製品区分": Shape(r".*品", "a kind of product"),
        "基礎的医薬品": Shape(r".*対象外?", "on the list or not"),
        "供給確保医薬品": Shape(r"[ABCＡＢＣ].*", "a class"),
        "薬価収載年月日": _A_DATE,
        "出荷対応": Shape(r".*(?:出荷|停止|中止).*", "a state of shipments"),
        "出荷対応の更新日": _A_DATE,
        "理由": Shape(r"[\d０-９].*", "a reason with its number"),
        "解消見込み": Shape(r"[ア-ン].*", "an outlook with its letter"),
        "出荷量": Shape(r"[A-DＡ-Ｄ].*", "a volume with its letter"),
        "他の更新日": _A_DATE,
        IS_UPDATED: None,
    },
    named=_column,
    encodings=("utf-8", "cp932"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the sheet, its columns named by their stable words.

    A dash, alone or behind an item number (`７．－`), is the sheet's word for nothing. Columns that
    hold several facts are laid out, see `_laid_out`.

    Raises:
        SourceChanged: a column is not in the header, or twice.
    """
    document = documents[0]
    top = first_lines(document, LAYOUT)
    at = _header(top, document.name)
    native = read_table(document, LAYOUT, stated_at=_stated_at(top[:at], document.name))
    text = pl.col(pl.String)
    is_nothing = text.str.normalize("NFKC").str.contains(_NOTHING)
    rows = native.rows.with_columns(
        pl.when(is_nothing).then(None).otherwise(text).name.keep()
    )
    return NativeTable(_laid_out(rows), native.rejected, native.stated_at)


def _header(top: Sequence[Sequence[str]], name: str) -> int:
    """Find the header row; give its place."""
    found = [[LAYOUT.column(cell) for cell in line] for line in top] or [[]]
    at = max(range(len(found)), key=lambda row: len(COLUMNS.keys() & set(found[row])))
    for column in COLUMNS:
        count = found[at].count(column)
        if count != 1:
            problem = "two header texts that read" if count else "no header text that reads"
            raise SourceChanged(f"`{name}` has {problem} `{column}`: its layout has changed")
    return at


def _stated_at(titles: Sequence[Sequence[str]], name: str) -> datetime | None:
    """Take the day from the title, else from the file's name; it begins at midnight UTC."""
    stated: date | None = day_in(" ".join(cell for line in titles for cell in line))
    in_name = _FILE_DAY.search(name)
    if stated is None and in_name:
        with suppress(ValueError):
            stated = datetime.strptime(in_name[1], "%y%m%d").replace(tzinfo=UTC).date()
    return datetime.combine(stated, time(), UTC) if stated else None


YJ = pl.col("YJコード").str.normalize("NFKC").str.strip_chars().str.extract(r"^([0-9A-Z]{12})$")
HOLDER = pl.col("製造販売業者名")


def _words(text: pl.Expr) -> pl.Expr:
    """Give a choice its words: no item number before them, no remark in brackets behind."""
    return text.str.normalize("NFKC").str.extract(r"^\s*(?:\d+\s*[.:]?\s*)?([^\s(]+)")


def _laid_out(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each fact a column of its own where the sheet has one column for several.

    `成分名[]` lists the ingredients, 含量 is the strength of an only one. 見込み時期 becomes
    解消時期, when supply recovers, or 在庫消尽時期, when stock of a discontinued product runs out.
    不足の更新日 is the status day where supply is short. `リスト[]` and `区分[]` are the essential
    lists and the class on each.
    """
    state, expected = _words(pl.col("出荷対応")), pl.col("見込み時期")
    is_ending = (state == "販売中止").fill_null(value=False)
    is_short = state.is_in(["限定出荷", "供給停止"])
    is_basic = ~pl.col(BASIC).str.contains("対象外", literal=True)
    basic, ensured = pl.when(is_basic).then(pl.col(BASIC)), pl.col(ENSURED)
    lists = (
        pl.when(is_basic).then(pl.lit(BASIC)),
        pl.when(ensured.is_not_null()).then(pl.lit(ENSURED)),
    )
    return rows.with_columns(
        ingredient_names(pl.col("成分名")).alias("成分名[]"),
        stated_strength(
            pl.col("規格単位"), pl.col("薬剤区分"), ingredient_names(pl.col("成分名"))
        ).alias("含量"),
        pl.when(is_ending).then(None).otherwise(expected).alias("解消時期"),
        pl.when(is_ending).then(expected).alias("在庫消尽時期"),
        pl.when(is_short).then(pl.col("出荷対応の更新日")).alias("不足の更新日"),
        pl.concat_list(*lists).list.drop_nulls().alias("リスト[]"),
        pl.concat_list(basic, ensured).list.drop_nulls().alias("区分[]"),
    ).drop("見込み時期")


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


STATE = _words(pl.col("出荷対応"))
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
        "reason": term(_words(pl.col("理由")), REASON),
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
                "legal_effect": term(pl.format("{} {}", LIST, _words(LIST_CLASS)), LEGAL_EFFECT),
                "product_key": product_key(YJ),
            },
        ),
    ),
    cron="30 18 * * 1-5",
)
