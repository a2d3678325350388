"""Holders, makers and agencies."""

from typing import ClassVar

from federation.records.declaration import A_KEY_OF_ITS_OWN, Record, complete, operational, public
from federation.vocabularies.terms import OrganizationKind


class Organization(Record, table=True):
    """A holder, maker or agency, with its name in the scripts the sources use."""

    __tablename__ = "organization"
    plural: ClassVar[str] = "organizations"

    name: str = public("Name as the source writes it.")
    name_en: str | None = public("English name, where the source gives one.")
    kind: OrganizationKind = public("In which capacity it was met.", OrganizationKind)
    country: str | None = public(
        "ISO 3166-1 alpha-2 code, where the source states a country.", groupable=True
    )
    address_text: str | None = operational("Address in native words.")
    identifiers: list[str] = public(
        "Numbers it is known by, each with its scheme: `FEI:3002806523`, `DUNS:123456789`.",
        many=True,
    )
    entity_key: str | None = public(
        "Shared by all records that the hub holds, on evidence, to be this organisation.",
        siblings="same_as",
        derived=True,
        default=A_KEY_OF_ITS_OWN,
    )
    business_number: str | None = operational("National business registration number.")


complete(Organization)
