"""Who holds, makes and releases German medicines (BfArM's product register, by establishment).

A stored conversion: the register is a search page; this file holds what it shows of some products.
An establishment is known by its number (`pu_nummer`): its name changes, as from Glenmark Life
Sciences to Alivus Life Sciences, and has by-names behind it. The register does not say which of a
product's substances an establishment makes: it is known where the product's ATC code is of one.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term
from federation.members.europe.german import company_name, country_code, german_company_id
from federation.members.europe.identity import (
    COMPANY_SCHEME,
    ENR_SCHEME,
    company_key,
    product_key,
    site_key,
)
from federation.organizations.schemes import BFARM_ESTABLISHMENT, identifiers
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Product
from federation.records.site import Site, SiteRole
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    EvidenceKind,
    EvidenceStanding,
    OrganizationKind,
    SiteRoleKind,
    Species,
)

ROLE = Crosswalk(
    "eu.de_site_roles.role",
    SiteRoleKind,
    1,
    {
        "Zulassungsinhaber": SiteRoleKind.MARKETING_AUTHORISATION_HOLDER,
        "Hersteller/Endfreigabe": SiteRoleKind.BATCH_RELEASE,
        "Wirkstoffherstellung": SiteRoleKind.ACTIVE_SUBSTANCE,
    },
)


LAYOUT = Layout(
    {
        "search_atc": None,
        "atc_code": Shape(r"[A-Z]\d{2}[A-Z\d]*.*", "an ATC code"),
        "atc_text": None,
        "eingangsnummer": digits(7),
        "arzneimittel": TEXT,
        "role": one_of(ROLE.terms),
        "name": TEXT,
        "pu_nummer": digits("6,8"),
        "plz_ort": TEXT,
        "land": Shape(r"[^\d]+", "a country"),
    },
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the conversion, and each establishment's names but the first as `weitere Namen`."""
    native = read_table(documents[0], LAYOUT)
    names = NAME.over("pu_nummer", mapping_strategy="join")
    others = names.list.set_difference(pl.concat_list(names.list.first())).list.sort()
    return replace(native, rows=native.rows.with_columns(others.alias(OTHER_NAMES)))


OTHER_NAMES = "weitere Namen"


ENR = pl.col("eingangsnummer").str.strip_chars()
NATIVE_ROLE = pl.col("role").str.strip_chars()
IS_HOLDER = NATIVE_ROLE == "Zulassungsinhaber"
ATC = pl.col("atc_code").str.strip_chars()
NUMBER = pl.col("pu_nummer").str.strip_chars()
NAME = pl.col("name").str.strip_chars()
COMPANY = german_company_id(company_name(NAME))
HOLDER = COMPANY.filter(IS_HOLDER).first().over("eingangsnummer")
COUNTRY = country_code(pl.col("land"))

SITE_ROLE = Mapping(
    SiteRole,
    scheme=f"{ENR_SCHEME}/role/pu_nummer",
    national_id=pl.concat_str(ENR, NATIVE_ROLE, NUMBER, separator="/"),
    values={
        "site_key": site_key(NUMBER),
        "organization_key": company_key(COMPANY),
        "product_key": product_key(ENR),
        "role": term(NATIVE_ROLE, ROLE),
        "native_role": NATIVE_ROLE,
        "subject_text": pl.col("arzneimittel"),
        "evidence": always(EvidenceKind.REGISTER),
        "standing": always(EvidenceStanding.NOT_STATED),
    },
    substance=SubstanceText(atc=ATC),
)

LOSSY = {
    "search_atc": "word of the search",
    "atc_text": "the ATC code says it",
    "name": "each name of the site once",
    "land": "as its ISO code",
}

FEED = Feed(
    id="eu.de_site_roles",
    member=Origin.EU,
    title="Holders, makers and releasers of German medicines (BfArM register)",
    source=WholeFile("https://portal.dimdi.de", "/amguifree/am/search.xhtml"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=SITE_ROLE,
    others=(
        Mapping(
            Site,
            scheme="BfArM pu_nummer",
            national_id=NUMBER,
            values={
                "name": NAME,
                "other_names": pl.col(OTHER_NAMES),
                "country": COUNTRY,
                "organization_key": company_key(COMPANY),
                "identifiers": identifiers(BFARM_ESTABLISHMENT, NUMBER),
                "locality_text": pl.col("plz_ort"),
            },
            conflicts={
                "COUNTRY_UNKNOWN": pl.col("land").is_not_null() & COUNTRY.is_null(),
                "SITE_RENAMED": pl.col(OTHER_NAMES).list.len() > 0,
            },
            repeats=Repeats.FIRST,
        ),
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=COMPANY,
            values={
                "name": company_name(NAME),
                "kind": pl.when(IS_HOLDER)
                .then(always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER))
                .otherwise(always(OrganizationKind.MANUFACTURER)),
                "country": COUNTRY,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Product,
            scheme=ENR_SCHEME,
            national_id=ENR,
            values={
                "name": pl.col("arzneimittel"),
                "species": always(Species.HUMAN),
                "holder_key": company_key(HOLDER),
                "authorisation_number": ENR,
                "authorisation_status": always(AuthorisationStatus.NOT_STATED),
                "atc_codes": pl.concat_list(ATC).list.drop_nulls(),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    is_full_list=False,
    cron="0 6 * * 1",
)
