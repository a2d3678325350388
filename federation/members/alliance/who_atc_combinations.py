"""The WHO's list of defined daily doses of combinations: brands, what is in them, and their code.

A stored conversion of the list's page, under the terms of `who_atc`. A brand in two strengths has
two entries.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Repeats, always
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

CODE = pl.col("atc_code")
BRAND = pl.col("brand_name")

LAYOUT = Layout(
    {
        "atc_code": Shape(r"[A-Z]\d{2}[A-Z]{1,2}(?:\d{2})?", "an ATC code"),
        "brand_name": TEXT,
        "dosage_form": None,
        "ingredients": TEXT,
        "ddd_comb": None,
    },
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the list."""
    return read_table(documents[0], LAYOUT)


LOSSY = {
    "dosage_form": "daily doses are not shared",
    "ddd_comb": "daily doses are not shared",
}

FEED = Feed(
    id="ref.who_atc_combinations",
    member=Origin.ALLIANCE,
    title="WHO ATC/DDD: doses of combinations",
    source=WholeFile("https://atcddd.fhi.no", "/ddd/list_of_ddds_combined_products/"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "atc-combination",
        "ATC/brand",
        pl.format("{}/{}", CODE, BRAND),
        {
            "name": BRAND,
            "kind": always(RegisterEntryKind.COMBINATION),
            "stated_name": pl.col("ingredients"),
            "atc_codes": pl.concat_list(CODE),
        },
        repeats=Repeats.NUMBER,
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
