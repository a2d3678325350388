"""The GraphQL types of `search`. No value passes through them: `plan.py` makes the JSON."""

from enum import Enum
from types import GenericAlias
from typing import Any

import strawberry

from federation.records.registry import RECORD_TYPES
from hub.gateway import types
from hub.gateway.planning.paging import DEFAULT_PAGE


@strawberry.enum(description="How a text was found in a record, the surest first.")
class MatchKind(Enum):
    """How a text was found; the order is that of the answers."""

    CODE = strawberry.enum_value("CODE", description="It is one of the record's codes.")
    NAME = strawberry.enum_value("NAME", description="It is one of the record's names.")
    BEGINS = strawberry.enum_value("BEGINS", description="A code or name begins with it.")
    WORDS = strawberry.enum_value("WORDS", description="All its words are in the record's text.")
    PARTS = strawberry.enum_value(
        "PARTS",
        description="The record's text holds all its words or pairs of signs, not as written.",
    )


_NAMES = Enum("RecordTypeName", {name: name for name in RECORD_TYPES}, module=__name__)  # type: ignore[misc]  # made of the declarations
RecordTypeName = strawberry.enum(_NAMES, description="The record types, by name.")


@strawberry.type(description="What of a record was found: a text that you see in it.")
class SearchMatch:
    """What was found."""

    field: str = strawberry.field(
        description="The field it is in, after the list that leads there: `ingredients.nativeText`."
    )
    text: str = strawberry.field(description="The whole text.")
    how: MatchKind
    substance: strawberry.ID | None = strawberry.field(
        description="The substance by another of whose names it was found; null where as asked."
    )


@strawberry.type(description="A record that was found.")
class SearchEdge:
    """A record that was found."""

    node: types.Node
    matched: SearchMatch
    cursor: str


@strawberry.type(description="A page of what was found, the best match first.")
class SearchConnection:
    """A page of what was found."""

    nodes: list[types.Node]
    edges: list[SearchEdge]
    page_info: types.PageInfo


def _search(
    text: Any,  # noqa: ARG001 - read as a declaration
    types: Any = None,  # noqa: ARG001
    origins: Any = None,  # noqa: ARG001
    first: Any = DEFAULT_PAGE,  # noqa: ARG001
    after: Any = None,  # noqa: ARG001
) -> Any:
    raise AssertionError("a search is answered by its plan")


_search.__annotations__ = {
    "text": str,
    "types": GenericAlias(list, (RecordTypeName,)) | None,
    "origins": GenericAlias(list, (types.Origin,)) | None,  # type: ignore[attr-defined]  # made there
    "first": int,
    "after": str | None,
    "return": SearchConnection | None,
}


def search_queries() -> dict[str, object]:
    """Make the root field that searches."""
    return {
        "search": strawberry.field(
            resolver=_search,
            description=(
                "Records you may see that are named so, in any script, or have this code, written "
                "with dashes or without. A substance is found by each of its names, and so is what "
                "names it."
            ),
        )
    }
