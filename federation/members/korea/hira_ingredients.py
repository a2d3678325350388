"""HIRA's master of generic-name codes (약가마스터_의약품주성분): what is in a reimbursed medicine.

A row is one ingredient of one code: a combination repeats its code. The first six signs of a code
are the substances and strength, the others route and form. The files of 2025 head 투여경로 as 투여.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, SubstanceText, always
from federation.harmonize.strengths import strength, strength_fields
from federation.members.korea.dose_forms import hira_form, hira_routes
from federation.members.korea.identity import (
    GENERIC_CODE_SCHEME,
    LIST_ENCODINGS,
    generic_key,
)
from federation.reading.file_names import day_in_name
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.generics import GenericMedicine
from federation.records.product import Ingredient
from federation.sources.files import WholeFile
from federation.vocabularies.terms import IngredientRole

CODE = pl.col("일반명코드").str.strip_chars()
NAME = pl.col("일반명")
FORM, ROUTE = pl.col("제형"), pl.col("투여경로")
STRENGTH = pl.concat_str("함량", "단위", ignore_nulls=True)
PLACE = CODE.cum_count().over(CODE)


LAYOUT = Layout(
    {
        "일반명코드": Shape(r"[0-9A-Z]{9}", "9 digits and letters"),
        "제형구분코드": None,
        "제형": Shape(r".*[가-힣].*", "a dose form in Korean"),
        "일반명": TEXT,
        "분류번호": digits(3),
        "투여경로": one_of(("내복", "주사", "외용", "기타", "치과")),
        "함량": Shape(r"[\d.,]+.*", "an amount"),
        "단위": Shape(r"\D.*|\d.*[^\d.].*", "a unit"),
    },
    aliases={"투여경로": ("투여",)},
    encodings=LIST_ENCODINGS,
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the master; `일반명[]` and `함량[]` list what all rows of a row's code say.

    The day the master stands for is in the file's name, from midnight UTC.
    """
    document = documents[0]
    native = read_table(document, LAYOUT, stated_at=day_in_name(document.name))
    rows = native.rows
    whole = rows.group_by(CODE).agg(NAME.alias("일반명[]"), STRENGTH.alias("함량[]"))
    rows = rows.join(whole, on="일반명코드", how="left", maintain_order="left")
    return NativeTable(rows, native.rejected, native.stated_at)


INGREDIENT = Mapping(
    Ingredient,
    scheme=f"{GENERIC_CODE_SCHEME}/position",
    national_id=pl.format("{}/{}", CODE, PLACE),
    values={
        "generic_key": generic_key(CODE),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": NAME,
        "strength_text": STRENGTH,
        **strength_fields(strength(STRENGTH)),
    },
    substance=SubstanceText(NAME),
)

GENERIC = Mapping(
    GenericMedicine,
    scheme=GENERIC_CODE_SCHEME,
    national_id=CODE,
    values={
        "name": pl.col("일반명[]").list.join(" / "),
        "dose_form_text": FORM,
        "dose_form": hira_form(FORM, ROUTE),
        "route_texts": pl.concat_list(ROUTE).list.drop_nulls(),
        "routes": hira_routes(FORM, ROUTE),
        "strength_text": pl.col("함량[]").list.join(" / "),
        "therapeutic_class_text": pl.col("분류번호"),
    },
    conflicts={"GENERIC_CODE_FORM": ~CODE.str.contains(r"^[0-9A-Z]{6}[A-Z]{3}$")},
)

LOSSY = {
    "제형구분코드": "last letters of the generic-name code",
}

FEED = Feed(
    id="kr.hira_ingredients",
    member=Origin.KR,
    title="HIRA master of generic-name codes (약가마스터_의약품주성분)",
    source=WholeFile("https://www.data.go.kr", "/data/15067461/fileData.do"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=INGREDIENT,
    others=(GENERIC,),
    cron="30 15 * * 1",
)
