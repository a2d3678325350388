"""MFDS permission list (의약품 허가정보): medicines, their holders, ingredients and price codes.

ITEM_INGR_NAME is one text with slashes between ingredients, in English. EDI_CODE holds nine-digit
price codes with commas between them, and is empty for what is not reimbursed.
"""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from typing import Any

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, routes, term
from federation.harmonize.strengths import strength, strength_fields
from federation.members.korea.dose_forms import form_in_name, named_form
from federation.members.korea.identity import (
    COMPANY_SCHEME,
    PRICE_CODE_SCHEME,
    PRODUCT_SCHEME,
    company_key,
    price_code,
    price_key,
    product_key,
)
from federation.members.korea.ingredient_names import ingredient_names
from federation.members.korea.name_strengths import named_strength
from federation.organizations.schemes import MFDS_LICENCE_HOLDER, identifiers
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import COMPACT_DAY, DAY, TEXT, Shape, digits, one_of
from federation.reading.tree import read_objects
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.sources.datagokr import DataGoKr, items_of
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    OrganizationKind,
    Species,
    SupplyClass,
)

STATUS = Crosswalk(
    "kr.mfds_permits.status",
    AuthorisationStatus,
    1,
    {
        "정상": AuthorisationStatus.AUTHORISED,  # valid
        "취하": AuthorisationStatus.WITHDRAWN,  # given up by the holder
        "폐업": AuthorisationStatus.WITHDRAWN,  # the holder closed down
        "유효기간만료": AuthorisationStatus.EXPIRED,
        "행정": AuthorisationStatus.REVOKED,  # by administrative order
        "취소": AuthorisationStatus.REVOKED,
        "행정(취소)": AuthorisationStatus.REVOKED,
    },
)

SUPPLY_CLASS = Crosswalk(
    "kr.mfds_permits.supply_class",
    SupplyClass,
    1,
    {
        "전문의약품": SupplyClass.PRESCRIPTION,
        "전문의약품(희귀)": SupplyClass.PRESCRIPTION,  # for rare diseases
        "일반의약품": SupplyClass.OVER_THE_COUNTER,
        "의약외품": SupplyClass.GENERAL_SALE,  # quasi-drugs
    },
)

DAY_FORMATS = ("%Y%m%d", "%Y-%m-%d", "%Y-%m-%d 00:00:00")
"""The services of one ministry write days in different forms."""


LAYOUT = Layout(
    {
        "ITEM_SEQ": digits(9),
        "ITEM_NAME": TEXT,
        "ITEM_ENG_NAME": Shape(r"[^가-힣]*", "a name without Korean letters"),
        "ENTP_NAME": Shape(r".*[가-힣].*", "a name in Korean"),
        "ENTP_ENG_NAME": Shape(r"[^가-힣]*", "a name without Korean letters"),
        "ENTP_SEQ": digits(8),
        "ENTP_NO": None,
        "ITEM_PERMIT_DATE": Shape(rf"{COMPACT_DAY.pattern}|{DAY.pattern}", COMPACT_DAY.says),
        "INDUTY": None,
        "PRDLST_STDR_CODE": digits(9),
        "SPCLTY_PBLC": one_of(SUPPLY_CLASS.terms),
        "PRDUCT_TYPE": Shape(r"\[\d+\].*", "a class with its code in brackets"),
        "PRDUCT_PRMISN_NO": TEXT,
        "ITEM_INGR_NAME": TEXT,
        "ITEM_INGR_CNT": digits("1,3"),
        "BIG_PRDT_IMG_URL": None,
        "PERMIT_KIND_CODE": Shape(r"\D{1,8}", "a short word"),
        "CANCEL_DATE": Shape(rf"{COMPACT_DAY.pattern}|{DAY.pattern}", COMPACT_DAY.says),
        "CANCEL_NAME": one_of(STATUS.terms),
        "EDI_CODE": Shape(r"\d{9}(?:\s*,\s*\d{9})*", "9 digits, or several such codes"),
        "BIZRNO": digits(10),
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the pages; `ITEM_INGR_NAME[]` and `EDI_CODE[]` are those columns as lists.

    함량 is the strength that ITEM_NAME states.
    """
    items = [item for document in documents for item in items_of(document)[0]]
    lists = ("ITEM_INGR_NAME[]", "EDI_CODE[]")
    return read_objects(items, lists=lists, flatten=_with_lists, layout=LAYOUT)


def _with_lists(item: MappingType[str, Any]) -> MappingType[str, Any]:
    prices = (item.get("EDI_CODE") or "").split(",")
    substances = ingredient_names(item.get("ITEM_INGR_NAME"))
    return {
        **item,
        "함량": named_strength(item.get("ITEM_NAME"), substances),
        "ITEM_INGR_NAME[]": substances,
        "EDI_CODE[]": [code.strip() for code in prices if code.strip()],
    }


ITEM = pl.col("ITEM_SEQ")
CLASS = pl.col("PRDUCT_TYPE").str.extract(r"^\[\d(\d{3})\d\]")
FORM = form_in_name(pl.col("ITEM_NAME"), CLASS)
COMPANY = pl.col("ENTP_SEQ")
STANDING = pl.col("CANCEL_NAME")
INGREDIENTS = pl.col("ITEM_INGR_NAME[]")
STRENGTH = pl.col("함량")
PRICE_CODE = pl.col("EDI_CODE[]")
PLACE = INGREDIENTS.cum_count().over(ROW)

PRODUCT = Mapping(
    Product,
    scheme=PRODUCT_SCHEME,
    national_id=ITEM,
    values={
        "name": pl.col("ITEM_NAME"),
        "name_en": pl.col("ITEM_ENG_NAME"),
        "species": always(Species.HUMAN),
        "holder_key": company_key(COMPANY),
        "authorisation_number": pl.col("PRDUCT_PRMISN_NO"),
        "authorisation_status": term(STANDING, STATUS).fill_null(str(AuthorisationStatus.UNMAPPED)),
        "native_authorisation_status": STANDING,
        "authorised_on": day(pl.col("ITEM_PERMIT_DATE"), *DAY_FORMATS),
        "authorisation_ended_on": day(pl.col("CANCEL_DATE"), *DAY_FORMATS),
        "procedure_text": pl.col("PERMIT_KIND_CODE"),
        "substance_text": pl.col("ITEM_INGR_NAME"),
        "dose_form_text": FORM,
        "dose_form": named_form(FORM, CLASS),
        "routes": routes(named_form(FORM, CLASS)),
        "therapeutic_class_text": pl.col("PRDUCT_TYPE"),
        "supply_class": term(pl.col("SPCLTY_PBLC"), SUPPLY_CLASS),
    },
    conflicts={
        "INGREDIENT_COUNT_DISAGREES": pl.col("ITEM_INGR_CNT").cast(pl.Int64, strict=False)
        != INGREDIENTS.list.len(),
        "ITEM_CODES_DISAGREE": pl.col("PRDLST_STDR_CODE") != ITEM,
    },
)

HOLDER = Mapping(
    Organization,
    scheme=COMPANY_SCHEME,
    national_id=COMPANY,
    values={
        "name": pl.col("ENTP_NAME").str.strip_chars(),
        "name_en": pl.col("ENTP_ENG_NAME"),
        "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
        "country": always("KR"),
        "identifiers": identifiers(MFDS_LICENCE_HOLDER, COMPANY),
        "business_number": pl.col("BIZRNO"),
    },
    repeats=Repeats.FIRST,
)

INGREDIENT = Mapping(
    Ingredient,
    scheme=f"{PRODUCT_SCHEME}/position",
    national_id=pl.format("{}/{}", ITEM, PLACE),
    explode=("ITEM_INGR_NAME[]",),
    values={
        "product_key": product_key(ITEM),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": INGREDIENTS,
        "strength_text": STRENGTH,
        **strength_fields(strength(STRENGTH)),
    },
    substance=SubstanceText(INGREDIENTS),
)

PACKAGE = Mapping(
    Package,
    scheme=PRICE_CODE_SCHEME,
    national_id=price_code(PRICE_CODE),
    where=pl.col("EDI_CODE").is_not_null(),
    explode=("EDI_CODE[]",),
    values={
        "product_key": product_key(ITEM),
        "price_ceiling_key": price_key(PRICE_CODE),
        "code": price_code(PRICE_CODE),
        "code_text": PRICE_CODE,
    },
    conflicts={"PRICE_CODE_FORM": ~PRICE_CODE.str.contains(r"^[0-9]{8,9}$")},
)

LOSSY = {
    "ENTP_NO": "licence number; the company's serial stands",
    "INDUTY": "kind of business licence",
    "PRDLST_STDR_CODE": "the same as `ITEM_SEQ`",
    "ITEM_INGR_CNT": "the ingredients themselves say how many",
    "BIG_PRDT_IMG_URL": "address of a picture",
}

FEED = Feed(
    id="kr.mfds_permits",
    member=Origin.KR,
    title="MFDS medicine permissions (의약품 제품 허가정보)",
    source=DataGoKr("/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07", key="ITEM_SEQ"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PRODUCT,
    others=(HOLDER, INGREDIENT, PACKAGE),
)
