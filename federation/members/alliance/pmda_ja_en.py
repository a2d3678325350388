"""Japanese generic names and the English ones that PMDA's package inserts print beside them.

A stored extract of the inserts: pairs of names only. No licence was stated where it lay.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

JAPANESE = pl.col("ja_name")
ENGLISH = pl.col("en_name_jan")

LAYOUT = Layout(
    {
        "ja_name": Shape(r".*[\u3041-\u9fff].*", "a name in Japanese"),
        "en_name_jan": Shape(r"[^\u3041-\u9fff]*", "a name without Japanese letters"),
        "n_inserts": None,
    },
    encodings=("utf-8", "cp932"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the pairs."""
    return read_table(documents[0], LAYOUT)


LOSSY = {
    "n_inserts": "made by the extract",
}

FEED = Feed(
    id="ref.pmda_ja_en",
    member=Origin.ALLIANCE,
    title="PMDA package inserts: Japanese and English names",
    source=WholeFile("https://www.pmda.go.jp", "/PmdaSearch/iyakuSearch/"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "pmda",
        "JAN, Japanese/English",
        pl.format("{}/{}", JAPANESE, ENGLISH),
        {
            "name": JAPANESE,
            "kind": always(RegisterEntryKind.SUBSTANCE),
            "language": always("ja"),
            "stated_name": ENGLISH,
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
