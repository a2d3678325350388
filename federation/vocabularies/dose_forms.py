"""Dose forms and routes of administration in EDQM's terms."""

from enum import StrEnum


class DoseForm(StrEnum):
    """A pharmaceutical dose form, by EDQM's standard terms."""

    TABLET = "TABLET"
    UNMAPPED = "UNMAPPED"


class Route(StrEnum):
    """A route of administration, by EDQM's standard terms."""

    ORAL = "ORAL"
    UNMAPPED = "UNMAPPED"
