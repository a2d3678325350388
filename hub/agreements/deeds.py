"""What someone does to versions: the checks that all steps share, and the events it becomes.

Who may take a step is `access.py`'s matter, which step follows which `life.py`'s; the steps
themselves are `proceedings.py`. Start reading at `Deed`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from hub.agreements.access import check_four_eyes, check_may
from hub.agreements.life import check_step, effective_from, validity_findings
from hub.agreements.types import Event, Step, Version
from hub.errors import Conflict
from hub.identity.trust.actors import Actor
from hub.identity.types import Caller
from hub.policy.agreement import Agreement
from hub.policy.findings import Finding, PolicyFault
from hub.reason import checked_reason


@dataclass(frozen=True, slots=True)
class Deed:
    """A step that someone takes, and why."""

    step: Step
    actor: Actor
    reason: str

    @classmethod
    def of(cls, step: Step, caller: Caller, reason: str) -> "Deed":
        """Take a caller's word for a step.

        Raises:
            InvalidInput: no reason that can be kept.
        """
        return cls(step, Actor.of(caller), checked_reason(reason))

    def check_may(self, owner: str, named: str) -> None:
        """Check that the actor may take the step on an owner's agreement.

        Raises:
            Forbidden: it may not.
        """
        check_may(self.actor, self.step, owner, named)

    def check(self, version: Version) -> None:
        """Check that the step can be taken on a version, now and by this actor.

        Raises:
            Forbidden: the actor may not take it.
            Conflict: it can't follow on where the version stands.
        """
        self.check_may(version.owner, f"`{version.key}`, {version.state.lower()},")
        check_step(version, self.step)
        check_four_eyes(self.actor, self.step, version)

    def done_to(self, version: Version, at: datetime) -> Version:
        """Add the event that the step makes; where the version then stands is not derived yet."""
        event = Event(
            number=len(version.events) + 1,
            step=self.step,
            actor=self.actor,
            at=at,
            reason=self.reason,
            effective_at=effective_from(version, at) if self.step is Step.APPROVED else None,
        )
        return replace(version, events=(*version.events, event))


async def keep(connection: AsyncConnection, done: Sequence[Version]) -> None:
    """Keep the last event of each version, for whoever holds the turn.

    Raises:
        Conflict: someone else took a step meanwhile, code `WRONG_STATE`.
    """
    try:
        async with connection.cursor() as cursor:
            await cursor.executemany(_INSERT, [_row(version) for version in done])
    except UniqueViolation as error:
        named = ", ".join(f"`{version.key}`" for version in done)
        raise Conflict(
            f"someone else took a step on {named} just now: look at it again",
            code="WRONG_STATE",
        ) from error


_INSERT = (
    "INSERT INTO agreement_event (agreement, version, number, step, issuer, client, subject, "
    "member, organisation, roles, token_id, at, effective_at, reason) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def _row(version: Version) -> list[object]:
    event = version.events[-1]
    actor = event.actor
    named = [actor.issuer, actor.client, actor.subject, actor.member, actor.organisation]
    told = [sorted(actor.roles), actor.token_id, event.at, event.effective_at, event.reason]
    return [*version.key, event.number, event.step, *named, *told]


async def check_terms(
    connection: AsyncConnection, agreements: Sequence[Agreement], at: datetime
) -> None:
    """Check that agreements could still open something, to someone the hub knows.

    Raises:
        PolicyFault: the validity of one is over, or it names an unknown organisation.
    """
    cursor = await connection.execute(
        "SELECT DISTINCT organisation FROM oauth_client WHERE disabled_at IS NULL ORDER BY 1"
    )
    known = [organisation for (organisation,) in await cursor.fetchall()]
    found = [
        finding
        for agreement in agreements
        for finding in (*validity_findings(agreement, at), *_unknown(agreement, known))
    ]
    if found:
        raise PolicyFault(found)


def _unknown(agreement: Agreement, known: Sequence[str]) -> Iterator[Finding]:
    for organisation in agreement.recipients.organisations:
        if organisation not in known:
            yield Finding(
                f"agreement `{agreement.id}`: recipients.organisations",
                f"`{organisation}` is unknown",
                f"use one of {', '.join(known)}, or have its client registered",
            )
