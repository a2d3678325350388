"""Certificates of suitability to the monographs of the European Pharmacopoeia (EDQM's CEP export).

A certificate says whose substance meets its monograph; a few such substances are excipients, which
the export does not tell apart. A TSE certificate says only that the risk of transmissible
spongiform encephalopathies is controlled: no evidence of who makes the substance. The site is the
holder's place, in one text with name and country; the plant may stand elsewhere.
"""

from collections.abc import Sequence

import polars as pl
import pycountry

from federation.feed import Feed
from federation.harmonize.dates import day, first_that_fits
from federation.harmonize.mapping import Mapping, Repeats, always, term
from federation.members.europe.identity import company_id, company_key, site_key
from federation.reading.delimited import read_unquoted
from federation.reading.native import Document, NativeTable
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.site import Site, SiteRole
from federation.sources.files import WholeFile
from federation.vocabularies.terms import (
    EvidenceKind,
    EvidenceStanding,
    OrganizationKind,
    SiteRoleKind,
)

ROLE = {
    "Chemical": SiteRoleKind.ACTIVE_SUBSTANCE,
    "Chemical and TSE": SiteRoleKind.ACTIVE_SUBSTANCE,
    "Herbal": SiteRoleKind.ACTIVE_SUBSTANCE,
    "TSE": SiteRoleKind.NOT_STATED,
}

# By the first word; behind it stands by whom and why.
STANDING = {
    "Valid": EvidenceStanding.VALID,
    "Expired": EvidenceStanding.EXPIRED,
    "Withdrawn": EvidenceStanding.WITHDRAWN,
    "Suspended": EvidenceStanding.SUSPENDED,
}

_COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)

# Without such a form between them, name and town can't be told apart. Two letters are a form only
# in capitals, since `As` and `Sa` also begin the names of towns.
_LEGAL_FORM = (
    r"\b(?:AB|AG|AS|BV|DD|KG|NV|OY|SA|SL|"
    r"(?i:co\.?,? ?ltd|ltd|limited|inc|incorporated|llc|corp|corporation|company|gmbh|kft|plc|bhd|"
    r"sas|spa|srl|sro|pvt|a/s|a\.s|b\.v|c\.v|d\.d|n\.v|s\.a|s\.a\.s|s\.a\.u|s\.l|s\.p\.a|s\.r\.l|"
    r"s\.r\.o))\b\.?"
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the export."""
    return read_unquoted(documents[0], columns=None, encodings=("utf-8", "cp1252"))


HOLDER = pl.col("Certificate (CEP) Holder").str.strip_chars()
LAST_WORD = HOLDER.str.extract(r" ([A-Z]{2})$")
COUNTRY = pl.when(LAST_WORD.is_in(_COUNTRIES)).then(LAST_WORD)
WHO_AND_WHERE = pl.when(COUNTRY.is_not_null()).then(HOLDER.str.head(-3)).otherwise(HOLDER)
PARTS = WHO_AND_WHERE.str.extract_groups(
    rf"^(.*{_LEGAL_FORM}),? ([\p{{L}}][\p{{L}} ,.'’-]+)$"
).struct
NAME = pl.coalesce(PARTS.field("1"), WHO_AND_WHERE)
TOWN = PARTS.field("2")

SPOR = (
    pl.col("Holder SPOR ORG-ID / SPOR LOC-ID")
    .str.extract_groups(r"^\s*(\d{9})\s*/\s*(\d{9})\s*$")
    .struct
)
ORGANIZATION, LOCATION = SPOR.field("1"), SPOR.field("2")
COMPANY = pl.coalesce(ORGANIZATION, company_id(NAME))
PLACE = pl.coalesce(LOCATION, company_id(HOLDER))

NUMBER = pl.col("Certificate (CEP) Number").str.strip_chars()
CERTIFICATE = NUMBER.str.extract(r"(?:^|-)CEP (\d{4}-\d{3,})")
STATUS = pl.col("Status CEP").str.strip_chars()
STANDS = term(STATUS.str.extract(r"^(\w+)"), STANDING, EvidenceStanding.UNMAPPED)
TYPE = pl.col("Type CEP").str.strip_chars()
ENDED = pl.col("End date CEP")

SITE_ROLE = Mapping(
    SiteRole,
    scheme="EDQM CEP number",  # a revision keeps the number, a renewal only adds R1 to it
    national_id=pl.coalesce(pl.format("CEP {}", CERTIFICATE), NUMBER),
    values={
        "site_key": site_key(PLACE),
        "organization_key": company_key(COMPANY),
        "role": term(TYPE, ROLE, SiteRoleKind.UNMAPPED),
        "native_role": TYPE,
        "subject_text": pl.col("Substance").str.strip_chars(),
        "evidence": always(EvidenceKind.CERTIFICATE_OF_SUITABILITY),
        "standing": STANDS,
        "evidence_number": NUMBER,
        "native_standing": STATUS,
        "valid_from": day(pl.col("Issue Date CEP"), "%d/%m/%Y"),
        "valid_until": first_that_fits(
            day(ENDED, "%d/%m/%Y"), day(pl.col("Renewal due"), "%d/%m/%Y")
        ),
    },
    conflicts={
        "VALID_YET_ENDED": (STANDS == EvidenceStanding.VALID) & ENDED.is_not_null(),
        "NUMBER_FORM": CERTIFICATE.is_null(),
        "COUNTRY_UNKNOWN": COUNTRY.is_null(),
    },
    repeats=Repeats.NUMBER,
)

FEED = Feed(
    id="eu.edqm_ceps",
    member=Origin.EU,
    title="Certificates of suitability (EDQM)",
    source=WholeFile("https://extranet.edqm.eu", "/4DLink1/4DCGI/EXPORT_WEB_CEP.txt"),
    read=read,
    primary=SITE_ROLE,
    others=(
        Mapping(
            Site,
            scheme="SPOR LOC-ID, or holder and town",
            national_id=PLACE,
            where=HOLDER.is_not_null(),
            values={
                "name": NAME,
                "country": COUNTRY,
                "organization_key": company_key(COMPANY),
                "locality_text": TOWN,
                "address_text": HOLDER,
            },
            repeats=Repeats.FIRST,
        ),
        Mapping(
            Organization,
            scheme="SPOR ORG-ID, or company name",
            national_id=COMPANY,
            where=HOLDER.is_not_null(),
            values={
                "name": NAME,
                "kind": always(OrganizationKind.MANUFACTURER),
                "country": COUNTRY,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    cron="30 6 * * *",
)
