"""German shortage reports (BfArM, Lieferengpassmeldungen): chains of messages on packs.

A message (one Bearbeitungsnummer) stands in as many rows as it names packs (PZN). A change is a new
message with a new number, a deletion another; both point to the first report. One chain is one
notice, as its latest message has it; all other rows of the chain are merged into it.
`Ende` is an expected end: nobody reports that supply is back.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import polars as pl

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import (
    Mapping,
    Repeats,
    SubstanceText,
    always,
    routes,
    term,
    texts,
)
from federation.harmonize.strengths import strength, strength_fields
from federation.members.europe.german import german_company_id
from federation.members.europe.german_forms import DOSE_FORM
from federation.members.europe.german_strengths import named_strength
from federation.members.europe.identity import (
    COMPANY_SCHEME,
    ENR_SCHEME,
    company_key,
    product_key,
)
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import DOTTED_DAY, TEXT, Shape, digits, one_of
from federation.reading.table import read_table
from federation.records.declaration import Origin
from federation.records.essential_listing import EssentialListing
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.records.supply_notice import SupplyNotice
from federation.sources.files import WholeFile
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    LegalEffect,
    NoticeKind,
    OrganizationKind,
    ShortageReason,
    Species,
    SupplyStatus,
)

STATUS = Crosswalk(
    "eu.de_shortages.status",
    SupplyStatus,
    1,
    {
        "Erstmeldung": SupplyStatus.ONGOING,
        "Änderungsmeldung": SupplyStatus.ONGOING,
        "Löschmeldung": SupplyStatus.WITHDRAWN,
    },
)

REASON = Crosswalk(
    "eu.de_shortages.reason",
    ShortageReason,
    1,
    {
        "Erhöhte Nachfrage": ShortageReason.DEMAND_INCREASE,
        "Probleme bei der Chargenprüfung": ShortageReason.QUALITY,
        "Probleme beim Wirkstoffhersteller": ShortageReason.ACTIVE_SUBSTANCE,
        "Produktionsproblem": ShortageReason.MANUFACTURING,
        "Unzureichende Produktionskapazitäten": ShortageReason.MANUFACTURING,
        "Sonstige": ShortageReason.OTHER,
    },
)

# versrel: relevant to supply; verskri: critical to it, and so relevant too.
LISTED_CLASSES = ("versrel", "verskri (auch versrel)")
UNLISTED_CLASS = "weder versrel noch verskri"
LIST_NAME = "Versorgungsrelevante und versorgungskritische Wirkstoffe (BfArM)"

LEGAL_FACT = (
    "AMG § 52b with the industry's undertaking in the Pharmadialog (no duty by law): BfArM is told "
    "when delivery will be interrupted for more than about two weeks, or demand is well above what "
    "can be met; hospitals are told at once (§ 52b Abs. 3a)"
)

LAST_MESSAGE = "Datum der letzten Meldung"
CONTACTS = ("Telefon", "E-Mail")

PLACEHOLDERS = ("00000000", "99999999")


LAYOUT = Layout(
    {
        "PZN": digits("7,8"),
        "ENR": Shape(r"\d{7}(?:\s*,\s*\d{7})*", "7 digits, or several such numbers"),
        "Bearbeitungsnummer": Shape(r"LE\d+", "a number as LE2026003295"),
        "Referenzierte Erstmeldung": Shape(r"LE\d+", "a number as LE2026003295"),
        "Meldungsart": one_of(STATUS.terms),
        "Beginn": DOTTED_DAY,
        "Ende": DOTTED_DAY,
        LAST_MESSAGE: DOTTED_DAY,
        "Art des Grundes": TEXT,
        "Arzneimittlbezeichnung": TEXT,
        "Atc Code": Shape(r"[A-Z]\d{2}[A-Z\d]*(?:\s*,.*)?", "an ATC code"),
        "Wirkstoffe": TEXT,
        "Krankenhausrelevant": one_of(("ja", "nein")),
        "Zulassungsinhaber": TEXT,
        "Telefon": Shape(r"[^@]*", "no mail address"),
        "E-Mail": Shape(r"\S+@\S+", "a mail address"),
        "Grund": TEXT,
        "Anm. zum Grund": TEXT,
        "Alternativpräparat": TEXT,
        "Datum der Erstmeldung": DOTTED_DAY,
        "Info an Fachkreise": TEXT,
        "Darreichungsform": TEXT,
        "klassifikation": one_of((*LISTED_CLASSES, UNLISTED_CLASS)),
    },
    aliases={
        "Arzneimittlbezeichnung": ("Arzneimittelbezeichnung",),
        "Krankenhausrelevant": ("Krankenhausrelevant ja/nein",),
    },
    encodings=("utf-8", "cp1252"),
    separator=";",
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the download; of each chain the latest message comes first.

    Each row's products and substances stand, every pair of them, in the lists `ENR einzeln` and
    `Wirkstoff einzeln`; Stärke is what the name states of an only one.
    """
    native = read_table(documents[0], LAYOUT, blanks=("N/A",))
    rows = native.rows.sort(
        day(pl.col(LAST_MESSAGE), "%d.%m.%Y").struct.field("earliest"),
        NUMBER,
        descending=True,
        nulls_last=True,
        maintain_order=True,
    )
    lists = rows.select(texts(pl.col("ENR"), ","), texts(pl.col("Wirkstoffe"), ";")).rows()
    pairs = [list(product(numbers, substances or [None])) for numbers, substances in lists]
    listed = [
        pl.Series(name, [[pair[at] for pair in row] for row in pairs], dtype=pl.List(pl.String))
        for at, name in enumerate((EACH_ENR, EACH_SUBSTANCE))
    ]
    names = rows["Arzneimittlbezeichnung"]
    strengths = [named_strength(name, named[1]) for name, named in zip(names, lists, strict=True)]
    stated = pl.Series("Stärke", strengths, dtype=pl.String)
    return replace(native, rows=rows.with_columns(*listed, stated))


EACH_ENR, EACH_SUBSTANCE = "ENR einzeln", "Wirkstoff einzeln"

NUMBER = pl.col("Bearbeitungsnummer").str.strip_chars()
FIRST_NUMBER = pl.col("Referenzierte Erstmeldung").str.strip_chars()
MESSAGE = pl.col("Meldungsart")
CHAIN = pl.coalesce(FIRST_NUMBER, NUMBER)

ENRS = texts(pl.col("ENR"), ",")
PRODUCT_ID = ENRS.list.first()
ENR = pl.col(EACH_ENR)

PZN = pl.col("PZN").str.strip_chars().str.zfill(8)
IS_PZN = PZN.str.contains(r"^\d{8}$") & ~PZN.is_in(PLACEHOLDERS)
IS_LATEST = NUMBER.eq(NUMBER.first().over(CHAIN))
PZNS = (
    pl.when(IS_PZN & IS_LATEST)
    .then(PZN)
    .over(CHAIN, mapping_strategy="join")
    .list.drop_nulls()
    .list.unique()
    .list.sort()
)

TITLE = pl.col("Arzneimittlbezeichnung").str.strip_chars()
HOLDER = pl.col("Zulassungsinhaber").str.strip_chars()
COMPANY = german_company_id(HOLDER)
FORM = pl.col("Darreichungsform").str.strip_chars()
CLASS = pl.col("klassifikation").str.strip_chars()
ATC = texts(pl.col("Atc Code"), ",")
CAUSE = (pl.col("Grund"), pl.col("Art des Grundes"))
START, END = pl.col("Beginn"), pl.col("Ende")


def stated(*columns: str) -> pl.Expr:
    """Join what these columns state, each under its name; null where none does."""
    parts = (pl.format("{}: {}", pl.lit(name), pl.col(name)) for name in columns)
    joined = pl.concat_str(*parts, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


NOTICE = Mapping(
    SupplyNotice,
    scheme="BfArM Bearbeitungsnummer der Erstmeldung",
    national_id=CHAIN,
    values={
        "title": TITLE,
        "kind": always(NoticeKind.SHORTAGE),
        "status": term(MESSAGE, STATUS),
        "native_status": MESSAGE,
        "legal_fact": always(LEGAL_FACT),
        "product_key": product_key(PRODUCT_ID),
        "holder_key": company_key(COMPANY),
        "package_codes": PZNS,
        "starts_on": day(START, "%d.%m.%Y"),
        "expected_end_on": day(END, "%d.%m.%Y"),
        "posted_on": day(pl.col("Datum der Erstmeldung"), "%d.%m.%Y"),
        "updated_on": day(pl.col(LAST_MESSAGE), "%d.%m.%Y"),
        "reason": term(pl.coalesce(CAUSE), REASON),
        "reason_text": stated("Art des Grundes", "Grund", "Anm. zum Grund"),
        "impact_text": stated("klassifikation", "Krankenhausrelevant"),
        "plan_text": stated("Alternativpräparat", "Info an Fachkreise"),
    },
    conflicts={
        "END_BEFORE_START": END.str.to_date("%d.%m.%Y", strict=False)
        < START.str.to_date("%d.%m.%Y", strict=False),
        "SEVERAL_PRODUCTS": ENRS.list.len() > 1,
        "PLACEHOLDER_PZN": PZN.is_in(PLACEHOLDERS),
        "NO_FIRST_REPORT": FIRST_NUMBER.is_null() & (MESSAGE != "Erstmeldung"),
        "UNKNOWN_CLASS": ~CLASS.is_in([*LISTED_CLASSES, UNLISTED_CLASS]),
    },
    repeats=Repeats.FIRST,
)

LOSSY = {
    "PZN": "placeholders are no codes",
    "ENR": "several numbers are a product each",
    "Bearbeitungsnummer": "the first report's number names the chain",
    **dict.fromkeys(
        ("Meldungsart", "Ende", LAST_MESSAGE, "Grund"), "the latest message of a chain stands"
    ),
    "Telefon": "personal contact data",
    "E-Mail": "personal contact data",
}

FEED = Feed(
    id="eu.de_shortages",
    member=Origin.EU,
    title="German medicine shortage reports (BfArM, Lieferengpassmeldungen)",
    source=WholeFile("https://anwendungen.pharmnet-bund.de", "/lieferengpassmeldungen/public/csv"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=NOTICE,
    others=(
        Mapping(
            Product,
            scheme=ENR_SCHEME,
            national_id=ENR,
            explode=(EACH_ENR,),
            values={
                "name": TITLE,
                "species": always(Species.HUMAN),
                "holder_key": company_key(COMPANY),
                "authorisation_number": ENR,
                "authorisation_status": always(AuthorisationStatus.NOT_STATED),
                "substance_text": pl.col("Wirkstoffe"),
                "dose_form_text": FORM,
                "dose_form": term(FORM, DOSE_FORM),
                "routes": routes(term(FORM, DOSE_FORM)),
                "atc_codes": ATC,
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            Ingredient,
            scheme=f"{ENR_SCHEME}/position",
            national_id=pl.format("{}/{}", ENR, pl.int_range(1, pl.len() + 1).over(ROW, EACH_ENR)),
            where=pl.col("Wirkstoffe").is_not_null(),
            explode=(EACH_ENR, EACH_SUBSTANCE),
            values={
                "product_key": product_key(ENR),
                "position": pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(ROW, EACH_ENR),
                "role": always(IngredientRole.ACTIVE),
                "native_text": pl.col(EACH_SUBSTANCE),
                "strength_text": pl.col("Stärke"),
                **strength_fields(strength(pl.col("Stärke"))),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
            substance=SubstanceText(pl.col(EACH_SUBSTANCE)),
        ),
        Mapping(
            Package,
            scheme="PZN",
            national_id=PZN,
            where=IS_PZN,
            values={
                "product_key": pl.when(ENRS.list.len() == 1).then(product_key(PRODUCT_ID)),
                "code": PZN,
                "code_text": pl.col("PZN"),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
        Mapping(
            EssentialListing,
            scheme=ENR_SCHEME,
            national_id=ENR,
            where=CLASS.is_in(LISTED_CLASSES),
            explode=(EACH_ENR,),
            values={
                "list_name": always(LIST_NAME),
                "title": TITLE,
                "atc_codes": ATC,
                "class_text": CLASS,
                "legal_effect": always(LegalEffect.MONITORING),
                "product_key": product_key(ENR),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
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
    ),
    cron="0 8,12,16,20 * * *",
    contact_columns=CONTACTS,
)
