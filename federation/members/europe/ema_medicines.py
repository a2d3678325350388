"""EMA's table of medicines under the centralised procedure, human and veterinary (xlsx).

One row a brand. Eight rows of preamble, missing in some copies, carry the stamp of the export;
columns come and go between editions. Texts hold scraps of HTML (`&nbsp;`, `&lt;`).
"""

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term, texts
from federation.members.europe.identity import (
    COMPANY_SCHEME,
    EMA_SCHEME,
    company_id,
    company_key,
    product_key,
)
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import DAY_FIRST, TEXT, Shape, one_of
from federation.reading.table import first_lines, read_table
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Product
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    OrganizationKind,
    Species,
)

STATUS = Crosswalk(
    "eu.ema_medicines.status",
    AuthorisationStatus,
    1,
    {
        "Authorised": AuthorisationStatus.AUTHORISED,
        "Opinion": AuthorisationStatus.APPLIED,
        "Opinion under re-examination": AuthorisationStatus.APPLIED,
        "Application withdrawn": AuthorisationStatus.APPLICATION_WITHDRAWN,
        "Withdrawn from rolling review": AuthorisationStatus.APPLICATION_WITHDRAWN,
        "Refused": AuthorisationStatus.REFUSED,
        "Suspended": AuthorisationStatus.SUSPENDED,
        "Withdrawn": AuthorisationStatus.WITHDRAWN,
        "Revoked": AuthorisationStatus.REVOKED,
        "Expired": AuthorisationStatus.EXPIRED,
        "Lapsed": AuthorisationStatus.EXPIRED,  # not on the market for three years
    },
)

SPECIES = Crosswalk(
    "eu.ema_medicines.species",
    Species,
    1,
    {"Human": Species.HUMAN, "Veterinary": Species.VETERINARY},
)

FLAGS = (
    "Accelerated assessment",
    "Advanced therapy",
    "Biosimilar",
    "Conditional approval",
    "Exceptional circumstances",
    "Generic or hybrid",  # until 2025
    "Generic",  # since 2026
    "Orphan medicine",
    "PRIME: priority medicine",
)

NAMES_OF_SUBSTANCES = (
    "Active substance",
    "International non-proprietary name (INN) / common name",
)
"""The second speaks where the first is blank."""

PREAMBLE_ROWS = 10

_STAMP = re.compile(r"\d{2}/\d{2}/\d{4} - \d{2}:\d{2}")
_ENTITY = re.compile(r"&#?\w+;")


YES_OR_NO = one_of(("Yes", "No"))

LAYOUT = Layout(
    {
        "Category": one_of(SPECIES.terms),
        "Name of medicine": TEXT,
        "EMA product number": Shape(r"[A-Z/]*/?[HV]/[A-Z]+/.*", "a number as EMEA/H/C/004953"),
        "Medicine status": one_of(STATUS.terms),
        "Opinion status": None,
        "Latest procedure affecting product information": None,
        "International non-proprietary name (INN) / common name": TEXT,
        "Active substance": TEXT,
        "Therapeutic area (MeSH)": None,
        "Species (veterinary)": None,
        "Patient safety": None,
        "ATC code (human)": Shape(r"[A-Z](?:\d{2}[A-Z\d]*)?(?:\s*[;,].*)?", "an ATC code"),
        "ATCvet code (veterinary)": Shape(r"Q[A-Z\d]*(?:\s*[;,].*)?", "an ATCvet code"),
        "Pharmacotherapeutic group (human)": TEXT,
        "Pharmacotherapeutic group (veterinary)": TEXT,
        "Therapeutic indication": Shape(r".{30,}", "a paragraph"),
        "Accelerated assessment": YES_OR_NO,
        "Additional monitoring": YES_OR_NO,
        "Advanced therapy": YES_OR_NO,
        "Biosimilar": YES_OR_NO,
        "Conditional approval": YES_OR_NO,
        "Exceptional circumstances": YES_OR_NO,
        "Generic or hybrid": YES_OR_NO,
        "Generic": YES_OR_NO,
        "Orphan medicine": YES_OR_NO,
        "PRIME: priority medicine": YES_OR_NO,
        "Marketing authorisation developer / applicant / holder": TEXT,
        "European Commission decision date": None,
        "Start of rolling review date": None,
        "Start of evaluation date": None,
        "Opinion adopted date": None,
        "Withdrawal of application date": None,
        "Marketing authorisation date": DAY_FIRST,
        "Refusal of marketing authorisation date": None,
        "Withdrawal / expiry / revocation / lapse of marketing authorisation date": DAY_FIRST,
        "Suspension of marketing authorisation date": None,
        "Revision number": None,
        "First published date": None,
        "Last updated date": None,
        "Medicine URL": None,
    },
    optional=("Generic or hybrid", "Generic"),
    encodings=("utf-8", "cp1252"),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the table, and each row's substances as the list `Active substances`."""
    native = read_table(documents[0], LAYOUT, stated_at=_stated_at(documents[0]))
    return replace(native, rows=native.rows.with_columns(SUBSTANCES.alias("Active substances")))


def _stated_at(document: Document) -> datetime | None:
    above = "\n".join(" ".join(line) for line in first_lines(document, LAYOUT, PREAMBLE_ROWS))
    stamp = _STAMP.search(above)
    if stamp is None:
        return None
    local = datetime.strptime(stamp[0], "%d/%m/%Y - %H:%M")  # noqa: DTZ007  the zone follows
    return local.replace(tzinfo=ZoneInfo("Europe/Amsterdam"))


def clean(column: str) -> pl.Expr:
    """Give a column's text without HTML entities, hard blanks and surrounding blanks."""
    plain = pl.col(column).map_batches(_unescape, return_dtype=pl.String)
    return plain.str.replace_all("\u00a0", " ", literal=True).str.strip_chars().replace("", None)


def _unescape(column: pl.Series) -> pl.Series:
    plain = [
        _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if text and "&" in text else text
        for text in column
    ]
    return pl.Series(column.name, plain, dtype=pl.String)


SUBSTANCE = pl.coalesce(clean(name) for name in NAMES_OF_SUBSTANCES)
SUBSTANCES = texts(SUBSTANCE, ";")

# Some rows bear a procedure's number. Where it holds the product's own, that is taken; where it
# does not (`R/0023`), it is all the identity there is, and is reported.
NUMBER = pl.col("EMA product number").str.strip_chars()
PRODUCT_NUMBER = NUMBER.str.extract(r"^(?:EMEA/)?([HV]/[CW]/\d{6})(?:/.*)?$")
PRODUCT_ID = pl.coalesce(pl.format("EMEA/{}", PRODUCT_NUMBER), NUMBER)

NAME = clean("Name of medicine")
HOLDER = clean("Marketing authorisation developer / applicant / holder")
COMPANY = company_id(HOLDER)
STANDING = pl.col("Medicine status")
POSITION = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(ROW)

# Cells also hold words such as `Not yet assigned`, and blanks inside a code (`L01X C02`).
ATC = texts(
    pl.concat_str(
        pl.col("ATC code (human)"),
        pl.col("ATCvet code (veterinary)"),
        separator=";",
        ignore_nulls=True,
    ).str.replace_all(" ", "", literal=True),
    ";",
).list.eval(pl.element().filter(pl.element().str.contains(r"^Q?[A-Z]\d{2}[A-Z]{0,2}\d{0,2}$")))

PRODUCT = Mapping(
    Product,
    scheme=EMA_SCHEME,
    national_id=PRODUCT_ID,
    values={
        "name": NAME,
        "name_en": NAME.str.replace(r"\s*\(previously .*\)$", ""),
        "species": term(pl.col("Category"), SPECIES),
        "holder_key": company_key(COMPANY),
        "authorisation_status": term(STANDING, STATUS),
        "native_authorisation_status": STANDING,
        "authorised_on": day(pl.col("Marketing authorisation date"), "%d/%m/%Y"),
        "authorisation_ended_on": day(
            pl.col("Withdrawal / expiry / revocation / lapse of marketing authorisation date"),
            "%d/%m/%Y",
        ),
        "substance_text": SUBSTANCE,
        "atc_codes": ATC.list.unique(maintain_order=True),
        "therapeutic_class_text": pl.coalesce(
            clean("Pharmacotherapeutic group (human)"),
            clean("Pharmacotherapeutic group (veterinary)"),
        ),
        "category_text": pl.concat_str(
            pl.col("Category"),
            *(pl.when(pl.col(flag) == "Yes").then(pl.lit(flag)) for flag in FLAGS),
            separator="; ",
            ignore_nulls=True,
        ),
        "surveillance_text": pl.format(
            "Additional monitoring: {}", pl.col("Additional monitoring")
        ),
        "indication_text": clean("Therapeutic indication"),
    },
    conflicts={"NO_PRODUCT_NUMBER": NUMBER.is_not_null() & PRODUCT_NUMBER.is_null()},
)

LOSSY = {
    "International non-proprietary name (INN) / common name": "the active substance stands",
    "Active substance": "HTML entities and hard blanks",
    "ATC code (human)": "words that are no code, and blanks inside one",
    "ATCvet code (veterinary)": "words that are no code, and blanks inside one",
    "Pharmacotherapeutic group (human)": "HTML entities and hard blanks",
    "Pharmacotherapeutic group (veterinary)": "HTML entities and hard blanks",
    "Therapeutic indication": "HTML entities and hard blanks",
    "Therapeutic area (MeSH)": "the pharmacotherapeutic group stands",
    "Species (veterinary)": "no field for kinds of animal",
    "Patient safety": "no field for safety notices",
    "Marketing authorisation developer / applicant / holder": "the first spelling stands",
    "Revision number": "about EMA's page",
    "First published date": "about EMA's page",
    "Last updated date": "about EMA's page",
    "Medicine URL": "about EMA's page",
    **dict.fromkeys(FLAGS, "named in the category where it is `Yes`"),
    **dict.fromkeys(
        (
            "Opinion status",
            "Latest procedure affecting product information",
            "European Commission decision date",
            "Start of rolling review date",
            "Opinion adopted date",
            "Withdrawal of application date",
            "Refusal of marketing authorisation date",
            "Suspension of marketing authorisation date",
        ),
        "step of the procedure",
    ),
}

FEED = Feed(
    id="eu.ema_medicines",
    member=Origin.EU,
    title="EMA medicines under the centralised procedure",
    source=WholeFile(
        "https://www.ema.europa.eu",
        "/en/documents/report/medicines-output-medicines-report_en.xlsx",
    ),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=PRODUCT,
    others=(
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=COMPANY,
            where=HOLDER.is_not_null(),
            values={
                "name": HOLDER,
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Ingredient,
            scheme=f"{EMA_SCHEME}/position",
            national_id=pl.format("{}/{}", PRODUCT_ID, POSITION),
            explode=("Active substances",),
            values={
                "product_key": product_key(PRODUCT_ID),
                "position": POSITION,
                "role": always(IngredientRole.ACTIVE),
                "native_text": pl.col("Active substances"),
            },
            substance=SubstanceText(pl.col("Active substances")),
        ),
    ),
    cron="30 8,20 * * *",
)
