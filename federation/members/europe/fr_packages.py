"""Packs of French medicines and their prices (BDPM, file CIS_CIP_bdpm).

A price has a comma before its cents and commas between its thousands: `4,417,08` is 4417.08 EUR.
The price of the medicine and the pharmacy's fee are stated apart; the amount here is the
medicine's, tax included. Most packs of medicines that are not reimbursed have none.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, always, term
from federation.members.europe.bdpm import ADDRESS, CIS, IS_CIS, IS_DATE, read_bdpm
from federation.members.europe.identity import CIP_SCHEME, product_key
from federation.reading.native import Document, NativeTable
from federation.records.declaration import Origin
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Package
from federation.sources.files import WholeFile
from federation.vocabularies.terms import AmountStatus, MarketingStatus, PriceKind

COLUMNS = (
    "Code CIS",
    "Code CIP7",
    "Libellé de la présentation",
    "Statut administratif de la présentation",
    "Etat de commercialisation",
    "Date de la déclaration de commercialisation",
    "Code CIP13",
    "Agrément aux collectivités",
    "Taux de remboursement",
    "Prix du médicament en euro",
    "Prix avec honoraire en euro",
    "Honoraire de dispensation",
    "Indications ouvrant droit au remboursement",
)

IS_CIP13 = r"\d{13}"

LOOKS = {
    "Code CIS": IS_CIS,
    "Code CIP7": r"\d{7}",
    "Statut administratif de la présentation": r"Présentation .+",
    "Etat de commercialisation": r"(?:Déclaration|Arrêt|Suspension) .+",
    "Date de la déclaration de commercialisation": IS_DATE,
    "Code CIP13": IS_CIP13,
    "Agrément aux collectivités": r"oui|non|inconnu",
}

MARKETING = {
    "Déclaration de commercialisation": MarketingStatus.MARKETED,
    "Déclaration de suspension de commercialisation": MarketingStatus.NOT_MARKETED,
    "Déclaration d'arrêt de commercialisation": MarketingStatus.DISCONTINUED,
    "Arrêt de commercialisation (le médicament n'a plus d'autorisation)": (
        MarketingStatus.DISCONTINUED
    ),
}


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file."""
    return read_bdpm(documents[0], COLUMNS, LOOKS)


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
        "marketing_status": term(MARKETED, MARKETING, MarketingStatus.UNMAPPED),
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

FEED = Feed(
    id="eu.fr_packages",
    member=Origin.EU,
    title="Packs and prices of French medicines (BDPM, CIS_CIP_bdpm)",
    source=WholeFile(ADDRESS, "/download/file/CIS_CIP_bdpm.txt"),
    read=read,
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
                "currency": always("EUR"),
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
    cron="30 5 * * *",
)
