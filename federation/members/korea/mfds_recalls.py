"""MFDS board of recalls (의약품 회수·폐기), newest first: one alert a recalled product.

The board is web pages; what is read here is a stored conversion of its list and detail pages to
JSON, whose key names are the conversion's. A pull of the page itself is refused as a web page.
A recall leaves the board when its publication ends, so absence means nothing.
makeNo mixes batches, `batch[expiry]`, ranges and prose: only what surely is one batch is taken out.
"""

from collections.abc import Sequence

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.dates import day, partial_date
from federation.harmonize.mapping import Mapping, Repeats, always, texts
from federation.harmonize.names import company_id
from federation.members.korea.identity import (
    COMPANY_NAME_SCHEME,
    named_company_key,
    product_key,
)
from federation.reading.layout import Layout
from federation.reading.native import Document, NativeTable
from federation.reading.shapes import DAY, TEXT, digits
from federation.reading.tree import parse_json, read_objects
from federation.records.declaration import Origin, Precision
from federation.records.organization import Organization
from federation.records.quality_alert import QualityAlert
from federation.sources.files import WholeFile
from federation.vocabularies.terms import AlertKind, AlertSeverity, OrganizationKind

LAYOUT = Layout(
    {
        "key": digits(9),
        "seq": None,
        "itemName": TEXT,
        "itemSeq": digits(9),
        "entpName": TEXT,
        "reason": TEXT,
        "makeNo": TEXT,
        "recallDate": DAY,
        "openEndDate": None,
        "listSig": None,
        "detail.entpName": None,
        "detail.entpAddr": TEXT,
        "detail.itemName": TEXT,
        "detail.reason": TEXT,
        "detail.makeNo": TEXT,
        "detail.expiry": None,
        "detail.packUnit": None,
        "detail.recallDate": None,
        "detail.remark": None,
        "detail.office": TEXT,
        "firstSeen": None,
        "delisted": None,
        "updatedAt": None,
    }
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the conversion; the detail page's cells are `detail.…`.

    Raises:
        SourceChanged: it is no list.
    """
    alerts = parse_json(documents[0])
    if not isinstance(alerts, list):
        raise SourceChanged(
            f"`{documents[0].name}` is no list of recalls: look at it, then mend the feed's reader"
        )
    return read_objects(alerts, layout=LAYOUT, name=documents[0].name)


NAME = pl.coalesce("detail.itemName", "itemName")  # the list cuts long names short
COMPANY = pl.col("entpName")
BATCHES = pl.coalesce("detail.makeNo", "makeNo")
ORDERED_ON = day(pl.col("recallDate"), "%Y-%m-%d")

EXPIRY = r"\[\d{4}-\d{2}-\d{2}\]"
WITH_EXPIRY = rf"^([^~\[\]\s]*[0-9][^~\[\]\s]*)\s*{EXPIRY}$"
BARE = r"^([A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*)$"
PARTS = texts(BATCHES, ",")
SURE = PARTS.list.eval(
    pl.coalesce(pl.element().str.extract(WITH_EXPIRY), pl.element().str.extract(BARE))
).list.drop_nulls()

EXPIRIES = BATCHES.str.extract_all(EXPIRY).list.eval(pl.element().str.strip_chars("[]"))
EXPIRY_DAYS = EXPIRIES.list.eval(pl.element().str.to_date("%Y-%m-%d", strict=False))
EXPIRY_TEXT = EXPIRIES.list.unique(maintain_order=True).list.join(", ")
FIRST_EXPIRY, LAST_EXPIRY = EXPIRY_DAYS.list.min(), EXPIRY_DAYS.list.max()
EXPIRY_PRECISION = (
    pl.when(FIRST_EXPIRY == LAST_EXPIRY)
    .then(pl.lit(str(Precision.DAY)))
    .otherwise(pl.lit(str(Precision.ABOUT)))
)

ALERT = Mapping(
    QualityAlert,
    scheme="MFDS 회수 key",
    national_id=pl.col("key"),
    values={
        "title": NAME,
        "kind": always(AlertKind.RECALL),
        "severity": always(AlertSeverity.NOT_STATED),  # the board leaves the grade of hazard out
        "batch_numbers": SURE.list.unique(maintain_order=True),
        "batch_text": BATCHES,
        "product_key": product_key(pl.col("itemSeq")),
        "recalling_firm_key": named_company_key(COMPANY),
        "initiated_on": ORDERED_ON,
        "reported_on": ORDERED_ON,  # it is public from the day of the order, for three years
        # One alert's batches expire on several days: the first and the last are its bounds.
        "expires_on": partial_date(EXPIRY_TEXT, FIRST_EXPIRY, LAST_EXPIRY, EXPIRY_PRECISION),
        "reason_text": pl.coalesce("detail.reason", "reason"),
        "source_text": pl.col("detail.office"),
    },
    conflicts={"BATCHES_LEFT_IN_TEXT": SURE.list.len() != PARTS.list.len()},
)

LOSSY = {
    "seq": "number on the board's page",
    "itemName": "cut short; whole in `detail.itemName`",
    "reason": "as `detail.reason`, but for a count of products",
    "makeNo": "as `detail.makeNo`, but for blanks",
    "openEndDate": "end of publication",
    "listSig": "other columns again",
    "detail.entpName": "the same as `entpName`",
    "detail.entpAddr": "the first address of a company stands",
    "detail.expiry": "shelf life from the day of making",
    "detail.packUnit": "no field for kinds of pack",
    "detail.recallDate": "the same as `recallDate`",
    "detail.remark": "remark on the batches",
    "firstSeen": "made by the conversion",
    "delisted": "made by the conversion",
    "updatedAt": "made by the conversion",
}

FEED = Feed(
    id="kr.mfds_recalls",
    member=Origin.KR,
    title="MFDS recalls (의약품 회수·폐기)",
    source=WholeFile("https://nedrug.mfds.go.kr", "/pbp/CCBAI01"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=ALERT,
    others=(
        Mapping(
            Organization,
            scheme=COMPANY_NAME_SCHEME,
            national_id=company_id(COMPANY),
            where=COMPANY.is_not_null(),
            values={
                "name": COMPANY,
                "kind": always(OrganizationKind.MARKETING_AUTHORISATION_HOLDER),
                "country": always("KR"),
                "address_text": pl.col("detail.entpAddr"),
            },
            repeats=Repeats.FIRST,
            is_mention=True,
        ),
    ),
    is_full_list=False,
    cron="15 14 * * *",
    contact_columns=("manager", "detail.manager"),  # the civil servant in charge
    code_columns=("makeNo", "detail.makeNo"),
)
