"""The change feed's GraphQL types: a change, and a page of them."""

from datetime import datetime
from enum import Enum

import strawberry


@strawberry.enum(description="What happened to a record, as you see it.")
class ChangeKind(Enum):
    """What happened to a record in the caller's view."""

    ADDED = strawberry.enum_value("ADDED", description="It is new to the hub.")
    CHANGED = strawberry.enum_value("CHANGED", description="It has a new version.")
    REMOVED = strawberry.enum_value("REMOVED", description="Its source dropped it for good.")
    ENTERED = strawberry.enum_value(
        "ENTERED",
        description="You may see it now and could not before: by a new version, an agreement, what "
        "it asks of the medicine, the alliance's mode, or an embargo's end (told within the hour).",
    )
    LEFT = strawberry.enum_value(
        "LEFT", description="You could see it and may no longer: delete your copy."
    )


@strawberry.type(description="One change of one record.")
class Change:
    """One change, with its place in the feed."""

    seq: str = strawberry.field(
        description="Place in the feed: pass as `since` to read on after it. Opaque, and yours "
        "alone: it tells nothing of changes you may not see."
    )
    kind: ChangeKind
    key: strawberry.ID
    record_type: str
    origin: str
    at: datetime | None = strawberry.field(
        description="When it was published; null where nothing of the record itself changed."
    )


@strawberry.type(description="Changes after a place in the feed, oldest first.")
class ChangePage:
    """A page of changes."""

    nodes: list[Change]
    end_cursor: str = strawberry.field(description="Pass as `since` to read on.")
    has_next_page: bool
    sight: str = strawberry.field(
        description="Which fields you may see, as an opaque text. Once it is another, fields of "
        "records that you hold may have come into your sight or left it, and no change tells which."
    )
