"""What the reference registers say of substances, each in its own words."""

from typing import ClassVar

from federation.records.declaration import Record, complete, public
from federation.vocabularies.terms import RegisterEntryKind


class RegisterEntry(Record, table=True):
    """One entry of a reference register: what it calls a substance, and by which codes."""

    __tablename__ = "register_entry"
    plural: ClassVar[str] = "register_entries"

    name: str = public("Name as the register writes it.")
    other_names: list[str] = public("Synonyms, translations and brands it gives.", many=True)
    kind: RegisterEntryKind = public("What the entry names.", RegisterEntryKind)
    language: str | None = public("ISO 639-1 code of the name, where the register has one.")
    stated_name: str | None = public("English name or substance it is said to be.")
    unii: str | None = public("FDA/USP unique ingredient identifier, as stated.")
    cas: str | None = public("CAS registry number, as stated.")
    atc_codes: list[str] = public("ATC codes as stated, of any level.", many=True)


complete(RegisterEntry)
