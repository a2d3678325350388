"""The alliance's substance register as records: what the reference registers are compiled to.

The hub gives this feed the documents that the reference feeds last brought; before there are any,
the small register that comes with the product.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.gate import GateRules
from federation.harmonize.mapping import Mapping
from federation.members.alliance.compilation import compile_register
from federation.reading.native import Document, NativeTable, number
from federation.records.declaration import Origin
from federation.records.substance import Substance
from federation.sources.files import BundledFile
from federation.substances.register import BUNDLED, LANGUAGES


def read(documents: Sequence[Document]) -> NativeTable:
    """Compile the register; names whose language no source states stay with its entries."""
    register = sorted(compile_register(documents), key=lambda substance: substance.inn)
    columns = {
        "inn": pl.Series([one.inn for one in register], dtype=pl.String),
        "unii": pl.Series([one.unii for one in register], dtype=pl.String),
        "cas": pl.Series([one.cas for one in register], dtype=pl.String),
        "atc": _lists([one.atc for one in register]),
        **{
            language: _lists([one.names.get(language, ()) for one in register])
            for language in LANGUAGES
        },
    }
    return NativeTable(number(pl.DataFrame(columns)))


def _lists(values: Sequence[Sequence[str]]) -> pl.Series:
    return pl.Series(values, dtype=pl.List(pl.String))


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
            "atc_codes": pl.col("atc"),
            **{f"names_{language}": pl.col(language) for language in LANGUAGES},
        },
    ),
    cron="0 4 * * *",
    # The bundled sample is followed by the whole register, a hundred times as long.
    gate=GateRules(max_growth=1000.0),
)
