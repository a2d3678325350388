"""FDA's drug recalls (enforcement reports).

openFDA serves them as JSON, dated by the weekly report they were published in, so that a pull asks
for the newest reports alone. The feed reads a stored conversion of the newest recalls into one CSV
file as well, with thirteen of the fields, `classification` renamed to `recall_class`. FDA does not
update a recall's status once it is classified: it is kept as published and nothing is read out of
it. Whether the recalling firm made the batch is not said.
"""

from collections.abc import Sequence

import polars as pl
import pycountry

from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, always, term
from federation.members.usa.identity import COMPANY_SCHEME, company_id, company_key
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable, number
from federation.reading.shapes import COMPACT_DAY, DAY, MONTH_FIRST, TEXT, Shape, one_of
from federation.reading.table import read_table
from federation.reading.tree import read_objects
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.quality_alert import QualityAlert
from federation.sources.openfda import OpenFDA, records_of
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import AlertKind, AlertSeverity, OrganizationKind
from federation.watermark import Watermark

COUNTRIES = {
    **{country.name.lower(): country.alpha_2 for country in pycountry.countries},
    "korea (the republic of)": "KR",
    "taiwan": "TW",
    "us": "US",  # in reports of earlier years
}


# A lot is certain where a code with a digit stands right behind the word, with at most a comma
# between it and the next: `Lot #: 3D009AA09, 3D009AA10, Exp Date 31 MAR 2026`.
_CODE = r"[A-Z0-9-]*[0-9][A-Z0-9-]*\b"
_LOTS = rf"\b(?:Lots?|LOTS?|lots?) ?(?:#|(?i:no\.?|numbers?))?:? *({_CODE}(?:, ?{_CODE})*)"


LAYOUT = Layout(
    {
        "recall_number": Shape(r"[DFZVBM]-\d{3,4}-\d{4}", "a recall number"),
        "recalling_firm": TEXT,
        "recall_initiation_date": Shape(
            rf"{DAY.pattern}|{COMPACT_DAY.pattern}|{MONTH_FIRST.pattern}", DAY.says
        ),
        "recall_class": Shape(r"Class I{1,3}|Not Yet Classified", "a class"),
        "product_description": TEXT,
        "reason_for_recall": TEXT,
        "status": Shape(r"Ongoing|Completed|Terminated|Pending", "a status"),
        "product_type": None,
        "voluntary_mandated": None,
        "distribution_pattern": TEXT,
        "city": TEXT,
        "state": Shape(r"[A-Z]{2}|N/A", "two capitals"),
        "country": one_of(COUNTRIES),
        "code_info": TEXT,
        "report_date": Shape(
            rf"{DAY.pattern}|{COMPACT_DAY.pattern}|{MONTH_FIRST.pattern}", DAY.says
        ),
    },
    aliases={"recall_class": ("classification",)},  # openFDA's name
    optional=("code_info", "report_date"),  # the conversion may leave them out
    encodings=("utf-8", "cp1252"),
)
COLUMNS = tuple(LAYOUT.needed)
BLANKS = ("N/A",)
DAY_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y")


def read(documents: Sequence[Document]) -> NativeTable:
    """Read openFDA's pages, or the conversion; a column that may be missing is null then.

    `lots[]` lists the lots that code_info and product_description state for certain.

    Raises:
        SourceChanged: a page has no list of results, or the columns are not those of the list.
    """
    is_conversion = documents[0].content.lstrip()[:1] != b"{"
    native = read_table(documents[0], LAYOUT, blanks=BLANKS) if is_conversion else _pages(documents)
    prose = pl.concat_str("code_info", "product_description", separator="\n", ignore_nulls=True)
    rows = native.rows.with_columns(lots(prose).alias("lots[]"))
    return NativeTable(rows, native.rejected, native.stated_at)


def _pages(documents: Sequence[Document]) -> NativeTable:
    records = [_in_order(record) for record in records_of(documents)]
    native = read_objects(records, optional=LAYOUT.optional, layout=LAYOUT)
    rows = number(native.rows.drop(ROW), native.rows[ROW].to_list(), BLANKS)
    return NativeTable(rows, native.rejected)


def _in_order(record: object) -> object:
    """Put a record's keys in the layout's order, which openFDA's own says nothing about."""
    if not isinstance(record, dict):
        return record
    places = {name: place for place, name in enumerate(LAYOUT.columns)}
    return dict(sorted(record.items(), key=lambda cell: places.get(LAYOUT.column(cell[0]), 99)))


def lots(text: pl.Expr) -> pl.Expr:
    """List the lot numbers that a text states for certain, each once, in its order."""
    codes = pl.element().str.extract(_LOTS).str.split(",").list.explode().str.strip_chars()
    stated = text.fill_null("").str.extract_all(_LOTS)
    return stated.list.eval(codes).list.unique(maintain_order=True)


DESCRIPTION = pl.col("product_description")
FIRM = pl.col("recalling_firm")

# 21 CFR 7.3(m): FDA's own three classes.
SEVERITY = Crosswalk(
    "us.fda_enforcement.severity",
    AlertSeverity,
    1,
    {
        "Class I": AlertSeverity.CLASS_I,
        "Class II": AlertSeverity.CLASS_II,
        "Class III": AlertSeverity.CLASS_III,
        "Not Yet Classified": AlertSeverity.NOT_STATED,
    },
)

CLASS = pl.col("recall_class")

ALERT = Mapping(
    QualityAlert,
    scheme="FDA recall number",
    national_id=pl.col("recall_number").str.strip_chars(),
    values={
        "title": DESCRIPTION,
        "kind": always(AlertKind.RECALL),
        "severity": term(CLASS, SEVERITY).fill_null(str(AlertSeverity.NOT_STATED)),
        "class_text": CLASS,
        "native_status": pl.col("status"),
        "batch_numbers": pl.col("lots[]"),
        "batch_text": pl.col("code_info"),
        "recalling_firm_key": company_key(FIRM),
        "initiated_on": day(pl.col("recall_initiation_date"), *DAY_FORMATS),
        "reported_on": day(pl.col("report_date"), *DAY_FORMATS),
        "reason_text": pl.col("reason_for_recall"),
        "distribution_text": pl.col("distribution_pattern"),
    },
)

LOSSY = {
    "recalling_firm": "the first spelling of a company's name stands",
    "product_description": "contact data in the text is removed",
    "product_type": "all are drugs",
    "voluntary_mandated": "no field for who asked for the recall",
    "city": "the first address of a firm stands",
    "state": "the first address of a firm stands",
    "country": "as its ISO code",
}

FEED = Feed(
    id="us.fda_enforcement",
    member=Origin.US,
    title="FDA drug recalls (enforcement reports)",
    source=OpenFDA("/drug/enforcement.json", key="recall_number"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=ALERT,
    others=(
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=company_id(FIRM),
            where=FIRM.is_not_null(),
            values={
                "name": FIRM,
                "kind": always(OrganizationKind.RECALLING_FIRM),
                "country": pl.col("country")
                .str.to_lowercase()
                .replace_strict(COUNTRIES, default=None, return_dtype=pl.String),
                "address_text": pl.concat_str("city", "state", separator=", ", ignore_nulls=True),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    # Reports come weekly: a recall that is five of them late waits for the next full read.
    watermark=Watermark("report_date", DAY_FORMATS, overlap_days=35, full_days=28),
    cron="0 5 * * 4",
    code_columns=("code_info",),
)
