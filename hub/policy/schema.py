"""The Cedar schema, derived from the records: what policies may name, and the SQL behind it.

One entity type per record type, whose attributes are the record's policy attributes and
`ageDays`; one action per record type, field group and level. All attributes are required, so no
valid policy can err. The text is committed as `policies/alliance.cedarschema`. Start at `ALLIANCE`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from cedarpy import Schema

from federation.records.declaration import ColumnFacts, Group
from federation.records.registry import RECORD_TYPES, RecordType

REGENERATE = "hub schema"

PRINCIPAL_TYPE = "Caller"
READ = "read"
ORIGIN = "origin"


class Level(StrEnum):
    """How much of a field group a permit opens: the Cedar action's verb."""

    READ = "read"  # values as they are
    ROUND = "round"  # numbers rounded to a step, words left out
    COUNT = "count"  # in aggregates alone


class CedarType(StrEnum):
    """The Cedar types that have an exact counterpart among the column types."""

    STRING = "String"
    LONG = "Long"
    BOOL = "Bool"
    DATETIME = "datetime"
    STRINGS = "Set<String>"


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a policy may ask of a row.

    `sql` computes it, where `{row}` stands for the row's quoted alias; it is never null. `terms`
    is its code list, where it has one.
    """

    name: str
    cedar_type: CedarType
    sql: str = field(compare=False)
    terms: tuple[str, ...] | None = field(default=None, compare=False)


AGE_DAYS = Attribute(
    "ageDays",
    CedarType.LONG,
    # PostgreSQL subtracts instants into days of 24 hours, whatever the session's time zone.
    """date_part('day', statement_timestamp() - {row}."first_recorded_at")::bigint""",
)
"""Whole days since the hub first recorded the key."""


@dataclass(frozen=True, slots=True)
class Action:
    """Seeing one field group of one record type, exactly, rounded or in aggregates."""

    record_type: str
    group: Group
    level: Level = Level.READ

    @property
    def name(self) -> str:
        """Its Cedar identifier, such as `read:Product.public`."""
        return f"{self.level}:{self.record_type}.{self.group}"

    @property
    def uid(self) -> str:
        """Its Cedar entity, as written in policies."""
        return f'Action::"{self.name}"'


@dataclass(frozen=True, eq=False)
class ResourceType:
    """A record type as policies see it."""

    name: str
    attributes: Mapping[str, Attribute]
    groups: tuple[Group, ...]


@dataclass(frozen=True, eq=False)
class PolicySchema:
    """The resource types by name, and the Cedar schema made of them."""

    resources: Mapping[str, ResourceType]

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Every action, one per level, record type and group that it has."""
        return tuple(action for level in Level for action in self.actions_at(level))

    def actions_at(self, level: Level) -> tuple[Action, ...]:
        """List the actions of one level."""
        return tuple(
            Action(resource.name, group, level)
            for resource in self.resources.values()
            for group in resource.groups
        )

    @cached_property
    def text(self) -> str:
        """The schema in Cedar's own notation."""
        return "\n".join(_lines(self))

    @cached_property
    def handle(self) -> Schema:
        """The parsed schema, to be given to every call of cedarpy."""
        return Schema.from_str(self.text)


def schema_of(resources: Iterable[ResourceType]) -> PolicySchema:
    """Make a schema of resource types."""
    return PolicySchema(MappingProxyType({each.name: each for each in resources}))


def is_stale(path: Path) -> bool:
    """Tell whether the committed schema differs from what the records declare today."""
    return not path.is_file() or path.read_text(encoding="utf-8") != ALLIANCE.text


def attribute_of(facts: ColumnFacts) -> Attribute:
    """Derive a policy attribute from a record's column.

    Raises:
        TypeError: the field may be null, or its type has no Cedar counterpart.
    """
    if facts.is_nullable:
        raise TypeError(f"policy attribute `{facts.name}` may be null: declare it without `None`")
    kind = facts.python_type
    terms = tuple(map(str, kind)) if issubclass(kind, StrEnum) else None
    cedar_type = _CEDAR_TYPES.get((str if terms else kind, facts.is_list))
    if cedar_type is None:
        raise TypeError(f"policy attribute `{facts.name}` has a type that Cedar lacks: {kind}")
    return Attribute(_camel_case(facts.name), cedar_type, f'{{row}}."{facts.name}"', terms)


_CEDAR_TYPES: Mapping[tuple[type, bool], CedarType] = {
    (str, False): CedarType.STRING,
    (str, True): CedarType.STRINGS,
    (int, False): CedarType.LONG,
    (bool, False): CedarType.BOOL,
    (datetime, False): CedarType.DATETIME,
}


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _resource_type(record: RecordType) -> ResourceType:
    attributes = (*map(attribute_of, record.policy_attributes), AGE_DAYS)
    return ResourceType(
        record.name, MappingProxyType({each.name: each for each in attributes}), record.groups
    )


def _lines(schema: PolicySchema) -> Iterator[str]:
    yield f"// Generated from federation/records by `{REGENERATE}`."
    yield f"entity {PRINCIPAL_TYPE} = {{"
    yield "  member: String,"
    yield "  organisation: String,"
    yield "  roles: Set<String>,"
    yield "  reciprocates: Set<String>,"
    yield "};"
    yield "type Situation = {"
    yield "  purpose: String,"
    yield "  senderConstrained: Bool,"
    yield "  mode: String,"
    yield "};"
    yield f'action "{READ}";'
    for resource in schema.resources.values():
        yield ""
        yield f"entity {resource.name} = {{"
        for attribute in resource.attributes.values():
            yield f"  {attribute.name}: {attribute.cedar_type},"
        yield "};"
        for level in Level:
            names = (f'"{Action(resource.name, group, level).name}"' for group in resource.groups)
            yield f'action {", ".join(names)} in [Action::"{READ}"] appliesTo {{'
            yield f"  principal: [{PRINCIPAL_TYPE}],"
            yield f"  resource: [{resource.name}],"
            yield "  context: Situation,"
            yield "};"
    yield ""


ALLIANCE = schema_of(map(_resource_type, RECORD_TYPES.values()))
