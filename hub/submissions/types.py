"""The frozen values of submissions: what is filed, what is wrong with it, what came of it.

The tables are `models.py`; what callers are shown of it is `hub/gateway/submissions/types.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.reading.native import Document


class State(StrEnum):
    """How a submission stands."""

    CHECKED = "CHECKED"  # a dry run: nothing was kept
    RECEIVED = "RECEIVED"  # kept, and not yet published
    REFUSED = "REFUSED"  # has defects: nothing of it was published
    PUBLISHED = "PUBLISHED"
    HELD = "HELD"  # by the gate, until two people release or reject it
    REJECTED = "REJECTED"  # held, and rejected by two people
    SUPERSEDED = "SUPERSEDED"  # held, until a later submission named all its records
    FAILED = "FAILED"  # by no fault of its own: the same may be sent again


@dataclass(frozen=True, slots=True)
class Filing:
    """What an agency files.

    Attributes:
        feed: id of the feed.
        document: the file, or the JSON of the rows.
        is_dry_run: only say what is wrong with it.
        is_partial: publish the good rows and quarantine the others.
        key: the client's own name of this request, for sending it again.
    """

    feed: str
    document: Document
    is_dry_run: bool = False
    is_partial: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with a submission.

    Attributes:
        row: of the sheet, whose header is 1, or place in the list; none for the file's own.
        column: the template's name.
        rule: stable code.
        found: the cell, cut after some length.
        mend: what to do about it.
        is_refusing: whether the row, or the file, can't be published; else it is a hint.
    """

    row: int | None
    column: str | None
    rule: str
    found: str | None
    mend: str
    is_refusing: bool = True


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a submission. A dry run has no id, and was filed by nobody.

    `accepted` rows file or withdraw a record, `refused` ones do not. `defects` are cut after
    `checking.MAX_DEFECTS`; `defect_count` counts all.
    """

    id: str | None
    feed: str
    state: State
    is_partial: bool
    rows: int
    accepted: int
    refused: int
    defect_count: int
    defects: tuple[Defect, ...]
    filed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    received_at: datetime
    member: str
    client: str
    subject: str
    organisation: str
    document: str
    reason_code: str | None = None
    reason: str | None = None
    pull_id: int | None = None
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many submissions of a feed stand so."""

    member: str
    feed: str
    state: State
    submissions: int
    rows: int
    last_received_at: datetime
