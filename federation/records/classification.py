"""Codes that a member gives its medicines in a classification, such as the ATC."""

from typing import ClassVar

from federation.records.declaration import Record, complete, link, public
from federation.vocabularies.terms import ClassificationSystem


class Classification(Record, table=True):
    """One code of one classification, given to a product, a price or a generic medicine."""

    __tablename__ = "classification"
    plural: ClassVar[str] = "classifications"

    title: str = public("What is classified, in native words.")
    system: ClassificationSystem = public(
        "The classification the code belongs to.", ClassificationSystem
    )
    code: str = public("The code as stated, of any level.")
    label: str | None = public("What the code stands for, in the source's words.")
    product_key: str | None = link(
        "Product", "product", "classifications", "The product classified."
    )
    price_ceiling_key: str | None = link(
        "PriceCeiling", "price_ceiling", "classifications", "The legal price it is listed by."
    )
    generic_key: str | None = link(
        "GenericMedicine", "generic", "classifications", "The generic medicine classified."
    )


complete(Classification)
