"""A shortage, limited supply, discontinuation or suspension, as a member states it today."""

from typing import ClassVar

from federation.records.declaration import (
    MedicineRecord,
    PartialDate,
    commercial,
    complete,
    link,
    operational,
    public,
)
from federation.vocabularies.terms import (
    Availability,
    NoticeKind,
    ShortageReason,
    SupplyStatus,
)


class SupplyNotice(MedicineRecord, table=True):
    """A shortage, limited supply, discontinuation or suspension: common terms and native words."""

    __tablename__ = "supply_notice"
    plural: ClassVar[str] = "supply_notices"
    absent_values: ClassVar[dict[str, str]] = {"status": SupplyStatus.NO_LONGER_LISTED}
    withdrawn_values: ClassVar[dict[str, str]] = {"status": SupplyStatus.WITHDRAWN}

    title: str = public("The product in the notice's own words.")
    kind: NoticeKind = public("What the notice is about.", NoticeKind, policy=True)
    status: SupplyStatus = public("Where it stands.", SupplyStatus, policy=True)
    native_status: str = public("The member's own words for kind and status.")
    legal_fact: str = public("The national law and clock the notice stands under.")
    availability: Availability | None = public("How much can be had.", Availability)
    product_key: str | None = link(
        "Product", "product", "supply_notices", "The product as this member authorises it."
    )
    holder_key: str | None = link(
        "Organization", "holder", "supply_notices", "Who answers for the supply."
    )
    package_codes: list[str] = public("Package codes the notice names.", many=True)
    starts_on: PartialDate | None = public("Start of the shortage, as stated.", PartialDate)
    expected_end_on: PartialDate | None = public("When supply should recover.", PartialDate)
    ended_on: PartialDate | None = public("When supply did recover.", PartialDate)
    posted_on: PartialDate | None = public("When the notice was first made public.", PartialDate)
    updated_on: PartialDate | None = public("When its owner last changed it.", PartialDate)
    reason: ShortageReason | None = operational("Why, in common terms.", ShortageReason)
    reason_text: str | None = operational("Why, in native words.")
    impact_text: str | None = operational("Effect on patients, in native words.")
    plan_text: str | None = operational("What is done about it, in native words.")
    outlook_text: str | None = operational("Prospects of recovery, in native words.")
    last_supply_on: PartialDate | None = operational("Last supply before it stopped.", PartialDate)
    stock_text: str | None = commercial("Stock in hand, in native words.")
    stock_on: PartialDate | None = commercial("Day of the stock count.", PartialDate)
    volume_text: str | None = commercial("Shipped volume, in native words.")


complete(SupplyNotice)
