"""The alliance's substance register as records."""

from typing import ClassVar

from federation.records.declaration import Record, complete, public


class Substance(Record, table=True):
    """A substance of the alliance's register."""

    __tablename__ = "substance"
    plural: ClassVar[str] = "substances"

    inn: str = public("International non-proprietary name, lower case.")
    unii: str | None = public("FDA/USP unique ingredient identifier.")
    cas: str | None = public("CAS registry number.")
    atc_codes: list[str] = public("ATC level-5 codes.", many=True)
    names_en: list[str] = public("USAN, BAN and other English names.", many=True)
    names_ko: list[str] = public("Korean names.", many=True)
    names_ja: list[str] = public("Japanese names.", many=True)
    names_fr: list[str] = public("French names.", many=True)
    names_de: list[str] = public("German names.", many=True)
    names_in: list[str] = public("Names in Indian usage.", many=True)


complete(Substance)
