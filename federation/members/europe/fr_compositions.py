"""Substances of French medicines (BDPM, file CIS_COMPO_bdpm).

A component is stated as a substance (SA) and often a second time as its therapeutic fraction (FT),
tied by a link number: `CHLORHYDRATE DE METFORMINE 1000 mg` is `METFORMINE 780 mg`. That is one
ingredient and one dose. Each SA row becomes a record; its FT rows are merged into it.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from federation.feed import Feed
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always
from federation.harmonize.strengths import strength_fields
from federation.members.europe.bdpm import (
    ADDRESS,
    CIS,
    CIS_CODE,
    IS_CIS,
    always_stated,
    bdpm_layout,
)
from federation.members.europe.french_strengths import french_strength
from federation.members.europe.identity import product_key
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.product import Ingredient
from federation.sources.files import WholeFile
from federation.vocabularies.terms import IngredientRole

LAYOUT = bdpm_layout(
    {
        "Code CIS": CIS_CODE,
        "Désignation de l'élément pharmaceutique": Shape(r"[^A-Z].*", "words in small letters"),
        "Code de la substance": always_stated(r"\d{1,6}", "a number"),
        "Dénomination de la substance": Shape(r"[^a-z]+", "a name in capitals"),
        "Dosage de la substance": Shape(r"[\d<>].*|.*(?:CH|DH|q\.?s).*", "a dose"),
        "Référence de ce dosage": Shape(r"(?:une?|\d[\d,. ]*|pour)\s.*", "what holds the dose"),
        "Nature du composant": always_stated(r"[A-Z]{2}", "two capitals"),
        "Numéro de liaison": always_stated(r"\d{1,3}", "a small number"),
    }
)
COLUMNS = tuple(LAYOUT.columns)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file; substances come before fractions, since the first row of several speaks."""
    native = read_table(documents[0], LAYOUT)
    return replace(native, rows=native.rows.sort(IS_FRACTION, maintain_order=True))


COMPONENT = ("Code CIS", "Désignation de l'élément pharmaceutique", "Numéro de liaison")
ELEMENT, LINK = (pl.col(name) for name in COMPONENT[1:])
NAME = pl.col("Dénomination de la substance").str.strip_chars()
DOSE = pl.col("Dosage de la substance").str.strip_chars()
REFERENCE = pl.col("Référence de ce dosage").str.strip_chars()

IS_FRACTION = (pl.col("Nature du composant").str.strip_chars() == "FT").fill_null(value=False)
FRACTIONS = IS_FRACTION.sum().over(COMPONENT)
SUBSTANCES = (~IS_FRACTION).sum().over(COMPONENT)
IS_PAIR = (FRACTIONS == 1) & (SUBSTANCES == 1)


def of_substance(column: pl.Expr) -> pl.Expr:
    """Give a fraction's row the value of its substance's row, so that the two say the same."""
    of_first = column.filter(~IS_FRACTION).first().over(COMPONENT)
    return pl.when(IS_FRACTION & (SUBSTANCES > 0)).then(of_first).otherwise(column)


def of_fractions(column: pl.Expr) -> pl.Expr:
    """Join the values of a component's fractions; null where it has none beside a substance."""
    joined = column.filter(IS_FRACTION).str.join("; ").over(COMPONENT)
    return pl.when((FRACTIONS > 0) & (SUBSTANCES > 0)).then(joined)


SUBSTANCE = of_substance(NAME)
FRACTION = of_fractions(NAME)

# A substance without a dose of its own is dosed by its fraction, which the words then name.
IS_DOSED = of_substance(DOSE).is_not_null()
WORDS = pl.concat_str(DOSE, REFERENCE, separator=" / ", ignore_nulls=True)
WORDS_BY_FRACTION = pl.concat_str(
    DOSE, pl.lit(" "), NAME, pl.format(" / {}", REFERENCE).fill_null("")
)
DOSE_STATED, REFERENCE_STATED = (
    pl.when(IS_DOSED)
    .then(of_substance(column))
    .when(IS_PAIR)
    .then(column.filter(IS_FRACTION).first().over(COMPONENT))
    for column in (DOSE, REFERENCE)
)
STRENGTH = french_strength(DOSE_STATED, REFERENCE_STATED)

INGREDIENT = Mapping(
    Ingredient,
    scheme="BDPM CIS/element/link/substance",
    national_id=pl.concat_str(
        CIS, ELEMENT, LINK, of_substance(pl.col("Code de la substance")), separator="/"
    ),
    refuse={"NO_CIS": ~CIS.str.contains(rf"^{IS_CIS}$")},
    values={
        "product_key": product_key(CIS),
        "position": of_substance(pl.col(ROW)).rank("dense").over("Code CIS").cast(pl.Int32),
        "role": always(IngredientRole.ACTIVE),
        "native_text": pl.concat_str(SUBSTANCE, pl.format(" ({})", FRACTION).fill_null("")),
        "strength_text": pl.when(IS_DOSED)
        .then(of_substance(WORDS))
        .otherwise(of_fractions(WORDS_BY_FRACTION)),
        **strength_fields(STRENGTH),
    },
    repeats=Repeats.NUMBER,
    substance=SubstanceText(pl.when(IS_PAIR).then(FRACTION).otherwise(SUBSTANCE)),
)

LOSSY = {
    "Code de la substance": "the substance's stands for its fraction too",
    "Dosage de la substance": "the substance's stands for its fraction too",
    "Référence de ce dosage": "the substance's stands for its fraction too",
    "Nature du composant": "substance and fraction are one ingredient",
}

FEED = Feed(
    id="eu.fr_compositions",
    member=Origin.EU,
    title="Substances of French medicines (BDPM, CIS_COMPO_bdpm)",
    source=WholeFile(ADDRESS, "/download/file/CIS_COMPO_bdpm.txt"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=INGREDIENT,
    cron="15 7 * * *",
)
