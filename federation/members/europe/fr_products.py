"""French medicines (BDPM, file CIS_bdpm): authorised products of the last years, marketed or not.

Holders stand with a leading blank and, in brackets, a country where it is not France, written in
French and not always rightly.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, term, texts
from federation.members.europe.bdpm import ADDRESS, CIS, IS_CIS, IS_DATE, read_bdpm
from federation.members.europe.french_countries import country_code
from federation.members.europe.identity import (
    CIS_SCHEME,
    COMPANY_SCHEME,
    company_id,
    company_key,
)
from federation.reading.native import Document, NativeTable
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Product
from federation.sources.files import WholeFile
from federation.vocabularies.terms import (
    AuthorisationStatus,
    MarketingStatus,
    OrganizationKind,
    Species,
)

COLUMNS = (
    "Code CIS",
    "Dénomination du médicament",
    "Forme pharmaceutique",
    "Voies d'administration",
    "Statut administratif de l'AMM",
    "Type de procédure d'AMM",
    "Etat de commercialisation",
    "Date d'AMM",
    "StatutBdm",
    "Numéro de l'autorisation européenne",
    "Titulaire(s)",
    "Surveillance renforcée",
)

LOOKS = {
    "Code CIS": IS_CIS,
    "Statut administratif de l'AMM": r"Autorisation \S+",
    "Type de procédure d'AMM": r"(?:Procédure|Enreg|Autorisation) .+",
    "Etat de commercialisation": r"(?:C|Non c)ommercialisée",
    "Date d'AMM": IS_DATE,
    "Surveillance renforcée": r"Oui|Non",
}

# By what EMA says of the same brands, not by how the words look. Of those it no longer lists as
# authorised (July 2025, against January 2026 here), `abrogée` is Withdrawn 27 times in 29,
# `retirée` Revoked 3 times in 4, and `archivée` Expired 3 times in 3.
STATUS = {
    "Autorisation active": AuthorisationStatus.AUTHORISED,
    "Autorisation abrogée": AuthorisationStatus.WITHDRAWN,
    "Autorisation retirée": AuthorisationStatus.REVOKED,
    "Autorisation archivée": AuthorisationStatus.EXPIRED,
    "Autorisation suspendue": AuthorisationStatus.SUSPENDED,
}

MARKETING = {
    "Commercialisée": MarketingStatus.MARKETED,
    "Non commercialisée": MarketingStatus.NOT_MARKETED,
}


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file."""
    return read_bdpm(documents[0], COLUMNS, LOOKS)


STANDING = pl.col("Statut administratif de l'AMM")
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
        "authorisation_status": term(STANDING, STATUS, AuthorisationStatus.UNMAPPED),
        "native_authorisation_status": STANDING,
        "authorised_on": day(pl.col("Date d'AMM"), "%d/%m/%Y"),
        "procedure_text": pl.col("Type de procédure d'AMM"),
        "dose_form_text": pl.col("Forme pharmaceutique").str.strip_chars(),
        "route_texts": texts(pl.col("Voies d'administration"), ";"),
        "marketing_status": term(
            pl.col("Etat de commercialisation"), MARKETING, MarketingStatus.UNMAPPED
        ),
        "surveillance_text": pl.concat_str(ALERT, SURVEILLANCE, separator="; ", ignore_nulls=True),
    },
)

FEED = Feed(
    id="eu.fr_products",
    member=Origin.EU,
    title="French medicines (BDPM, CIS_bdpm)",
    source=WholeFile(ADDRESS, "/download/file/CIS_bdpm.txt"),
    read=read,
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
    cron="0 5 * * *",
)
