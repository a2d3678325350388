"""India: Jan Aushadhi's products, NPPA's ceiling prices and CDSCO's quality alerts (all CSV).

No real manufacturer is blamed: the makers of failed batches carry made-up names (नमूना `namuna` and
उदाहरण `udaharan` mean sample and example). Alerts have no identifier but product, batch and month.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import EVERYWHERE, NativeFile, Row, csv_writer

PRODUCT_COLUMNS = read_header("in.janaushadhi")
ALERT_COLUMNS = read_header("in.cdsco_nsq")
CEILING_COLUMNS = read_header("in.nppa_ceilings")

CEILING_PREAMBLE = (
    ("", ""),
    ("", "All Drugs Ceiling Prices"),
    ("", "", "DATE", "5/3/2026"),
    ("", "", "TIME", "17:4:6"),
)
"""What NPPA's export says above its header; the day is the fifth of March."""


def native_files() -> dict[str, list[NativeFile]]:
    """Compose the three feeds."""
    products = NativeFile(
        "in/janaushadhi_product_list_20260318.csv",
        ("Drug Code",),
        csv_writer(
            PRODUCT_COLUMNS, line_end="\n", encoding="utf-8-sig", header=EVERYWHERE, body=EVERYWHERE
        ),
        list(_products()),
    )
    alerts = NativeFile(
        "in/cdsco_nsq_alerts_202603.csv",
        ("str_batch_no",),
        csv_writer(ALERT_COLUMNS, line_end="\n", body=EVERYWHERE),
        list(_alerts()),
    )
    ceilings = NativeFile(
        "in/nppa_ceilings_20260305.csv", (" SL No",), _ceiling_export, list(_ceilings())
    )
    return {
        "in.janaushadhi": [products],
        "in.cdsco_nsq": [alerts],
        "in.nppa_ceilings": [ceilings],
    }


def _ceiling_export(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    lines.writerows([*CEILING_PREAMBLE, CEILING_COLUMNS, *(row.values() for row in rows)])
    return text.getvalue().encode()


def _ceilings() -> Iterator[Row]:
    """Yield the prices, numbered, behind the export's empty first column."""
    for number, ceiling in enumerate(read_table("india_ceilings"), start=1):
        yield dict(zip(CEILING_COLUMNS, ("", str(number), *ceiling.values()), strict=True))


def _products() -> Iterator[Row]:
    for number, product in enumerate(read_table("india_products"), start=1):
        group = product["group"] or medicines()[product["medicine"]].indian_group
        values = (
            str(number),
            product["code"],
            product["name"],
            product["unit"],
            product["mrp"],
            group,
        )
        yield dict(zip(PRODUCT_COLUMNS, values, strict=True))


def _alerts() -> Iterator[Row]:
    makers = {row["key"]: row["text"] for row in read_table("india_makers")}
    for alert in read_table("india_alerts"):
        values = (
            alert["product"],
            alert["batch"],
            alert["made"],
            alert["expires"],
            makers[alert["maker"]],
            alert["result"],
            alert["source"],
            alert["lab"],
            alert["month"],
        )
        yield dict(zip(ALERT_COLUMNS, values, strict=True))
