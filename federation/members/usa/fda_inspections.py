"""FDA's inspections of establishments and how each was classified (data dashboard, newest first).

The dashboard's export has no fixed address: this feed reads a stored conversion of its newest
inspections into one CSV file. A row is one inspection in one project area. An establishment is
known by its FEI number; a state is given for American ones only, a country for none. Many are
clinical investigators, not makers: no row says which medicine the inspection was about.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, key_of, term
from federation.organizations import schemes
from federation.organizations.schemes import identifiers
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import DAY, TEXT, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.site import Site, SiteRole
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import EvidenceKind, EvidenceStanding, SiteRoleKind

STANDING = Crosswalk(
    "us.fda_inspections.standing",
    EvidenceStanding,
    1,
    {
        "NAI": EvidenceStanding.VALID,  # no action indicated
        "VAI": EvidenceStanding.VALID,  # voluntary action indicated: objections, yet no sanction
        "OAI": EvidenceStanding.FAILED,  # official action indicated
    },
)


LAYOUT = Layout(
    {
        "fei_number": digits("7,10"),
        "firm_name": TEXT,
        "inspection_end_date": DAY,
        "classification": one_of(STANDING.terms),
        "project_area": TEXT,
        "city": TEXT,
        "state": TEXT,
        "inspection_id": digits("6,8"),
    },
    aliases={"firm_name": ("Legal Name",)},  # the dashboard's own export
    encodings=("utf-8", "cp1252"),
)
COLUMNS = tuple(LAYOUT.columns)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the list."""
    return read_table(documents[0], LAYOUT)


FEI = pl.col("fei_number").str.strip_chars()
CLASSIFICATION = pl.col("classification")
AREA = pl.col("project_area")
INSPECTION = pl.col("inspection_id")
STATE = pl.col("state")

SITE_ROLE = Mapping(
    SiteRole,
    scheme="FDA inspection/project area",
    national_id=pl.format("{}/{}", INSPECTION, AREA),
    values={
        "site_key": key_of(Origin.US, "Site", FEI),
        "role": always(SiteRoleKind.NOT_STATED),
        "native_role": AREA,
        "evidence": always(EvidenceKind.INSPECTION),
        "standing": term(CLASSIFICATION, STANDING).fill_null(str(EvidenceStanding.NOT_STATED)),
        "evidence_number": INSPECTION,
        "native_standing": CLASSIFICATION,
        "valid_from": day(pl.col("inspection_end_date"), "%Y-%m-%d"),
    },
)

SITE = Mapping(
    Site,
    scheme="FEI",
    national_id=FEI,
    values={
        "name": pl.col("firm_name"),
        "country": pl.when(STATE.is_not_null()).then(pl.lit("US")),
        "identifiers": identifiers(schemes.FEI, FEI),
        "locality_text": pl.concat_str("city", STATE, separator=", ", ignore_nulls=True),
    },
    conflicts={"FEI_FORM": ~FEI.str.contains(r"^(?:\d{7}|\d{10})$")},
    repeats=Repeats.FIRST,
)

FEED = Feed(
    id="us.fda_inspections",
    member=Origin.US,
    title="FDA inspections and their classification",
    source=WholeFile("https://datadashboard.fda.gov", "/oii/cd/inspections.htm"),
    read=read,
    layouts=(LAYOUT,),
    primary=SITE_ROLE,
    others=(SITE,),
    is_full_list=False,  # the newest inspections only: an older one is no less true for it
    cron="0 5 * * 1",
)
