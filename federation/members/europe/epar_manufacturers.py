"""Makers and releasers of centrally authorised medicines (EMA product information, Annex II).

A stored conversion: Annex II is text in one PDF a medicine. Some addresses hold the heading that
follows them: text behind a line with only the country's name is cut where it starts with the
medicine's name; elsewhere it stays and is reported. Medicines are named, not numbered, so that no
role leads to a product.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term
from federation.members.europe.country_names import code_of, codes_by_name
from federation.members.europe.identity import (
    COMPANY_SCHEME,
    company_id,
    company_key,
    site_key,
)
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape, digits
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.site import Site, SiteRole
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    EvidenceKind,
    EvidenceStanding,
    OrganizationKind,
    SiteRoleKind,
)

ROLE = Crosswalk(
    "eu.epar_manufacturers.role",
    SiteRoleKind,
    1,
    {"1": SiteRoleKind.ACTIVE_SUBSTANCE, "2": SiteRoleKind.BATCH_RELEASE},
)
_COUNTRIES = codes_by_name() | {
    "CZECH REPUBLIC": "CZ",
    "UNITED KINGDOM (NORTHERN IRELAND)": "GB",
    "USA": "US",
}


LAYOUT = Layout(
    {
        "medicine_name": Shape(r".*[A-Za-z]{2}.*", "a name"),
        "active_substance": TEXT,
        "atc_code": None,
        "medicine_url": Shape(r"https?://\S+", "an address"),
        "pdf_url": None,
        "source_block": None,
        "manufacturer_name": TEXT,
        "address": TEXT,
        "country": Shape(r"[^\d]+", "a country"),
        "manufacturer_step": digits(1),
    },
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the conversion."""
    return read_table(documents[0], LAYOUT)


MEDICINE = pl.col("medicine_name").str.strip_chars()
STEP = pl.col("manufacturer_step").str.strip_chars()
PAGE = pl.col("medicine_url").str.strip_chars().str.extract(r"([^/]+)/?$")
# Missing on some rows of a product that states it on others.
SUBSTANCE = pl.coalesce(
    pl.col("active_substance"),
    pl.col("active_substance").drop_nulls().first().over("medicine_url"),
)
NAME = pl.col("manufacturer_name").str.strip_chars(" ,")
COMPANY = company_id(NAME)
COUNTRY = code_of(pl.col("country"), _COUNTRIES)


def _parted(rows: pl.Series) -> pl.Series:
    """Part each address behind the line that is but its country's name."""
    parted = []
    for row in rows:
        lines = (row["address"] or "").split("\n")
        country = _plain_line(row["country"] or "")
        ends = [at for at, line in enumerate(lines, 1) if country and _plain_line(line) == country]
        end = ends[0] if ends else len(lines)
        parted.append({"address": "\n".join(lines[:end]), "behind": "\n".join(lines[end:])})
    return pl.Series(rows.name, parted, dtype=_PARTED)


def _plain_line(line: str) -> str:
    return line.strip(" .,").casefold().removeprefix("the ")


_PARTED = pl.Struct({"address": pl.String, "behind": pl.String})

PARTED = pl.struct("address", "country").map_batches(_parted, return_dtype=_PARTED).struct
BEHIND = PARTED.field("behind").str.strip_chars()
IS_HEADING = BEHIND.str.starts_with(MEDICINE)
ADDRESS = (
    pl.when(IS_HEADING).then(PARTED.field("address")).otherwise(pl.col("address"))
).str.strip_chars()
SITE_ID = pl.concat_str(COMPANY, pl.format(", {}", company_id(ADDRESS)).fill_null(""))

SITE_ROLE = Mapping(
    SiteRole,
    scheme="EPAR page/step/manufacturer",
    national_id=pl.concat_str(PAGE, STEP, COMPANY, separator="/"),
    values={
        "site_key": site_key(SITE_ID),
        "organization_key": company_key(COMPANY),
        "role": term(STEP, ROLE),
        "native_role": pl.format("manufacturer_step {}", STEP),
        "subject_text": pl.concat_str(MEDICINE, pl.format(" ({})", SUBSTANCE).fill_null("")),
        "evidence": always(EvidenceKind.PRODUCT_INFORMATION),
        "standing": always(EvidenceStanding.NOT_STATED),
    },
    repeats=Repeats.NUMBER,
    substance=SubstanceText(SUBSTANCE),
)

LOSSY = {
    "column 1": "row number of the list",
    "atc_code": "the medicine's, not the site's",
    "medicine_url": "the page's own words stand, not its whole address",
    "pdf_url": "address of a document",
    "source_block": "the whole paragraph the row was taken from",
    "manufacturer_name": "commas at the end",
    "address": "the next product's heading behind it is cut",
    "country": "as its ISO code",
}

FEED = Feed(
    id="eu.epar_manufacturers",
    member=Origin.EU,
    title="Makers and releasers of centrally authorised medicines (EMA, Annex II)",
    source=WholeFile("https://www.ema.europa.eu", "/en/documents/product-information"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=SITE_ROLE,
    others=(
        Mapping(
            Site,
            scheme="company name and address",
            national_id=SITE_ID,
            values={
                "name": NAME,
                "country": COUNTRY,
                "organization_key": company_key(COMPANY),
                "address_text": ADDRESS,
            },
            conflicts={
                "ADDRESS_GOES_ON": (BEHIND != "") & ~IS_HEADING,
                "COUNTRY_UNKNOWN": pl.col("country").is_not_null() & COUNTRY.is_null(),
            },
            repeats=Repeats.FIRST,
        ),
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=COMPANY,
            values={
                "name": NAME,
                "kind": always(OrganizationKind.MANUFACTURER),
                "country": COUNTRY,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    is_full_list=False,
    cron="30 6 * * 1",
)
