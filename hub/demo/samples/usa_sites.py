"""United States: unfinished drugs (two tables), recalls and inspections (both CSV conversions).

Labelers, recalling firms and inspected sites are invented: product codes of 9999x, recall numbers
of 99xx and establishment numbers of 309999 belong to nobody.
"""

from collections.abc import Iterator
from functools import cache

from hub.demo.samples.draw import Draw
from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, csv_writer, tab_writer

PRODUCT_COLUMNS = read_header("us.ndc_unfinished/product")
PACKAGE_COLUMNS = read_header("us.ndc_unfinished/package")
RECALL_COLUMNS = read_header("us.fda_enforcement")
INSPECTION_COLUMNS = read_header("us.fda_inspections")


def native_files() -> dict[str, list[NativeFile]]:
    """Compose the three feeds; the unfinished drugs are two files."""
    products = NativeFile(
        "us/ndc_unfinished_product_2026-03-17.txt",
        ("PRODUCTNDC",),
        tab_writer(PRODUCT_COLUMNS, encoding="latin-1"),
        [_product(row) for row in read_table("us_unfinished")],
    )
    packages = NativeFile(
        "us/ndc_unfinished_package_2026-03-17.txt",
        ("NDCPACKAGECODE",),
        tab_writer(PACKAGE_COLUMNS, encoding="latin-1"),
        [package for row in read_table("us_unfinished") for package in _packages(row)],
    )
    recalls = NativeFile(
        "us/openfda_enforcement_2026-03-18.csv",
        ("recall_number",),
        csv_writer(RECALL_COLUMNS, line_end="\r\n"),
        list(_recalls()),
    )
    inspections = NativeFile(
        "us/fda_inspections_2026-03-18.csv",
        ("inspection_id", "project_area"),
        csv_writer(INSPECTION_COLUMNS, line_end="\r\n"),
        [
            dict(zip(INSPECTION_COLUMNS, row.values(), strict=True))
            for row in read_table("us_inspections")
        ],
    )
    return {
        "us.ndc_unfinished": [products, packages],
        "us.fda_enforcement": [recalls],
        "us.fda_inspections": [inspections],
    }


@cache
def _labelers() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in read_table("us_labelers")}


def _identity(row: dict[str, str]) -> Row:
    """Give a listing its NDC, and the PRODUCTID that joins the tables: NDC and document."""
    ndc = f"{_labelers()[row['labeler']]['prefix']}-{row['ndc']}"
    return {"PRODUCTID": f"{ndc}_{Draw('us.ndc_unfinished', ndc).uuid()}", "PRODUCTNDC": ndc}


def _product(row: dict[str, str]) -> Row:
    substances = row["substance"] or medicines()[row["medicine"]].substances.replace(";", "; ")
    return _identity(row) | {
        "PRODUCTTYPENAME": row["kind"],
        "NONPROPRIETARYNAME": row["name"],
        "DOSAGEFORMNAME": row["form"],
        "STARTMARKETINGDATE": row["start"],
        "ENDMARKETINGDATE": row["end"],
        "MARKETINGCATEGORYNAME": row["category"],
        "LABELERNAME": _labelers()[row["labeler"]]["name"],
        "SUBSTANCENAME": substances,
        "ACTIVE_NUMERATOR_STRENGTH": row["strength"],
        "ACTIVE_INGRED_UNIT": row["unit"],
        "DEASCHEDULE": row["schedule"],
        "LISTING_RECORD_CERTIFIED_THROUGH": row["certified"],
    }


def _packages(row: dict[str, str]) -> Iterator[Row]:
    """Yield a listing's packages; `@` stands for the code that a nested one names."""
    identity = _identity(row)
    for number, text in enumerate(row["packs"].split("|"), start=1):
        code = f"{identity['PRODUCTNDC']}-{number}"
        described = text.replace("@", code) if "@" in text else f"{text} ({code}) "
        yield identity | {"NDCPACKAGECODE": code, "PACKAGEDESCRIPTION": described}


def _recalls() -> Iterator[Row]:
    firms = {row["key"]: row for row in read_table("us_firms")}
    for recall in read_table("us_recalls"):
        firm = firms[recall["firm"]]
        values = (
            recall["number"],
            firm["name"],
            recall["day"],
            recall["class"],
            recall["product"],
            recall["reason"],
            recall["status"],
            "Drugs",
            recall["mandated"],
            recall["distribution"],
            firm["city"],
            firm["state"],
            firm["country"],
        )
        yield dict(zip(RECALL_COLUMNS, values, strict=True))
