"""United States: openFDA's drug shortages (JSON) and four Drugs@FDA tables (tab separated).

Applications carry the products; notices point to an application where openFDA would have joined
one: `-` stands for a record without its `openfda` block. About half of the applications that
notices name are in Drugs@FDA. Contacts use numbers and domains reserved for fiction.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

from hub.demo.samples.draw import Draw
from hub.demo.samples.medicines import Medicine, medicines, read_table
from hub.demo.samples.native_file import NativeFile, Row, json_writer, tab_writer

PUBLISHED_ON = date(2026, 3, 23)

REASONS = {
    "": "",
    "demand": "Demand increase for the drug",
    "api": "Shortage of an active ingredient",
    "discontinuation": "Discontinuation of the manufacture of the drug",
    "ship": "Delay in shipping of the drug",
    "gmp": "Requirements related to complying with good manufacturing practices",
    "regulatory": "Regulatory delay",
    "inactive": "Shortage of an inactive ingredient component",
    "other": "Other",
}
ROUTES = {
    "IA": "INTRA-ARTERIAL",
    "IL": "INTRALESIONAL",
    "IM": "INTRAMUSCULAR",
    "IR": "INTRA-ARTICULAR",
    "IT": "INTRATHECAL",
    "IV": "INTRAVENOUS",
    "PO": "ORAL",
    "RI": "RESPIRATORY (INHALATION)",
    "SC": "SUBCUTANEOUS",
    "ST": "SOFT TISSUE",
}
MARKETING_STATUSES = (
    ("1", "Prescription"),
    ("2", "Over-the-counter"),
    ("3", "Discontinued"),
    ("4", "None (Tentative Approval)"),
    ("5", "For Further Manufacturing Use"),
)


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds; Drugs@FDA is four files."""
    notices = NativeFile(
        f"us/openfda_drug_shortages_{PUBLISHED_ON}.json",
        ("package_ndc", "status", "initial_posting_date"),
        json_writer(2, end="\n", envelope=_envelope),
        [_notice(notice) for notice in read_table("us_notices")],
    )
    listed = list(_listed())
    tables = [
        _table("Products", 2, [_product(*entry) for entry in listed]),
        _table("Applications", 1, [_application(row) for row in _by_number()]),
        _table("MarketingStatus", 3, [_status(*entry) for entry in listed]),
        _table("MarketingStatus_Lookup", 1, [_lookup(*status) for status in MARKETING_STATUSES]),
    ]
    return {"us.openfda_shortages": [notices], "us.drugsatfda": tables}


def _table(name: str, keys: int, rows: list[Row]) -> NativeFile:
    columns = tuple(rows[0])
    path = f"us/drugsatfda_{name}_2026-03-17.txt"
    return NativeFile(path, columns[:keys], tab_writer(columns), rows)


@cache
def _companies() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in read_table("us_companies")}


def _by_number() -> list[dict[str, str]]:
    return sorted(read_table("us_applications"), key=lambda row: row["number"])


def _listed() -> Iterator[tuple[dict[str, str], str, str]]:
    """Yield application, product number and strength of every product."""
    for application in _by_number():
        for number, strength in enumerate(application["strengths"].split("|"), start=1):
            yield application, f"{number:03}", strength


def _product(application: dict[str, str], number: str, strength: str) -> Row:
    substances = medicines()[application["medicine"]].substances
    return {
        "ApplNo": application["number"],
        "ProductNo": number,
        "Form": application["form"],
        "Strength": strength,
        "ReferenceDrug": application["reference"],
        "DrugName": application["name"],
        "ActiveIngredient": application["ingredient"] or substances.replace(";", "; "),
        "ReferenceStandard": application["standard"],
    }


def _application(application: dict[str, str]) -> Row:
    return {
        "ApplNo": application["number"],
        "ApplType": application["type"],
        "ApplPublicNotes": "",
        "SponsorName": _companies()[application["company"]]["sponsor"],
    }


def _status(application: dict[str, str], number: str, _strength: str) -> Row:
    return {
        "MarketingStatusID": application["status"],
        "ApplNo": application["number"],
        "ProductNo": number,
    }


def _lookup(number: str, description: str) -> Row:
    return {"MarketingStatusID": number, "MarketingStatusDescription": description}


def _envelope(total: int) -> Row:
    return {
        "meta": {
            "disclaimer": (
                "Do not rely on openFDA to make decisions regarding medical care. While we make "
                "every effort to ensure that data is accurate, you should assume all results are "
                "unvalidated. We may limit or otherwise restrict your access to the API in line "
                "with our Terms of Service."
            ),
            "terms": "https://open.fda.gov/terms/",
            "license": "https://open.fda.gov/license/",
            "last_updated": str(PUBLISHED_ON),
            "results": {"skip": 0, "limit": total, "total": total},
        }
    }


def _notice(notice: dict[str, str]) -> Row:
    medicine, company = medicines()[notice["medicine"]], _companies()[notice["company"]]
    name = notice["trade"] or medicine.american
    updated = f"{date.fromisoformat(notice['updated']):%m/%d/%Y}"
    ends = notice["status"] == "To Be Discontinued"
    over = notice["status"] == "Resolved"
    record = {
        "discontinued_date": updated if ends else "",
        "update_type": notice["update"],
        "initial_posting_date": f"{date.fromisoformat(notice['posted']):%m/%d/%Y}",
        "change_date": updated if over else "",
        "package_ndc": notice["ndc"],
        "generic_name": f"{medicine.american} {notice['form']}",
        "contact_info": company["contact"],
        "availability": notice["availability"],
        "related_info": notice["related"],
        "resolved_note": "Available" if over else "",
        "openfda": _openfda(notice, medicine, company) if notice["application"] != "-" else "",
        "update_date": updated,
        "therapeutic_category": medicine.categories.split(";"),
        "dosage_form": notice["form"],
        "presentation": f"{name}, {notice['form']}, {notice['presentation']} (NDC {notice['ndc']})",
        "company_name": company["name"],
        "shortage_reason": REASONS[notice["reason"]],
        "status": notice["status"],
    }
    # openFDA leaves a key out where the agency has nothing to say.
    return {column: value for column, value in record.items() if value != ""}


def _openfda(notice: dict[str, str], medicine: Medicine, company: dict[str, str]) -> Row:
    draw = Draw("us.openfda_shortages", notice["ndc"])
    labeler, product, package = notice["ndc"].split("-")
    other = f"{labeler}-{product}-{draw.digits(len(package))}"
    joined = {
        "application_number": [notice["application"]],
        "brand_name": [(notice["trade"] or medicine.american).upper()],
        "generic_name": [medicine.american.upper()],
        "manufacturer_name": [company["manufacturer"]],
        "product_ndc": [f"{labeler}-{product}"],
        "product_type": ["HUMAN PRESCRIPTION DRUG"],
        "route": [ROUTES[route] for route in notice["routes"].split(";")],
        "substance_name": medicine.substances.split(";"),
        "spl_id": [str(draw.uuid())],
        "spl_set_id": [str(draw.uuid())],
        "package_ndc": sorted({notice["ndc"], other}),
        "unii": medicine.uniis.split(";"),
    }
    return {key: value for key, value in joined.items() if value != [""]}
