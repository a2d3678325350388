"""English words for counter-ions, hydrates and esters, in INN, USAN and BAN spelling.

The alliance's own list. The class of a word stays with its native row.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

LAYOUT = Layout(
    {
        "word": Shape(r"[^_]+", "a word"),
        "class": one_of(("both", "ester_or_prodrug", "counter_ion_or_hydrate")),
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the words."""
    return read_table(documents[0], LAYOUT)


LOSSY = {
    "class": "class of the word",
}

FEED = Feed(
    id="ref.salt_words",
    member=Origin.ALLIANCE,
    title="Words for salts, hydrates and esters",
    source=WholeFile("https://alliance.example", "/registers/salt_ester_words.csv"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "salt-word",
        "word",
        pl.col("word"),
        {
            "name": pl.col("word"),
            "kind": always(RegisterEntryKind.SALT_WORD),
            "language": always("en"),
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
