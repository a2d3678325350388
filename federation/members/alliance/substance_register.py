"""The alliance's substance register as records; its file comes with the product."""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, texts
from federation.reading.delimited import read_csv
from federation.reading.native import Document, NativeTable
from federation.records.declaration import Origin
from federation.records.substance import Substance
from federation.sources.files import BundledFile
from federation.substances.register import BUNDLED, COLUMNS


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the register."""
    return read_csv(documents[0], header_has=COLUMNS)


FEED = Feed(
    id="ref.alliance_substances",
    member=Origin.ALLIANCE,
    title="The alliance's substance register",
    source=BundledFile(BUNDLED),
    read=read,
    primary=Mapping(
        Substance,
        scheme="INN",
        national_id=pl.col("inn"),
        values={
            "inn": pl.col("inn"),
            "unii": pl.col("unii"),
            "cas": pl.col("cas"),
            "atc_codes": texts(pl.col("atc"), ";"),
            "names_en": texts(pl.col("en"), "|"),
            "names_ko": texts(pl.col("ko"), "|"),
            "names_ja": texts(pl.col("ja"), "|"),
            "names_fr": texts(pl.col("fr"), "|"),
            "names_de": texts(pl.col("de"), "|"),
            "names_in": texts(pl.col("in"), "|"),
        },
    ),
)
