"""How a record type is declared: one class, each field with its group, documentation and uses.

From such a declaration come the table, the GraphQL type, its filters and orders, the Cedar entity
type and the documentation. Nothing about a field is written anywhere else. A condition is a column
that agreements may ask of a row and nobody is shown.
Start reading in `federation/records/supply_notice.py`; `registry.py` lists the types.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

Json = Any
"""JSON of any shape: nothing is known of it until it is read, and mypy follows no recursive type
through what a parser gives.
"""


class Group(StrEnum):
    """Who an owner thinks of when it shares a field."""

    PUBLIC = "public"  # identity and status
    OPERATIONAL = "operational"  # plans, impact, sites
    COMMERCIAL = "commercial"  # volumes, stock, prices not published
    RESTRICTED = "restricted"  # investigations, stockpile places
    NATIVE = "native"  # the source row


class Precision(StrEnum):
    """How exactly a source states a date."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    ABOUT = "ABOUT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as a source states it: its words, and the days it can mean at the earliest and latest.

    Stored as one jsonb value with these four keys. `earliest` and `latest` are ISO dates, or null
    where the words give no bound.
    """

    text: str
    earliest: date | None
    latest: date | None
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """What a column holds."""

    name: str
    doc: str
    python_type: type
    is_list: bool
    is_nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFacts(ColumnFacts):
    """What the rest of the house knows of one field.

    `is_policy_attribute`: agreements may name it in conditions; such a field is public and never
    null, so a mask never depends on a hidden value. `refers_to` names the record type whose `key`
    the field holds; `forward` and `reverse` are the names of the two GraphQL fields it makes.
    """

    group: Group
    is_policy_attribute: bool
    is_filterable: bool
    refers_to: str | None = None
    forward: str | None = None
    reverse: str | None = None
    siblings: str | None = None
    is_derived: bool = False
    is_unit: bool = False
    is_groupable: bool = False
    is_quantity: bool = False


_SQL_TYPES: dict[type, TypeEngine[Any]] = {
    str: Text(),
    int: Integer(),
    bool: Boolean(),
    datetime: TIMESTAMP(timezone=True, precision=3),
    Decimal: Numeric(),
    PartialDate: JSONB(none_as_null=True),
    dict: JSONB(none_as_null=True),
}


def field(
    group: Group,
    doc: str,
    kind: type,
    *,
    many: bool = False,
    policy: bool = False,
    filterable: bool = True,
    refers_to: str | None = None,
    forward: str | None = None,
    reverse: str | None = None,
    siblings: str | None = None,
    derived: bool = False,
    unit: bool = False,
    groupable: bool = False,
    quantity: bool = False,
    default: str | None = None,
) -> Any:
    """Declare one stored field.

    What is given stands for the field's value in the class, which may be of any type.

    Args:
        group: the field group that an agreement opens or not.
        doc: one sentence for the SDL and the docs, with unit and source where they matter.
        kind: the element's Python type; it decides the column and the GraphQL scalar.
        many: a list of `kind`; never null, empty when the source states none.
        policy: agreements may use the field in conditions.
        filterable: offered in filters and orders.
        refers_to: name of the record type whose key this is.
        forward: GraphQL field that leads to the record referred to.
        reverse: GraphQL list on that record that leads back here.
        siblings: GraphQL list of the other records of this type that share the value.
        derived: the hub works it out from several records; no mapping fills it.
        unit: of a number in the same group; shown wherever that number is, rounded or not.
        groupable: a text of few values, by which statistics may group, as they may by every
            vocabulary, yes or no, key of another record, and unit.
        quantity: a number that adds up, in statistics.
        default: SQL of a derived field's value until then; null without it.

    Raises:
        TypeError: a field for policies, or one that records share, is not public.
    """
    # Long, for each use of a field is an argument, and said in one line.
    if (policy or siblings) and group is not Group.PUBLIC:
        raise TypeError("a policy attribute or a shared key must be public")
    base = str if issubclass(kind, StrEnum) else kind
    sql_type = ARRAY(_SQL_TYPES[base]) if many else _SQL_TYPES[base]
    facts = {
        "group": group,
        "doc": doc,
        "python_type": kind,
        "is_list": many,
        "is_policy_attribute": policy,
        "is_filterable": filterable,
        "refers_to": refers_to,
        "forward": forward,
        "reverse": reverse,
        "siblings": siblings,
        "is_derived": derived,
        "is_unit": unit,
        "is_groupable": groupable
        or unit
        or bool(refers_to)
        or (base is not kind and not many)
        or kind is bool,
        "is_quantity": quantity,
    }
    column = {"info": {"facts": facts}, "server_default": default and text(default)}
    return Field(sa_type=sql_type, sa_column_kwargs=column)


def condition(doc: str) -> Any:
    """Declare a set of texts that agreements may ask of a row and nobody is shown.

    The hub works it out from records that whoever sees the row need not see, so it is no field: it
    is in no answer, filter, order or change. What is given stands for its value. See `field`.
    """
    facts = {"doc": doc, "python_type": str, "is_list": True}
    column = {"info": {"condition": facts}, "server_default": text("'{}'")}
    return Field(default=[], sa_type=ARRAY(Text()), sa_column_kwargs=column)


def public(doc: str, kind: type = str, **uses: Any) -> Any:
    """Declare a field of group `public`: identity and status. See `field`."""
    return field(Group.PUBLIC, doc, kind, **uses)


def operational(doc: str, kind: type = str, **uses: Any) -> Any:
    """Declare a field of group `operational`: plans, impact, sites. See `field`."""
    return field(Group.OPERATIONAL, doc, kind, **uses)


def commercial(doc: str, kind: type = str, **uses: Any) -> Any:
    """Declare a field of group `commercial`: volumes, stock, unpublished prices. See `field`."""
    return field(Group.COMMERCIAL, doc, kind, **uses)


def restricted(doc: str, kind: type = str, **uses: Any) -> Any:
    """Declare a field of group `restricted`: investigations, stockpile places. See `field`."""
    return field(Group.RESTRICTED, doc, kind, **uses)


def link(to: str, forward: str, reverse: str, doc: str) -> Any:
    """Declare a public field that holds the key of another record. See `field`."""
    return public(doc, refers_to=to, forward=forward, reverse=reverse)


A_KEY_OF_ITS_OWN = "'E-' || left(replace(gen_random_uuid()::text, '-', ''), 16)"
"""SQL of an entity key that no other record has, drawn at random: it tells of no other record."""


class Origin(StrEnum):
    """The member that owns a record; `ALLIANCE` for the shared substance register."""

    KR = "KR"
    US = "US"
    JP = "JP"
    IN = "IN"
    EU = "EU"
    ALLIANCE = "ALLIANCE"


class Listing(StrEnum):
    """Whether the newest list of the feed still holds the record. Absence is not resolution."""

    LISTED = "LISTED"
    NO_LONGER_LISTED = "NO_LONGER_LISTED"


class Record(SQLModel):
    """The envelope of every record version.

    A change inserts a new row and closes the old one (`superseded_at`); `change_seq` orders all
    changes of the alliance in commit order, and is shown to nobody: the gap between two records
    tells how much was recorded meanwhile. `removed_seq` is set on the last version of a part that
    is gone for good; `content_digest` is taken of the mapped content, not of the native bytes.
    """

    # No record is made of these classes, and a validator of each takes long to make.
    model_config = {"defer_build": True}

    version_id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    content_digest: bytes = Field()
    pull_id: int = Field(sa_type=BigInteger)
    native_row: int = Field()
    change_seq: int = Field(sa_type=BigInteger)
    removed_seq: int | None = Field(default=None, sa_type=BigInteger)

    key: str = public("Stable key: origin, record type and national identifier.")
    origin: Origin = public("The member that owns the record.", Origin, policy=True)
    national_id: str = public("Identifier in the member's own scheme.")
    national_id_scheme: str = public("Name of that scheme.")
    feed: str = public("The feed the record came by.", policy=True, groupable=True)
    listing: Listing = public(
        "Whether the feed's newest list still holds it.", Listing, policy=True
    )
    retrieved_at: datetime = public(
        "The source's own date when it states one, else when it was pulled.", datetime
    )
    first_recorded_at: datetime = public("When the hub first recorded this key.", datetime)
    recorded_at: datetime = public("When this version was recorded.", datetime)
    superseded_at: datetime | None = public(
        "When a newer version replaced this one; null while current.", datetime
    )
    vocabulary_edition: int = public(
        "Edition of the alliance's vocabularies that this version was mapped by.", int
    )
    native: dict[str, Json] = field(
        Group.NATIVE, "The native row, as text by native column.", dict, filterable=False
    )

    plural: ClassVar[str]
    """Name of the GraphQL root field."""
    absent: ClassVar[Literal["mark", "close"]] = "mark"
    """What the newest list's silence means: `mark` as no longer listed, or `close` the part."""
    absent_values: ClassVar[dict[str, str]] = {}
    """Further fields to set when a record is marked."""
    withdrawn_values: ClassVar[dict[str, str]] = {}
    """Further fields to set when whoever filed a record takes it back."""


ENVELOPE = frozenset(Record.model_fields)
"""Fields every record has; a mapping fills the others."""


class MedicineRecord(Record):
    """A record of a medicine or about one, with what agreements may ask of that medicine.

    Both sets are empty, too, where the hub knows no way from the record to its medicine.
    """

    substances: list[str] = condition(
        "Keys of the active substances in its medicine, such as `ALLIANCE.Substance.paracetamol`."
    )
    essential_lists: list[str] = condition(
        "Essential lists of the same member that name its medicine, or a substance in it."
    )


def facts_of(model: type[Record]) -> Iterator[FieldFacts]:
    """List the shown fields of a record type, in the order of their declaration."""
    for column in model.__table__.columns:  # type: ignore[attr-defined]
        if "facts" in column.info:
            yield FieldFacts(name=column.name, is_nullable=column.nullable, **column.info["facts"])


def conditions_of(model: type[Record]) -> Iterator[ColumnFacts]:
    """List what agreements may ask of a record type's rows beside its fields."""
    for column in model.__table__.columns:  # type: ignore[attr-defined]
        if "condition" in column.info:
            yield ColumnFacts(
                name=column.name, is_nullable=column.nullable, **column.info["condition"]
            )


def complete(model: type[Record]) -> type[Record]:
    """Give a record's table its vocabularies as checks, and the indexes every record has.

    A check keeps out every word that is not in the vocabulary, and nulls out of conditions, which
    Cedar's sets can't hold; a key begins with its origin, so the order of keys is one of origins.
    The partial unique index keeps one current version a key. Where a type has attributes of its
    own for agreements to ask, an index of all such values finds and counts the rows they open.

    Raises:
        TypeError: a field's annotation and its declared type differ.
    """
    table: Table = model.__table__  # type: ignore[attr-defined]
    column = table.c
    hints = get_type_hints(model)
    for facts in facts_of(model):
        _check_annotation(model, facts, hints[facts.name])
        if issubclass(facts.python_type, StrEnum):
            terms = ", ".join(f"'{term}'" for term in facts.python_type)
            test = f"<@ ARRAY[{terms}]::text[]" if facts.is_list else f"IN ({terms})"
            name = f"ck_{table.name}_{facts.name}_vocabulary"
            table.append_constraint(CheckConstraint(f"{facts.name} {test}", name=name))
        if facts.refers_to or facts.siblings:
            Index(f"ix_{table.name}_{facts.name}", column[facts.name], postgresql_where=_CURRENT)
    for each in conditions_of(model):
        test = f"array_position({each.name}, NULL) IS NULL"
        name = f"ck_{table.name}_{each.name}_without_null"
        table.append_constraint(CheckConstraint(test, name=name))
    starts = CheckConstraint("starts_with(key, origin || '.')", name=f"ck_{table.name}_key_origin")
    table.append_constraint(starts)
    asked = [each.name for each in facts_of(model) if each.is_policy_attribute and not each.is_list]
    if not ENVELOPE.issuperset(asked):
        columns = (*(column[name] for name in asked), column.first_recorded_at)
        Index(f"ix_{table.name}_policy", *columns, postgresql_where=_CURRENT)
    Index(f"uq_{table.name}_current", column.key, unique=True, postgresql_where=_CURRENT)
    Index(f"ix_{table.name}_versions", column.key, column.recorded_at)
    Index(f"ix_{table.name}_changes", column.change_seq)
    removed = column.removed_seq
    Index(f"ix_{table.name}_removals", removed, postgresql_where=removed.is_not(None))
    return model


_CURRENT = text("superseded_at IS NULL")


def _check_annotation(model: type[Record], facts: FieldFacts, hint: Any) -> None:
    parts = [part for part in get_args(hint) if part is not NoneType]
    if get_origin(hint) is UnionType:
        hint = parts[0]
    if facts.is_list:
        hint = get_args(hint)[0]
    if get_origin(hint) is dict:
        hint = dict
    if hint is not facts.python_type:
        raise TypeError(f"`{model.__name__}.{facts.name}` is annotated otherwise than declared")
