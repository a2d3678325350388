"""Where medicines are made, and doing what, on what evidence.

Who runs a site is `organization.py`. Which sites of several sources are one is worked out by
`federation/organizations/`, and shared as `entity_key`.
"""

from typing import ClassVar

from federation.records.declaration import (
    A_KEY_OF_ITS_OWN,
    PartialDate,
    Record,
    complete,
    link,
    operational,
    public,
)
from federation.vocabularies.terms import EvidenceKind, EvidenceStanding, SiteRoleKind


class Site(Record, table=True):
    """A place where medicines or substances are made, tested or released."""

    __tablename__ = "site"
    plural: ClassVar[str] = "sites"

    name: str = public("Name of the establishment as the source writes it.")
    other_names: list[str] = public("Other names the source gives it.", many=True)
    country: str | None = public(
        "ISO 3166-1 alpha-2 code, where the source states a country.", groupable=True
    )
    organization_key: str | None = link(
        "Organization", "organization", "sites", "Who runs the site."
    )
    identifiers: list[str] = public(
        "Numbers it is known by, each with its scheme: `FEI:3002806523`, `DUNS:123456789`.",
        many=True,
    )
    entity_key: str | None = public(
        "Shared by all records that the hub holds, on evidence, to be this site.",
        siblings="same_as",
        derived=True,
        default=A_KEY_OF_ITS_OWN,
    )
    locality_text: str | None = operational("Town or region in native words.")
    address_text: str | None = operational("Address in native words.")


class SiteRole(Record, table=True):
    """What a site does for a product or substance, on what evidence, valid until when."""

    __tablename__ = "site_role"
    plural: ClassVar[str] = "site_roles"

    site_key: str | None = link("Site", "site", "roles", "The site.")
    organization_key: str | None = link(
        "Organization", "organization", "site_roles", "Who acts, where no site is named."
    )
    product_key: str | None = link("Product", "product", "site_roles", "The product concerned.")
    substance_key: str | None = link(
        "Substance",
        "substance",
        "site_roles",
        "The substance concerned, as its name was resolved; `role` tells its makers from the rest.",
    )
    role: SiteRoleKind = public("What it does.", SiteRoleKind, policy=True)
    native_role: str | None = public("Its role in native words.")
    subject_text: str | None = public("Product or substance in native words.")
    evidence: EvidenceKind = public("What the statement rests on.", EvidenceKind)
    standing: EvidenceStanding = public("Whether the evidence still holds.", EvidenceStanding)
    evidence_number: str | None = public("Number of the certificate, report or inspection.")
    native_standing: str | None = public("Its standing in native words.")
    valid_from: PartialDate | None = public("Issued, inspected or first stated.", PartialDate)
    valid_until: PartialDate | None = public("Last day of validity.", PartialDate)


complete(Site)
complete(SiteRole)
