"""Recalls and findings of substandard quality."""

from typing import ClassVar

from federation.records.declaration import PartialDate, Record, complete, link, operational, public
from federation.vocabularies.terms import AlertKind


class QualityAlert(Record, table=True):
    """A recall, or a batch found not of standard quality."""

    __tablename__ = "quality_alert"
    plural: ClassVar[str] = "quality_alerts"

    title: str = public("The product in the alert's own words.")
    kind: AlertKind = public("What the alert reports.", AlertKind, policy=True)
    batch_numbers: list[str] = public("Batches concerned.", many=True)
    manufacturer_key: str | None = link(
        "Organization", "manufacturer", "quality_alerts", "Who made the batch."
    )
    reported_on: PartialDate | None = public("When it was reported.", PartialDate)
    manufactured_on: PartialDate | None = public("When the batch was made.", PartialDate)
    expires_on: PartialDate | None = public("When the batch expires.", PartialDate)
    reason_text: str | None = operational("What was found, in native words.")
    manufacturer_text: str | None = operational("Maker and site address in native words.")
    laboratory_text: str | None = operational("Laboratory that found it.")
    source_text: str | None = operational("Who reported it, in native words.")


complete(QualityAlert)
