"""Recalls and findings of substandard quality."""

from typing import ClassVar

from federation.records.declaration import (
    MedicineRecord,
    PartialDate,
    complete,
    link,
    operational,
    public,
)
from federation.vocabularies.terms import AlertKind, AlertSeverity


class QualityAlert(MedicineRecord, table=True):
    """A recall, or a batch found not of standard quality."""

    __tablename__ = "quality_alert"
    plural: ClassVar[str] = "quality_alerts"

    title: str = public("The product in the alert's own words.")
    kind: AlertKind = public("What the alert reports.", AlertKind, policy=True)
    severity: AlertSeverity = public(
        "Class of the recall in common terms.", AlertSeverity, policy=True
    )
    class_text: str | None = public("Class of the recall, in native words.")
    native_status: str | None = public("Where it stands, in native words, as published.")
    batch_numbers: list[str] = public("Batches concerned.", many=True)
    batch_text: str | None = public("Batches in native words: ranges and prose are not split.")
    product_key: str | None = link("Product", "product", "quality_alerts", "The product concerned.")
    manufacturer_key: str | None = link(
        "Organization", "manufacturer", "quality_alerts", "Who made the batch."
    )
    recalling_firm_key: str | None = link(
        "Organization", "recalling_firm", "recalls", "Who takes the batch back."
    )
    initiated_on: PartialDate | None = public("When the recall began.", PartialDate)
    reported_on: PartialDate | None = public("When it was reported.", PartialDate)
    manufactured_on: PartialDate | None = public("When the batch was made.", PartialDate)
    expires_on: PartialDate | None = public("When the batch expires.", PartialDate)
    reason_text: str | None = operational("What was found, in native words.")
    manufacturer_text: str | None = operational("Maker and site address in native words.")
    laboratory_text: str | None = operational("Laboratory that found it.")
    distribution_text: str | None = operational("Where the batch went, in native words.")
    source_text: str | None = operational("Who reported it, in native words.")


complete(QualityAlert)
