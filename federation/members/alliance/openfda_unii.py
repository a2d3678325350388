"""Substance names and their UNII as openFDA's shortage records state them, at the level of salts.

A stored extract of the records that state exactly one of each; openFDA's data is in the public
domain. The code of a salt is not that of its substance.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

LAYOUT = Layout(
    {"substance_name": TEXT, "unii": Shape(r"[0-9A-Z]{10}", "10 digits and capitals")},
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the pairs."""
    return read_table(documents[0], LAYOUT)


FEED = Feed(
    id="ref.openfda_unii",
    member=Origin.ALLIANCE,
    title="openFDA substance names and UNII",
    source=WholeFile("https://api.fda.gov", "/drug/shortages.json"),
    read=read,
    layouts=(LAYOUT,),
    primary=register_entries(
        "openfda-unii",
        "openFDA substance name",
        pl.col("substance_name"),
        {
            "name": pl.col("substance_name"),
            "kind": always(RegisterEntryKind.SUBSTANCE),
            "language": always("en"),
            "unii": pl.col("unii"),
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
