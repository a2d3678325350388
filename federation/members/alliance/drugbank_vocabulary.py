"""DrugBank's open vocabulary: common names, synonyms in several languages, CAS and UNII.

DrugBank publishes it under CC0. The owner serves it packed; this is the file inside. A few synonyms
are wrong: they are kept as stated, and weighed where the register is compiled.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always, texts
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

LAYOUT = Layout(
    {
        "DrugBank ID": Shape(r"DB\d{5}", "a number as DB00001"),
        "Accession Numbers": None,
        "Common name": TEXT,
        "CAS": Shape(r"\d+-\d\d-\d", "a CAS number"),
        "UNII": Shape(r"[0-9A-Z]{10}", "10 digits and capitals"),
        "Synonyms": TEXT,
        "Standard InChI Key": None,
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the vocabulary."""
    return read_table(documents[0], LAYOUT)


LOSSY = {
    "Accession Numbers": "older numbers of the entry",
    "Standard InChI Key": "no field for the structure",
}

FEED = Feed(
    id="ref.drugbank_vocabulary",
    member=Origin.ALLIANCE,
    title="DrugBank open vocabulary",
    source=WholeFile(
        "https://go.drugbank.com", "/releases/latest/downloads/all-drugbank-vocabulary"
    ),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "drugbank",
        "DrugBank ID",
        pl.col("DrugBank ID"),
        {
            "name": pl.col("Common name"),
            "other_names": texts(pl.col("Synonyms"), " | "),
            "kind": always(RegisterEntryKind.SUBSTANCE),
            "language": always("en"),
            "unii": pl.col("UNII"),
            "cas": pl.col("CAS"),
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
