"""The WHO's ATC/DDD index: substances and their classes by code.

A stored conversion of the index's pages. The conversion is under CC BY-NC-SA 4.0 and the index is
the WHO Collaborating Centre's, which forbids commercial use. A code has one row for each of its
daily doses, which make one entry.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import always
from federation.members.alliance.entries import MONTH, WEEKLY, atc_kind, register_entries
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.sources.files import WholeFile

CODE = pl.col("atc_code")
NAME = pl.col("atc_name")
COMBINATION = r"(?i)combination|\band\b|\bwith\b|/"
REMAINDER = r"(?i)^(?:various|others?)\b"

LAYOUT = Layout(
    {
        "atc_code": Shape(r"[A-Z](?:\d{2}(?:[A-Z]{1,2}(?:\d{2})?)?)?", "an ATC code"),
        "atc_name": Shape(r".*[A-Za-z]{3}.*", "a name"),
        "ddd": None,
        "uom": None,
        "adm_r": None,
        "note": None,
    },
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the index; `NA` is the conversion's word for nothing."""
    return read_table(documents[0], LAYOUT, blanks=("NA",))


LOSSY = {
    "ddd": "daily doses are not shared",
    "uom": "daily doses are not shared",
    "adm_r": "daily doses are not shared",
    "note": "daily doses are not shared",
}

FEED = Feed(
    id="ref.who_atc",
    member=Origin.ALLIANCE,
    title="WHO ATC/DDD index",
    source=WholeFile("https://atcddd.fhi.no", "/atc_ddd_index/"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=register_entries(
        "atc",
        "ATC",
        CODE,
        {
            "name": NAME,
            "kind": atc_kind(CODE, NAME, COMBINATION, REMAINDER),
            "language": always("en"),
            "atc_codes": pl.concat_list(CODE),
        },
    ),
    cron=WEEKLY,
    stated_cadence=MONTH,
    code_columns=tuple(LAYOUT.needed),
)
