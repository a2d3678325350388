"""The GraphQL types of statistics, derived from the record declarations.

For each record type: its dimensions, the sums it has, a group and the whole answer. Values never
pass through these classes: `answers.py` makes the JSON. What a field may tell stands in its words.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, StrEnum
from types import GenericAlias
from typing import Any

import strawberry

from federation.records.declaration import FieldFacts, Group
from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway import types
from hub.gateway.planning.naming import camel

MAX_DIMENSIONS = 4
"""Most fields that one question may group by."""

_COUNT = (
    "How many records are in the group: those you may read, and those you may only have counted "
    "where enough holders make them up."
)
_HOLDERS = (
    "How many holders they have, of records you may read and of those only counted; a holder of "
    "both counts twice. Records that name none count as one holder's; where records of a type "
    "name none at all, each is its own."
)
_IS_SUPPRESSED = (
    "Whether a sum leaves out records that the count holds: because one holder nearly makes up "
    "their sum alone, or because the sum would tell of one that does."
)
_ARE_SUPPRESSED = (
    "Whether groups are left out of the whole table of these dimensions and those of the filter, "
    "whatever its values: groups of too few holders, and groups that would give those away. Which "
    "and how many they are is not told, and nothing at all where all of them together are of too "
    "few holders."
)
_SUM = (
    "It is made of values that you may see, exactly or rounded, and of those that you may only "
    "have counted, as the count is; null where there are none. Where it is asked for, records "
    "whose value you may only have counted are in the count as such records are."
)
_NOTE = "What the figures leave out under the agreements in force; null if nothing."


def stats_root(record_type: RecordType) -> str:
    """Name the root field: after the type, a report after what it reports (`stockStats`)."""
    name = record_type.name.removesuffix("Report")
    return f"{name[0].lower()}{name[1:]}Stats"


def dimensions(record_type: RecordType) -> dict[str, FieldFacts]:
    """List the fields that statistics group by, by GraphQL name."""
    return {camel(each.name): each for each in record_type.fields.values() if each.is_groupable}


def quantities(record_type: RecordType) -> dict[str, FieldFacts]:
    """List the fields that statistics add up, by GraphQL name."""
    return {camel(each.name): each for each in record_type.fields.values() if each.is_quantity}


def stats_queries() -> dict[str, object]:
    """Make the root field of every record type, by its name in Python."""
    return {
        f"{record_type.table}_stats": strawberry.field(
            name=stats_root(record_type),
            resolver=_resolver(record_type),
            description=(
                f"Statistics of {record_type.name}: records in groups, of those you may read and "
                "of those you may only have counted. A record that may only be counted is in "
                "figures of enough holders alone, and only where the filter names nothing but "
                f"dimensions. At most {MAX_DIMENSIONS} dimensions."
            ),
        )
        for record_type in RECORD_TYPES.values()
    }


def _resolver(record_type: RecordType) -> Callable[..., Any]:
    """Declare the arguments. The plan reads them from the document itself."""

    def declared(
        group_by: Any,  # noqa: ARG001
        filter: Any = None,  # noqa: A002, ARG001
        as_of: Any = None,  # noqa: ARG001
    ) -> Any:
        raise AssertionError("statistics are answered by their plan")

    declared.__annotations__ = {
        "group_by": GenericAlias(list, (_dimension(record_type),)),
        "filter": getattr(types, f"{record_type.name}Filter") | None,
        "as_of": datetime | None,
        "return": _stats(record_type) | None,
    }
    return declared


def _dimension(record_type: RecordType) -> Any:
    name = f"{record_type.name}Dimension"
    terms = {each.name.upper(): shown for shown, each in dimensions(record_type).items()}
    made = Enum(name, terms, module=__name__)  # type: ignore[misc]
    return strawberry.enum(made, description=f"Fields that {record_type.name} can be grouped by.")


def _stats(record_type: RecordType) -> Any:
    name = record_type.name
    return _type(
        f"{name}Stats",
        f"Statistics of {name}.",
        {
            "groups": (GenericAlias(list, (_group(record_type),)), "Groups, by their values."),
            "count": (int, "How many records are in these groups together."),
            "is_suppressed": (bool, _ARE_SUPPRESSED),
            "note": (str | None, _NOTE),
        },
    )


def _group(record_type: RecordType) -> Any:
    fields: dict[str, tuple[Any, str]] = {}
    for facts in dimensions(record_type).values():
        kind = facts.python_type
        hint = getattr(types, kind.__name__) if issubclass(kind, StrEnum) else kind
        unseen = "" if facts.group is Group.PUBLIC else ", and of records that don't show it to you"
        doc = f"{facts.doc} Null where it is not grouped by, or not stated{unseen}."
        fields[facts.name] = hint | None, doc
    fields["count"] = int, _COUNT
    fields["holders"] = int, _HOLDERS
    if quantities(record_type):
        fields["sums"] = _sums(record_type), "Sums over the group's records."
    fields["is_suppressed"] = bool, _IS_SUPPRESSED
    return _type(f"{record_type.name}StatsGroup", f"One group of {record_type.name}.", fields)


def _sums(record_type: RecordType) -> Any:
    fields = {
        facts.name: (
            facts.python_type | None,
            f"Sum of: {facts.doc} {_SUM}",
        )
        for facts in quantities(record_type).values()
    }
    return _type(f"{record_type.name}Sums", f"Sums over {record_type.name}.", fields)


def _type(name: str, doc: str, fields: dict[str, tuple[Any, str]]) -> Any:
    namespace: dict[str, Any] = {
        key: strawberry.field(description=words) for key, (_, words) in fields.items()
    }
    namespace["__annotations__"] = {key: hint for key, (hint, _) in fields.items()}
    return strawberry.type(type(name, (), namespace), description=doc)
