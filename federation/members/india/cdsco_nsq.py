"""CDSCO's alerts of drugs not of standard quality (NSQ), the portal's JSON of the months it holds.

The portal's texts come out of PDF tables, line breaks and broken words included
(`Fexofenadin e Hydrochlori de`): originals are kept, only white space is tidied in titles and
batches. Alerts have no number, and dates are months.
"""

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import pycountry

from federation.errors import SourceChanged, SourceFault
from federation.feed import Feed
from federation.harmonize.dates import month
from federation.harmonize.mapping import Mapping, Repeats, always, texts
from federation.members.india.identity import COMPANY_SCHEME, company_key, maker_id
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import TEXT, Shape
from federation.reading.tree import parse_json, read_objects
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.quality_alert import QualityAlert
from federation.sources.files import SessionFile
from federation.vocabularies.terms import AlertKind, AlertSeverity, OrganizationKind

LAYOUT = Layout(
    {
        "str_product_name": TEXT,
        "str_batch_no": TEXT,
        "dt_manufacturing_date": Shape(r"\D{3,9}[-/ ]*\d{2,4}", "a month as Oct-2024", fits=0.8),
        "dt_expiry_date": Shape(r"\D{3,9}[-/ ]*\d{2,4}", "a month as Oct-2024", fits=0.8),
        "str_manufactured_by": TEXT,
        "str_nsq_result": TEXT,
        "str_reporting_source": Shape(r"(?i).*lab.*", "a kind of laboratory"),
        "str_reported_by_lab_or_state": TEXT,
        "dt_reporting_month_year": Shape(r"[A-Z]{3}-\d{4}", "a month as JAN-2025"),
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the DataTables answer: UTF-8, whatever its content type says.

    Raises:
        SourceChanged: it is no DataTables answer.
        SourceFault: it holds fewer alerts than it says there are.
    """
    document = documents[0]
    answer: Any = parse_json(document)
    alerts = answer.get("aaData") if isinstance(answer, MappingType) else None
    if not isinstance(alerts, list) or "iTotalRecords" not in answer:
        raise SourceChanged(
            f"`{document.name}` has no `aaData` with `iTotalRecords`: look at it, "
            "then mend the feed's reader"
        )
    if str(len(alerts)) != str(answer["iTotalRecords"]):
        raise SourceFault(
            f"`{document.name}` says it has {answer['iTotalRecords']} alerts and holds"
            f" {len(alerts)}: pull again"
        )
    native = read_objects(
        alerts, optional=() if alerts else LAYOUT.needed, layout=LAYOUT, name=document.name
    )
    return NativeTable(native.rows, native.rejected, document.stated_at)


def _tidy(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def _squeezed(text: pl.Expr) -> pl.Expr:
    """Reduce a text to its letters and digits, so that it reads the same however lines broke."""
    return text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")


PRODUCT = pl.col("str_product_name")
BATCH = pl.col("str_batch_no")
MAKER = pl.col("str_manufactured_by")
RESULT = pl.col("str_nsq_result")
REPORTED = month(pl.col("dt_reporting_month_year"), "%b-%Y")
MADE = month(pl.col("dt_manufacturing_date"), "%b-%Y")
EXPIRES = month(pl.col("dt_expiry_date"), "%b-%Y")

COUNTRIES = {country.name.lower(): country.alpha_2 for country in pycountry.countries}

# The name ends at the first comma, behind its legal form, or where words of an address begin.
MAKER_NAME = (
    _tidy(MAKER)
    .str.replace(r"(?i)^(?:mfg\.? by ?:? ?)?(?:m/s[. –-]*)?", "")
    .str.extract(r"^([^,]+)")
    .str.replace(r"(?i)(\b(?:ltd|limited|llp|inc)\b\.?).*$", "$1")
    .str.replace(r"(?i) (?:plot|village|no|r\.s)\b.*$", "")
    .str.strip_chars()
)
IS_MAKER = MAKER_NAME.str.to_lowercase() != "under investigation"
LAST_WORDS = _tidy(MAKER).str.to_lowercase().str.extract(r"([a-z][a-z ]*)[^a-z]*$")

ALERT = Mapping(
    QualityAlert,
    scheme="CDSCO month/batch/product",
    national_id=pl.concat_str(
        pl.col("dt_reporting_month_year").fill_null("-"),
        _squeezed(BATCH).fill_null("-"),
        _squeezed(PRODUCT),
        separator="/",
    ),
    values={
        "title": _tidy(PRODUCT),
        "kind": pl.when(RESULT.str.contains("(?i)spurious"))
        .then(always(AlertKind.SPURIOUS))
        .otherwise(always(AlertKind.NOT_OF_STANDARD_QUALITY)),
        "severity": always(AlertSeverity.NOT_STATED),  # alerts have no classes
        "batch_numbers": texts(_tidy(BATCH), ","),
        "manufacturer_key": company_key(pl.when(IS_MAKER).then(MAKER_NAME)),
        "reported_on": REPORTED,
        "manufactured_on": MADE,
        "expires_on": EXPIRES,
        "reason_text": RESULT,
        "manufacturer_text": MAKER,
        "laboratory_text": pl.col("str_reported_by_lab_or_state"),
        "source_text": pl.col("str_reporting_source"),
    },
    conflicts={
        "MADE_AFTER_REPORT": MADE.struct.field("earliest") > REPORTED.struct.field("latest"),
        "EXPIRED_BEFORE_MADE": EXPIRES.struct.field("latest") < MADE.struct.field("earliest"),
        "MISBRANDED": RESULT.str.contains("(?i)misbranded"),
    },
    repeats=Repeats.NUMBER,
)

LOSSY = {
    "str_product_name": "line breaks and double blanks",
    "str_batch_no": "line breaks and double blanks",
}

FEED = Feed(
    id="in.cdsco_nsq",
    member=Origin.IN,
    title="CDSCO alerts of drugs not of standard quality (NSQ)",
    source=SessionFile("https://cdscoonline.gov.in", "/CDSCO/nsqdrugs?source=All"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=ALERT,
    others=(
        Mapping(
            Organization,
            scheme=COMPANY_SCHEME,
            national_id=maker_id(MAKER_NAME),
            where=IS_MAKER,
            values={
                "name": MAKER_NAME,
                "kind": always(OrganizationKind.MANUFACTURER),
                # Addresses name their country only where it is another one.
                "country": LAST_WORDS.replace_strict(COUNTRIES, default="IN"),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    is_full_list=False,  # the portal drops old months: an alert is no less true for it
    cron="30 12 * * *",
    stated_cadence=timedelta(days=8),  # it posts once a month
)
