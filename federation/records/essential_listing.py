"""Standing of a product on a list of essential medicines."""

from typing import ClassVar

from federation.records.declaration import Record, complete, link, public
from federation.vocabularies.terms import LegalEffect


class EssentialListing(Record, table=True):
    """One product or substance on one version of one essential list."""

    __tablename__ = "essential_listing"
    plural: ClassVar[str] = "essential_listings"

    list_name: str = public("Name of the list.", policy=True, groupable=True)
    list_version: str | None = public("Version of the list.")
    title: str | None = public("What is listed, in the list's own words.")
    atc_codes: list[str] = public("ATC codes as the list states them, of any level.", many=True)
    class_text: str | None = public("Class on the list, in native words.")
    legal_effect: LegalEffect = public("What the listing brings with it.", LegalEffect)
    product_key: str | None = link(
        "Product", "product", "essential_listings", "The product listed."
    )
    substance_key: str | None = link(
        "Substance",
        "substance",
        "essential_listings",
        "The substance listed, where the list names one: its words or ATC code, resolved.",
    )


complete(EssentialListing)
