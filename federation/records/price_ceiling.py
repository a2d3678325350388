"""Legal prices: reimbursement prices, ceilings and maximum retail prices."""

from decimal import Decimal
from typing import ClassVar

from federation.records.declaration import MedicineRecord, PartialDate, complete, link, public
from federation.vocabularies.terms import AmountStatus, PriceKind


class PriceCeiling(MedicineRecord, table=True):
    """A legal price of a product: amount, currency, unit basis and legal order."""

    __tablename__ = "price_ceiling"
    plural: ClassVar[str] = "price_ceilings"

    title: str = public("What is priced, in native words.")
    kind: PriceKind = public("Which legal price it is.", PriceKind, policy=True)
    amount: Decimal | None = public("Amount, exact; null when none was published.", Decimal)
    amount_status: AmountStatus = public("Whether the amount is known.", AmountStatus)
    currency: str = public("ISO 4217 code.", groupable=True)
    unit_text: str | None = public("What one amount buys, in native words.")
    is_tax_included: bool | None = public("Whether the amount includes tax.", bool)
    product_key: str | None = link("Product", "product", "price_ceilings", "The product priced.")
    generic_key: str | None = link(
        "GenericMedicine", "generic", "price_ceilings", "The generic medicine the price is of."
    )
    holder_key: str | None = link(
        "Organization", "holder", "price_ceilings", "Whose product is priced."
    )
    substance_text: str | None = public("Active substances with strengths, in native words.")
    valid_from: PartialDate | None = public("First day of the price.", PartialDate)
    valid_until: PartialDate | None = public("Last day of the price.", PartialDate)
    ordered_on: PartialDate | None = public("Day of the legal order.", PartialDate)
    order_text: str | None = public("Legal order or remark, in native words.")


complete(PriceCeiling)
