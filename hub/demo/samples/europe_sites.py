"""European Union: certificates of suitability (EDQM), makers by EPAR Annex II, the Union list.

Certificate holders and makers are invented, as are certificate numbers (-9xx) and SPOR numbers
(19999…). Monograph numbers are the Pharmacopoeia's. The Union list's file is ATC codes alone; which
of the sample's medicines stand on it here is a guess.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from hub.demo.samples.europe import page_name
from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import NativeFile, Row, csv_writer, tab_writer

CERTIFICATE_COLUMNS = read_header("eu.edqm_ceps")
MAKER_COLUMNS = read_header("eu.epar_manufacturers")
(LISTED_COLUMN,) = read_header("eu.union_list")

NOT_LISTED = {
    "amlodipine",
    "atorvastatin",
    "clopidogrel",
    "hydroxychloroquine",
    "lamotrigine",
    "metformin",
    "omeprazole",
    "sodium-chloride",
}
HEADINGS = {
    "1": "Name and address of the manufacturer of the biological active substance",
    "2": "Name and address of the manufacturer responsible for batch release",
}
EPAR = "https://www.ema.europa.eu/en"


def native_files() -> dict[str, list[NativeFile]]:
    """Compose the three feeds."""
    certificates = NativeFile(
        "eu/edqm_cep_2026-03-20.txt",
        (CERTIFICATE_COLUMNS[5],),
        tab_writer(CERTIFICATE_COLUMNS, line_end="\n"),
        [_certificate(row) for row in read_table("europe_certificates")],
    )
    makers = NativeFile(
        "eu/epar_annex2_manufacturers_2026-03.csv",
        ("medicine_name", "manufacturer_name", "manufacturer_step"),
        csv_writer(MAKER_COLUMNS, line_end="\n"),
        list(_makers()),
    )
    listed = NativeFile(
        "eu/union_list_critical_medicines_2026-01-19.csv",
        (LISTED_COLUMN,),
        _grouped,
        [
            {LISTED_COLUMN: atc}
            for atc in sorted(m.atc for m in medicines().values() if m.key not in NOT_LISTED)
        ],
    )
    return {
        "eu.edqm_ceps": [certificates],
        "eu.epar_manufacturers": [makers],
        "eu.union_list": [listed],
    }


def _certificate(row: dict[str, str]) -> Row:
    days = {"issued", "renewal", "ended", "closed"}
    values = [_day(text) if name in days else text for name, text in row.items()]
    return dict(zip(CERTIFICATE_COLUMNS, values, strict=True))


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}" if text else ""


def _makers() -> Iterator[Row]:
    """Yield the makers of each medicine, each with the whole block that names them all."""
    known = {row["name"]: row for row in read_table("europe_medicines")}
    number = 0
    for name, group in groupby(read_table("europe_makers"), key=lambda row: row["medicine"]):
        rows = list(group)
        page = page_name(name)
        for row in rows:
            number += 1
            values = (
                str(number),
                name,
                known[name]["active"],
                known[name]["atc"],
                f"{EPAR}/medicines/human/EPAR/{page}",
                f"{EPAR}/documents/product-information/{page}-epar-product-information_en.pdf",
                _block(rows),
                row["maker"],
                row["address"],
                row["country"],
                row["step"],
            )
            yield dict(zip(MAKER_COLUMNS, values, strict=True))


def _block(rows: Sequence[dict[str, str]]) -> str:
    steps = groupby(rows, key=lambda row: row["step"])
    parts = [
        "\n".join([HEADINGS[step], *(f"{row['maker']}\n{row['address']}" for row in group)])
        for step, group in steps
    ]
    return "\n".join(["A. MANUFACTURER RESPONSIBLE FOR BATCH RELEASE", *parts])


def _grouped(rows: Sequence[Row]) -> bytes:
    """Write the codes with a blank line before each group, as `B01`."""
    groups = groupby((row[LISTED_COLUMN] for row in rows), key=lambda atc: atc[:3])
    lines = [LISTED_COLUMN, *("\n".join(["", *codes]) for _, codes in groups)]
    return ("\n".join(lines) + "\n").encode()
