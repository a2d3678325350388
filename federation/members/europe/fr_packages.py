"""Packs of French medicines and their prices (BDPM, file CIS_CIP_bdpm).

A price has a comma before its cents and commas between its thousands: `4,417,08` is 4417.08 EUR.
The price of the medicine and the pharmacy's fee are stated apart; the amount here is the
medicine's, tax included. Most packs of medicines that are not reimbursed have none.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.currencies import always_in
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, always, term
from federation.members.europe.bdpm import (
    ADDRESS,
    CIS,
    CIS_CODE,
    DAY_STATED,
    IS_CIS,
    always_stated,
    bdpm_layout,
)
from federation.members.europe.identity import CIP_SCHEME, product_key
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Package
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import AmountStatus, MarketingStatus, PriceKind

IS_CIP13 = r"\d{13}"

MARKETING = Crosswalk(
    "eu.fr_packages.marketing",
    MarketingStatus,
    1,
    {
        "Déclaration de commercialisation": MarketingStatus.MARKETED,
        "Déclaration de suspension de commercialisation": MarketingStatus.NOT_MARKETED,
        "Déclaration d'arrêt de commercialisation": MarketingStatus.DISCONTINUED,
        "Arrêt de commercialisation (le médicament n'a plus d'autorisation)": (
            MarketingStatus.DISCONTINUED
        ),
    },
)


def _cents(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(r"[\s,.]", "").cast(pl.Int64, strict=False)


LAYOUT = bdpm_layout(
    {
        "Code CIS": CIS_CODE,
        "Code CIP7": always_stated(r"\d{7}", "7 digits"),
        "Libellé de la présentation": always_stated(r".+", "words"),
        "Statut administratif de la présentation": always_stated(r"Présentation .+", "a status"),
        "Etat de commercialisation": always_stated(
            r"(?:Déclaration|Arrêt|Suspension) .+", "a state"
        ),
        "Date de la déclaration de commercialisation": DAY_STATED,
        "Code CIP13": always_stated(IS_CIP13, "13 digits"),
        "Agrément aux collectivités": always_stated(r"oui|non|inconnu", "`oui` or `non`"),
        "Taux de remboursement": Shape(r"\d+ ?%(?:;.*)?", "a rate"),
        "Prix du médicament en euro": Shape(r"[\d,.]+", "an amount"),
        "Prix avec honoraire en euro": Shape(r"[\d,.]+", "an amount"),
        "Honoraire de dispensation": Shape(r"[\d,.]+", "an amount"),
        "Indications ouvrant droit au remboursement": Shape(r".{20,}", "a paragraph"),
    },
    facts={
        "Prix avec honoraire en euro": _cents("Prix avec honoraire en euro")
        >= _cents("Prix du médicament en euro"),
        "Honoraire de dispensation": _cents("Honoraire de dispensation")
        <= _cents("Prix du médicament en euro"),
    },
)
COLUMNS = tuple(LAYOUT.columns)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file."""
    return read_table(documents[0], LAYOUT)


def euros(text: pl.Expr) -> pl.Expr:
    """Read an amount exactly, a comma before its one or two decimals; any other text is null.

    `4,417` is null too: its comma may stand for either.
    """
    parts = text.str.strip_chars().str.extract_groups(
        r"^(?:(\d{1,3}(?:,\d{3})*|\d+),(\d{1,2})|(\d+))$"
    )
    whole = parts.struct.field("1").str.replace_all(",", "", literal=True)
    with_cents = pl.format("{}.{}", whole, parts.struct.field("2"))
    return pl.coalesce(with_cents, parts.struct.field("3"))


CIP13 = pl.col("Code CIP13").str.strip_chars()
LABEL = pl.col("Libellé de la présentation").str.strip_chars()
MARKETED = pl.col("Etat de commercialisation")
PRICE = pl.col("Prix du médicament en euro")
FEE = pl.col("Honoraire de dispensation")
AMOUNT, FULL_AMOUNT, FEE_AMOUNT = (
    euros(column).cast(pl.Decimal(18, 2))
    for column in (PRICE, pl.col("Prix avec honoraire en euro"), FEE)
)
INDICATIONS = pl.col("Indications ouvrant droit au remboursement").str.replace_all(
    r"(?:\s*<br>)+\s*", "\n"
)

PACKAGE = Mapping(
    Package,
    scheme=CIP_SCHEME,
    national_id=CIP13,
    refuse={
        "NO_CIP13": ~CIP13.str.contains(rf"^{IS_CIP13}$"),
        "NO_CIS": ~CIS.fill_null("").str.contains(rf"^{IS_CIS}$"),
    },
    values={
        "product_key": product_key(CIS),
        "code": CIP13,
        "code_text": pl.col("Code CIP13"),
        "description": LABEL,
        "marketing_status": term(MARKETED, MARKETING),
        "native_marketing_status": pl.concat_str(
            pl.col("Statut administratif de la présentation"),
            MARKETED,
            separator="; ",
            ignore_nulls=True,
        ),
        "marketing_declared_on": day(
            pl.col("Date de la déclaration de commercialisation"), "%d/%m/%Y"
        ),
    },
)

LOSSY = {
    "Code CIP7": "older code of the same pack",
    "Agrément aux collectivités": "no field for use in hospitals",
    "Prix avec honoraire en euro": "price and fee added up",
    "Indications ouvrant droit au remboursement": "`<br>` is a line break",
}

FEED = Feed(
    id="eu.fr_packages",
    member=Origin.EU,
    title="Packs and prices of French medicines (BDPM, CIS_CIP_bdpm)",
    source=WholeFile(ADDRESS, "/download/file/CIS_CIP_bdpm.txt"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PACKAGE,
    others=(
        Mapping(
            PriceCeiling,
            scheme=CIP_SCHEME,
            national_id=CIP13,
            where=PRICE.is_not_null() & CIP13.str.contains(rf"^{IS_CIP13}$"),
            values={
                "title": LABEL,
                "kind": always(PriceKind.REIMBURSEMENT),
                "amount": euros(PRICE),
                "amount_status": pl.when(euros(PRICE).is_null())
                .then(always(AmountStatus.UNMAPPED))
                .otherwise(always(AmountStatus.STATED)),
                "currency": always_in("euro"),
                "unit_text": LABEL,
                "is_tax_included": pl.lit(value=True),
                "product_key": product_key(CIS),
                "order_text": pl.concat_str(
                    pl.format("Taux de remboursement : {}", pl.col("Taux de remboursement")),
                    pl.format("Honoraire de dispensation : {} EUR", FEE),
                    INDICATIONS,
                    separator="\n",
                    ignore_nulls=True,
                ),
            },
            conflicts={
                "PRICE_AND_FEE_DO_NOT_ADD_UP": AMOUNT + FEE_AMOUNT != FULL_AMOUNT,
            },
        ),
    ),
    cron="30 7 * * *",
)
