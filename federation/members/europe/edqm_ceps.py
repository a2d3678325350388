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
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term
from federation.members.europe.identity import company_id, company_key, site_key
from federation.organizations.schemes import SPOR_LOCATION, SPOR_ORGANIZATION, identifiers
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import DAY_FIRST, TEXT, Shape, one_of
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
    "eu.edqm_ceps.role",
    SiteRoleKind,
    1,
    {
        "Chemical": SiteRoleKind.ACTIVE_SUBSTANCE,
        "Chemical and TSE": SiteRoleKind.ACTIVE_SUBSTANCE,
        "Herbal": SiteRoleKind.ACTIVE_SUBSTANCE,
        "TSE": SiteRoleKind.NOT_STATED,
    },
)

# By the first word; behind it stands by whom and why.
STANDING = Crosswalk(
    "eu.edqm_ceps.standing",
    EvidenceStanding,
    1,
    {
        "Valid": EvidenceStanding.VALID,
        "Expired": EvidenceStanding.EXPIRED,
        "Withdrawn": EvidenceStanding.WITHDRAWN,
        "Suspended": EvidenceStanding.SUSPENDED,
    },
)

_COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)

# Without such a form between them, name and town can't be told apart. Two letters are a form only
# in capitals, since `As` and `Sa` also begin the names of towns.
_LEGAL_FORM = (
    r"\b(?:AB|AG|AS|BV|DD|KG|NV|OY|SA|SL|"
    r"(?i:co\.?,? ?ltd|ltd|limited|inc|incorporated|llc|corp|corporation|company|gmbh|kft|plc|bhd|"
    r"sas|spa|srl|sro|pvt|a/s|a\.s|b\.v|c\.v|d\.d|n\.v|s\.a|s\.a\.s|s\.a\.u|s\.l|s\.p\.a|s\.r\.l|"
    r"s\.r\.o))\b\.?"
)

# Behind a comma stands how the substance is made or ground, or the maker's letters for that. Other
# words make another substance of it: `Heparins, low-molecular-mass`.
_REMARK = (
    r",\s*(?:(?i:(?:\w+ )?(?:process|route|method|grade|polymorph)(?: \w+)?|"
    r"(?:non-)?micronised|milled|compacted|granulated|crystalline|sterile)|[A-Z]{1,2})\s*"
)


LAYOUT = Layout(
    {
        "Monograph Number": None,
        "Substance": TEXT,
        "Type CEP": one_of(ROLE.terms),
        "Certificate (CEP) Holder": Shape(r".* [A-Z]{2}", "a name, a town and a country"),
        "Holder SPOR ORG-ID / SPOR LOC-ID": Shape(r"\d{9} ?/ ?\d{9}", "two SPOR numbers"),
        "Certificate (CEP) Number": Shape(r".*CEP \d{4}-\d+.*", "a certificate's number"),
        "Issue Date CEP": DAY_FIRST,
        "Status CEP": Shape(rf"(?:{'|'.join(STANDING.terms)})\b.*", "a status"),
        "Renewal due": DAY_FIRST,
        "End date CEP": DAY_FIRST,
        "Closure Date of last Procedure": None,
    },
    aliases={
        "Certificate (CEP) Number": ("Certificate number",),
        "Issue Date CEP": ("Issue Date",),
        "Status CEP": ("Status",),
        "End date CEP": ("End date",),
        "Closure Date of last Procedure": ("Closure date",),
    },
    encodings=("utf-8", "cp1252"),
    separator="\t",
    is_quoted=False,
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the export."""
    return read_table(documents[0], LAYOUT)


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
SUBSTANCE = pl.col("Substance").str.strip_chars()
TYPE = pl.col("Type CEP").str.strip_chars()
STATUS = pl.col("Status CEP").str.strip_chars()
ROLE_OF_TYPE = term(TYPE, ROLE)
STANDS = term(STATUS.str.extract(r"^(\w+)"), STANDING)
ENDED = pl.col("End date CEP")

SITE_ROLE = Mapping(
    SiteRole,
    scheme="EDQM CEP number",  # a revision keeps the number, a renewal only adds R1 to it
    national_id=pl.coalesce(pl.format("CEP {}", CERTIFICATE), NUMBER),
    values={
        "site_key": site_key(PLACE),
        "organization_key": company_key(COMPANY),
        "role": ROLE_OF_TYPE,
        "native_role": TYPE,
        "subject_text": SUBSTANCE,
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
    substance=SubstanceText(
        pl.when(ROLE_OF_TYPE == SiteRoleKind.ACTIVE_SUBSTANCE).then(
            SUBSTANCE.str.replace(rf"({_REMARK})+$", "")
        )
    ),
)

LOSSY = {
    "Monograph Number": "no field for the pharmacopoeia's monograph",
    "Holder SPOR ORG-ID / SPOR LOC-ID": "split into the company's number and the site's",
    "Closure Date of last Procedure": "step of the procedure",
}

FEED = Feed(
    id="eu.edqm_ceps",
    member=Origin.EU,
    title="Certificates of suitability (EDQM)",
    source=WholeFile("https://extranet.edqm.eu", "/4DLink1/4DCGI/EXPORT_WEB_CEP.txt"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
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
                "identifiers": identifiers(SPOR_LOCATION, LOCATION),
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
                "identifiers": identifiers(SPOR_ORGANIZATION, ORGANIZATION),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    cron="30 8 * * *",
)
