"""Medicines by what is in them, whoever makes them, and where products stand among them.

Products that somebody makes are `product.py`; the legal prices that standings name are
`price_ceiling.py`.
"""

from typing import ClassVar

from federation.records.declaration import PartialDate, Record, complete, link, public
from federation.vocabularies.dose_forms import DoseForm, Route
from federation.vocabularies.terms import GenericStandingKind


class GenericMedicine(Record, table=True):
    """A medicine by substances, strength, dose form and route, as a member's own code names it."""

    __tablename__ = "generic_medicine"
    plural: ClassVar[str] = "generic_medicines"

    name: str = public("Its substances, as one native text.")
    dose_form_text: str | None = public("Dose form in native words.")
    dose_form: DoseForm | None = public(
        "Dose form in EDQM's terms; null where the source states none.", DoseForm
    )
    route_texts: list[str] = public("Routes of administration in native words.", many=True)
    routes: list[Route] = public(
        "Routes of administration in EDQM's terms, stated or implied by the dose form.",
        Route,
        many=True,
    )
    strength_text: str | None = public("Strength in native words.")
    therapeutic_class_text: str | None = public("Therapeutic class in native words.")
    pharmaceutical_product_key: str | None = public(
        "Shared by medicines of the same substances, strengths, dose form and route.",
        siblings="equivalents",
        derived=True,
    )


class GenericStanding(Record, table=True):
    """Where a priced product stands among the originals and generics of its kind."""

    __tablename__ = "generic_standing"
    plural: ClassVar[str] = "generic_standings"

    title: str = public("The product in native words.")
    standing: GenericStandingKind = public("Where it stands.", GenericStandingKind)
    native_standing: str | None = public("The same in the list's own sign.")
    note_text: str | None = public("Remarks and announced changes, in native words.")
    changes_on: PartialDate | None = public(
        "From when the remark's announced change of standing applies.", PartialDate
    )
    is_counted: bool | None = public(
        "Whether it is marked as counted in the cut-off value of the generics' share of use.", bool
    )
    is_excluded_from_premium: bool | None = public(
        "Whether it is left out of the premium for dispensing generics.", bool
    )
    listed_on: PartialDate | None = public("When it entered the price list.", PartialDate)
    valid_until: PartialDate | None = public("Last day of use under a transition.", PartialDate)
    product_key: str | None = link(
        "Product", "product", "generic_standings", "The product concerned."
    )
    price_ceiling_key: str | None = link(
        "PriceCeiling", "price_ceiling", "generic_standings", "The legal price it is listed by."
    )


complete(GenericMedicine)
complete(GenericStanding)
