"""Jan Aushadhi's list of products and maximum retail prices (PMBJP), the site's CSV file.

The programme sells generic medicines, and foods and surgical goods beside them. The list is no
register of authorisations: it names neither holder nor authorisation. It has no date.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.currencies import always_in
from federation.harmonize.mapping import Mapping, SubstanceText, always, routes, term
from federation.harmonize.quantities import plain_amount, price_status
from federation.harmonize.strengths import strength, strength_fields
from federation.members.india.dose_forms import DOSE_FORM, plain_form, stated_form
from federation.members.india.generic_names import ingredients
from federation.members.india.identity import PRODUCT_SCHEME, product_key
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import NUMBER, TEXT, Shape, digits
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Ingredient, Product
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    PriceKind,
    Species,
)

NO_MEDICINES = ("surgical & medical consumables",)
"""Groups of gloves, pads and the like: for no species, and of no active substance."""

_PARTS = ("Ingredient[]", "Strength[]", "Role[]")


LAYOUT = Layout(
    {
        "Sr No": None,
        "Drug Code": digits("1,5"),
        "Generic Name": Shape(r".*[A-Za-z]{3}.*", "a name"),
        "Unit Size": TEXT,
        "MRP": NUMBER,
        "Group Name": Shape(r"[^\d]*", "a group without digits"),
    },
    aliases={"Sr No": ("serialNo",)},  # the site's interface; its other names are these
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the list; what Generic Name is read to say goes into lists of one length (`_PARTS`).

    An MRP of 0 is the list's word for a price not published yet.
    """
    native = read_table(documents[0], LAYOUT, blanks=("0", "0.0", "0.00"))
    parts = [
        _parts(name, group)
        for name, group in native.rows.select("Generic Name", "Group Name").iter_rows()
    ]
    columns = [
        pl.Series(name, [part[at] for part in parts], dtype=pl.List(pl.String))
        for at, name in enumerate(_PARTS)
    ]
    return NativeTable(native.rows.with_columns(columns), native.rejected, native.stated_at)


def _parts(name: str | None, group: str | None) -> tuple[list[str | None], ...]:
    """List names, strengths and roles; a product that is no medicine has no ingredients."""
    if not name or (group or "").casefold() in NO_MEDICINES:
        return [], [], []
    found = ingredients(name)
    roles = ["excipient" if item.is_excipient else "active" for item in found]
    return (
        [item.name for item in found],
        [item.strength for item in found],
        [role if item.is_read else "unread" for item, role in zip(found, roles, strict=True)],
    )


ROLE = Crosswalk(
    "in.janaushadhi.role",
    IngredientRole,
    1,
    {"active": IngredientRole.ACTIVE, "excipient": IngredientRole.EXCIPIENT},
)

CODE = pl.col("Drug Code")
GROUP = pl.col("Group Name")
MRP = pl.col("MRP")
NAME = pl.col("Generic Name").str.replace_all(r"\s+", " ").str.strip_chars()
FORM = term(plain_form(NAME), DOSE_FORM)
PART = pl.col("Ingredient[]")
STRENGTH = pl.col("Strength[]")
PLACE = PART.cum_count().over(ROW)

PRODUCT = Mapping(
    Product,
    scheme=PRODUCT_SCHEME,
    national_id=CODE,
    values={
        "name": NAME,
        "species": pl.when(GROUP.str.to_lowercase().is_in(NO_MEDICINES))
        .then(always(Species.UNMAPPED))
        .otherwise(always(Species.HUMAN)),
        "authorisation_status": always(AuthorisationStatus.NOT_STATED),
        "dose_form_text": stated_form(NAME),
        "dose_form": FORM,
        "routes": routes(FORM),
        "category_text": GROUP,
    },
)

LOSSY = {
    "Sr No": "row number of the list",
    "Generic Name": "double and hard blanks",
    "MRP": "words that are no amount",
    "Role[]": "the reader's own word for a part it could not read",
}

FEED = Feed(
    id="in.janaushadhi",
    member=Origin.IN,
    title="Jan Aushadhi (PMBJP) products and maximum retail prices",
    source=WholeFile("https://janaushadhi.gov.in", "/productportfolio/ProductmrpList.csv"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PRODUCT,
    others=(
        Mapping(
            Ingredient,
            scheme=f"{PRODUCT_SCHEME}/position",
            national_id=pl.format("{}/{}", CODE, PLACE),
            explode=_PARTS,
            values={
                "product_key": product_key(CODE),
                "position": PLACE,
                "role": term(pl.col("Role[]"), ROLE),
                "native_text": PART,
                "strength_text": STRENGTH,
                **strength_fields(strength(STRENGTH)),
            },
            substance=SubstanceText(PART),
        ),
        Mapping(
            PriceCeiling,
            scheme=PRODUCT_SCHEME,
            national_id=CODE,
            values={
                "title": NAME,
                "kind": always(PriceKind.MAXIMUM_RETAIL),
                "amount": plain_amount(MRP),
                "amount_status": price_status(MRP),
                "currency": always_in("₹"),
                "unit_text": pl.col("Unit Size"),
                "is_tax_included": pl.lit(value=True),  # an MRP includes all taxes by law
                "product_key": product_key(CODE),
            },
        ),
    ),
    cron="30 11 * * *",
)
