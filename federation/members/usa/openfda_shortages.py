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
from federation.harmonize.mapping import (
    Mapping,
    Repeats,
    SubstanceText,
    always,
    dose_form,
    routes,
    term,
    terms,
    texts,
)
from federation.harmonize.ndc import ndc11, product_ndc
from federation.harmonize.strengths import strength, strength_fields
from federation.members.usa.dose_forms import DOSE_FORM, ROUTE
from federation.members.usa.identity import (
    COMPANY_SCHEME,
    PACKAGE_SCHEME,
    PRODUCT_SCHEME,
    company_id,
    company_key,
    product_key,
)
from federation.members.usa.labels import FORM_AT_END, LABEL_LOSSY, arranged
from federation.members.usa.outlook import expected_end
from federation.reading.layout import Layout
from federation.reading.native import ROW, Document, NativeTable
from federation.reading.shapes import MONTH_FIRST, TEXT, Shape, one_of
from federation.reading.tree import parse_json, read_objects
from federation.records.declaration import Origin
from federation.records.organization import Organization
from federation.records.product import Ingredient, Package, Product
from federation.records.supply_notice import SupplyNotice
from federation.sources.openfda import OpenFDA
from federation.vocabularies.crosswalk import Crosswalk
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

KIND = Crosswalk(
    "us.openfda_shortages.kind",
    NoticeKind,
    1,
    {
        "Current": NoticeKind.SHORTAGE,
        "Resolved": NoticeKind.SHORTAGE,
        "To Be Discontinued": NoticeKind.DISCONTINUATION,
    },
)

STATUS = Crosswalk(
    "us.openfda_shortages.status",
    SupplyStatus,
    1,
    {
        "Current": SupplyStatus.ONGOING,
        "Resolved": SupplyStatus.RESOLVED,
        "To Be Discontinued": SupplyStatus.DISCONTINUED,
    },
)

AVAILABILITY = Crosswalk(
    "us.openfda_shortages.availability",
    Availability,
    1,
    {
        "Available": Availability.AVAILABLE,
        "Avaliable": Availability.AVAILABLE,
        "Limited Availability": Availability.LIMITED,
        "Limited Availablity": Availability.LIMITED,
        "Limited Availabiltiy": Availability.LIMITED,
        "Unavailable": Availability.UNAVAILABLE,
        "Unavailable.": Availability.UNAVAILABLE,
        "Information pending": Availability.INFORMATION_PENDING,
    },
)

REASON = Crosswalk(
    "us.openfda_shortages.reason",
    ShortageReason,
    1,
    {
        "Demand increase for the drug": ShortageReason.DEMAND_INCREASE,
        "Shortage of an active ingredient": ShortageReason.ACTIVE_SUBSTANCE,
        "Shortage of an inactive ingredient component": ShortageReason.OTHER_MATERIAL,
        "Discontinuation of the manufacture of the drug": ShortageReason.DISCONTINUATION,
        "Delay in shipping of the drug": ShortageReason.LOGISTICS,
        "Requirements related to complying with good manufacturing practices": (
            ShortageReason.QUALITY
        ),
        "Regulatory delay": ShortageReason.REGULATORY,
        "Other": ShortageReason.OTHER,
    },
)

SUPPLY_CLASS = Crosswalk(
    "us.openfda_shortages.supply_class",
    SupplyClass,
    1,
    {
        "HUMAN PRESCRIPTION DRUG": SupplyClass.PRESCRIPTION,
        "HUMAN OTC DRUG": SupplyClass.OVER_THE_COUNTER,
    },
)

LEGAL_FACT = (
    "21 U.S.C. 356c (section 506C FD&C Act): notice of a permanent discontinuance or an "
    "interruption in manufacturing, six months ahead or as soon as practicable; by 21 CFR 314.81 "
    "and 600.82 at most five business days after it occurs"
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


LAYOUT = Layout(
    {
        "discontinued_date": MONTH_FIRST,
        "update_type": None,
        "initial_posting_date": MONTH_FIRST,
        "change_date": None,
        "package_ndc": Shape(r"\d{4,5}-\d{3,4}-\d{1,2}", "an NDC with its package"),
        "generic_name": TEXT,
        "related_info_link": None,
        "contact_info": None,
        "availability": one_of(AVAILABILITY.terms, fits=0.5),
        "related_info": TEXT,
        "resolved_note": None,
        "openfda.application_number": TEXT,
        "openfda.brand_name": TEXT,
        "openfda.generic_name": None,
        "openfda.manufacturer_name": TEXT,
        "openfda.product_ndc": None,
        "openfda.product_type": Shape(r"HUMAN .*|.* DRUG|[A-Z ]+", "a type in capitals"),
        "openfda.route": TEXT,
        "openfda.substance_name": TEXT,
        "openfda.rxcui": None,
        "openfda.spl_id": None,
        "openfda.spl_set_id": None,
        "openfda.package_ndc": None,
        "openfda.nui": None,
        "openfda.pharm_class_epc": None,
        "openfda.pharm_class_cs": None,
        "openfda.pharm_class_moa": None,
        "openfda.pharm_class_pe": None,
        "openfda.unii": TEXT,
        "update_date": MONTH_FIRST,
        "therapeutic_category": TEXT,
        "dosage_form": TEXT,
        "presentation": Shape(r".*\(NDC .*", "a package with its NDC"),
        "company_name": TEXT,
        "shortage_reason": one_of(REASON.terms, fits=0.5),
        "status": one_of(STATUS.terms, fits=0.5),
    },
    optional=(*LABEL_LISTS, *(name for name in OPTIONAL if not name.startswith("other_"))),
)


def read(documents: Sequence[Document]) -> NativeTable:
    """Read the pages; `labels.arranged` adds three lists and `other_label`.

    Raises:
        SourceChanged: a page has no list of results.
    """
    envelopes = [parse_json(document) for document in documents]
    try:
        results = [record for envelope in envelopes for record in envelope["results"]]
    except (KeyError, TypeError) as error:
        raise SourceChanged(
            "openFDA's answer holds no `results`: look at it, then mend the feed's reader"
        ) from error
    lists = (*LABEL_LISTS, "companies[]", "ingredients[]", "strengths[]")
    table = read_objects(results, lists=lists, optional=OPTIONAL, flatten=arranged, layout=LAYOUT)
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
FORM = pl.col("dosage_form")
ROUTES = pl.col("openfda.route")
APPLICATIONS = pl.col("openfda.application_number")
SUBSTANCES = pl.col("ingredients[]")
STRENGTHS = pl.col("strengths[]")
CODES = pl.col("openfda.unii")

NOTICE_KIND = term(STATE, KIND)
NOTICE_STATUS = term(STATE, STATUS)
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
        "availability": term(pl.col("availability"), AVAILABILITY),
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
        "reason": term(pl.col("shortage_reason"), REASON),
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
            pl.col("openfda.brand_name"), pl.col("generic_name").str.replace(FORM_AT_END, "")
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
        "dose_form_text": FORM,
        "dose_form": dose_form(FORM, ROUTES, DOSE_FORM),
        "route_texts": ROUTES,
        "routes": routes(dose_form(FORM, ROUTES, DOSE_FORM), terms(ROUTES, ROUTE)),
        "therapeutic_class_text": texts(pl.col("therapeutic_category"), "|").list.join("; "),
        "supply_class": term(pl.col("openfda.product_type"), SUPPLY_CLASS),
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
    explode=("ingredients[]", "strengths[]"),
    values={
        "product_key": product_key(PRODUCT_NDC),
        "position": PLACE,
        "role": always(IngredientRole.ACTIVE),
        "native_text": SUBSTANCES,
        "strength_text": STRENGTHS,
        **strength_fields(strength(STRENGTHS)),
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

LOSSY = {
    "availability": "misspellings of one term",
    "related_info": "contact data in the text is removed",
    "update_type": "no field for kinds of update",
    "change_date": "no field for this day; the update's stands",
    "contact_info": "personal contact data",
    "related_info_link": "address of a page",
    "resolved_note": "the status says it",
    "company_name": "in `companies[]`",
    "companies[]": "the first spelling of a company's name stands",
    "therapeutic_category": "another sign between several",
    "strengths[]": "of several notices of an NDC the first stands",
    **LABEL_LOSSY,
}

FEED = Feed(
    id="us.openfda_shortages",
    member=Origin.US,
    title="FDA drug shortages and discontinuations (openFDA)",
    source=OpenFDA("/drug/shortages.json"),
    read=read,
    layouts=(LAYOUT,),
    lossy=LOSSY,
    primary=NOTICE,
    others=(PRODUCT, INGREDIENT, PACKAGE, COMPANIES),
    contact_columns=("contact_info",),
)
