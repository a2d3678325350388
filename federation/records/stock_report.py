"""Stock in hand, as filed with an agency: confidential."""

from decimal import Decimal
from typing import ClassVar

from federation.records.declaration import (
    MedicineRecord,
    PartialDate,
    commercial,
    complete,
    link,
    operational,
    public,
    restricted,
)


class StockReport(MedicineRecord, table=True):
    """Stock of a product in hand on a day, as filed with an agency."""

    __tablename__ = "stock_report"
    plural: ClassVar[str] = "stock_reports"

    product_key: str | None = link("Product", "product", "stock_reports", "The product in stock.")
    holder_key: str | None = link("Organization", "holder", "stock_reports", "Who holds it.")
    as_of: PartialDate | None = public("Day of the count.", PartialDate)
    quantity_band: str | None = operational(
        "The quantity as a band of one power of ten, such as `1000-9999`.", groupable=True
    )
    quantity: Decimal | None = commercial("Units in stock, exact.", Decimal, quantity=True)
    quantity_unit: str | None = commercial("Unit of the quantity, in native words.", unit=True)
    quantity_text: str | None = commercial("Quantity in native words.")
    cover_days: int | None = commercial("Days of supply the stock covers.", int)
    place_text: str | None = restricted("Where it is kept, in native words.")


complete(StockReport)
