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
from federation.harmonize.mapping import (
    Mapping,
    Repeats,
    SubstanceText,
    always,
    routes,
    term,
    texts,
)
from federation.harmonize.names import company_id
from federation.harmonize.strengths import strength, strength_fields
from federation.members.korea.countries import country_code
from federation.members.korea.dose_forms import QUASI_DRUGS_WITH_FORM, form_in_name, named_form
from federation.members.korea.identity import (
    COMPANY_NAME_SCHEME,
    KD_CODE_SCHEME,
    PRODUCT_SCHEME,
    named_company_key,
    product_key,
)
from federation.members.korea.ingredient_names import ingredient_names
from federation.members.korea.mfds_permits import DAY_FORMATS, STATUS, SUPPLY_CLASS
from federation.members.korea.name_strengths import named_strength
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import DAY, TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    OrganizationKind,
    ProductStage,
    Species,
)

STAGE = Crosswalk(
    "kr.mfds_products.stage",
    ProductStage,
    1,
    {
        "완제의약품": ProductStage.FINISHED,
        "원료의약품": ProductStage.ACTIVE_SUBSTANCE,
        "한약재": ProductStage.HERBAL_MATERIAL,
    },
)


LAYOUT = Layout(
    {
        "품목기준코드": digits(9),
        "제품명": TEXT,
        "제품영문명": Shape(r"[^가-힣]*", "a name without Korean letters"),
        "업체명": Shape(r".*[가-힣].*", "a name in Korean"),
        "업체영문명": Shape(r"[^가-힣]*", "a name without Korean letters"),
        "허가일": DAY,
        "품목구분": one_of(("의약품", "의약외품", "한약(생약)제제 등"), fits=0.5),
        "허가번호": Shape(r"[\d-]+|.{1,12}", "a short number"),
        "취소/취하": one_of(STATUS.terms),
        "취소/취하일자": DAY,
        "주성분": TEXT,
        "첨가제": None,
        "품목분류": TEXT,
        "전문의약품": one_of((*SUPPLY_CLASS.terms, "한약재")),
        "완제/원료": one_of(STAGE.terms),
        "허가/신고": Shape(r".{2,8}", "a short word"),
        "제조/수입": None,
        "마약구분": one_of(("마약", "향정", "한외마약")),  # narcotic, psychotropic, exempt
        "모양": None,
        "색상": None,
        "제형": TEXT,
        "장축": None,
        "단축": None,
        "신약구분": None,
        "표준코드명": Shape(r"\d{13}(?:\s*,\s*\d{13})*", "13 digits, or several such codes"),
        "ATC코드": Shape(r"[A-Z]\d{2}[A-Z\d]*(?:\s*,.*)?", "an ATC code"),
        "묶음의약품정보": None,
        "e은약요": None,
        "수입제조국": Shape(r"[가-힣()\s,.·]+", "countries in Korean"),
        "주성분영문": Shape(r"[^가-힣]*", "names without Korean letters"),
    },
    aliases={"e은약요": ("e약은요",)},
    encodings=("utf-8", "cp949"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the export; `주성분[]` lists the ingredients in English, else in Korean.

    함량 is the strength that 제품명 states.
    """
    native = read_table(documents[0], LAYOUT, blanks=(".",))
    stated = native.rows.select(pl.coalesce("주성분영문", "주성분")).to_series()
    substances = list(map(ingredient_names, stated))
    strengths = map(named_strength, native.rows["제품명"], substances)
    rows = native.rows.with_columns(
        pl.Series("주성분[]", substances, dtype=pl.List(pl.String)),
        pl.Series("함량", list(strengths), dtype=pl.String),
        texts(pl.col("표준코드명"), ",").alias("표준코드명[]"),
    )
    return NativeTable(rows, native.rejected, native.stated_at)


ITEM = pl.col("품목기준코드")
COMPANY = pl.col("업체명")
STANDING = pl.col("취소/취하")
INGREDIENT_NAME = pl.col("주성분[]")
STRENGTH = pl.col("함량")
PLACE = INGREDIENT_NAME.cum_count().over(ROW)
KD_CODE = pl.col("표준코드명[]")
CLASS = pl.col("품목분류")
# An active substance is named by what it is (an acid's `산` is no powder); so is a mask.
HAS_FORM = (pl.col("완제/원료") == "완제의약품") | CLASS.is_in(QUASI_DRUGS_WITH_FORM)
FORM = pl.coalesce("제형", pl.when(HAS_FORM).then(form_in_name(pl.col("제품명"), CLASS)))
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
        "authorisation_status": term(STANDING, STATUS).fill_null(str(AuthorisationStatus.UNMAPPED)),
        "native_authorisation_status": STANDING,
        "authorised_on": day(pl.col("허가일"), *DAY_FORMATS),
        "authorisation_ended_on": day(pl.col("취소/취하일자"), *DAY_FORMATS),
        "procedure_text": pl.col("허가/신고"),
        "substance_text": pl.coalesce("주성분", "주성분영문"),
        "dose_form_text": FORM,
        "dose_form": named_form(FORM, CLASS),
        "routes": routes(named_form(FORM, CLASS)),
        "atc_codes": texts(pl.col("ATC코드"), ","),
        "therapeutic_class_text": pl.col("품목분류"),
        "supply_class": term(pl.col("전문의약품"), SUPPLY_CLASS),
        "category_text": pl.concat_str("품목구분", "마약구분", separator="; ", ignore_nulls=True),
        "stage": term(pl.col("완제/원료"), STAGE),
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
        "strength_text": STRENGTH,
        **strength_fields(strength(STRENGTH)),
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

LOSSY = {
    "업체명": "the first spelling of a company's name stands",
    "업체영문명": "the first spelling of a company's name stands",
    "첨가제": "excipients",
    "전문의약품": "several words for one class",
    "제조/수입": "no field for made or imported",
    "모양": "looks of a tablet",
    "장축": "size of a tablet",
    "단축": "size of a tablet",
    "신약구분": "no field for new drugs",
    "묶음의약품정보": "number of a bundle of products",
    "e은약요": "number of a text for patients",
    "수입제조국": "as ISO codes",
    "주성분영문": "part by part, as ingredients",
}

FEED = Feed(
    id="kr.mfds_products",
    member=Origin.KR,
    title="MFDS product search, Excel export (의약품등 제품정보목록)",
    source=WholeFile("https://nedrug.mfds.go.kr", "/searchDrug/getExcel"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PRODUCT,
    others=(HOLDER, INGREDIENT, PACKAGE),
    is_full_list=False,
    cron="45 13 * * *",
)
