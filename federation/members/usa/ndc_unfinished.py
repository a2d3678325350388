"""FDA's directory of unfinished drugs: bulk substances and half-made medicines, by labeler.

Two tab-separated tables in one zip, joined by PRODUCTID. A listing is the labeler's own statement:
FDA does not check it, it names no site, and the labeler may be maker, importer or packer. It is a
trace to a supplier and no proof of one. Listings that only the package table has stand for
themselves, with nothing said of their role.
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
from federation.harmonize.ndc import ndc11
from federation.members.usa.dose_forms import DOSE_FORM
from federation.members.usa.identity import (
    COMPANY_SCHEME,
    PACKAGE_SCHEME,
    PRODUCT_SCHEME,
    company_id,
    company_key,
    product_key,
)
from federation.members.usa.tables import table_layout
from federation.reading.archive import unzip
from federation.reading.native import ROW, Document, NativeTable, RejectedRow
from federation.reading.shapes import COMPACT_DAY, TEXT, Shape, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.records.site import SiteRole
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    EvidenceKind,
    EvidenceStanding,
    IngredientRole,
    OrganizationKind,
    ProductStage,
    SiteRoleKind,
    Species,
)

PRODUCTS, PACKAGES = "unfinished_product.txt", "unfinished_package.txt"

# What the labeler of a finished medicine or a vaccine does is not said: those are left unmapped.
ROLE = Crosswalk(
    "us.ndc_unfinished.role",
    SiteRoleKind,
    1,
    {
        "BULK INGREDIENT": SiteRoleKind.ACTIVE_SUBSTANCE,
        "DRUG FOR FURTHER PROCESSING": SiteRoleKind.INTERMEDIATE,
        "LICENSED VACCINE BULK INTERMEDIATE": SiteRoleKind.INTERMEDIATE,
    },
)

STAGE = Crosswalk(
    "us.ndc_unfinished.stage",
    ProductStage,
    1,
    {
        "BULK INGREDIENT": ProductStage.ACTIVE_SUBSTANCE,
        "DRUG FOR FURTHER PROCESSING": ProductStage.INTERMEDIATE,
        "LICENSED VACCINE BULK INTERMEDIATE": ProductStage.INTERMEDIATE,
        "HUMAN PRESCRIPTION DRUG": ProductStage.FINISHED,
        "HUMAN OTC DRUG": ProductStage.FINISHED,
        "VACCINE": ProductStage.FINISHED,
    },
)

SPECIES = Crosswalk(
    "us.ndc_unfinished.species",
    Species,
    1,
    {
        "BULK INGREDIENT FOR HUMAN PRESCRIPTION COMPOUNDING": Species.HUMAN,
        "BULK INGREDIENT FOR ANIMAL DRUG COMPOUNDING": Species.VETERINARY,
    },
)

_PARTS = ("SUBSTANCENAME[]", "STRENGTH[]", "UNIT[]")
_PACKS = ("NDCPACKAGECODE[]", "PACKAGEDESCRIPTION[]")


LAYOUTS = {
    PRODUCTS: table_layout(
        {
            "PRODUCTID": Shape(r"[\d-]+_[0-9a-f-]{20,}", "an NDC and a document's number"),
            "PRODUCTNDC": Shape(r"\d{4,5}-\d{3,4}", "an NDC"),
            "PRODUCTTYPENAME": one_of(STAGE.terms),
            "NONPROPRIETARYNAME": TEXT,
            "DOSAGEFORMNAME": Shape(r"[^a-z]+", "a form in capitals"),
            "STARTMARKETINGDATE": COMPACT_DAY,
            "ENDMARKETINGDATE": COMPACT_DAY,
            "MARKETINGCATEGORYNAME": Shape(r"[^\d]+", "a category without digits"),
            "LABELERNAME": TEXT,
            "SUBSTANCENAME": Shape(r"[^a-z]+", "names in capitals"),
            "ACTIVE_NUMERATOR_STRENGTH": Shape(r"[\d.,; ]+", "numbers"),
            "ACTIVE_INGRED_UNIT": Shape(r".*/.*", "a unit per unit"),
            "DEASCHEDULE": Shape(r"C[IV]{1,3}", "a schedule as CII"),
            "LISTING_RECORD_CERTIFIED_THROUGH": COMPACT_DAY,
        }
    ),
    PACKAGES: table_layout(
        {
            "PRODUCTID": Shape(r"[\d-]+_[0-9a-f-]{20,}", "an NDC and a document's number"),
            "PRODUCTNDC": Shape(r"\d{4,5}-\d{3,4}", "an NDC"),
            "NDCPACKAGECODE": Shape(r"\d{4,5}-\d{3,4}-\d{1,2}", "an NDC with its package"),
            "PACKAGEDESCRIPTION": Shape(r"[\d.]+ .* in .*", "a package"),
        }
    ),
}
"""The tables of the archive."""

TABLES = {name: tuple(layout.needed) for name, layout in LAYOUTS.items()}


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the archive: one row a listing, with lists of its substances and its packages.

    Package rows count as joined to the row of their listing; where there is none, the first of
    them stands as the row.

    Raises:
        SourceChanged: a table or one of its columns is gone.
    """
    members = unzip(documents[0], list(LAYOUTS))
    products, packages = (read_table(members[name], layout) for name, layout in LAYOUTS.items())
    rows = _listings(products.rows, packages.rows)
    broken = [*products.rejected, *packages.rejected]
    rejected = [
        RejectedRow(row, item.reason, item.text) for row, item in enumerate(broken, rows.height + 1)
    ]
    alone = rows.height - products.rows.height
    return NativeTable(
        rows, tuple(rejected), products.stated_at, joined=packages.rows.height - alone
    )


def _listings(products: pl.DataFrame, packages: pl.DataFrame) -> pl.DataFrame:
    """Join both tables, products first, and number the rows anew."""
    of_listing = packages.group_by("PRODUCTID", maintain_order=True).agg(
        pl.col("PRODUCTNDC").first().alias("NDC of packages"),
        pl.col("NDCPACKAGECODE").alias("NDCPACKAGECODE[]"),
        pl.col("PACKAGEDESCRIPTION").alias("PACKAGEDESCRIPTION[]"),
    )
    joined = products.drop(ROW).join(
        of_listing, on="PRODUCTID", how="full", coalesce=True, maintain_order="left_right"
    )
    return joined.with_columns(
        pl.coalesce("PRODUCTNDC", "NDC of packages").alias("PRODUCTNDC"),
        *(pl.col(name).fill_null(pl.lit([], pl.List(pl.String))) for name in _PACKS),
        *_parallel(),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias(ROW),
    ).drop("NDC of packages")


def _parallel() -> list[pl.Expr]:
    """Split the parallel lists; strengths not as many as the substances are left out."""
    names = texts(pl.col("SUBSTANCENAME"), ";")
    strengths = texts(pl.col("ACTIVE_NUMERATOR_STRENGTH"), ";")
    units = texts(pl.col("ACTIVE_INGRED_UNIT"), ";")
    agree = (names.list.len() == strengths.list.len()) & (names.list.len() == units.list.len())
    nothing = pl.lit(None, pl.String).repeat_by(names.list.len())
    amounts = [pl.when(agree).then(part).otherwise(nothing) for part in (strengths, units)]
    return [part.alias(name) for part, name in zip([names, *amounts], _PARTS, strict=True)]


NDC = pl.col("PRODUCTNDC").str.strip_chars()
TYPE = pl.col("PRODUCTTYPENAME")
CATEGORY = pl.col("MARKETINGCATEGORYNAME")
LABELER = pl.col("LABELERNAME")
SUBSTANCE = pl.col("SUBSTANCENAME")
FORM = pl.col("DOSAGEFORMNAME")
HAS_PRODUCT = TYPE.is_not_null()

PART, AMOUNT, UNIT = (pl.col(name) for name in _PARTS)
PLACE = PART.cum_count().over(ROW)
PACK = pl.col("NDCPACKAGECODE[]")

# A unit says what the amount is in: `mg/.5mL`, `kg/100kg`, or `mg/1` for each piece.
RATIO = UNIT.str.extract_groups(
    r"^(?<unit>[^/]+)/(?<per_value>[0-9]*\.?[0-9]*)(?<per_unit>.*)$"
).struct
IS_RATIO = RATIO.field("per_unit") != ""


def _digits(number: pl.Expr) -> pl.Expr:
    return number.str.extract(r"^([0-9]*\.?[0-9]+)$").str.replace(r"^\.", "0.")


SITE_ROLE = Mapping(
    SiteRole,
    scheme=PRODUCT_SCHEME,
    national_id=NDC,
    values={
        "organization_key": company_key(LABELER),
        "product_key": product_key(NDC),
        "role": term(TYPE, ROLE).fill_null(str(SiteRoleKind.NOT_STATED)),
        "native_role": TYPE,
        "subject_text": SUBSTANCE,
        "evidence": always(EvidenceKind.LISTING),
        "standing": always(EvidenceStanding.NOT_STATED),
        "evidence_number": pl.col("PRODUCTID"),
        "valid_from": day(pl.col("STARTMARKETINGDATE"), "%Y%m%d"),
        # The labeler vouches for its listing until one day, and may end the sale before.
        "valid_until": day(
            pl.min_horizontal("ENDMARKETINGDATE", "LISTING_RECORD_CERTIFIED_THROUGH"), "%Y%m%d"
        ),
    },
    conflicts={"PACKAGES_WITHOUT_PRODUCT": ~HAS_PRODUCT},
    repeats=Repeats.NUMBER,  # one NDC may stand in several listings, each with its document
    substance=SubstanceText(pl.when(~SUBSTANCE.str.contains(";")).then(SUBSTANCE)),
)

PRODUCT = Mapping(
    Product,
    scheme=PRODUCT_SCHEME,
    national_id=NDC,
    where=HAS_PRODUCT,
    values={
        "name": pl.col("NONPROPRIETARYNAME"),
        "species": term(CATEGORY, SPECIES).fill_null(str(Species.UNMAPPED)),
        "stage": term(TYPE, STAGE),
        "authorisation_status": always(AuthorisationStatus.NOT_STATED),
        "substance_text": SUBSTANCE,
        "dose_form_text": FORM,
        "dose_form": term(FORM, DOSE_FORM),
        "routes": routes(term(FORM, DOSE_FORM)),
        "category_text": pl.concat_str(CATEGORY, "DEASCHEDULE", separator="; ", ignore_nulls=True),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

INGREDIENT = Mapping(
    Ingredient,
    scheme=f"{PRODUCT_SCHEME}/position",
    national_id=pl.format("{}/{}", NDC, PLACE),
    explode=_PARTS,
    values={
        "product_key": product_key(NDC),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": PART,
        "strength_text": pl.concat_str(AMOUNT, UNIT, separator=" "),
        "strength_value": _digits(AMOUNT),
        "strength_unit": RATIO.field("unit"),
        "per_value": pl.when(IS_RATIO).then(_digits(RATIO.field("per_value")).fill_null("1")),
        "per_unit": pl.when(IS_RATIO).then(RATIO.field("per_unit")),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
    substance=SubstanceText(PART),
)

PACKAGE = Mapping(
    Package,
    scheme=PACKAGE_SCHEME,
    national_id=ndc11(PACK),
    explode=_PACKS,
    values={
        "product_key": product_key(NDC),
        "code": ndc11(PACK),
        "code_text": PACK,
        "description": pl.col("PACKAGEDESCRIPTION[]"),
    },
    repeats=Repeats.FIRST,
)

LABELERS = Mapping(
    Organization,
    scheme=COMPANY_SCHEME,
    national_id=company_id(LABELER),
    where=LABELER.is_not_null(),
    values={"name": LABELER, "kind": always(OrganizationKind.LABELER)},
    repeats=Repeats.FIRST,
    is_mention=True,
)

LOSSY = {
    "NONPROPRIETARYNAME": "of several listings of an NDC the first stands",
    "DOSAGEFORMNAME": "of several listings of an NDC the first stands",
    "MARKETINGCATEGORYNAME": "of several listings of an NDC the first stands",
    "LABELERNAME": "the first spelling of a company's name stands",
    "ACTIVE_NUMERATOR_STRENGTH": "part by part, in `STRENGTH[]`",
    "ACTIVE_INGRED_UNIT": "part by part, in `UNIT[]`",
    "LISTING_RECORD_CERTIFIED_THROUGH": "the earlier of two days stands",
    "STRENGTH[]": "of several listings of an NDC the first stands",
    "UNIT[]": "of several listings of an NDC the first stands",
}

FEED = Feed(
    id="us.ndc_unfinished",
    member=Origin.US,
    title="FDA directory of unfinished drugs (bulk substances) and their labelers",
    source=WholeFile("https://www.accessdata.fda.gov", "/cder/ndc_unfinished.zip"),
    read=read,
    layouts=tuple(LAYOUTS.values()),
    lossy=LOSSY,
    primary=SITE_ROLE,
    others=(PRODUCT, INGREDIENT, PACKAGE, LABELERS),
    cron="0 4 * * 2",
)
