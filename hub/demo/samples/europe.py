"""European Union: EMA's list of medicines (Excel), and three tables of France's BDPM.

The French files (products, their substances, shortages) have no header; the column names here are
ours and never written. Shortages join products by CIS but for one, whose authorisation has left the
product file.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from hub.demo.samples.draw import Draw
from hub.demo.samples.medicines import read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, tab_writer, workbook

STAMPED_ON = date(2026, 3, 13)
HEADER_ROW = 9
USED_COLUMNS = 1024
"""What the agency's export claims to use, A to AMJ, of which 39 columns hold something."""

MEDICINE_COLUMNS = read_header("eu.ema_medicines")
PRODUCT_COLUMNS = (
    "cis",
    "name",
    "form",
    "routes",
    "state",
    "procedure",
    "marketed",
    "authorised_on",
    "alert",
    "eu_number",
    "holder",
    "watched",
)
COMPOSITION_COLUMNS = (
    "cis",
    "element",
    "code",
    "substance",
    "dose",
    "reference",
    "nature",
    "link",
)
SHORTAGE_COLUMNS = (
    "cis",
    "cip13",
    "code",
    "label",
    "started_on",
    "updated_on",
    "returned_on",
    "url",
)

STATES = {"A": "active", "B": "abrogée", "R": "archivée", "S": "suspendue", "T": "retirée"}
PROCEDURES = {
    "N": "Procédure nationale",
    "D": "Procédure décentralisée",
    "C": "Procédure centralisée",
    "M": "Procédure de reconnaissance mutuelle",
    "I": "Autorisation d'importation parallèle",
    "H": "Enreg homéo (Proc. Nat.)",
}
SHORTAGE_LABELS = {
    "1": "Rupture de stock",
    "2": "Tension d'approvisionnement",
    "3": "Arrêt de commercialisation",
    "4": "Remise à disposition",
}
SHORTAGE_PAGES = "https://ansm.sante.fr/disponibilites-des-produits-de-sante/medicaments/"


def native_files() -> dict[str, list[NativeFile]]:
    """Compose the four feeds."""
    medicines = NativeFile(
        f"eu/ema_medicines_output_{STAMPED_ON}.xlsx",
        ("EMA product number",),
        _medicine_workbook,
        [_medicine(row) for row in read_table("europe_medicines")],
    )
    products = NativeFile(
        "eu/fr_bdpm_CIS_bdpm_2026-03-20_cp1252.txt",
        ("cis",),
        tab_writer(PRODUCT_COLUMNS, header=False, encoding="cp1252"),
        [_product(row) for row in read_table("france_products")],
    )
    compositions = NativeFile(
        "eu/fr_bdpm_CIS_COMPO_bdpm_2026-03-20_cp1252.txt",
        ("cis", "nature", "link"),
        tab_writer(COMPOSITION_COLUMNS, header=False, encoding="cp1252"),
        list(_compositions()),
    )
    shortages = NativeFile(
        "eu/fr_bdpm_CIS_CIP_Dispo_Spec_2026-03-20_cp1252.txt",
        ("cis", "started_on"),
        tab_writer(SHORTAGE_COLUMNS, header=False, encoding="cp1252"),
        list(_shortages()),
    )
    return {
        "eu.ema_medicines": [medicines],
        "eu.fr_products": [products],
        "eu.fr_compositions": [compositions],
        "eu.fr_shortages": [shortages],
    }


def _medicine_workbook(rows: Sequence[Row]) -> bytes:
    stamp = f"{STAMPED_ON:%d/%m/%Y} - 18:00"
    source = "Output automatically generated from content on www.ema.europa.eu on:"
    preamble: list[Sequence[str]] = [["Content type:", "Medicine", source, stamp]]
    preamble += [[]] * (HEADER_ROW - 2)
    lines = [*preamble, MEDICINE_COLUMNS, *(list(row.values()) for row in rows)]
    return workbook("Medicine", lines, last_column=USED_COLUMNS - 1)


def _medicine(row: dict[str, str]) -> Row:
    animal = row["number"].startswith("V")
    number = f"EMEA/{'V' if animal else 'H'}/C/{row['number'].lstrip('V')}"
    use = "veterinary" if animal else "human"
    return dict.fromkeys(MEDICINE_COLUMNS, "") | {
        "Category": use.capitalize(),
        "Name of medicine": row["name"],
        "EMA product number": number,
        "Medicine status": row["status"],
        "International non-proprietary name (INN) / common name": row["inn"],
        "Active substance": row["active"],
        "Therapeutic area (MeSH)": row["area"],
        "Species\n(veterinary)": row["species"],
        f"{'ATCvet' if animal else 'ATC'} code ({use})": row["atc"],
        f"Pharmacotherapeutic group\n({use})": row["group"],
        "Therapeutic indication": row["text"],
        **_flags(row["flags"]),
        "Marketing authorisation developer / applicant / holder": row["holder"],
        **_days(row, Draw("eu.ema_medicines", number)),
        "Medicine URL": f"https://www.ema.europa.eu/en/medicines/{use}/EPAR/{page_name(row['name'])}",
    }


def page_name(name: str) -> str:
    """Name the page of a medicine on the agency's site."""
    return "-".join(re.findall(r"\w+", name.lower()))


def _flags(letters: str) -> Row:
    flags = {
        "Patient safety": "",
        "Accelerated assessment": "",
        "Additional monitoring": "M",
        "Advanced therapy": "",
        "Biosimilar": "B",
        "Conditional approval": "C",
        "Exceptional circumstances": "X",
        "Generic or hybrid": "G",
        "Orphan medicine": "O",
        "PRIME: priority medicine": "",
    }
    return {flag: "Yes" if letter and letter in letters else "No" for flag, letter in flags.items()}


def _days(row: dict[str, str], draw: Draw) -> Row:
    updated = draw.days_before(STAMPED_ON, 0, 700)
    days: dict[str, date] = {"Last updated date": updated}
    revision = 1 + draw.below(40)
    if row["year"]:
        authorised = draw.day_of(int(row["year"]))
        days["Marketing authorisation date"] = authorised
        days["Opinion adopted date"] = draw.days_before(authorised, 50, 75)
        days["First published date"] = max(authorised, date(2006, 1, 1))
        if row["status"] == "Authorised":
            days["European Commission decision date"] = draw.days_before(updated, 5, 60)
    else:
        days["First published date"] = draw.days_before(updated, 100, 900)
    if row["ended"]:
        days[_end_of(row["status"])] = draw.day_of(int(row["ended"]))
    return {column: f"{day:%d/%m/%Y}" for column, day in days.items()} | {
        "Revision number": revision if row["status"] == "Authorised" else "",
        "Latest procedure affecting product information": (
            f"VR/0000{draw.digits(6)}" if row["status"] == "Authorised" else ""
        ),
    }


def _end_of(status: str) -> str:
    return {
        "Application withdrawn": "Withdrawal of application date",
        "Refused": "Refusal of marketing authorisation date",
        "Suspended": "Suspension of marketing authorisation date",
    }.get(status, "Withdrawal / expiry / revocation / lapse of marketing authorisation date")


def _product(row: dict[str, str]) -> Row:
    state, procedure, marketed, *rest = list(row["codes"])
    alert = "Warning disponibilité" if marketed == "N" else ""
    return {
        "cis": row["cis"],
        "name": row["title"],
        "form": row["form"],
        "routes": row["routes"],
        "state": f"Autorisation {STATES[state]}",
        "procedure": PROCEDURES[procedure],
        "marketed": "Commercialisée" if marketed == "C" else "Non commercialisée",
        "authorised_on": f"{Draw('eu.fr_products', row['cis']).day_of(int(row['year'])):%d/%m/%Y}",
        "alert": "Alerte" if "!" in rest else alert,
        "eu_number": row["eu"],
        "holder": f" {row['holder']}",
        "watched": "Oui" if "O" in rest else "Non",
    }


def _compositions() -> Iterator[Row]:
    """Yield each product's substances (SA) and, where it has them, therapeutic fractions (FT)."""
    substances = read_table("france_substances")
    for product in read_table("france_products"):
        known = [row for row in substances if row["medicine"] == product["medicine"]]
        for link, dose in enumerate(product["doses"].split(";"), start=1):
            parts = [row for row in known if row["link"] == str(link)]
            for part in parts:
                as_salt = len(parts) == 2 and part["nature"] == "SA"
                yield {
                    "cis": product["cis"],
                    "element": product["form"].split()[0],
                    "code": part["code"],
                    "substance": part["substance"],
                    "dose": _salt_dose(dose, part["substance"]) if as_salt else _dose(dose),
                    "reference": product["per"],
                    "nature": part["nature"],
                    "link": part["link"],
                }


def _dose(text: str) -> str:
    """Write whole numbers with two decimals, as the agency often does: `10,00 mg`."""
    return re.sub(r"^(\d+) (?=[a-z])", r"\1,00 ", text)


def _salt_dose(text: str, substance: str) -> str:
    """Invent what the dose of the fraction is as a salt: a little more."""
    number, unit = text.split(" ", 1)
    factor = 1.05 + Draw("eu.fr_compositions", substance).below(400) / 1000
    return f"{float(number.replace(',', '.')) * factor:.3f} {unit}".replace(".", ",")


def _shortages() -> Iterator[Row]:
    for row in read_table("france_shortages"):
        started, updated = (date.fromisoformat(row[day]) for day in ("start", "updated"))
        yield {
            "cis": row["cis"],
            "cip13": "",
            "code": row["code"],
            "label": SHORTAGE_LABELS[row["code"]],
            "started_on": f"{started:%d/%m/%Y}",
            "updated_on": f"{updated:%d/%m/%Y}",
            "returned_on": f"{updated:%d/%m/%Y}" if row["code"] == "4" else "",
            "url": SHORTAGE_PAGES + row["page"],
        }
