"""FDA's list of drug shortages and discontinuations, as openFDA's drug/shortages serves it.

A notice has no identifier. Its package, whether it is a shortage or a discontinuation, and the
company that answers for it make one: FDA's edits leave them alone (of 1,602 notices in 45 days, 39
presentations and 954 update dates changed, and no company), and a shortage that is resolved stays
the same record. The few that still collide are numbered.
The `openfda` block speaks of a whole label, not of the package: its arrays are sets (labels.py).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from federation.errors import SourceChanged
from federation.feed import Feed
from federation.harmonize.dates import day
from federation.harmonize.mapping import Mapping, Repeats, SubstanceText, always, term, texts
from federation.harmonize.ndc import ndc11, product_ndc
from federation.members.usa.identity import (
    COMPANY_SCHEME,
    PACKAGE_SCHEME,
    PRODUCT_SCHEME,
    company_id,
    company_key,
    product_key,
)
from federation.members.usa.labels import DOSE_FORM, arranged
from federation.members.usa.outlook import expected_end
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.tree import parse_json, read_objects
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.records.supply_notice import SupplyNotice
from federation.sources.openfda import OpenFDA
from federation.vocabularies.terms import (
    AuthorisationStatus,
    Availability,
    IngredientRole,
    NoticeKind,
    OrganizationKind,
    ShortageReason,
    Species,
    SupplyClass,
    SupplyStatus,
)

KIND = {
    "Current": NoticeKind.SHORTAGE,
    "Resolved": NoticeKind.SHORTAGE,
    "To Be Discontinued": NoticeKind.DISCONTINUATION,
}

STATUS = {
    "Current": SupplyStatus.ONGOING,
    "Resolved": SupplyStatus.RESOLVED,
    "To Be Discontinued": SupplyStatus.DISCONTINUED,
}

AVAILABILITY = {
    "Available": Availability.AVAILABLE,
    "Avaliable": Availability.AVAILABLE,
    "Limited Availability": Availability.LIMITED,
    "Limited Availablity": Availability.LIMITED,
    "Limited Availabiltiy": Availability.LIMITED,
    "Unavailable": Availability.UNAVAILABLE,
    "Unavailable.": Availability.UNAVAILABLE,
    "Information pending": Availability.INFORMATION_PENDING,
}

REASON = {
    "Demand increase for the drug": ShortageReason.DEMAND_INCREASE,
    "Shortage of an active ingredient": ShortageReason.ACTIVE_SUBSTANCE,
    "Shortage of an inactive ingredient component": ShortageReason.OTHER_MATERIAL,
    "Discontinuation of the manufacture of the drug": ShortageReason.DISCONTINUATION,
    "Delay in shipping of the drug": ShortageReason.LOGISTICS,
    "Requirements related to complying with good manufacturing practices": ShortageReason.QUALITY,
    "Regulatory delay": ShortageReason.REGULATORY,
    "Other": ShortageReason.OTHER,
}

SUPPLY_CLASS = {
    "HUMAN PRESCRIPTION DRUG": SupplyClass.PRESCRIPTION,
    "HUMAN OTC DRUG": SupplyClass.OVER_THE_COUNTER,
}

LEGAL_FACT = (
    "21 U.S.C. 356c (section 506C FD&C Act): notice of a permanent discontinuance or an "
    "interruption in manufacturing, six months ahead or as soon as practicable"
)

LABEL_LISTS = tuple(
    f"openfda.{name}"
    for name in ("application_number", "manufacturer_name", "route", "substance_name", "unii")
)

OPTIONAL = (
    "availability",
    "discontinued_date",
    "dosage_form",
    "openfda.brand_name",
    "openfda.product_type",
    "other_label.substance_name",
    "related_info",
    "shortage_reason",
)
"""Columns that may be empty throughout: openFDA leaves a key out where it has no value."""


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the pages; `labels.arranged` adds `companies[]`, `ingredients[]` and `other_label`.

    Raises:
        SourceChanged: a page has no list of results.
    """
    envelopes = [parse_json(document) for document in documents]
    try:
        results = [record for envelope in envelopes for record in envelope["results"]]
    except (KeyError, TypeError) as error:
        raise SourceChanged("openFDA's answer holds no `results`: its envelope changed") from error
    lists = (*LABEL_LISTS, "companies[]", "ingredients[]")
    table = read_objects(results, lists=lists, optional=OPTIONAL, flatten=arranged)
    return NativeTable(table.rows, table.rejected, _rebuilt_at(envelopes))


def _rebuilt_at(envelopes: Sequence[Any]) -> datetime | None:
    """Take the day openFDA rebuilt its index, which is the date it gives the whole list."""
    try:
        stated = envelopes[0]["meta"]["last_updated"]
        return datetime.strptime(stated, "%Y-%m-%d").replace(tzinfo=UTC)
    except (IndexError, KeyError, TypeError, ValueError):
        return None


NDC = pl.col("package_ndc")
STATE = pl.col("status")
COMPANY = pl.col("company_name")
INFO = pl.col("related_info")
APPLICATIONS = pl.col("openfda.application_number")
SUBSTANCES = pl.col("ingredients[]")
CODES = pl.col("openfda.unii")

NOTICE_KIND = term(STATE, KIND, NoticeKind.UNMAPPED)
NOTICE_STATUS = term(STATE, STATUS, SupplyStatus.UNMAPPED)
PRODUCT_NDC = product_ndc(NDC)
PLACE = SUBSTANCES.cum_count().over(ROW)

# The company of a notice answers for the supply; the label names who put its own NDC on the pack.
LABELER = pl.coalesce(pl.col("openfda.manufacturer_name").list.first(), COMPANY)

# A label's codes can't be told apart among its substances: the two lists are not in one order even
# where they are of one length.
CODE_OF_ONLY_SUBSTANCE = (
    pl.when((pl.len().over(ROW) == 1) & (CODES.list.len() == 1))
    .then(CODES)
    .otherwise(pl.lit([], dtype=pl.List(pl.String)))
)


def us_day(column: str) -> pl.Expr:
    """Read a day as this list writes it, though its field reference says `YYYYmmdd`."""
    return day(pl.col(column), "%m/%d/%Y")


NOTICE = Mapping(
    SupplyNotice,
    scheme="package NDC/kind/company",
    national_id=pl.format("{}/{}/{}", NDC.str.strip_chars(), NOTICE_KIND, company_id(COMPANY)),
    values={
        "title": pl.col("presentation"),
        "kind": NOTICE_KIND,
        "status": NOTICE_STATUS,
        "native_status": STATE,
        "legal_fact": always(LEGAL_FACT),
        "availability": term(pl.col("availability"), AVAILABILITY, Availability.UNMAPPED),
        "product_key": product_key(PRODUCT_NDC),
        "holder_key": company_key(COMPANY),
        "package_codes": pl.concat_list(ndc11(NDC)).list.drop_nulls(),
        "starts_on": us_day("discontinued_date"),
        "expected_end_on": pl.when(NOTICE_KIND.eq(str(NoticeKind.SHORTAGE))).then(
            expected_end(INFO)
        ),
        "ended_on": pl.when(NOTICE_STATUS.eq(str(SupplyStatus.RESOLVED))).then(
            us_day("update_date")
        ),
        "posted_on": us_day("initial_posting_date"),
        "updated_on": us_day("update_date"),
        "reason": term(pl.col("shortage_reason"), REASON, ShortageReason.UNMAPPED),
        "reason_text": pl.col("shortage_reason"),
        "outlook_text": INFO,
    },
    conflicts={
        "NDC_FORM": ndc11(NDC).is_null(),
        "LABEL_OF_ANOTHER_DRUG": pl.col("other_label.substance_name").is_not_null(),
        "SUBSTANCES_AND_CODES_DISAGREE": (
            pl.col("openfda.substance_name").list.len().fill_null(0)
            != CODES.list.len().fill_null(0)
        ),
    },
    repeats=Repeats.NUMBER,
)

PRODUCT = Mapping(
    Product,
    scheme=PRODUCT_SCHEME,
    national_id=PRODUCT_NDC,
    where=PRODUCT_NDC.is_not_null(),
    values={
        "name": pl.coalesce(
            pl.col("openfda.brand_name"), pl.col("generic_name").str.replace(DOSE_FORM, "")
        ),
        "species": always(Species.HUMAN),
        "holder_key": company_key(LABELER),
        "authorisation_number": pl.when(APPLICATIONS.list.len() == 1).then(
            APPLICATIONS.list.first()
        ),
        # Only a label under an application has its number here.
        "authorisation_status": pl.when(APPLICATIONS.list.len() > 0)
        .then(always(AuthorisationStatus.AUTHORISED))
        .otherwise(always(AuthorisationStatus.UNMAPPED)),
        "substance_text": pl.col("generic_name"),
        "dose_form_text": pl.col("dosage_form"),
        "route_texts": pl.col("openfda.route"),
        "therapeutic_class_text": texts(pl.col("therapeutic_category"), "|").list.join("; "),
        "supply_class": term(pl.col("openfda.product_type"), SUPPLY_CLASS, SupplyClass.UNMAPPED),
        "category_text": pl.col("openfda.product_type"),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

INGREDIENT = Mapping(
    Ingredient,
    scheme=f"{PRODUCT_SCHEME}/position",
    national_id=pl.format("{}/{}", PRODUCT_NDC, PLACE),
    where=PRODUCT_NDC.is_not_null(),
    explode=("ingredients[]",),
    values={
        "product_key": product_key(PRODUCT_NDC),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": SUBSTANCES,
    },
    repeats=Repeats.FIRST,
    is_mention=True,
    substance=SubstanceText(SUBSTANCES, unii=CODE_OF_ONLY_SUBSTANCE),
)

PACKAGE = Mapping(
    Package,
    scheme=PACKAGE_SCHEME,
    national_id=ndc11(NDC),
    where=ndc11(NDC).is_not_null(),
    values={
        "product_key": product_key(PRODUCT_NDC),
        "code": ndc11(NDC),
        "code_text": NDC,
        "description": pl.col("presentation"),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

COMPANIES = Mapping(
    Organization,
    scheme=COMPANY_SCHEME,
    national_id=company_id(pl.col("companies[]")),
    explode=("companies[]",),
    values={
        "name": pl.col("companies[]"),
        "kind": always(OrganizationKind.LABELER),
    },
    repeats=Repeats.FIRST,
    is_mention=True,
)

FEED = Feed(
    id="us.openfda_shortages",
    member=Origin.US,
    title="FDA drug shortages and discontinuations (openFDA)",
    source=OpenFDA("/drug/shortages.json"),
    read=read,
    primary=NOTICE,
    others=(PRODUCT, INGREDIENT, PACKAGE, COMPANIES),
    contact_columns=("contact_info",),
)
