"""Germany: BfArM's shortage reports, and who holds, makes and releases a product (both CSV).

A report is a chain of messages: the first one, changes that point to it, and perhaps its deletion.
Holders and makers are invented; product and establishment numbers begin with 299, 399 and 899.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

from hub.demo.samples.draw import Draw
from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, csv_writer

REPORT_COLUMNS = read_header("eu.de_shortages")
ROLE_COLUMNS = read_header("eu.de_site_roles")


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds."""
    reports = NativeFile(
        "eu/de_bfarm_LEMeldungen_2026-03-20_cp1252.csv",
        ("Bearbeitungsnummer", "PZN"),
        csv_writer(REPORT_COLUMNS, line_end="\n", encoding="cp1252", separator=";"),
        [row for report in _newest_first() for row in _messages(report)],
    )
    roles = NativeFile(
        "eu/de_bfarm_manufacturer_roles_2026-03-20.csv",
        ("eingangsnummer", "role", "pu_nummer"),
        csv_writer(ROLE_COLUMNS, line_end="\n"),
        [row for product in _products().values() for row in _roles(product)],
    )
    return {"eu.de_shortages": [reports], "eu.de_site_roles": [roles]}


@cache
def _companies() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in read_table("germany_companies")}


@cache
def _products() -> dict[str, dict[str, str]]:
    return {row["enr"]: row for row in read_table("germany_products")}


def _newest_first() -> list[dict[str, str]]:
    return sorted(read_table("germany_reports"), key=lambda report: report["reported"])[::-1]


def _messages(report: dict[str, str]) -> Iterator[Row]:
    """Yield a message once for each pack of its product."""
    product = _products()[report["enr"]]
    company, medicine = _companies()[product["holder"]], medicines()[product["medicine"]]
    for pack in range(int(product["packs"])):
        values = (
            f"1990{Draw('eu.de_shortages', report['enr'], str(pack)).digits(4)}",
            report["enr"],
            report["number"],
            report["first"],
            report["kind"],
            _day(report["start"]),
            _day(report["end"]),
            _day(report["reported"]),
            report["cause"],
            product["title"],
            medicine.atc,
            medicine.german.replace(";", "; "),
            product["hospital"],
            company["name"],
            company["phone"],
            company["mail"],
            report["reason"],
            report["note"],
            report["alternative"],
            _day(report["posted"]),
            report["informed"],
            product["form"],
            product["class"],
        )
        yield {column: value or "N/A" for column, value in zip(REPORT_COLUMNS, values, strict=True)}


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}"


def _roles(product: dict[str, str]) -> Iterator[Row]:
    """Yield the holder of a product, who releases it and who makes its substance."""
    medicine = medicines()[product["medicine"]]
    atc, substances = medicine.atc, medicine.german.replace(";", " und ")
    parts = (
        ("Zulassungsinhaber", product["holder"]),
        ("Hersteller/Endfreigabe", product["release"]),
        ("Wirkstoffherstellung", product["makers"]),
    )
    for role, keys in parts:
        for key in keys.split(";"):
            company = _companies()[key]
            place = (company["name"], company["number"], company["place"], company["country"])
            values = (atc, atc, substances, product["enr"], product["title"], role, *place)
            yield dict(zip(ROLE_COLUMNS, values, strict=True))
