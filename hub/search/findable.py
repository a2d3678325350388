"""Which fields each record type is found by. All are of the group `public`.

A field of another group is not searched: whether a text is found would tell of rows that do not
show it. The order is that in which records of equal rank are listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from federation.records.declaration import FieldFacts, Group
from federation.records.registry import RECORD_TYPES, RecordType


class Use(StrEnum):
    """What a field says of its record."""

    CODE = "CODE"
    NAME = "NAME"
    MENTION = "MENTION"  # it names something that is in the record, not the record


@dataclass(frozen=True, slots=True)
class Part:
    """Records that lead to this one: what finds them finds it too."""

    record_type: str
    link: str


@dataclass(frozen=True, slots=True)
class Findable:
    """A record type's fields by use; its parts, under the name of the list they are in."""

    names: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    codes: tuple[str, ...] = ("national_id",)
    parts: tuple[Part, ...] = ()

    def fields(self) -> Iterator[tuple[str, Use]]:
        """List the fields, those that tell more first."""
        yield from ((name, Use.CODE) for name in self.codes)
        yield from ((name, Use.NAME) for name in self.names)
        yield from ((name, Use.MENTION) for name in self.mentions)


_NAMES_BY_LANGUAGE = ("names_en", "names_ko", "names_ja", "names_fr", "names_de", "names_in")

_SAID: Mapping[str, Findable] = {
    "Substance": Findable(names=("inn", *_NAMES_BY_LANGUAGE), codes=("unii", "cas", "atc_codes")),
    "Product": Findable(
        names=("name", "name_en"),
        mentions=("substance_text",),
        codes=("national_id", "authorisation_number", "atc_codes"),
        parts=(Part("Ingredient", "product_key"), Part("Package", "product_key")),
    ),
    "SupplyNotice": Findable(names=("title",), codes=("national_id", "package_codes")),
    "QualityAlert": Findable(names=("title",), codes=("national_id", "batch_numbers")),
    "Package": Findable(codes=("code", "code_text", "national_id")),
    "GenericMedicine": Findable(names=("name",), parts=(Part("Ingredient", "generic_key"),)),
    "EssentialListing": Findable(names=("title",), codes=("national_id", "atc_codes")),
    "Organization": Findable(names=("name", "name_en"), codes=("national_id", "identifiers")),
    "Site": Findable(names=("name", "other_names"), codes=("national_id", "identifiers")),
    "SiteRole": Findable(mentions=("subject_text",), codes=("national_id", "evidence_number")),
    "PriceCeiling": Findable(names=("title",), mentions=("substance_text",)),
    "GenericStanding": Findable(names=("title",)),
    "Classification": Findable(names=("title",), codes=("national_id", "code")),
    "StockReport": Findable(),
    "RegisterEntry": Findable(
        names=("name", "other_names"),
        mentions=("stated_name",),
        codes=("national_id", "unii", "cas", "atc_codes"),
    ),
    "Ingredient": Findable(mentions=("native_text",), codes=()),
}


def usual(record_type: RecordType) -> Findable:
    """Find a type of which nothing is said by its identifier, and its name or title."""
    fields = record_type.fields
    names = (name for name in ("name", "name_en", "title") if name in fields)
    return Findable(names=tuple(name for name in names if fields[name].group is Group.PUBLIC))


FINDABLE: Mapping[str, Findable] = {
    **_SAID,
    **{name: usual(one) for name, one in RECORD_TYPES.items() if name not in _SAID},
}
"""Every record type, by name."""


def facts_of(record_type: RecordType) -> list[tuple[FieldFacts, Use]]:
    """List the fields a record type is found by."""
    fields = record_type.fields
    return [(fields[name], use) for name, use in FINDABLE[record_type.name].fields()]


def _check() -> None:
    for record_type in RECORD_TYPES.values():
        for facts, _ in facts_of(record_type):
            if facts.group is not Group.PUBLIC:
                raise TypeError(f"`{record_type.name}.{facts.name}` is not public: don't search it")


_check()
