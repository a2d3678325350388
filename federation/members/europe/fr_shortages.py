"""French shortages (ANSM, file CIS_CIP_Dispo_Spec of BDPM): stages of supply by product.

The start date is that of the stage, not of the shortage: it moves when a shortage turns into a
tension, and is the day of return once supply is back. Neither holder nor product name is stated;
the only words are those of the address of ANSM's page on the case.
"""

from collections.abc import Sequence

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, term, texts
from federation.members.europe.bdpm import (
    ADDRESS,
    CIS,
    CIS_CODE,
    DAY_STATED,
    IS_CIS,
    always_stated,
    bdpm_layout,
)
from federation.members.europe.identity import product_key
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import DAY_FIRST, Shape
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.supply_notice import SupplyNotice
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import Availability, NoticeKind, SupplyStatus

LABELS = {
    "1": "rupture de stock",  # out of stock
    "2": "tension d'approvisionnement",  # in short supply
    "3": "arrêt de commercialisation",  # taken off the market
    "4": "remise à disposition",  # back in supply
}
KIND = Crosswalk(
    "eu.fr_shortages.kind",
    NoticeKind,
    1,
    {
        "1": NoticeKind.SHORTAGE,
        "2": NoticeKind.LIMITED_SUPPLY,
        "3": NoticeKind.DISCONTINUATION,
        "4": NoticeKind.SHORTAGE,
    },
)
STATUS = Crosswalk(
    "eu.fr_shortages.status",
    SupplyStatus,
    1,
    {
        "1": SupplyStatus.ONGOING,
        "2": SupplyStatus.ONGOING,
        "3": SupplyStatus.DISCONTINUED,
        "4": SupplyStatus.RESOLVED,
    },
)
AVAILABILITY = Crosswalk(
    "eu.fr_shortages.availability",
    Availability,
    1,
    {
        "1": Availability.UNAVAILABLE,
        "2": Availability.LIMITED,
        "4": Availability.AVAILABLE,
    },
)

SHORTAGE_FACT = (
    "Code de la santé publique, art. L. 5121-29 ff.: a shortage, or the risk of one, of a medicine "
    "of major therapeutic interest is reported to ANSM as soon as it is known"
)
END_FACT = (
    "Code de la santé publique, art. L. 5124-6: the end of marketing is reported to ANSM one year "
    "ahead for a medicine of major therapeutic interest, two months ahead for another"
)


LAYOUT = bdpm_layout(
    {
        "Code CIS": CIS_CODE,
        "Code CIP13": Shape(r"\d{13}(?:\s*;\s*\d{13})*", "13 digits, or several such codes"),
        "Code statut": always_stated(r"\d", "a digit"),
        "Libellé statut": always_stated(r"\D{3,}", "a word"),
        "Date début": DAY_STATED,
        "Date mise à jour": DAY_STATED,
        "Date remise à disposition": DAY_FIRST,
        "Lien ANSM": always_stated(r"https?://\S+", "an address"),
    },
    facts={
        "Date mise à jour": pl.col("Date mise à jour").str.to_date("%d/%m/%Y", strict=False)
        >= pl.col("Date début").str.to_date("%d/%m/%Y", strict=False)
    },
)
COLUMNS = tuple(LAYOUT.columns)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the file."""
    return read_table(documents[0], LAYOUT)


CODE = pl.col("Code statut").str.strip_chars()
LABEL = pl.col("Libellé statut").str.strip_chars()
START, BACK = pl.col("Date début"), pl.col("Date remise à disposition")
CASE = pl.col("Lien ANSM").str.strip_chars().str.extract(r"([^/]+)/?$")

# Code and label are two statements of one thing; where they differ, neither is believed.
WORDS = LABEL.str.to_lowercase().str.replace_all("’", "'", literal=True)
WORDS_OF_CODE = CODE.replace_strict(LABELS, default=None, return_dtype=pl.String)
IS_CONFLICT = WORDS.ne_missing(WORDS_OF_CODE) & (
    WORDS_OF_CODE.is_not_null() | WORDS.is_in(LABELS.values())
)


def stage(crosswalk: Crosswalk) -> pl.Expr:
    """Translate the stage where code and label agree."""
    return pl.when(IS_CONFLICT).then(always(crosswalk.unmapped)).otherwise(term(CODE, crosswalk))


NOTICE = Mapping(
    SupplyNotice,
    # CIS and CIP13 alone repeat, and the start date moves with the stage; ANSM's case stays.
    scheme="ANSM case: CIS/CIP13/page",
    national_id=pl.concat_str(
        CIS, pl.col("Code CIP13").str.strip_chars(), CASE, separator="/", ignore_nulls=True
    ),
    refuse={"NO_CIS": ~CIS.fill_null("").str.contains(rf"^{IS_CIS}$")},
    values={
        "title": pl.coalesce(
            CASE.str.replace_all("-", " ", literal=True), pl.format("CIS {}", CIS)
        ),
        "kind": stage(KIND),
        "status": stage(STATUS),
        "native_status": pl.concat_str(CODE, LABEL, separator=" ", ignore_nulls=True),
        "legal_fact": pl.when(CODE == "3").then(always(END_FACT)).otherwise(always(SHORTAGE_FACT)),
        "availability": pl.when(CODE != "3").then(stage(AVAILABILITY)),
        "product_key": product_key(CIS),
        "package_codes": texts(pl.col("Code CIP13"), ";"),
        "starts_on": pl.when(START.ne_missing(BACK)).then(day(START, "%d/%m/%Y")),
        "ended_on": day(BACK, "%d/%m/%Y"),
        "updated_on": day(pl.col("Date mise à jour"), "%d/%m/%Y"),
    },
    conflicts={
        "CODE_LABEL_CONFLICT": IS_CONFLICT,
        "END_BEFORE_START": BACK.str.to_date("%d/%m/%Y", strict=False)
        < START.str.to_date("%d/%m/%Y", strict=False),
    },
    repeats=Repeats.NUMBER,
)

LOSSY = {
    "Date début": "of a resolved stage it is the day of return",
    "Lien ANSM": "the page's own words stand, not its whole address",
}

FEED = Feed(
    id="eu.fr_shortages",
    member=Origin.EU,
    title="French medicine shortages (ANSM, CIS_CIP_Dispo_Spec)",
    source=WholeFile(ADDRESS, "/download/file/CIS_CIP_Dispo_Spec.txt"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=NOTICE,
    cron="0 9,15,21 * * *",
)
