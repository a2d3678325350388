"""GraphQL types of submissions: what came of one, and what was wrong with it.

What is filed is read by `inputs.py`, made of the templates. Over HTTP (`routes.py`) a submission is
the same object as JSON.
"""

from dataclasses import asdict
from datetime import datetime
from enum import Enum

import strawberry

from hub.gateway.planning.naming import camel
from hub.submissions import types
from hub.submissions.types import State


@strawberry.enum(description="How a submission stands.")
class SubmissionState(Enum):
    """How a submission stands."""

    CHECKED = strawberry.enum_value(State.CHECKED, description="A dry run: nothing was kept.")
    RECEIVED = strawberry.enum_value(State.RECEIVED, description="Kept, and not yet published.")
    REFUSED = strawberry.enum_value(
        State.REFUSED, description="It has defects, and nothing of it was published."
    )
    PUBLISHED = State.PUBLISHED
    HELD = strawberry.enum_value(
        State.HELD, description="By the gate, until two people release or reject it."
    )
    REJECTED = strawberry.enum_value(
        State.REJECTED, description="Held, and rejected by two people."
    )
    SUPERSEDED = strawberry.enum_value(
        State.SUPERSEDED, description="Held, until a later one named all its records."
    )
    FAILED = strawberry.enum_value(
        State.FAILED, description="By no fault of its own: send the same again."
    )


@strawberry.type(description="Something wrong with a submission.")
class SubmissionDefect:
    """Something wrong with a submission."""

    row: int | None = strawberry.field(
        description="Of the sheet, whose header is 1, or place in the list; null for the file's."
    )
    column: str | None = strawberry.field(description="As the template names it.")
    rule: str
    found: str | None = strawberry.field(description="The cell, cut after some length.")
    mend: str = strawberry.field(description="What to do about it.")
    is_refusing: bool = strawberry.field(
        description="Whether the row, or the file, can't be published; else it is a hint."
    )


@strawberry.type(description="What an agency filed, and what came of it.")
class Submission:
    """A submission."""

    id: strawberry.ID | None = strawberry.field(description="Null for a dry run.")
    feed: str
    state: SubmissionState
    is_partial: bool
    rows: int
    accepted: int = strawberry.field(description="Rows that file a record, or take one back.")
    refused: int
    defect_count: int
    defects: list[SubmissionDefect] = strawberry.field(
        description="All of them, by row; the first 5,000 where there are more."
    )
    filed: list[strawberry.ID] = strawberry.field(description="Keys of the records it files.")
    withdrawn: list[strawberry.ID] = strawberry.field(description="Keys of those it takes back.")
    reason_code: str | None = strawberry.field(description="Why it was held, or failed.")
    reason: str | None = strawberry.field(description="The same in words.")
    pull: strawberry.ID | None = strawberry.field(description="The pull of its feed that it is.")
    document: str = strawberry.field(description="SHA-256 of what was filed.")
    received_at: datetime
    client: str
    subject: str
    organisation: str
    is_repeated: bool = strawberry.field(
        description="Whether this was sent before with the same idempotency key."
    )

    @classmethod
    def of(cls, receipt: types.Receipt) -> "Submission":
        """Show a submission."""
        shown = asdict(receipt) | {
            "id": None if receipt.id is None else strawberry.ID(receipt.id),
            "state": SubmissionState(receipt.state),
            "defects": [SubmissionDefect(**asdict(defect)) for defect in receipt.defects],
            "filed": list(map(strawberry.ID, receipt.filed)),
            "withdrawn": list(map(strawberry.ID, receipt.withdrawn)),
            "pull": None if receipt.pull_id is None else strawberry.ID(str(receipt.pull_id)),
        }
        del shown["pull_id"], shown["member"]
        return cls(**shown)


@strawberry.type(description="How many submissions of a feed stand so.")
class SubmissionCount:
    """How many submissions of a feed stand so."""

    member: str
    feed: str
    state: SubmissionState
    submissions: int
    rows: int
    last_received_at: datetime

    @classmethod
    def of(cls, count: types.Count) -> "SubmissionCount":
        """Show a count."""
        return cls(**asdict(count) | {"state": SubmissionState(State(count.state))})


def receipt_json(receipt: types.Receipt) -> dict[str, object]:
    """Write a submission as JSON, under the names that GraphQL has."""
    shown = asdict(receipt)
    shown["pull"] = shown.pop("pull_id")
    del shown["member"]
    shown["defects"] = [
        {camel(name): value for name, value in defect.items()} for defect in shown["defects"]
    ]
    return {camel(name): value for name, value in shown.items()}
