"""The GraphQL types of `history`. No value passes through them: see `plan.py`."""

from datetime import datetime
from typing import Any

import strawberry

from hub.gateway import types
from hub.gateway.planning.paging import DEFAULT_PAGE


@strawberry.type(description="A record as the hub held it for a while.")
class RecordVersion:
    """One version of a record."""

    recorded_at: datetime = strawberry.field(description="Since when the hub held it.")
    superseded_at: datetime | None = strawberry.field(
        description="Until when; null for the version that is held now."
    )
    changed: list[str] = strawberry.field(
        description="Fields that you see otherwise than in the version before, as you see that; "
        "empty in the first version you may see."
    )
    record: types.Node = strawberry.field(
        description="The record; what it leads to is as it was when the version was recorded."
    )


@strawberry.type(description="A page of versions, the newest first.")
class RecordVersionConnection:
    """A page of versions."""

    nodes: list[RecordVersion]
    page_info: types.PageInfo


def _history(
    key: Any,  # noqa: ARG001 - read as a declaration
    first: Any = DEFAULT_PAGE,  # noqa: ARG001
    after: Any = None,  # noqa: ARG001
) -> Any:
    raise AssertionError("a history is answered by its plan")


_history.__annotations__ = {
    "key": strawberry.ID,
    "first": int,
    "after": str | None,
    "return": RecordVersionConnection | None,
}


def history_queries() -> dict[str, object]:
    """Make the root field that tells how a record came to be as it is."""
    return {
        "history": strawberry.field(
            resolver=_history,
            description=(
                "Versions of the record with this key, the newest first: those that you may see "
                "under the policies of now, each with what changed."
            ),
        )
    }
