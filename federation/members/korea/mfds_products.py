"""MFDS product search (의약품등 제품정보), its Excel export: the same register as the permits.

It speaks of quasi-drugs, herbal materials and substances too, and of products that are no longer
authorised: nothing is left out, 품목구분 and 완제/원료 say what each is. The permit list owns what
both name. The export stops at 10,000 rows in the order of names, so its silence means nothing.
주성분 and 주성분영문 are each in an order of their own: they are never paired by position.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term, texts
from federation.harmonize.names import company_id
from federation.members.korea.countries import country_code
from federation.members.korea.identity import (
    COMPANY_NAME_SCHEME,
    KD_CODE_SCHEME,
    PRODUCT_SCHEME,
    named_company_key,
    product_key,
)
from federation.members.korea.ingredient_names import ingredient_names
from federation.members.korea.mfds_permits import DAY_FORMATS, STATUS, SUPPLY_CLASS
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.workbook import read_workbook
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.sources.files import WholeFile
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    OrganizationKind,
    ProductStage,
    Species,
    SupplyClass,
)

STAGE = {
    "완제의약품": ProductStage.FINISHED,
    "원료의약품": ProductStage.ACTIVE_SUBSTANCE,
    "한약재": ProductStage.HERBAL_MATERIAL,
}


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the export; `주성분[]` lists the ingredients in English, else in Korean."""
    header = ("품목기준코드", "제품명", "업체명", "주성분", "주성분영문", "표준코드명")
    native = read_workbook(documents[0], header_has=header, blanks=(".",))
    stated = native.rows.select(pl.coalesce("주성분영문", "주성분")).to_series()
    rows = native.rows.with_columns(
        pl.Series("주성분[]", map(ingredient_names, stated), dtype=pl.List(pl.String)),
        texts(pl.col("표준코드명"), ",").alias("표준코드명[]"),
    )
    return NativeTable(rows, native.rejected, native.stated_at)


ITEM = pl.col("품목기준코드")
COMPANY = pl.col("업체명")
STANDING = pl.col("취소/취하")
INGREDIENT_NAME = pl.col("주성분[]")
PLACE = INGREDIENT_NAME.cum_count().over(ROW)
KD_CODE = pl.col("표준코드명[]")
COUNTRIES = texts(pl.col("수입제조국"), ",")
COUNTRY_CODES = COUNTRIES.list.eval(country_code(pl.element())).list.drop_nulls()

PRODUCT = Mapping(
    Product,
    scheme=PRODUCT_SCHEME,
    national_id=ITEM,
    values={
        "name": pl.col("제품명"),
        "name_en": pl.col("제품영문명"),
        "species": always(Species.HUMAN),
        "holder_key": named_company_key(COMPANY),
        "authorisation_number": pl.col("허가번호"),
        "authorisation_status": term(STANDING, STATUS, AuthorisationStatus.UNMAPPED).fill_null(
            str(AuthorisationStatus.UNMAPPED)
        ),
        "native_authorisation_status": STANDING,
        "authorised_on": day(pl.col("허가일"), *DAY_FORMATS),
        "authorisation_ended_on": day(pl.col("취소/취하일자"), *DAY_FORMATS),
        "procedure_text": pl.col("허가/신고"),
        "substance_text": pl.coalesce("주성분", "주성분영문"),
        "dose_form_text": pl.col("제형"),
        "atc_codes": texts(pl.col("ATC코드"), ","),
        "therapeutic_class_text": pl.col("품목분류"),
        "supply_class": term(pl.col("전문의약품"), SUPPLY_CLASS, SupplyClass.UNMAPPED),
        "category_text": pl.col("품목구분"),
        "stage": term(pl.col("완제/원료"), STAGE, ProductStage.UNMAPPED),
        "manufacturing_countries": COUNTRY_CODES,
    },
    conflicts={"COUNTRY_UNKNOWN": COUNTRIES.list.len() != COUNTRY_CODES.list.len()},
    is_mention=True,
)

HOLDER = Mapping(
    Organization,
    scheme=COMPANY_NAME_SCHEME,
    national_id=company_id(COMPANY),
    where=COMPANY.is_not_null(),
    values={
        "name": COMPANY.str.strip_chars(),
        "name_en": pl.col("업체영문명"),
        "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
        "country": always("KR"),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

INGREDIENT = Mapping(
    Ingredient,
    scheme=f"{PRODUCT_SCHEME}/position",
    national_id=pl.format("{}/{}", ITEM, PLACE),
    explode=("주성분[]",),
    values={
        "product_key": product_key(ITEM),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": INGREDIENT_NAME,
    },
    is_mention=True,
    substance=SubstanceText(INGREDIENT_NAME),
)

PACKAGE = Mapping(
    Package,
    scheme=KD_CODE_SCHEME,
    national_id=KD_CODE,
    explode=("표준코드명[]",),
    values={"product_key": product_key(ITEM), "code": KD_CODE, "code_text": KD_CODE},
    conflicts={"KD_CODE_FORM": ~KD_CODE.str.contains(r"^[0-9]{13}$")},
)

FEED = Feed(
    id="kr.mfds_products",
    member=Origin.KR,
    title="MFDS product search, Excel export (의약품등 제품정보목록)",
    source=WholeFile("https://nedrug.mfds.go.kr", "/searchDrug/getExcel"),
    read=read,
    primary=PRODUCT,
    others=(HOLDER, INGREDIENT, PACKAGE),
    is_full_list=False,
    cron="45 4 * * *",
)
