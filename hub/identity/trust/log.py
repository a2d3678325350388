"""The log of all that was done to the hub's trust: who did what, to which issuer or key, and why.

What follows from it is in `issuers.py` and `distrust.py`, and `followed_trust.py` listens to
`CHANNEL`. Start reading at `keep`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Literal

from hub.errors import Forbidden
from hub.identity.trust.actors import ACTOR, Actor
from hub.identity.trust.models import TrustStep
from hub.identity.types import Caller, Role
from hub.reason import checked_reason

CHANNEL = "trust_changed"
"""What gateways listen to. Whoever makes the hub trust less may notify them here too."""

_LOCK = 7_214_004
"""Advisory lock of whoever changes the trust; any fixed number of the hub's own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: a version of an issuer's registration, or what is distrusted.

    Without a version: the issuer as a whole, its key of this `kid`, or the key of this `thumbprint`
    under any `kid`, of this issuer, or of every one where `about` is None.
    """

    about: str | None
    version: int | None = None
    kid: str | None = None
    thumbprint: str | None = None

    def __str__(self) -> str:
        key = f"the key `{self.kid or self.thumbprint}`" if self.kid or self.thumbprint else ""
        version = f"version {self.version}" if self.version else ""
        whose = f"`{self.about}`" if self.about else "any issuer"
        return " of ".join(filter(None, (key, version, whose)))


SUBJECT = tuple(field.name for field in fields(Subject))


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done; its instant is the database's."""

    subject: Subject
    step: TrustStep
    actor: Actor
    reason: str
    at: datetime


async def take_turn(connection: AsyncConnection) -> None:
    """Be the only one who changes the trust, until the transaction ends.

    INVARIANT: whoever writes holds the turn, so ids of events rise in the order of their commits,
    and who has seen the last one has seen all.
    """
    await connection.execute(SQL("SELECT pg_advisory_xact_lock({})").format(Literal(_LOCK)))


async def keep(
    connection: AsyncConnection, caller: Caller, step: TrustStep, subject: Subject, reason: str
) -> None:
    """Append what a caller does; gateways hear of it once the transaction is committed.

    Raises:
        InvalidInput: no reason that can be kept.
    """
    reason = checked_reason(reason)
    values: dict[str, Any] = {name: getattr(subject, name) for name in SUBJECT}
    values |= {name: getattr(caller, name) for name in ACTOR}
    values |= {"step": step.value, "roles": sorted(caller.roles), "reason": reason}
    statement = SQL(
        "INSERT INTO trust_event (at, {}) "
        "VALUES (date_trunc('milliseconds', clock_timestamp()), {})"
    ).format(SQL(", ").join(map(Identifier, values)), SQL(", ").join(map(Literal, values.values())))
    await connection.execute(statement)
    await connection.execute(SQL("SELECT pg_notify({}, '')").format(Literal(CHANNEL)))


async def read_deeds(connection: AsyncConnection) -> Sequence[Deed]:
    """Read all that was done, the oldest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM trust_event ORDER BY id")
        return [_deed(row) for row in await cursor.fetchall()]


def side_of(caller: Caller) -> str:
    """Find for whom a caller acts on the hub's trust.

    Raises:
        Forbidden: for no one, code `NOT_YOURS`.
    """
    side = Actor.of(caller).side
    if side is None:
        raise Forbidden(
            "members' regulators and agencies and the secretariat handle trusted issuers: ask with "
            "a client of theirs",
            code="NOT_YOURS",
        )
    return side


def _deed(row: Mapping[str, Any]) -> Deed:
    actor = {name: row[name] for name in ACTOR}
    return Deed(
        subject=Subject(**{name: row[name] for name in SUBJECT}),
        step=TrustStep(row["step"]),
        actor=Actor(**actor | {"roles": frozenset(map(Role, row["roles"]))}),
        reason=row["reason"],
        at=row["at"],
    )
