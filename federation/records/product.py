"""A medicine as one member authorises it, and its parts: ingredients and packages.

Substances are `substance.py`, medicines without a maker `generics.py`, prices `price_ceiling.py`.
"""

from decimal import Decimal
from typing import ClassVar, Literal

from federation.records.declaration import (
    MedicineRecord,
    PartialDate,
    Record,
    complete,
    link,
    operational,
    public,
)
from federation.vocabularies.dose_forms import DoseForm, Route
from federation.vocabularies.terms import (
    AuthorisationStatus,
    IngredientRole,
    MarketingStatus,
    ProductStage,
    ResolutionMethod,
    Species,
    SupplyClass,
)


class Product(MedicineRecord, table=True):
    """A medicine as one member authorises it."""

    __tablename__ = "product"
    plural: ClassVar[str] = "products"

    name: str = public("Name in the source's language.")
    name_en: str | None = public("English name, where the source gives one.")
    species: Species = public("Whom it is for.", Species, policy=True)
    holder_key: str | None = link(
        "Organization", "holder", "products", "The marketing authorisation holder."
    )
    authorisation_number: str | None = public("Number of the marketing authorisation.")
    authorisation_status: AuthorisationStatus = public(
        "Standing of the authorisation.", AuthorisationStatus, policy=True
    )
    native_authorisation_status: str | None = public("Its standing in native words.")
    authorised_on: PartialDate | None = public("When it was authorised.", PartialDate)
    authorisation_ended_on: PartialDate | None = public("When that ended.", PartialDate)
    price_listed_on: PartialDate | None = public(
        "When it entered the national price or reimbursement list.", PartialDate
    )
    procedure_text: str | None = public("How it was authorised, in native words.")
    substance_text: str | None = public("Active substances, as one native text.")
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
    atc_codes: list[str] = public("ATC codes as stated, of any level.", many=True)
    therapeutic_class_text: str | None = public("Therapeutic class in native words.")
    supply_class: SupplyClass | None = public("Prescription or not.", SupplyClass)
    category_text: str | None = public("The member's own product category.")
    stage: ProductStage | None = public(
        "A finished medicine or a material for one; null where not stated.", ProductStage
    )
    manufacturing_countries: list[str] = operational(
        "ISO 3166-1 alpha-2 codes of where it is made, for imports that state it.", many=True
    )
    marketing_status: MarketingStatus | None = operational(
        "Whether it is on the market.", MarketingStatus
    )
    pharmaceutical_product_key: str | None = public(
        "Shared by products of the same substances, strengths, dose form and route; null where "
        "one of them is not known.",
        siblings="equivalents",
        derived=True,
    )
    surveillance_text: str | None = operational("Reinforced surveillance or alert, native words.")
    indication_text: str | None = operational("Therapeutic indication, in native words.")


class Ingredient(Record, table=True):
    """A substance in a product, with its strength and how surely the substance is known."""

    __tablename__ = "ingredient"
    plural: ClassVar[str] = "ingredients"
    absent: ClassVar[Literal["mark", "close"]] = "close"

    product_key: str | None = link("Product", "product", "ingredients", "The product it is in.")
    generic_key: str | None = link(
        "GenericMedicine", "generic", "ingredients", "The generic medicine it is in."
    )
    substance_key: str | None = link(
        "Substance", "substance", "ingredients", "The substance it was resolved to."
    )
    position: int = public("Place in the product's list, from 1.", int)
    role: IngredientRole = public("What it does.", IngredientRole)
    native_text: str = public("The ingredient in native words.")
    strength_text: str | None = public("Strength in native words.")
    strength_value: Decimal | None = public(
        "Amount of the numerator, exact; of a range its lower end.", Decimal
    )
    strength_value_high: Decimal | None = public(
        "Upper end of a range; null where one amount is stated.", Decimal
    )
    strength_unit: str | None = public("Unit of the numerator, UCUM.")
    per_value: Decimal | None = public("Amount of the denominator, exact.", Decimal)
    per_unit: str | None = public("Unit of the denominator, UCUM.")
    resolution_method: ResolutionMethod = public("How the substance was found.", ResolutionMethod)
    resolution_confidence: Decimal = public("How surely, from 0 to 1.", Decimal)


class Package(Record, table=True):
    """A pack of a product, by its code."""

    __tablename__ = "package"
    plural: ClassVar[str] = "packages"
    absent: ClassVar[Literal["mark", "close"]] = "close"

    product_key: str | None = link("Product", "product", "packages", "The product it holds.")
    code: str = public("Package code in its normal form, such as NDC-11.")
    code_text: str = public("The code as the source writes it.")
    description: str | None = public("Contents in native words.")
    price_ceiling_key: str | None = link(
        "PriceCeiling", "price_ceiling", "packages", "The legal price it is paid by."
    )
    marketing_status: MarketingStatus | None = operational(
        "Whether this pack is on the market.", MarketingStatus
    )
    native_marketing_status: str | None = operational("The same in native words.")
    marketing_declared_on: PartialDate | None = operational(
        "When its holder declared that.", PartialDate
    )


complete(Product)
complete(Ingredient)
complete(Package)
