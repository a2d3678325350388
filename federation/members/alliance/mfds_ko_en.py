"""Korean and English names of single ingredients, as MFDS's product list states them side by side.

A stored extract of `kr.mfds_products`, under the terms of that list. A pair stands there once for
each ATC code that its products state, which may be a retired one or none.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always, texts
from federation.members.alliance.entries import MONTH, WEEKLY, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile
from federation.vocabularies.terms import RegisterEntryKind

KOREAN = pl.col("ko_name")
ENGLISH = pl.col("en_name")
CODE = pl.col("atc_stated")

LAYOUT = Layout(
    {
        "ko_name": Shape(r".*[가-힣].*", "a name in Korean"),
        "en_name": Shape(r"[^가-힣]*", "a name without Korean letters"),
        "atc_stated": Shape(r"[A-Z]\d{2}[A-Z\d]*(?:\s*[,;|].*)?", "an ATC code"),
        "n_products": None,
    },
    encodings=("utf-8", "cp949"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the pairs."""
    return read_table(documents[0], LAYOUT)


LOSSY = {
    "n_products": "made by the extract",
}

FEED = Feed(
    id="ref.mfds_ko_en",
    member=Origin.ALLIANCE,
    title="MFDS product list: Korean and English names",
    source=WholeFile("https://nedrug.mfds.go.kr", "/searchDrug/getExcel"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "mfds",
        "MFDS 주성분, Korean/English/ATC",
        pl.concat_str(KOREAN, ENGLISH, CODE, separator="/", ignore_nulls=True),
        {
            "name": KOREAN,
            "kind": always(RegisterEntryKind.SUBSTANCE),
            "language": always("ko"),
            "stated_name": ENGLISH,
            "atc_codes": texts(CODE, ";"),
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
