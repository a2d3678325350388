"""The list of record types, and what every other room reads of them.

The gateway, the policy schema, the merge and the documentation walk `RECORD_TYPES`; a new type is
one file beside this one and one entry in the tuple below.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from federation.records.classification import Classification
from federation.records.declaration import (
    ENVELOPE,
    ColumnFacts,
    FieldFacts,
    Group,
    Record,
    conditions_of,
    facts_of,
)
from federation.records.essential_listing import EssentialListing
from federation.records.generics import GenericMedicine, GenericStanding
from federation.records.organization import Organization
from federation.records.price_ceiling import PriceCeiling
from federation.records.product import Ingredient, Package, Product
from federation.records.quality_alert import QualityAlert
from federation.records.register_entry import RegisterEntry
from federation.records.site import Site, SiteRole
from federation.records.stock_report import StockReport
from federation.records.substance import Substance
from federation.records.supply_notice import SupplyNotice

_MODELS: tuple[type[Record], ...] = (
    SupplyNotice,
    Product,
    Ingredient,
    Package,
    Substance,
    Organization,
    Site,
    SiteRole,
    QualityAlert,
    EssentialListing,
    PriceCeiling,
    GenericMedicine,
    GenericStanding,
    Classification,
    RegisterEntry,
    StockReport,
)


@dataclass(frozen=True, slots=True)
class BackReference:
    """A list on this record type of the records whose `from_field` equals its own `to_field`."""

    name: str
    from_type: str
    from_field: str
    to_field: str = "key"


@dataclass(frozen=True)
class RecordType:
    """A record type as data: its name, table and fields.

    `fields` are the shown ones by name, in the order of declaration, envelope first; `conditions`
    are what only agreements ask.
    """

    name: str
    model: type[Record]
    table: str
    plural: str
    doc: str
    fields: Mapping[str, FieldFacts]
    conditions: tuple[ColumnFacts, ...]
    back_references: tuple[BackReference, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups that hold at least one field, `public` first."""
        present = {facts.group for facts in self.fields.values()}
        return tuple(group for group in Group if group in present)

    @property
    def policy_attributes(self) -> tuple[ColumnFacts, ...]:
        """What agreements may name: fields marked so, and all conditions."""
        fields = (facts for facts in self.fields.values() if facts.is_policy_attribute)
        return (*fields, *self.conditions)

    @property
    def content_fields(self) -> tuple[FieldFacts, ...]:
        """Fields a mapping fills: all but the envelope and what the hub derives."""
        return tuple(
            facts
            for name, facts in self.fields.items()
            if name not in ENVELOPE and not facts.is_derived
        )

    @property
    def derived_columns(self) -> tuple[str, ...]:
        """Names of what the hub works out from several records: derived fields and conditions."""
        fields = (name for name, facts in self.fields.items() if facts.is_derived)
        return (*fields, *(facts.name for facts in self.conditions))


_FACTS = {model: tuple(facts_of(model)) for model in _MODELS}


def _back_references(model: type[Record]) -> Iterator[BackReference]:
    for source, fields in _FACTS.items():
        for facts in fields:
            if facts.refers_to == model.__name__ and facts.reverse:
                yield BackReference(facts.reverse, source.__name__, facts.name)
    for facts in _FACTS[model]:
        if facts.siblings:
            yield BackReference(facts.siblings, model.__name__, facts.name, to_field=facts.name)


def _record_type(model: type[Record]) -> RecordType:
    return RecordType(
        name=model.__name__,
        model=model,
        table=str(model.__tablename__),
        plural=model.plural,
        doc=(model.__doc__ or "").strip(),
        fields=MappingProxyType({facts.name: facts for facts in _FACTS[model]}),
        conditions=tuple(conditions_of(model)),
        back_references=tuple(_back_references(model)),
    )


RECORD_TYPES: Mapping[str, RecordType] = MappingProxyType(
    {model.__name__: _record_type(model) for model in _MODELS}
)
