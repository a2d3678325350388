"""By which fields a record is named as an entity of a supergraph."""

from federation.records.registry import RecordType

_OF_EVERY_TYPE = (("id",), ("key",), ("origin", "nationalId"))

_FURTHER: dict[str, tuple[str, ...]] = {"Substance": ("unii",)}
"""Single fields that name a record of a type beside its key, by GraphQL name and column alike."""


def keys_of(record_type: RecordType) -> tuple[tuple[str, ...], ...]:
    """List a record type's keys, each as the GraphQL names of its fields."""
    return (*_OF_EVERY_TYPE, *((name,) for name in further_keys(record_type)))


def further_keys(record_type: RecordType) -> tuple[str, ...]:
    """List the fields that name a record without telling its key."""
    return _FURTHER.get(record_type.name, ())
