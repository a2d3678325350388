"""The European Commission's Community Register: what is in the brands it lists.

A stored conversion of the register's pages, under the Commission's reuse notice. Only products of
the central procedure have a number, orphan designations have no brand, and a referral lists many
national brands under all of its substances, joined or one by one.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Repeats, always
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

SUBSTANCE = pl.col("Active substance")
BRAND = pl.col("Brand name")

LAYOUT = Layout(
    {
        "Active substance": TEXT,
        "Brand name": TEXT,
        "EU number": Shape(r"EU/\d/.*", "a number as EU/3/04/200"),
        "Human or veterinary": one_of(("Human", "Veterinary")),
        "Procedure type": Shape(r"[A-Z]\D{4,}", "a procedure"),
    },
    encodings=("utf-8", "cp1252"),
    separator="\t",
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the register; a dash is its word for nothing."""
    return read_table(documents[0], LAYOUT, blanks=("-",))


LOSSY = {
    "Human or veterinary": "not about names",
    "Procedure type": "not about names",
}

FEED = Feed(
    id="ref.eu_register",
    member=Origin.ALLIANCE,
    title="Community Register of medicinal products: active substances and brands",
    source=WholeFile("https://ec.europa.eu", "/health/documents/community-register/html/"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "eu-register",
        "EU number, else brand/active substance",
        pl.coalesce(
            pl.col("EU number"), pl.concat_str(BRAND, SUBSTANCE, separator="/", ignore_nulls=True)
        ),
        {
            "name": pl.coalesce(BRAND, SUBSTANCE),
            "kind": pl.when(BRAND.is_null())
            .then(always(RegisterEntryKind.SUBSTANCE))
            .otherwise(always(RegisterEntryKind.BRAND)),
            "stated_name": SUBSTANCE,
        },
        repeats=Repeats.NUMBER,
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
