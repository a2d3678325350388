"""What `explainAccess` says, as GraphQL types. `explaining.py` finds it out."""

from enum import Enum

import strawberry


@strawberry.enum(description="What becomes of a field of a record.")
class AccessOutcome(Enum):
    """What becomes of a field of a record."""

    SHOWN = strawberry.enum_value("SHOWN", description="As it is.")
    ROUNDED = strawberry.enum_value("ROUNDED", description="As a multiple of `roundedTo`.")
    MASKED = strawberry.enum_value("MASKED", description="The record is seen, the field is null.")
    RECORD_HIDDEN = strawberry.enum_value(
        "RECORD_HIDDEN", description="You see the record; the client you ask for does not."
    )
    NO_RECORD_SEEN = strawberry.enum_value(
        "NO_RECORD_SEEN",
        description="You see no record under the key, whether there is one or not.",
    )


@strawberry.type(description="An agreement's share, or a rule of the alliance, and what it asks.")
class AccessRule:
    """A policy that bears on the question."""

    policy: strawberry.ID = strawberry.field(description="As in `extensions.policy.openedBy`.")
    agreement: strawberry.ID | None = strawberry.field(
        description="Null for the alliance's own rules."
    )
    title: str | None
    owner: str | None
    legal_basis: str | None
    opens: str = strawberry.field(description="The fields it is about, and how they are shown.")
    condition: str = strawberry.field(description="The records it is about.")
    lacking: list[str] = strawberry.field(
        description="What would have to be otherwise. Nothing is said of records you don't see."
    )


@strawberry.type(description="Why a field of a record is seen or not.")
class AccessExplanation:
    """Why a field of a record is seen or not."""

    record_type: str
    origin: str
    field: str
    group: str
    client: str = strawberry.field(
        description="Whom it is about: you, unless you asked for another."
    )
    purpose: str
    mode: str = strawberry.field(description="The alliance's mode, which agreements may ask for.")
    outcome: AccessOutcome
    rounded_to: int | None
    summary: str
    opened_by: list[AccessRule]
    closed_by: list[AccessRule] = strawberry.field(description="What forbids it all the same.")
    would_open: list[AccessRule] = strawberry.field(
        description="What would open it, among the agreements whose terms you may read."
    )
