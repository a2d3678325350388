"""MFDS results of GMP inspections (의약품등 GMP 실사 결과): sites in Korea and abroad.

The board is web pages with a report each; what is read here is a stored conversion of its list to
JSON, whose key names are the conversion's. A pull of the page itself is refused as a web page.
The list names no verdict, so no inspection says whether the site passed. 완제+원료(겸업) is two
roles: the row's own record is the finished product, the active substance comes along.
"""

from collections.abc import Sequence

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, key_of, term
from federation.harmonize.names import company_id
from federation.members.korea.countries import country_code
from federation.members.korea.identity import COMPANY_NAME_SCHEME, named_company_key
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import DAY, TEXT, Shape, one_of
from federation.reading.tree import parse_json, read_objects
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
    "kr.mfds_gmp_sites.role",
    SiteRoleKind,
    1,
    {
        "완제(단일)": SiteRoleKind.FINISHED_PRODUCT,
        "완제+원료(겸업)": SiteRoleKind.FINISHED_PRODUCT,
        "원료(단일)": SiteRoleKind.ACTIVE_SUBSTANCE,
        "해당없음": SiteRoleKind.NOT_STATED,
    },
)
BOTH = "완제+원료(겸업)"


LAYOUT = Layout(
    {
        "docId": Shape(r"[0-9A-Za-z_-]{4,}", "a document's number"),
        "seq": None,
        "prePost": Shape(r".{1,12}", "a short word"),
        "type": one_of(ROLE.terms),
        "country": Shape(r"[가-힣()\s]+", "a country in Korean"),
        "site": TEXT,
        "address": TEXT,
        "inspStart": DAY,
        "inspEnd": DAY,
        "regDate": None,
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the conversion.

    Raises:
        SourceChanged: it is no list.
    """
    inspections = parse_json(documents[0])
    if not isinstance(inspections, list):
        raise SourceChanged(
            f"`{documents[0].name}` is no list of inspections: look at it, "
            "then mend the feed's reader"
        )
    return read_objects(inspections, layout=LAYOUT, name=documents[0].name)


INSPECTION = pl.col("docId")
NAME = pl.col("site").str.strip_chars()
ADDRESS = pl.col("address")
COUNTRY = pl.col("country")
TYPE = pl.col("type")

# The source numbers inspections, not sites: the same name at the same address is the same site.
PLACE = ADDRESS.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\s.,]+", " ")
SITE_ID = pl.format("{} @ {}", company_id(NAME), PLACE.fill_null("").str.strip_chars())


def _role(national_id: pl.Expr, role: pl.Expr, where: pl.Expr | None = None) -> Mapping:
    """Make the mapping of one of an inspection's roles."""
    return Mapping(
        SiteRole,
        scheme="MFDS GMP 실사 docId",
        national_id=national_id,
        where=where,
        values={
            "site_key": key_of(Origin.KR, "Site", SITE_ID),
            "organization_key": named_company_key(NAME),
            "role": role,
            "native_role": TYPE,
            "evidence": always(EvidenceKind.INSPECTION),
            "standing": always(EvidenceStanding.NOT_STATED),
            "evidence_number": INSPECTION,
            "native_standing": pl.col("prePost"),  # inspected before or after authorisation
            "valid_from": day(pl.col("inspEnd"), "%Y-%m-%d"),
        },
        conflicts={"INSPECTION_ENDS_BEFORE_START": pl.col("inspEnd") < pl.col("inspStart")},
    )


LOSSY = {
    "seq": "row number of the list",
    "country": "as its ISO code",
    "site": "the first spelling of a company's name stands",
    "inspStart": "the last day of the inspection stands",
    "regDate": "day it was posted",
}

FEED = Feed(
    id="kr.mfds_gmp_sites",
    member=Origin.KR,
    title="MFDS results of GMP inspections (의약품등 GMP 실사 결과)",
    source=WholeFile("https://nedrug.mfds.go.kr", "/pbp/CCBBD03"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=_role(
        INSPECTION,
        term(TYPE, ROLE).fill_null(str(SiteRoleKind.NOT_STATED)),
    ),
    others=(
        _role(
            pl.format("{}/원료", INSPECTION),
            always(SiteRoleKind.ACTIVE_SUBSTANCE),
            where=TYPE == BOTH,
        ),
        Mapping(
            Site,
            scheme="제조소명 @ 소재지",
            national_id=SITE_ID,
            where=NAME.is_not_null(),
            values={
                "name": NAME,
                "country": country_code(COUNTRY),
                "organization_key": named_company_key(NAME),
                "address_text": ADDRESS,
            },
            conflicts={"COUNTRY_UNKNOWN": COUNTRY.is_not_null() & country_code(COUNTRY).is_null()},
            repeats=Repeats.FIRST,
        ),
        Mapping(
            Organization,
            scheme=COMPANY_NAME_SCHEME,
            national_id=company_id(NAME),
            where=NAME.is_not_null(),
            values={
                "name": NAME,
                "kind": always(OrganizationKind.MANUFACTURER),
                "country": country_code(COUNTRY),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    cron="15 14 * * 1",
)
