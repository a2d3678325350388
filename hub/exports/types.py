"""The frozen values of exports: what is asked, and where it stands.

`jobs.py` keeps them. The caller is written down whole, for the job decides by it again and again.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from hub.gateway.planning.plan import Decisions
from hub.identity.types import Caller, Purpose, Role
from hub.policy.principals import PrincipalClass


class State(StrEnum):
    """Where an export stands. One that was dropped is there only until its files are gone."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    READY = "READY"
    FAILED = "FAILED"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation to export, and the name of the format. `variables` are JSON text."""

    document: str
    variables: str
    operation: str | None
    format: str


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it stands. `manifest` is JSON text; `code` and `message` say why it failed.

    Its rows are read as of `asked_at`, however long that takes.
    `attempt` tells apart the processes that took it up one after another: what one of them says
    counts while it is the last.
    """

    id: str
    caller: Caller
    asked: Asked
    state: State
    asked_at: datetime
    kept_until: datetime
    attempt: int
    rows: int
    code: str | None
    message: str | None
    class_digest: str | None
    manifest: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits to be made, or is being made."""
        return self.state in {State.QUEUED, State.RUNNING}

    def is_of(self, caller: Caller) -> bool:
        """Tell whether a caller is the one that asked, for the same purpose and in the same roles.

        The token may be another, and bound to another key.
        """
        return _holder(self.caller) == _holder(caller)


def _holder(caller: Caller) -> tuple[Any, ...]:
    return (
        caller.issuer,
        caller.client,
        caller.subject,
        caller.member,
        caller.organisation,
        caller.roles,
        caller.purpose,
        caller.sender_constrained,
    )


def caller_text(caller: Caller) -> str:
    """Write a caller down."""
    return json.dumps(asdict(caller), default=sorted)


def read_caller(text: str) -> Caller:
    """Read a caller that `caller_text` wrote."""
    found = json.loads(text)
    return Caller(
        **found
        | {
            "roles": frozenset(map(Role, found["roles"])),
            "purpose": Purpose(found["purpose"]),
            "actors": tuple(found["actors"]),
        }
    )


def class_digest(decisions: Decisions) -> str:
    """Give what tells a class of callers from all others, the same in every process."""
    decided_for = cast(PrincipalClass, decisions.class_key)
    content = json.dumps(asdict(decided_for), default=sorted, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def instant_text(instant: datetime) -> str:
    """Write an instant as GraphQL does."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
