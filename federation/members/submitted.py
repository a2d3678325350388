"""What members' agencies file with the hub themselves: a feed for each member and record type.

They stand apart from the pulled `FEEDS`: nobody fetches them on a schedule. The columns of both
templates are declared here and nowhere else; `federation/filing/` reads and maps them.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import polars as pl

from federation.feed import Feed
from federation.filing.reading import ENCODINGS, read_filed
from federation.filing.source import HandedIn
from federation.filing.template import SEVERAL, Column, Kind, Template
from federation.gate import GateRules
from federation.harmonize.quantities import band
from federation.members.registry import FEEDS
from federation.records.declaration import Origin
from federation.records.stock_report import StockReport
from federation.records.supply_notice import SupplyNotice
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.terms import Availability, NoticeKind, ShortageReason, SupplyStatus
from federation.vocabularies.vocabulary import Vocabulary


def _own_words(field: str, vocabulary: type[Vocabulary], *without: Vocabulary) -> Crosswalk:
    """Take the common terms themselves, but for those that no filing can state."""
    refused = {vocabulary["UNMAPPED"], *without}
    words = {term.value: term for term in vocabulary if term not in refused}
    return Crosswalk(f"alliance.filed.{field}", vocabulary, 1, words)


KINDS = _own_words("kind", NoticeKind)
# A notice is taken back by the action of its row, and no filing speaks of another's list.
STATUSES = _own_words(
    "status",
    SupplyStatus,
    SupplyStatus.DRAFT,
    SupplyStatus.WITHDRAWN,
    SupplyStatus.NO_LONGER_LISTED,
)
AVAILABILITIES = _own_words("availability", Availability)
REASONS = _own_words("reason", ShortageReason)

LEGAL_FACT = "filed by the agency itself; it names no law"

_PRODUCT = Column(
    "product_id",
    Kind.IDENTIFIER,
    "199303108",
    "product_key",
    note="Its number in your register of products, as the hub shows it as `nationalId`.",
    most_chars=100,
)
_HOLDER = Column(
    "holder_id",
    Kind.IDENTIFIER,
    "20011234",
    "holder_key",
    note="Its number as the hub shows it as `nationalId` of your organisations.",
    most_chars=200,
)

STOCK_REPORTS = Template(
    StockReport,
    "stock_reports",
    "stock in hand",
    Column(
        "report_id",
        Kind.IDENTIFIER,
        "2026-000123",
        note="Your own number of the report. A later row of the same number replaces it.",
        is_required=True,
        most_chars=100,
    ),
    (
        replace(_PRODUCT, is_required=True),
        _HOLDER,
        Column("as_of", Kind.DAY, "2026-03-31", "as_of", is_required=True),
        Column("quantity", Kind.AMOUNT, "1250", "quantity"),
        Column("quantity_unit", Kind.TEXT, "vial", "quantity_unit", most_chars=100),
        Column("cover_days", Kind.WHOLE, "45", "cover_days"),
        Column("place", Kind.TEXT, "Central depot", "place_text", most_chars=500),
    ),
    derived={
        "quantity_text": pl.concat_str(
            pl.col("quantity"), pl.col("quantity_unit"), separator=" ", ignore_nulls=True
        ),
        "quantity_band": band(pl.col("quantity").str.strip_chars()),
    },
    either=("quantity", "cover_days"),
    is_past=("as_of",),
)

_STATUS, _KIND = (pl.col(name).str.strip_chars() for name in ("status", "kind"))

SUPPLY_NOTICES = Template(
    SupplyNotice,
    "supply_notices",
    "shortages, limited supply, discontinuations and suspensions",
    Column(
        "notice_id",
        Kind.IDENTIFIER,
        "2026-000045",
        note="Your own number of the notice. A later row of the same number replaces it.",
        is_required=True,
        most_chars=100,
    ),
    (
        Column("title", Kind.TEXT, "Cefazolin 1 g", "title", is_required=True, most_chars=500),
        Column("kind", Kind.TERM, "SHORTAGE", "kind", is_required=True, crosswalk=KINDS),
        Column("status", Kind.TERM, "ONGOING", "status", is_required=True, crosswalk=STATUSES),
        Column("native_status", Kind.TEXT, "처리완료", note="Kind and status in your own words."),
        Column("legal_fact", Kind.TEXT, "약사법 제38조", note="The law it stands under."),
        Column("availability", Kind.TERM, "LIMITED", "availability", crosswalk=AVAILABILITIES),
        _PRODUCT,
        _HOLDER,
        Column(
            "package_codes",
            Kind.CODES,
            "8806429012345|8806429012352",
            "package_codes",
            note=f"Several stand apart by `{SEVERAL}`.",
        ),
        Column("starts_on", Kind.DAY, "2026-03-01", "starts_on"),
        Column("expected_end_on", Kind.DAY, "2026-06-30", "expected_end_on"),
        Column("ended_on", Kind.DAY, "2026-06-15", "ended_on"),
        Column("posted_on", Kind.DAY, "2026-02-20", "posted_on"),
        Column("updated_on", Kind.DAY, "2026-03-02", "updated_on"),
        Column("reason", Kind.TERM, "MANUFACTURING", "reason", crosswalk=REASONS),
        Column("reason_text", Kind.TEXT, "A line is rebuilt", "reason_text"),
        Column("impact", Kind.TEXT, "Others can be used", "impact_text"),
        Column("plan", Kind.TEXT, "Import from another site", "plan_text"),
        Column("outlook", Kind.TEXT, "Normal from July", "outlook_text"),
        Column("last_supply_on", Kind.DAY, "2026-02-15", "last_supply_on"),
        Column("stock", Kind.TEXT, "1,250 vials", "stock_text", most_chars=500),
        Column("stock_on", Kind.DAY, "2026-03-01", "stock_on"),
        Column("volume", Kind.TEXT, "9,000 vials a month", "volume_text", most_chars=500),
    ),
    derived={
        "native_status": pl.coalesce("native_status", pl.format("{} / {}", _KIND, _STATUS)),
        "legal_fact": pl.col("legal_fact").fill_null(LEGAL_FACT),
    },
    in_order=(("starts_on", "expected_end_on"), ("starts_on", "ended_on")),
    is_past=("ended_on", "posted_on", "updated_on", "stock_on"),
)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {template.name: template for template in (STOCK_REPORTS, SUPPLY_NOTICES)}
)

# What Excel saves CSV in where people read another script.
_ENCODINGS = {Origin.KR: ("utf-8", "cp949"), Origin.JP: ("utf-8", "cp932")}

MEMBERS = tuple(origin for origin in Origin if origin is not Origin.ALLIANCE)


def encodings_of(member: Origin) -> tuple[str, ...]:
    """Give the encodings of a member's text files, in the order they are tried."""
    return _ENCODINGS.get(member, ENCODINGS)


def feed_id(member: Origin | str, template: Template) -> str:
    """Name the feed by which a member files by a template."""
    return f"{member.lower()}.filed_{template.name}"


def _feed(member: Origin, template: Template) -> Feed:
    return Feed(
        id=feed_id(member, template),
        member=member,
        title=f"{template.title.capitalize()}, as {member}'s agency files them",
        source=HandedIn(),
        read=partial(read_filed, template, encodings_of(member)),
        primary=template.mapping(member),
        is_full_list=False,
        gate=_GATE,
        code_columns=tuple(column.name for column in template.all_columns if column.kind in _CODES),
    )


_CODES = {Kind.IDENTIFIER, Kind.CODES}

# A submission is no list that grows from day to day: one tells nothing of how good the next is.
_GATE = GateRules(max_unusable_rise=1.0, max_shared_keys_rise=1.0)

_FILED = {
    feed_id(member, template): (member, template)
    for member in MEMBERS
    for template in TEMPLATES.values()
}

SUBMITTED: Mapping[str, Feed] = MappingProxyType(
    {name: _feed(member, template) for name, (member, template) in _FILED.items()}
)
"""The feeds that agencies file, by id."""

TEMPLATE_OF: Mapping[str, Template] = MappingProxyType(
    {name: template for name, (_, template) in _FILED.items()}
)
"""The template of each of them."""

EVERY_FEED: Mapping[str, Feed] = MappingProxyType({**FEEDS, **SUBMITTED})
"""The pulled feeds, then those that agencies file."""
