"""Drugs@FDA: the products of every application, and whether they are marketed.

Four tab-separated tables in one zip, joined by application and product number; an application or
a marketing status may be missing. There are no dates and no NDC. Semicolons hold parallel lists of
active ingredients and their strengths, and part the dose form from the routes.
"""

import re
from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import (
    Mapping,
    Repeats,
    SubstanceText,
    always,
    dose_form,
    routes,
    term,
    terms,
)
from federation.harmonize.strengths import strength, strength_fields
from federation.members.usa.dose_forms import DOSE_FORM, ROUTE
from federation.members.usa.identity import (
    APPLICATION_SCHEME,
    COMPANY_SCHEME,
    company_id,
    company_key,
    product_key,
)
from federation.members.usa.tables import table_layout
from federation.reading.archive import unzip
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Product
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    MarketingStatus,
    OrganizationKind,
    Species,
    SupplyClass,
)

AUTHORISATION = Crosswalk(
    "us.drugsatfda.authorisation",
    AuthorisationStatus,
    1,
    {
        "Prescription": AuthorisationStatus.AUTHORISED,
        "Over-the-counter": AuthorisationStatus.AUTHORISED,
        "Discontinued": AuthorisationStatus.AUTHORISED,  # off the market, which ends no approval
        "None (Tentative Approval)": AuthorisationStatus.TENTATIVE,
    },
)

MARKETING = Crosswalk(
    "us.drugsatfda.marketing",
    MarketingStatus,
    1,
    {
        "Prescription": MarketingStatus.MARKETED,
        "Over-the-counter": MarketingStatus.MARKETED,
        "Discontinued": MarketingStatus.DISCONTINUED,
        "None (Tentative Approval)": MarketingStatus.NOT_MARKETED,
    },
)

SUPPLY_CLASS = Crosswalk(
    "us.drugsatfda.supply_class",
    SupplyClass,
    1,
    {
        "Prescription": SupplyClass.PRESCRIPTION,
        "Over-the-counter": SupplyClass.OVER_THE_COUNTER,
    },
)

NO_SUPPLY_CLASS = ("Discontinued", "None (Tentative Approval)")
"""Standings that say nothing of who may hand a medicine out."""

_NOTHING = ("", "N/A", "UNKNOWN")
_NOTE = r"\s*\*.*$"
_BRACKET = r"\s*\([^()]*\)"
_SEMICOLON = r";\s*(?![^()]*\))"
"""A semicolon inside brackets is part of a name: `LIOTRIX (T4;T3)`."""


LAYOUTS = {
    "Products.txt": table_layout(
        {
            "ApplNo": digits(6),
            "ProductNo": digits(3),
            "Form": Shape(r"[^a-z]+", "a form and its route in capitals"),
            "Strength": TEXT,
            "ReferenceDrug": None,
            "DrugName": TEXT,
            "ActiveIngredient": TEXT,
            "ReferenceStandard": None,
        }
    ),
    "Applications.txt": table_layout(
        {
            "ApplNo": digits(6),
            "ApplType": one_of(("NDA", "ANDA", "BLA")),
            "ApplPublicNotes": None,
            "SponsorName": TEXT,
        }
    ),
    "MarketingStatus.txt": table_layout(
        {"MarketingStatusID": digits(1), "ApplNo": digits(6), "ProductNo": digits(3)}
    ),
    "MarketingStatus_Lookup.txt": table_layout(
        {
            "MarketingStatusID": digits(1),
            "MarketingStatusDescription": one_of(MARKETING.terms, fits=0.5),
        }
    ),
}
"""The tables read of the archive."""


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the archive: one row a product, with its application and marketing status.

    `ActiveIngredient[]` and `Strength[]` are the parallel lists, of one length.

    Raises:
        SourceChanged: a table or one of its columns is gone.
    """
    members = unzip(documents[0], list(LAYOUTS))
    products, applications, statuses, lookup = (
        read_table(members[name], layout) for name, layout in LAYOUTS.items()
    )
    rows = (
        products.rows.join(_single(applications, "ApplNo"), on="ApplNo", how="left")
        .join(_single(statuses, "ApplNo", "ProductNo"), on=["ApplNo", "ProductNo"], how="left")
        .join(_single(lookup, "MarketingStatusID"), on="MarketingStatusID", how="left")
        .sort(ROW)
    )
    pairs = [
        _parallel(ingredients or "", strengths or "")
        for ingredients, strengths in rows.select("ActiveIngredient", "Strength").iter_rows()
    ]
    lists = pl.List(pl.String)
    rows = rows.with_columns(
        pl.Series("ActiveIngredient[]", [ingredients for ingredients, _ in pairs], dtype=lists),
        pl.Series("Strength[]", [strengths for _, strengths in pairs], dtype=lists),
    )
    return NativeTable(rows, products.rejected, products.stated_at)


def _single(table: NativeTable, *key: str) -> pl.DataFrame:
    """Leave out keys that stand for different rows, so that a join neither adds nor chooses."""
    return table.rows.drop(ROW).unique().unique(key, keep="none")


def _parallel(ingredients: str, strengths: str) -> tuple[list[str], list[str | None]]:
    """Split both lists; where their lengths differ, only an only ingredient keeps the strength."""
    names = [name.strip() for name in re.split(_SEMICOLON, ingredients) if name.strip()]
    stated = re.sub(_NOTE, "", strengths).strip()
    parts = [part.strip() for part in re.sub(_BRACKET, "", stated).split(";")]
    if len(parts) != len(names):
        parts = [stated] if len(names) == 1 else [""] * len(names)
    return names, [None if part in _NOTHING else part for part in parts]


APPLICATION = pl.col("ApplNo")
APPLICATION_TYPE = pl.col("ApplType")
FORM = pl.col("Form")
STRENGTH = pl.col("Strength")
SPONSOR = pl.col("SponsorName")
# A number that the lookup lacks stands for itself, and is unmapped.
STANDING = pl.coalesce(pl.col("MarketingStatusDescription"), pl.col("MarketingStatusID"))
NAMES = pl.col("ActiveIngredient[]")
STRENGTHS = pl.col("Strength[]")

IDENTITY = pl.format("{}/{}", APPLICATION, pl.col("ProductNo"))
PLACE = NAMES.cum_count().over(ROW)


def _stated(text: pl.Expr) -> pl.Expr:
    return pl.when(~text.is_in(_NOTHING)).then(text)


FORM_TEXT = _stated(FORM.str.split(";").list.first().str.strip_chars())
ROUTE_TEXTS = (
    FORM.str.extract(r";(.*)$")
    .str.extract_all(r"(?i)PERFUSION, [^,]+|[^,]+")  # the only routes with a comma inside
    .list.eval(_stated(pl.element().str.strip_chars()))
    .list.drop_nulls()
)
STATED_FORM = dose_form(FORM_TEXT, ROUTE_TEXTS, DOSE_FORM)

STRENGTHS_STATED = (
    _stated(STRENGTH)
    .str.replace(_NOTE, "")
    .str.replace_all(_BRACKET, "")
    .str.count_matches(";", literal=True)
    + 1
)


PRODUCT = Mapping(
    Product,
    scheme=APPLICATION_SCHEME,
    national_id=IDENTITY,
    values={
        "name": pl.col("DrugName"),
        "species": always(Species.HUMAN),
        "holder_key": company_key(SPONSOR),
        "authorisation_number": pl.concat_str(APPLICATION_TYPE, APPLICATION, ignore_nulls=True),
        "authorisation_status": term(STANDING, AUTHORISATION).fill_null(
            str(AuthorisationStatus.UNMAPPED)
        ),
        "native_authorisation_status": STANDING,
        "procedure_text": APPLICATION_TYPE,
        "substance_text": pl.col("ActiveIngredient"),
        "dose_form_text": FORM_TEXT,
        "dose_form": STATED_FORM,
        "route_texts": ROUTE_TEXTS,
        "routes": routes(STATED_FORM, terms(ROUTE_TEXTS, ROUTE)),
        "strength_text": _stated(STRENGTH),
        "supply_class": pl.when(~STANDING.is_in(NO_SUPPLY_CLASS)).then(
            term(STANDING, SUPPLY_CLASS)
        ),
        "marketing_status": term(STANDING, MARKETING),
    },
    conflicts={"STRENGTH_COUNT_DISAGREES": NAMES.list.len() != STRENGTHS_STATED},
)

INGREDIENT = Mapping(
    Ingredient,
    scheme=f"{APPLICATION_SCHEME}/position",
    national_id=pl.format("{}/{}", IDENTITY, PLACE),
    explode=("ActiveIngredient[]", "Strength[]"),
    values={
        "product_key": product_key(IDENTITY),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": NAMES,
        "strength_text": STRENGTHS,
        **strength_fields(strength(STRENGTHS)),
    },
    substance=SubstanceText(NAMES),
)

SPONSORS = Mapping(
    Organization,
    scheme=COMPANY_SCHEME,
    national_id=company_id(SPONSOR),
    where=SPONSOR.is_not_null(),
    values={
        "name": SPONSOR,
        "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

LOSSY = {
    "Form": "split into form and routes",
    "Strength": "`N/A` and `UNKNOWN` are no strength",
    "ReferenceDrug": "no field for reference drugs",
    "ReferenceStandard": "no field for reference drugs",
    "SponsorName": "the first spelling of a company's name stands",
}

FEED = Feed(
    id="us.drugsatfda",
    member=Origin.US,
    title="Drugs@FDA products and applications",
    source=WholeFile("https://www.fda.gov", "/media/89850/download"),
    read=read,
    layouts=tuple(LAYOUTS.values()),
    lossy=LOSSY,
    primary=PRODUCT,
    others=(INGREDIENT, SPONSORS),
    cron="0 4 * * 3",
)
