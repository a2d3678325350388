"""French medicines (BDPM, file CIS_bdpm): authorised products of the last years, marketed or not.

Holders stand with a leading blank and, in brackets, a country where it is not France, written in
French and not always rightly.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import (
    Mapping,
    Repeats,
    always,
    dose_form,
    routes,
    term,
    terms,
    texts,
)
from federation.members.europe.bdpm import (
    ADDRESS,
    CIS,
    CIS_CODE,
    DAY_STATED,
    IS_CIS,
    always_stated,
    bdpm_layout,
)
from federation.members.europe.french_countries import country_code
from federation.members.europe.french_forms import DOSE_FORM, ROUTE, plain_form
from federation.members.europe.identity import (
    CIS_SCHEME,
    COMPANY_SCHEME,
    company_id,
    company_key,
)
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Product
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    MarketingStatus,
    OrganizationKind,
    Species,
)

# By what EMA says of the same brands, not by how the words look. Of those it no longer lists as
# authorised (July 2025, against January 2026 here), `abrogée` is Withdrawn 27 times in 29,
# `retirée` Revoked 3 times in 4, and `archivée` Expired 3 times in 3.
STATUS = Crosswalk(
    "eu.fr_products.status",
    AuthorisationStatus,
    1,
    {
        "Autorisation active": AuthorisationStatus.AUTHORISED,
        "Autorisation abrogée": AuthorisationStatus.WITHDRAWN,
        "Autorisation retirée": AuthorisationStatus.REVOKED,
        "Autorisation archivée": AuthorisationStatus.EXPIRED,
        "Autorisation suspendue": AuthorisationStatus.SUSPENDED,
    },
)

MARKETING = Crosswalk(
    "eu.fr_products.marketing",
    MarketingStatus,
    1,
    {
        "Commercialisée": MarketingStatus.MARKETED,
        "Non commercialisée": MarketingStatus.NOT_MARKETED,
    },
)


_SMALL = "a-zà-öø-ÿœ"
_ROUTES = (
    "voie |intra|péri|sous-|endo|épi|hémo|gastr|bucc|orale|cutanée|sublinguale|ophtalmique|inhalée|"
    "transdermique|rectale|nasale|vaginale|infiltration|dentaire|gingivale|auriculaire|urétrale"
)

LAYOUT = bdpm_layout(
    {
        "Code CIS": CIS_CODE,
        "Dénomination du médicament": Shape(
            rf"[^{_SMALL}].*[{_SMALL}].*", "a name in capitals, then its form"
        ),
        "Forme pharmaceutique": Shape(rf"[{_SMALL}(].*", "words in small letters"),
        "Voies d'administration": Shape(rf"(?:{_ROUTES}).*", "routes"),
        "Statut administratif de l'AMM": always_stated(r"Autorisation \S+", "a status"),
        "Type de procédure d'AMM": always_stated(
            r"(?:Procédure|Enreg|Autorisation) .+", "a procedure"
        ),
        "Etat de commercialisation": always_stated(r"(?:C|Non c)ommercialisée", "a state"),
        "Date d'AMM": DAY_STATED,
        "StatutBdm": Shape(r"Alerte|Warning.*", "a warning"),
        "Numéro de l'autorisation européenne": Shape(r"EU/.*|\d/\d\d/.*", "an EU number"),
        "Titulaire(s)": Shape(rf"[^{_SMALL}]*|[^,]*", "a name"),
        "Surveillance renforcée": always_stated(r"Oui|Non", "`Oui` or `Non`"),
    }
)
COLUMNS = tuple(LAYOUT.columns)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file."""
    return read_table(documents[0], LAYOUT)


STANDING = pl.col("Statut administratif de l'AMM")
FORM = pl.col("Forme pharmaceutique").str.strip_chars()
ROUTES = texts(pl.col("Voies d'administration"), ";")
STATED_FORM = dose_form(plain_form(FORM), ROUTES, DOSE_FORM)
ALERT = pl.col("StatutBdm")
SURVEILLANCE = pl.format("surveillance renforcée : {}", pl.col("Surveillance renforcée"))
HOLDER = pl.col("Titulaire(s)").str.strip_chars()

# A bracket that names no country, such as (EUROPE), is part of the name.
COUNTRY = country_code(HOLDER.str.extract(r"\(([^()]*)\)+$"))
HOLDER_NAME = (
    pl.when(COUNTRY.is_not_null())
    .then(HOLDER.str.replace(r"\s*\([^()]*\)+$", ""))
    .otherwise(HOLDER)
)
COMPANY = company_id(HOLDER_NAME, COUNTRY)

PRODUCT = Mapping(
    Product,
    scheme=CIS_SCHEME,
    national_id=CIS,
    refuse={"NO_CIS": ~CIS.str.contains(rf"^{IS_CIS}$")},
    values={
        "name": pl.col("Dénomination du médicament").str.strip_chars(),
        "species": always(Species.HUMAN),
        "holder_key": company_key(COMPANY),
        "authorisation_number": pl.col("Numéro de l'autorisation européenne").str.strip_chars(),
        "authorisation_status": term(STANDING, STATUS),
        "native_authorisation_status": STANDING,
        "authorised_on": day(pl.col("Date d'AMM"), "%d/%m/%Y"),
        "procedure_text": pl.col("Type de procédure d'AMM"),
        "dose_form_text": FORM,
        "dose_form": STATED_FORM,
        "route_texts": ROUTES,
        "routes": routes(STATED_FORM, terms(ROUTES, ROUTE)),
        "marketing_status": term(pl.col("Etat de commercialisation"), MARKETING),
        "surveillance_text": pl.concat_str(ALERT, SURVEILLANCE, separator="; ", ignore_nulls=True),
    },
)

LOSSY = {
    "Titulaire(s)": "the country in brackets stands as its ISO code",
}

FEED = Feed(
    id="eu.fr_products",
    member=Origin.EU,
    title="French medicines (BDPM, CIS_bdpm)",
    source=WholeFile(ADDRESS, "/download/file/CIS_bdpm.txt"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PRODUCT,
    others=(
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=COMPANY,
            where=HOLDER.is_not_null(),
            values={
                "name": HOLDER_NAME,
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
                "country": COUNTRY,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    cron="0 7 * * *",
)
