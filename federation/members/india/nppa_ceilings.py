"""NPPA's ceiling prices of essential medicines (IPDMS, "All Drugs Ceiling Prices").

The export's address is bound to a session, so it is fetched by hand: this feed reads a stored copy.
Its first rows say when it was made; cells hold line breaks. A formulation has a price for each
container and volume, named in brackets behind the amount, and no number of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import polars as pl

from federation.feed import Feed
from federation.harmonize.currencies import currency_of
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always
from federation.harmonize.quantities import plain_amount, price_status
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.table import first_lines, read_table
from federation.records.declaration import Origin
from federation.records.essential_listing import EssentialListing
from federation.records.price_ceiling import PriceCeiling
from federation.sources.files import WholeFile
from federation.vocabularies.terms import LegalEffect, PriceKind

PREAMBLE_ROWS = 5

INDIAN_TIME = timezone(timedelta(hours=5, minutes=30))

# Day before month: `5/9/2026` is the fifth of September.
_MADE_ON = re.compile(r'"?DATE"?\s*,\s*"?(\d{1,2}/\d{1,2}/\d{4})\b')
_MADE_AT = re.compile(r'"?TIME"?\s*,\s*"?(\d{1,2}:\d{1,2}:\d{1,2})\b')


LAYOUT = Layout(
    {
        "SL No": None,
        "NLEM Version": Shape(r"20\d\d|1\d\d\d", "a year"),
        "Formulation": TEXT,
        "Dosage & Strength": TEXT,
        "SO Number": Shape(r"\d+\s*\(?E?\)?", "an order's number"),
        "SO Date": Shape(
            r"\d{1,2}-[A-Z][a-z]{2}-\d{4}|\d{1,2}[-/]\d{1,2}[-/]\d{4}", "a day as 25-Mar-2026"
        ),
        "Ceiling Price ( Excluding Taxes) (Rs.)(Per Unit)": Shape(
            r"(?:₹|Rs\.?)?\s*[\d,.]+.*|-", "an amount"
        ),
    },
    encodings=("utf-8", "cp1252"),
)
COLUMNS = tuple(LAYOUT.needed)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the export; the rows above its header say when it was made, in Indian time."""
    document = documents[0]
    native = read_table(document, LAYOUT)
    above = "\n".join(",".join(line) for line in first_lines(document, LAYOUT, PREAMBLE_ROWS))
    return replace(native, stated_at=_made_at(above) or native.stated_at)


def _made_at(preamble: str) -> datetime | None:
    day_made, time_made = _MADE_ON.search(preamble), _MADE_AT.search(preamble)
    if day_made is None:
        return None
    stamp = f"{day_made[1]} {time_made[1] if time_made else '0:0:0'}"
    try:
        return datetime.strptime(stamp, "%d/%m/%Y %H:%M:%S").replace(tzinfo=INDIAN_TIME)
    except ValueError:
        return None


def _tidy(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(r"\s+", " ").str.strip_chars()


def _plain(text: pl.Expr) -> pl.Expr:
    """Reduce a text, so that vintages which differ in case and breaks read the same."""
    return text.str.normalize("NFKC").str.to_lowercase()


VERSION = _tidy("NLEM Version")
FORMULATION = _tidy("Formulation")
STRENGTH = _tidy("Dosage & Strength")
PRICE = _tidy("Ceiling Price ( Excluding Taxes) (Rs.)(Per Unit)")

# `₹ 81.87(1000ml Glass)`; a price without the sign or the bracket is read by its number.
STATED = PRICE.str.extract_groups(
    r"^(?<sign>₹|Rs\.?)?\s*(?<amount>[^(]*?)\s*(?:\((?<unit>.*)\))?$"
).struct
AMOUNT, UNIT = STATED.field("amount"), STATED.field("unit").str.strip_chars()

TITLE = pl.concat_str(FORMULATION, STRENGTH, separator=", ", ignore_nulls=True)
ITEM = pl.concat_str(
    VERSION.fill_null("-"), _plain(FORMULATION), _plain(STRENGTH).fill_null("-"), separator="/"
)

CEILING = Mapping(
    PriceCeiling,
    scheme="NLEM version/formulation/strength/unit",
    national_id=pl.format("{}/{}", ITEM, _plain(UNIT).fill_null("-")),
    values={
        "title": TITLE,
        "kind": always(PriceKind.CEILING),
        "amount": plain_amount(AMOUNT),
        "amount_status": price_status(AMOUNT),
        "currency": currency_of(STATED.field("sign").fill_null("Rs.")),
        "unit_text": UNIT,
        "is_tax_included": pl.lit(value=False),
        "substance_text": FORMULATION,
        # The day of the order is not the first day of the price, which only its text says.
        "ordered_on": day(pl.col("SO Date"), "%d-%b-%Y", "%d-%m-%Y", "%d/%m/%Y"),
        "order_text": pl.format("S.O. {}", _tidy("SO Number")),
    },
    repeats=Repeats.NUMBER,
)

LISTING = Mapping(
    EssentialListing,
    scheme="NLEM version/formulation/strength",
    national_id=ITEM,
    where=VERSION.is_not_null(),
    values={
        "list_name": always("NLEM"),
        "list_version": VERSION,
        "title": TITLE,
        "legal_effect": always(LegalEffect.PRICE_CONTROL),
    },
    repeats=Repeats.FIRST,
    substance=SubstanceText(FORMULATION),
)

LOSSY = {
    "SL No": "row number of the list",
    "Formulation": "line breaks and double blanks",
    "Dosage & Strength": "line breaks and double blanks",
    "Ceiling Price ( Excluding Taxes) (Rs.)(Per Unit)": "split into amount and unit",
}

FEED = Feed(
    id="in.nppa_ceilings",
    member=Origin.IN,
    title="NPPA ceiling prices of essential medicines",
    source=WholeFile("https://nppaipdms.gov.in", "/IMCS/hissso/loginLogin.imcs"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=CEILING,
    others=(LISTING,),
    cron="30 12 * * 3",
)
