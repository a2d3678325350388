"""The Union list of critical medicines (EMA, Heads of Medicines Agencies, Commission), by ATC code.

A stored conversion: EMA publishes a workbook with routes, groups and blocks repeated across the
sheet; this file holds its ATC codes alone, blank lines between the groups. A code without its route
says too much: only some medicines with it are on the list. To be on it is no duty by itself; such
medicines are watched first.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, SubstanceText, always
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.essential_listing import EssentialListing
from federation.sources.files import WholeFile
from federation.vocabularies.terms import LegalEffect

COLUMN = "ATC level 5"
LIST_NAME = "Union list of critical medicines"


LAYOUT = Layout(
    {COLUMN: Shape(r"[A-Z]\d{2}[A-Z]{2}\d{2}", "an ATC code of level 5")},
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the codes; a blank line is no row."""
    return read_table(documents[0], LAYOUT)


ATC = pl.col(COLUMN).str.strip_chars()

LISTING = Mapping(
    EssentialListing,
    scheme="ATC",
    national_id=ATC,
    refuse={"NO_ATC_LEVEL_5": ~ATC.str.contains(r"^[A-Z]\d{2}[A-Z]{2}\d{2}$")},
    values={
        "list_name": always(LIST_NAME),
        "atc_codes": pl.concat_list(ATC),
        "legal_effect": always(LegalEffect.MONITORING),
    },
    substance=SubstanceText(atc=ATC),
)

FEED = Feed(
    id="eu.union_list",
    member=Origin.EU,
    title="Union list of critical medicines, ATC codes",
    source=WholeFile(
        "https://www.ema.europa.eu", "/en/documents/other/union-list-critical-medicines-en.xlsx"
    ),
    read=read,
    layouts=(LAYOUT,),
    primary=LISTING,
    cron="0 8 * * 1",
)
