"""India: the Jan Aushadhi product list and CDSCO's not-of-standard-quality alerts (both CSV).

No real manufacturer is blamed: the makers of failed batches carry made-up names (नमूना `namuna` and
उदाहरण `udaharan` mean sample and example). Alerts have no identifier but product, batch and month.
"""

from collections.abc import Iterator

from hub.demo.samples.medicines import medicines, read_header, read_table
from hub.demo.samples.native_file import EVERYWHERE, NativeFile, Row, csv_writer

PRODUCT_COLUMNS = read_header("in.janaushadhi")
ALERT_COLUMNS = read_header("in.cdsco_nsq")


def native_files() -> dict[str, list[NativeFile]]:
    """Compose both feeds."""
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
    return {"in.janaushadhi": [products], "in.cdsco_nsq": [alerts]}


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
